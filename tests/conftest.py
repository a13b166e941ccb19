"""Fixtures that every test may use: recorded data where they are, a state folder of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest

from shared.config import Settings, settings
from tools.emulators import run


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The recorded races; skips the test, saying why, where they are not at hand."""
    folder = settings().data_dir
    if not (folder / "laps").is_dir():
        pytest.skip(f"needs recorded races: F1_DATA_DIR names {folder}, which holds no laps/")
    return folder


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Settings whose state is a new folder, which the environment names as well; embedded backend, quick redelivery."""
    for name in ("F1_BACKEND", "F1_API_KEYS", "F1_MODEL_BUNDLE", "PORT", "F1_WORKER_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("F1_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("F1_QUEUE_BACKOFF_MIN", "0.05")
    monkeypatch.setenv("F1_QUEUE_BACKOFF_MAX", "0.2")
    yield settings()


def _emulator(start: AbstractContextManager[str]) -> Iterator[str]:
    with ExitStack() as stack:
        try:
            address = stack.enter_context(start)
        except run.EmulatorMissing as missing:
            pytest.skip(str(missing))
        yield address


@pytest.fixture(scope="session")
def bigquery_emulator() -> Iterator[str]:
    """Address of bqemulator behind its gateway; skips the test, saying what to install, where it is missing."""
    yield from _emulator(run.bigquery())


@pytest.fixture(scope="session")
def storage_emulator() -> Iterator[str]:
    """Address of fake-gcs-server behind its gateway; skips as above."""
    yield from _emulator(run.storage())


@pytest.fixture(scope="session")
def pubsub_emulator() -> Iterator[str]:
    """Address of Google's Pub/Sub emulator; skips as above."""
    yield from _emulator(run.pubsub())
