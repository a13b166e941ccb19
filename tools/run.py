"""`make run`: starts recommend and the worker, tells how to ask, and shows one recommendation for a real race
situation.

The dashboard is built beside them where its sources have changed and Node is there. Both processes end with this one:
SIGTERM or SIGINT stops them within ten seconds. A worker that ends is started again (the queue keeps its events);
when recommend ends, everything stops with its exit code.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from shared.config import ROOT, Settings, settings
from shared.errors import SettingsError
from shared.serving.access.keys import make_key_file, read_key_file
from tools.command import run_main
from tools.dashboard.build import is_current, missing_node
from tools.present import render

EXAMPLE = ROOT / "tools" / "examples" / "bahrain_2023_lap_12.json"
READY_SECONDS = 300.0
STOP_SECONDS = 8.0
RESTARTS = 3
"""Times a worker is started again before the stack gives up."""


@dataclass
class Child:
    """A process of the stack and how often it was started."""

    name: str
    module: str
    process: subprocess.Popen[bytes]
    log: Path | None
    starts: int = 1
    started_at: float = field(default_factory=time.monotonic)


def ensure_key(chosen: Settings) -> tuple[str, bool]:
    """A key that recommend accepts, and whether it was made just now. Raises SettingsError for an empty key file."""
    if chosen.api_keys:
        return chosen.api_keys[0], False
    made = make_key_file(chosen.keys_file)
    keys = read_key_file(chosen.keys_file)
    if not keys:
        raise SettingsError(f"{chosen.keys_file} holds no key; remove it to have one made, or set F1_API_KEYS")
    return keys[0], made


def check_port(host: str, port: int, variable: str) -> None:
    """Raises SettingsError when somebody listens there already."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SettingsError(
                f"cannot listen on {host}:{port} ({error.strerror}); choose another port with {variable}, as in"
                f" `make run {variable}={port + 10}`"
            ) from None


def start(name: str, module: str, chosen: Settings) -> Child:
    """Start a process of the stack in a session of its own, so that a terminal's Ctrl-C reaches this process alone.

    Its log goes to a file in the state folder, or with F1_LOG_FORMAT set to this process's standard error.
    """
    log = chosen.state_dir / "logs" / f"{name}.log" if chosen.log_format == "auto" else None
    command = [sys.executable, "-m", module]
    if log is None:
        return Child(name, module, subprocess.Popen(command, cwd=ROOT, start_new_session=True), log)
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists():
        log.replace(log.with_suffix(".log.1"))
    environment = os.environ | {"F1_LOG_FORMAT": "text"}
    with log.open("wb") as file:
        process = subprocess.Popen(command, cwd=ROOT, start_new_session=True, env=environment, stdout=file, stderr=file)
    return Child(name, module, process, log)


def ask(
    host: str, port: int, path: str, key: str = "", body: bytes | None = None, timeout: float = 60.0
) -> tuple[int, Any]:
    """Status and JSON (None when it is not JSON) of one request. Raises OSError where nobody listens."""
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        headers = {"X-API-Key": key, "Content-Type": "application/json"}
        connection.request("GET" if body is None else "POST", path, body, headers)
        response = connection.getresponse()
        text = response.read()
    except http.client.HTTPException as error:
        raise OSError(str(error)) from error
    finally:
        connection.close()
    try:
        return response.status, json.loads(text)
    except ValueError:
        return response.status, None


class Stack:
    """The running processes."""

    def __init__(self, chosen: Settings, console: Console) -> None:
        self.settings = chosen
        self.console = console
        self.children = {
            "worker": start("worker", "tools.worker", chosen),
            "recommend": start("recommend", "tools.serve", chosen),
        }
        self.stopping = threading.Event()

    def wait_ready(self) -> bool:
        """Wait until recommend is healthy, showing the seconds. False when told to stop, when a process ended, or when
        recommend says that it will not be."""
        began = time.monotonic()
        with self.console.status("starting") as status:
            while not self.stopping.is_set() and self.watch() is None:
                seconds = time.monotonic() - began
                if seconds > READY_SECONDS:
                    self.console.print(f"[red]recommend was not ready after {READY_SECONDS:.0f} s[/]")
                    return False
                status.update(f"loading models and compiling the simulation: {seconds:.0f} s")
                try:
                    code, body = ask(self.settings.host, self.settings.port, "/health", timeout=5.0)
                    if code == 200:
                        self.console.print(f"ready after {time.monotonic() - began:.1f} s", highlight=False)
                        return True
                    if code == 503 and body and body["error"]["code"] == "unavailable":
                        self.console.print(f"[red]{body['error']['message']}[/]", highlight=False)
                        self._show_log(self.children["recommend"])
                        return False
                except OSError:
                    pass
                self.stopping.wait(0.25)
        return False

    def watch(self) -> int | None:
        """Start the worker again if it ended; the exit code the stack should end with, or None while all is well."""
        for child in self.children.values():
            code = child.process.poll()
            if code is None:
                continue
            self.console.print(f"[red]{child.name} ended with {_exit(code)}[/]", highlight=False)
            self._show_log(child)
            if child.name == "recommend" or child.starts > RESTARTS or time.monotonic() - child.started_at < 2.0:
                return code if code > 0 else 1
            self.console.print(f"starting {child.name} again; its events are kept", highlight=False)
            again = start(child.name, child.module, self.settings)
            again.starts = child.starts + 1
            self.children[child.name] = again
        return None

    def _show_log(self, child: Child) -> None:
        """The last lines that a process wrote, which tell why it ended."""
        if child.log is not None:
            lines = child.log.read_text(errors="replace").splitlines()[-15:]
            self.console.print("\n".join(f"  {line}" for line in lines), highlight=False, markup=False)

    def stop(self) -> None:
        """Ask the processes to end and make them when they do not within eight seconds."""
        for child in self.children.values():
            if child.process.poll() is None:
                child.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in self.children.values():
            try:
                child.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()


def tell(console: Console, chosen: Settings, key: str, made: bool) -> None:
    """Where the product listens, the key if it was made just now, and a curl line that works wherever it is pasted."""
    url = f"http://{chosen.host}:{chosen.port}"
    lines = [f"F1 strategy listens on {url}"]
    if chosen.log_format == "auto":
        lines.append(f"logs: {chosen.state_dir / 'logs'}")
    if made:
        lines.append(f"API key, made just now and kept in {chosen.keys_file}: {key}")
        header = f'"X-API-Key: {key}"'
    elif chosen.api_keys:
        lines.append("API keys: those of F1_API_KEYS")
        header = "@" + shlex.quote(str(_header_file(chosen, key)))
    else:
        lines.append(f"API key: in {chosen.keys_file}")
        header = f'"X-API-Key: $(head -n 1 {shlex.quote(str(chosen.keys_file))})"'
    lines.append(
        f'\ncurl -sS {url}/recommend -H {header} -H "Content-Type: application/json"'
        f" --data @{shlex.quote(str(EXAMPLE))}\n"
    )
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True, markup=False)


def tell_dashboard(console: Console, chosen: Settings) -> subprocess.Popen[bytes] | None:
    """Where the dashboard is, or how it comes to be. It is built in a process of its own, which the API does not wait
    for and which leaves it the processors; that process, where one was started."""
    url = f"http://{chosen.host}:{chosen.port}/dashboard/"
    if is_current():
        console.print(f"dashboard: {url}", highlight=False, soft_wrap=True)
        return None
    if (reason := missing_node()) is not None:
        console.print(reason, highlight=False, soft_wrap=True)
        return None
    log = chosen.state_dir / "logs" / "dashboard.log"
    told = f"dashboard: {url} once it is built, in a minute or two (log: {log})"
    console.print(told, highlight=False, soft_wrap=True, markup=False)
    command = [sys.executable, "-m", "tools.dashboard.build", "--yield", "--log", str(log)]
    return subprocess.Popen(command, cwd=ROOT, start_new_session=True)


def stop_building(building: subprocess.Popen[bytes] | None) -> None:
    """End a build that is under way, with the programs that it started."""
    if building is not None and building.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(building.pid, signal.SIGTERM)


def _header_file(chosen: Settings, key: str) -> Path:
    """A file (mode 0600) from which curl takes the header, so that a key given to us is not shown on the terminal."""
    path = chosen.state_dir / "curl_header"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"X-API-Key: {key}\n")
    return path


def show_example(console: Console, chosen: Settings, key: str) -> None:
    """Ask for the example's recommendation and render it; a failure is told, and is no reason to stop."""
    request = json.loads(EXAMPLE.read_text())
    try:
        status, answer = ask(chosen.host, chosen.port, "/recommend", key, EXAMPLE.read_bytes(), timeout=120.0)
    except OSError as error:
        console.print(f"[red]the example could not be asked: {error}[/]")
        return
    if status != 200 or not isinstance(answer, Mapping):
        console.print(f"[red]the example was answered with {status}: {answer}[/]")
        return
    console.print("2023 Bahrain Grand Prix, Charles Leclerc, at the end of lap 12 of 57:\n", highlight=False)
    console.print(render(dict(answer), request))


def main() -> int:
    """Run the stack until it is told to stop; the exit code."""
    chosen = settings()
    console = Console()
    check_port(chosen.host, chosen.port, "PORT")
    check_port(chosen.host, chosen.worker_port, "F1_WORKER_PORT" if chosen.worker_port_set else "PORT")
    key, made = ensure_key(chosen)
    stack = Stack(chosen, console)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stack.stopping.set())
    code: int | None = 1
    building: subprocess.Popen[bytes] | None = None
    try:
        if stack.wait_ready():
            tell(console, chosen, key, made)
            building = tell_dashboard(console, chosen)
            show_example(console, chosen, key)
            console.print("\nCtrl-C stops both processes.", highlight=False)
            while (code := stack.watch()) is None and not stack.stopping.wait(0.5):
                pass
    finally:
        began = time.monotonic()
        stop_building(building)
        stack.stop()
        if stack.stopping.is_set():
            console.print(f"stopped in {time.monotonic() - began:.1f} s", highlight=False)
    return 0 if stack.stopping.is_set() else (code or 1)


def _exit(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"


if __name__ == "__main__":
    run_main(main, without_arguments=__doc__)
