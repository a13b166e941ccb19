"""The whole product as a person starts it: `make run`'s program, its two processes, the line it prints."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from shared.config import ROOT
from shared.models.bundle import SHIPPED

pytestmark = pytest.mark.slow

START_SECONDS = 240


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(condition: Callable[[], Any], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"nothing came of it within {seconds} s"
        time.sleep(0.1)


@dataclass
class Running:
    """A started stack: its process, ports, state folder and what it has printed."""

    process: subprocess.Popen[str]
    port: int
    worker_port: int
    state: Path
    lines: list[str] = field(default_factory=list)

    @property
    def output(self) -> str:
        return "".join(self.lines)

    def get(self, path: str, key: str = "") -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", path, headers={"X-API-Key": key})
        response = connection.getresponse()
        return response.status, json.loads(response.read())

    def processes(self) -> list[int]:
        """The stack's own two; a build of the dashboard may run beside them."""
        command = ["ps", "-o", "pid=,args=", "--ppid", str(self.process.pid)]
        children = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
        return [int(line.split()[0]) for line in children if "tools.serve" in line or "tools.worker" in line]


def start(state: Path, **settings: str) -> Running:
    port, worker_port = free_port(), free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("F1_")}
    environment |= {"PORT": str(port), "F1_WORKER_PORT": str(worker_port), "F1_STATE_DIR": str(state), **settings}
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.run"],
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    running = Running(process, port, worker_port, state)

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            running.lines.append(line)

    threading.Thread(target=read, daemon=True).start()
    return running


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = start(tmp_path_factory.mktemp("stack"))
    try:
        until(lambda: "Ctrl-C stops" in running.output or running.process.poll() is not None, START_SECONDS)
        assert running.process.poll() is None, running.output
        yield running
    finally:
        if running.process.poll() is None:
            running.process.terminate()
            running.process.wait(15)


def key_of(stack: Running) -> str:
    return (stack.state / "api_keys").read_text().strip()


def test_it_tells_where_it_listens_and_is_healthy(stack: Running) -> None:
    assert f"listens on http://127.0.0.1:{stack.port}" in stack.output
    assert stack.get("/health")[0] == 200


def test_the_key_made_is_printed_and_kept_from_others(stack: Running) -> None:
    assert key_of(stack) in stack.output
    assert stat.S_IMODE((stack.state / "api_keys").stat().st_mode) == 0o600
    assert stack.get("/model", key_of(stack))[0] == 200
    assert stack.get("/model", "wrong")[0] == 401


def test_a_recommendation_for_a_real_situation_is_shown(stack: Running) -> None:
    shown = stack.output[stack.output.index("2023 Bahrain Grand Prix") :]
    assert re.search(r"Box lap \d+ for|Stay out", shown)


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_curl_line_printed_works_wherever_it_is_pasted(stack: Running, tmp_path: Path) -> None:
    (line,) = re.findall(r"^curl .*$", stack.output, re.MULTILINE)
    pasted = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    answer = json.loads(pasted.stdout)
    assert answer["pit_strategy"]["win_probability"] >= 0
    assert len(answer["forecast"]) == 20


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_requests_in_the_readme_work_as_they_stand(stack: Running, tmp_path: Path) -> None:
    blocks = re.findall(r"```sh\n(curl .*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    (tmp_path / ".state").symlink_to(stack.state)
    answers = {}
    for block in blocks:
        assert "127.0.0.1:8080" in block
        line = block.replace("127.0.0.1:8080", f"127.0.0.1:{stack.port}")
        pasted = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, timeout=300)
        answers[re.findall(r":8080(/\S*)", block)[0]] = json.loads(pasted.stdout)
    assert answers["/recommend"]["forecast"][0]["driver_id"]
    assert answers["/recommend"]["n_scenarios"] == 10_000
    assert answers["/simulate"]["cars"][0]["lap_times"]
    assert answers["/circuits/bahrain"]["circuit_id"] == "bahrain"


def test_the_audit_of_an_answer_reaches_the_warehouse_s_queue_and_is_taken(stack: Running) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", stack.worker_port, timeout=10)

    def status() -> dict[str, Any]:
        connection.request("GET", "/status")
        return json.loads(connection.getresponse().read())

    until(lambda: not status()["waiting"], 120)
    assert status()["dead"] == []


def test_a_second_stack_on_the_same_port_says_so_and_ends(stack: Running, tmp_path: Path) -> None:
    environment = os.environ | {"PORT": str(stack.port), "F1_STATE_DIR": str(tmp_path)}
    second = subprocess.run(
        [sys.executable, "-m", "tools.run"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert second.returncode == 2
    assert f"cannot listen on 127.0.0.1:{stack.port}" in second.stderr
    assert "PORT" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_worker_that_dies_is_started_again(stack: Running) -> None:
    def worker() -> int:
        listed = subprocess.run(
            ["ps", "-o", "pid=,args=", "--ppid", str(stack.process.pid)], capture_output=True, text=True
        )
        found = [int(line.split()[0]) for line in listed.stdout.splitlines() if "tools.worker" in line]
        return found[0] if found else 0

    before = worker()
    os.kill(before, signal.SIGKILL)
    until(lambda: worker() not in (0, before) and listens(stack.worker_port), 120)
    assert "worker ended with signal SIGKILL" in stack.output
    assert stack.get("/health")[0] == 200


def test_sigterm_ends_both_processes_within_ten_seconds(stack: Running) -> None:
    children = stack.processes()
    assert len(children) == 2
    began = time.monotonic()
    stack.process.send_signal(signal.SIGTERM)
    assert stack.process.wait(10) == 0
    assert time.monotonic() - began < 10
    for pid in children:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert not listens(stack.port)
    assert not listens(stack.worker_port)


def test_a_corrupt_bundle_ends_the_start_and_its_file_is_named(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(SHIPPED, bundle)
    (bundle / "pits.json").write_text("{}")
    running = start(tmp_path / "state", F1_MODEL_BUNDLE=str(bundle))
    try:
        assert running.process.wait(START_SECONDS) == 1
    finally:
        running.process.kill()
    until(lambda: "No model bundle can be served" in running.output, 60)
    assert "bundle/pits.json" in running.output.replace("\n", "")
    assert not listens(running.port)


def test_keys_given_are_used_and_never_shown_and_no_child_outlives_a_killed_parent(tmp_path: Path) -> None:
    running = start(tmp_path / "state", F1_API_KEYS="first-secret,second-secret")
    try:
        until(lambda: listens(running.port) and listens(running.worker_port), START_SECONDS)
        until(lambda: running.get("/health")[0] == 200, START_SECONDS)
        assert running.get("/model", "second-secret")[0] == 200
        assert not (running.state / "api_keys").exists()
        children = running.processes()
        assert len(children) == 2
    finally:
        running.process.kill()
        running.process.wait()
    until(lambda: not listens(running.port) and not listens(running.worker_port), 60)
    assert "secret" not in running.output
