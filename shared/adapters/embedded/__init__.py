"""The embedded backend: DuckDB, a folder of files, a queue in SQLite. It needs no account and no network.

Each module opens its port with ``open_port(settings)``: ``warehouse``, ``object_store``, ``event_bus``. ``delivery`` is
the queue's other side, which the worker runs.
"""
