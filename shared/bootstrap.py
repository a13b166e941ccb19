"""Wires the ports to the backend that the settings name. The only place that knows which adapters exist.

Adapters are imported by name and only when asked for: recommend takes the object store and the bus and so never
pays for the warehouse's libraries.
"""

from __future__ import annotations

import functools
import importlib
from typing import cast

from shared.config import Settings, settings
from shared.errors import SettingsError
from shared.ports import DeadLetters, EventBus, ObjectStore, Warehouse

ADAPTERS = {"embedded": "shared.adapters.embedded", "gcp": "shared.adapters.gcp"}


class Ports:
    """The three ports under one set of settings; each is opened when first asked for and then kept."""

    def __init__(self, chosen: Settings) -> None:
        self.settings = chosen

    @functools.cached_property
    def warehouse(self) -> Warehouse:
        """The warehouse. Raises SettingsError where the backend has none, WarehouseError where it cannot be opened."""
        return cast("Warehouse", self._open("warehouse"))

    @functools.cached_property
    def objects(self) -> ObjectStore:
        """The object store."""
        return cast("ObjectStore", self._open("object_store"))

    @functools.cached_property
    def bus(self) -> EventBus:
        """The event bus."""
        return cast("EventBus", self._open("event_bus"))

    @functools.cached_property
    def dead_letters(self) -> DeadLetters:
        """Messages that were given up."""
        return cast("DeadLetters", self._open("dead_letters"))

    def _open(self, port: str) -> object:
        name = f"{ADAPTERS[self.settings.backend]}.{port}"
        try:
            adapter = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise SettingsError(f"F1_BACKEND={self.settings.backend} needs the package {error.name}") from error
            raise SettingsError(
                f"F1_BACKEND={self.settings.backend} is not built yet; use F1_BACKEND=embedded"
            ) from None
        return adapter.open_port(self.settings)


@functools.lru_cache(maxsize=8)
def _ports(chosen: Settings) -> Ports:
    return Ports(chosen)


def ports(chosen: Settings | None = None) -> Ports:
    """The ports for these settings (by default the environment's), the same object for the same settings."""
    return _ports(chosen if chosen is not None else settings())
