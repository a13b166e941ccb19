"""Serves a WSGI application in this one process, with threads, until it is told to stop or its parent ends.

functions-framework's own command forks workers from a process that has loaded the function, which neither JAX's threads
nor DuckDB's lock survive; here the function is loaded where it runs. Under ``functions-framework`` itself the functions
work too.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import functions_framework
import waitress

from shared.config import ROOT
from shared.errors import SettingsError
from shared.observability import log
from tools.refusals import limits, refuse_in_json

THREADS = 16
_M_ARENA_MAX = -8  # malloc.h
MAX_BODY_BYTES = 16 << 20
"""Above every limit of the functions' own, which answer with their own errors."""


def load_function(name: str) -> Any:
    """The Flask application of a function, as functions-framework makes it. Raises SettingsError where it is
    missing."""
    source = ROOT / "functions" / name / "main.py"
    if not source.is_file():
        raise SettingsError(f"there is no function {name}: {source.relative_to(ROOT)} is missing")
    return functions_framework.create_app(target=name, source=str(source))


def serve(
    application: Any,
    host: str,
    port: int,
    stopping: Callable[[], None] = lambda: None,
    ready: str = "",
    threads: int = THREADS,
) -> None:
    """Listen until SIGTERM, SIGINT or the parent's end; then call ``stopping`` and leave at once. Does not return."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    refuse_in_json()
    adopt_logs()
    try:
        server = waitress.create_server(
            application,
            host=host,
            port=port,
            threads=threads,
            ident=None,
            connection_limit=2 * threads + 500,
            max_request_body_size=MAX_BODY_BYTES,
            **limits(),
        )
    except OSError as error:
        print(f"cannot listen on {host}:{port}: {error.strerror}", file=sys.stderr)
        raise SystemExit(3) from None
    threading.Thread(target=server.run, name="server", daemon=True).start()
    gc.collect()
    gc.freeze()  # what is loaded stays: looking through it again took an eighth of the time of a stream of messages
    if ready:
        log.info(ready)
    parent = os.getppid()
    while not stop.wait(0.5):
        if os.getppid() != parent:
            log.warning("the process that started this one has ended; stopping")
            break
    finished = threading.Thread(target=stopping, daemon=True)
    finished.start()
    finished.join(5.0)
    server.close()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # a computation still running must not hold the process; what it writes, it writes all or nothing


def few_arenas() -> None:
    """Lets all threads allocate from two arenas: glibc gives each of many threads one of its own and keeps what was
    freed there. To be called before threads begin. Elsewhere nothing happens."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


def adopt_logs() -> None:
    """Let the web server's own messages go where the product's go, in their form."""
    server = logging.getLogger("waitress")
    server.handlers[:] = log.handlers
    server.propagate = False


def function_names() -> list[str]:
    """Functions whose main.py is there, sorted."""
    return sorted(path.parent.name for path in Path(ROOT, "functions").glob("*/main.py"))
