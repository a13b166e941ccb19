"""A worker of its own to measure, on a free port and a new state folder, asked nothing but to handle events."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from shared.bootstrap import Ports
from shared.config import ROOT, Settings, settings
from shared.errors import F1Error
from shared.serving.kernels import programs
from tools.run import ask

READY_SECONDS = 300.0


class InstanceError(F1Error):
    """The worker did not start, or ended."""


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Instance:
    """A worker process on the state folder ``folder``; ``extra`` settings go to its environment."""

    def __init__(self, folder: Path, module: str = "tools.worker", **extra: str) -> None:
        self.folder, self.module = folder, module
        port, worker_port = free_port(), free_port()
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("F1_")},
            "F1_STATE_DIR": str(folder),
            "F1_DATA_DIR": str(settings().data_dir),
            "F1_WORKER_PORT": str(worker_port),
            "PORT": str(port),
            "F1_LOG_LEVEL": "ERROR",
            "F1_LOG_FORMAT": "text",
            "F1_QUEUE_BACKOFF_MIN": "0.2",
            "F1_QUEUE_BACKOFF_MAX": "1",
            **extra,
        }
        self.settings: Settings = settings(
            state_dir=folder,
            port=port,
            worker_port_set=worker_port,
            **({"api_keys": extra["F1_API_KEYS"]} if "F1_API_KEYS" in extra else {}),
        )
        self.ports = Ports(self.settings)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers. Raises InstanceError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / f"{self.module}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", self.module], cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )
        port = self.settings.port if self.module == "tools.serve" else self.settings.worker_port
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            with contextlib.suppress(OSError):
                if ask(self.settings.host, port, "/health")[0] == 200:
                    return
            time.sleep(0.05)
        raise InstanceError(f"{self.module} did not start; see {self.folder / f'{self.module}.log'}")

    def kill(self) -> None:
        """End it as a crash would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it in order."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(30)

    def compiled(self) -> bool:
        """Whether a recommend instance has compiled all that it compiles in quiet moments."""
        status, metrics = ask(self.settings.host, self.settings.port, "/metrics", self.environment["F1_API_KEYS"])
        return status == 200 and {program.name for program in programs()} <= metrics["start_seconds"].keys()

    def cpu_seconds(self) -> float:
        """Processor time it and its threads have used."""
        assert self.process is not None
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> float:
        """Resident memory, MB."""
        assert self.process is not None
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextlib.contextmanager
def running(folder: Path, module: str = "tools.worker", **extra: str) -> Iterator[Instance]:
    """An instance for the length of a measure."""
    instance = Instance(folder, module, **extra)
    instance.start()
    try:
        yield instance
    finally:
        instance.stop()
