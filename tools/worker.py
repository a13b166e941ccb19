"""The worker of the embedded stack: owns the warehouse, hosts the event functions side by side, delivers their events.

``python -m tools.worker`` listens on F1_WORKER_PORT. Each function is mounted under its own name; ``/status`` tells how
many events wait; ``/backup/ID`` copies the warehouse into a backup's folder; ``/store_recommendations`` stands for the
cloud's subscription that writes audit messages to the warehouse.
"""

from __future__ import annotations

import functools
import gc
import importlib
import json
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import flask
import pyarrow as pa
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from shared import events
from shared.adapters.embedded.delivery import BATCH_TYPE, Delivery
from shared.adapters.embedded.event_bus import SqliteBus
from shared.adapters.embedded.object_store import FileObjectStore
from shared.adapters.embedded.warehouse import DuckDBWarehouse
from shared.bootstrap import Ports, ports
from shared.config import settings
from shared.errors import EventError, F1Error
from shared.observability import fields, log, set_up
from tools.command import run_main
from tools.recovery.embedded import copy_open_warehouse
from tools.server import few_arenas, function_names, load_function, serve

RECONCILE_SECONDS = 5.0
LATE = frozenset({"train"})
"""Functions that are loaded when their first event comes: training brings JAX, 180 MB that most workers never use."""


def application(opened: Ports, names: Iterable[str]) -> Any:
    """One WSGI application: the event functions ``names`` under their names, and the worker's own routes."""
    mounts = {f"/{name}": _mounted(name) for name in names}
    own = flask.Flask("worker")

    @own.get("/health")
    def health() -> Any:
        return {"status": "healthy", "functions": sorted(mounts)}

    @own.get("/status")
    def status() -> Any:
        bus = opened.bus
        assert isinstance(bus, SqliteBus)
        dead = [letter._asdict() | {"data": None} for letter in bus.dead_letters()]
        failing = [dict(zip(("subscription", "attempts", "error"), row, strict=True)) for row in bus.failing()]
        return {"waiting": bus.waiting(), "failing": failing, "dead": dead}

    @own.post("/store_recommendations")
    def store_recommendations() -> Any:
        try:
            received = events.receive(flask.request.get_data(), events.RecommendationMade)
        except EventError as error:
            return {"error": str(error)}, 400
        message = received.message
        row = {
            "made_at": message.made_at,
            "request": json.dumps(message.request),
            "answer": json.dumps(message.answer),
            "seed": message.seed,
            "model_version": message.model_version,
        }
        opened.warehouse.append("recommendations", [row], [received.id])
        return {"stored": received.id}

    @own.post("/backup/<identity>")
    def back_up(identity: str) -> Any:
        warehouse = opened.warehouse
        assert isinstance(warehouse, DuckDBWarehouse)
        try:
            copy_open_warehouse(warehouse, opened.settings, identity)
        except F1Error as error:
            return {"error": str(error)}, 400
        return {"copied": identity}

    return DispatcherMiddleware(own, mounts)


def _mounted(name: str) -> Any:
    """The function as it answers where it is mounted: without the slash that its own routing would redirect to, and
    several events in one request by its ``batch``, where it has one."""
    loading = threading.Lock()

    @functools.cache
    def load() -> tuple[Any, Any]:
        function = load_function(name)
        if name in LATE:
            gc.collect()
            gc.freeze()  # as ``serve`` does with what is loaded at the start
        return function, getattr(importlib.import_module(f"functions.{name}.main"), "batch", None)

    if name not in LATE:
        load()

    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        with loading:
            function, batch = load()
        environ["PATH_INFO"] = environ.get("PATH_INFO") or "/"
        if batch is not None and environ.get("CONTENT_TYPE") == BATCH_TYPE:
            return _batch(batch, environ)(environ, start_response)
        return function(environ, start_response)

    return answer


def _batch(handle: Callable[[Any], dict[str, str]], environ: dict[str, Any]) -> flask.Response:
    """What became of the events in a request of CloudEvents' batch format."""
    told: dict[str, Any]
    try:
        several = json.loads(flask.Request(environ).get_data())
        if not isinstance(several, list):
            raise EventError("a batch of events is a JSON array")
        told, status = {"refused": handle(several)}, 200
    except (F1Error, ValueError, TypeError) as error:
        told, status = {"error": str(error)}, 400
    return flask.Response(json.dumps(told), status, content_type="application/json")


def main() -> int:
    """Run the worker until it is told to stop."""
    few_arenas()
    pa.set_memory_pool(pa.system_memory_pool())  # the default keeps a megabyte for each of a hundred threads
    chosen = settings()
    set_up(chosen)
    if chosen.backend != "embedded":
        print("the worker belongs to the embedded backend; in the cloud each function runs alone", file=sys.stderr)
        return 2
    opened = ports(chosen)
    warehouse, store, bus = opened.warehouse, opened.objects, opened.bus
    assert isinstance(warehouse, DuckDBWarehouse)
    assert isinstance(store, FileObjectStore)
    assert isinstance(bus, SqliteBus)
    names = [name for name in function_names() if name != "recommend"]
    application_ = application(opened, names)
    backoff = (chosen.queue_backoff_min, chosen.queue_backoff_max)
    delivery = Delivery(bus, chosen.state_dir / "delivery.lock", chosen.host, chosen.worker_port, backoff)
    delivery.start()
    threading.Thread(target=_forever, args=(store.reconcile,), name="reconcile", daemon=True).start()

    def stopping() -> None:
        delivery.stop()
        warehouse.close()

    ready = f"worker listens on http://{chosen.host}:{chosen.worker_port}: {', '.join(names) or 'no function yet'}"
    serve(application_, chosen.host, chosen.worker_port, stopping, ready, delivery.most_requests + 4)
    return 0


def _forever(reconcile: Callable[[], int]) -> None:
    while True:
        try:
            reconcile()
        except F1Error as error:
            log.warning("objects cannot be announced", extra=fields(error=str(error)))
        time.sleep(RECONCILE_SECONDS)


if __name__ == "__main__":
    run_main(main, without_arguments=__doc__)
