"""An object store in memory, which counts writes and can refuse them as Cloud Storage does."""

from __future__ import annotations

import threading
from collections.abc import Callable

from shared.errors import NotFound, PreconditionFailed
from shared.ports import Listed, Object


class MemoryStore:
    """Objects in a dictionary; ``before_put`` is called with each name before a write and may raise."""

    def __init__(self, before_put: Callable[[str], None] = lambda name: None) -> None:
        self.objects: dict[tuple[str, str], Object] = {}
        self.written: list[str] = []
        self.before_put = before_put
        self._lock = threading.Lock()
        self._generation = 0

    def get(self, bucket: str, name: str) -> Object:
        with self._lock:
            try:
                return self.objects[bucket, name]
            except KeyError:
                raise NotFound(f"no object {name!r} in bucket {bucket!r}") from None

    def put(self, bucket: str, name: str, data: bytes, if_generation: int | None = None) -> int:
        self.before_put(name)
        with self._lock:
            current = self.objects[bucket, name].generation if (bucket, name) in self.objects else 0
            if if_generation is not None and if_generation != current:
                raise PreconditionFailed(f"{name} has generation {current}, not {if_generation}")
            self._generation += 1
            self.objects[bucket, name] = Object(data, self._generation)
            self.written.append(name)
            return self._generation

    def list(self, bucket: str, prefix: str = "") -> list[Listed]:
        with self._lock:
            return sorted(
                Listed(name, found.generation, len(found.data))
                for (held, name), found in self.objects.items()
                if held == bucket and name.startswith(prefix)
            )

    def delete(self, bucket: str, name: str, if_generation: int | None = None) -> None:
        with self._lock:
            if self.objects.pop((bucket, name), None) is None:
                raise NotFound(f"no object {name!r} in bucket {bucket!r}")
