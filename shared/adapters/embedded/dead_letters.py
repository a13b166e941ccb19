"""Dead letters of the embedded backend: the queue keeps its own."""

from __future__ import annotations

from shared.adapters.embedded.event_bus import SqliteBus, open_port

__all__ = ["SqliteBus", "open_port"]
