"""Each archive, installed alone in a fresh environment, answers under functions-framework as it would in the cloud."""

from __future__ import annotations

import base64
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.embedded.object_store import FileObjectStore
from shared.bootstrap import Ports
from shared.config import ROOT, settings
from shared.tables import TABLES
from tools.compiled import COMPILER
from tools.lock import PORTS
from tools.package import COMPILED, build, digest, sources
from tools.recovery.prints import BUCKETS

pytestmark = pytest.mark.slow

ALWAYS = ("recommend", "stream_features")
"""Archives that every run installs; F1_ALL_PACKAGES=1 installs all of them, which takes minutes."""


def installed(function: str, folder: Path) -> tuple[Path, Path]:
    """The unpacked archive and the Python of an environment that holds its requirements and nothing else."""
    (package,) = build([function], folder / "out")
    unpacked, environment = folder / "function", folder / "venv"
    zipfile.ZipFile(package.path).extractall(unpacked)
    uv = [sys.executable, "-m", "uv", "--quiet"]
    subprocess.run([*uv, "venv", "--python", sys.executable, str(environment)], check=True)
    python = environment / "bin" / "python"
    install = [*uv, "pip", "install", "--python", str(python), "--require-hashes"]
    done = subprocess.run([*install, "-r", str(unpacked / "requirements.txt")], capture_output=True, text=True)
    if done.returncode != 0 and ("Failed to fetch" in done.stderr or "error sending request" in done.stderr):
        pytest.skip(f"needs the package index: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr[-3000:]
    return unpacked, python


@contextmanager
def running(function: str, unpacked: Path, python: Path, state: Path, around: dict[str, str]) -> Iterator[int]:
    """The archive under functions-framework, with the signature that the platform sets for any HTTP function."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = COMPILER | {
        "PATH": "/usr/bin:/bin",
        "HOME": str(state),
        "F1_STATE_DIR": str(state),
        "F1_API_KEYS": "k",
        "FUNCTION_SIGNATURE_TYPE": "http",
        "JAX_COMPILATION_CACHE_DIR": str(unpacked / COMPILED),
    }
    environment |= around
    command = [str(python.parent / "functions-framework"), "--source", "main.py", "--target", function]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen(command, cwd=unpacked, env=environment, stderr=subprocess.PIPE, start_new_session=True)
    try:
        deadline = time.monotonic() + 240
        while time.monotonic() < deadline and server.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.2)
        assert server.poll() is None, (server.stderr.read() if server.stderr else b"").decode()[-3000:]
        yield port
    finally:
        server.terminate()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:  # a message that nobody takes may keep a worker longer
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def ask(port: int, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=240)
    connection.request(method, path, body, {"X-API-Key": "k", "Content-Type": "application/json"})
    response = connection.getresponse()
    return response.status, response.read()


def push(message: dict[str, Any], topic: str) -> bytes:
    """A push as Pub/Sub sends it to a function's address."""
    data = base64.b64encode(json.dumps(message).encode()).decode()
    envelope = {"data": data, "messageId": "1", "publishTime": "2026-03-08T15:00:00Z", "attributes": {"version": "1"}}
    return json.dumps({"message": envelope, "subscription": f"projects/p/subscriptions/{topic}"}).encode()


EVENTS: dict[str, bytes] = {
    # Meant for the other ingest, so it is acknowledged and nothing else: needs neither source nor data.
    "ingest_ergast": push({"seasons": [2026], "sources": ["fastf1"]}, "ingest-ergast"),
    "ingest_fastf1": push({"seasons": [2026], "sources": ["ergast"]}, "ingest-fastf1"),
    "train": push({"races": ["2026_01"], "until": "2026-03-08", "fingerprint": "a" * 64}, "train"),
    # Nobody can read it, so it goes to the quarantine.
    "stream_features": push({"kind": "nonsense"}, "stream-features"),
}


def surroundings(function: str, unpacked: Path, request: pytest.FixtureRequest) -> dict[str, str]:
    """Settings for the adapters that the archive holds: none for the embedded ones, emulators for the cloud's.

    recommend needs no emulator: it serves the bundle in its archive, and answers though its audit cannot be written.
    """
    if not (unpacked / "shared" / "adapters" / "gcp" / "object_store.py").is_file():
        return {}
    name = f"p{uuid.uuid4().hex[:12]}"
    chosen = {"F1_BACKEND": "gcp", "F1_GCP_PROJECT": "packages", "F1_GCP_DATASET": name}
    chosen["F1_GCP_BUCKET_PREFIX"] = f"{name}-"
    if function == "recommend":
        nobody = {"STORAGE_EMULATOR_HOST": "http://127.0.0.1:1", "PUBSUB_EMULATOR_HOST": "127.0.0.1:1"}
        return chosen | nobody | {"F1_MODEL_BUNDLE": str(unpacked / "shared" / "bundle")}
    chosen["BIGQUERY_EMULATOR_HOST"] = request.getfixturevalue("bigquery_emulator")
    chosen["STORAGE_EMULATOR_HOST"] = request.getfixturevalue("storage_emulator")
    patch = request.getfixturevalue("monkeypatch")
    for variable, value in chosen.items():
        patch.setenv(variable, value)
    opened = Ports(settings())
    opened.warehouse.ensure(TABLES.values())
    for bucket in BUCKETS:
        opened.objects.client.create_bucket(f"{name}-{bucket}")  # type: ignore[attr-defined]
    return chosen


def manifest_event(state: Path, around: dict[str, str]) -> bytes:
    """Cloud Storage's notification about a manifest without races, which is put in the store first."""
    body = {"source": "ergast", "parts": [], "content_hash": "0" * 64}
    store = Ports(settings()).objects if around else FileObjectStore(state / "objects", notified={})
    generation = store.put("manifests", "race/ergast-none.json", json.dumps(body).encode())
    written = {"bucket": "manifests", "name": "race/ergast-none.json", "generation": str(generation)}
    return push(written, "preprocess")


@pytest.mark.parametrize("function", list(PORTS))
def test_an_archive_alone_answers(function: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if function not in ALWAYS and not os.environ.get("F1_ALL_PACKAGES"):
        pytest.skip("F1_ALL_PACKAGES=1 installs all archives, which takes minutes")
    unpacked, python = installed(function, tmp_path)
    state = tmp_path / "state"
    state.mkdir()
    around = surroundings(function, unpacked, request)
    with running(function, unpacked, python, state, around) as port:
        if function != "recommend":
            body = manifest_event(state, around) if function == "preprocess" else EVENTS[function]
            status, answer = ask(port, "POST", "/", body)
            assert status == 200, answer
            return
        status, deadline = 0, time.monotonic() + 240
        while status != 200 and time.monotonic() < deadline:
            status, answer = ask(port, "GET", "/health")
            time.sleep(0.5)
        assert status == 200, answer
        status, answer = ask(
            port, "POST", "/recommend", (ROOT / "tools/examples/bahrain_2023_lap_12.json").read_bytes()
        )
        assert status == 200, answer
        assert len(json.loads(answer)["forecast"]) == 20


def test_the_same_commit_gives_the_same_archives(tmp_path: Path) -> None:
    first = build(PORTS, tmp_path / "first", with_compiled=False)
    # Files are written anew, with other times, as a fresh checkout has them.
    second = build(PORTS, tmp_path / "second", with_compiled=False)
    assert [each.archive_sha256 for each in first] == [each.archive_sha256 for each in second]
    assert len({each.sha256 for each in first}) == len(PORTS)


def test_one_changed_byte_gives_another_hash() -> None:
    files = sources("stream_features")
    assert digest(files | {"main.py": files["main.py"] + b"\n"}) != digest(files)


def test_an_archive_holds_what_its_function_imports_and_no_other_function() -> None:
    for function in PORTS:
        names = sources(function)
        assert {"main.py", "requirements.txt", "shared/config.py"} <= set(names), function
        others = {name for name in names if name.startswith("functions/") and name.endswith("main.py")}
        assert others == set(), function
    assert not [name for name in sources("recommend") if "warehouse" in name], "recommend never opens the warehouse"
    assert "shared/bundle/manifest.json" in sources("recommend")
