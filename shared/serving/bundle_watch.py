"""Which bundle serves, and how a newly promoted one takes over while the old one goes on serving.

``F1_MODEL_BUNDLE`` if set; else the one that ``current.json`` promotes; else the one shipped in ``shared/bundle``. A
promoted bundle that cannot be loaded, or cannot answer, is logged and left alone until ``current.json`` changes again.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from shared.config import Settings
from shared.errors import F1Error
from shared.models.bundle import SHIPPED
from shared.models.bundle_store import fetch_bundle, promoted
from shared.observability import fields, log
from shared.ports import ObjectStore

BundleT = TypeVar("BundleT")


class BundleWatch(Generic[BundleT]):
    """Holds the bundle that serves. ``load`` makes one of a folder and raises where it is bad; ``prove`` lets a new one
    answer once, and raises where it cannot, before it may take over."""

    def __init__(
        self,
        chosen: Settings,
        store: Callable[[], ObjectStore],
        load: Callable[[Path], BundleT],
        prove: Callable[[BundleT], None],
        shipped: Path = SHIPPED,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pinned = chosen.model_bundle
        self._fetched = (chosen.state_dir if chosen.backend == "embedded" else Path(tempfile.gettempdir())) / "bundles"
        self._store, self._load, self._prove = store, load, prove
        self._look_seconds, self._shipped, self._clock = chosen.bundle_look_seconds, shipped, clock
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._seen: int | None = None
        self._looked = clock()
        self._current: BundleT | None = None

    @property
    def current(self) -> BundleT | None:
        """The bundle that serves; None before ``start``."""
        return self._current

    def start(self) -> BundleT:
        """Load the first bundle and let it serve. Raises what ``load`` raises when no bundle can be had."""
        if self._pinned is not None:
            self._current = self._load(self._pinned)
            return self._current
        bundle = self._newer()
        if bundle is None:
            log.info("serving the bundle that ships")
            bundle = self._load(self._shipped)
        self._looked = self._clock()
        self._current = bundle
        return bundle

    def look(self) -> None:
        """If the last look is too long ago, see in a thread whether another bundle is promoted. Returns at once."""
        if self._pinned is not None or self._current is None or self._clock() - self._looked < self._look_seconds:
            return
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                return
            self._looked = self._clock()
            self._thread = threading.Thread(target=self._swap, name="bundle-watch", daemon=True)
            self._thread.start()

    def join(self, timeout: float | None = None) -> None:
        """Wait for a look under way."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout)

    def _swap(self) -> None:
        bundle = self._newer(prove=True)
        if bundle is not None:
            self._current = bundle

    def _newer(self, prove: bool = False) -> BundleT | None:
        """The promoted bundle if it is another than the last one seen, and good."""
        try:
            store = self._store()
            seen = promoted(store)
            if seen is None or seen.generation == self._seen:
                return None
            folder = fetch_bundle(store, seen.version, self._fetched)
        except Exception as error:  # whatever a store raises: the next look tries again
            log.warning("cannot look for a promoted bundle", extra=fields(error=repr(error)))
            return None
        self._seen = seen.generation
        try:
            bundle = self._load(folder)
            if prove:
                self._prove(bundle)
        except Exception as error:
            complain = log.warning if isinstance(error, F1Error) else log.exception
            complain("the promoted bundle cannot serve", extra=fields(version=seen.version, error=repr(error)))
            return None
        log.info("a promoted bundle takes over", extra=fields(version=seen.version))
        return bundle
