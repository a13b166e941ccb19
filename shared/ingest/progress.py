"""How far a run is that works in steps: units that are over, kept as one small object beside what the run fetched."""

from __future__ import annotations

import json

from shared.errors import NotFound
from shared.ingest.load import RAW_BUCKET
from shared.ports import ObjectStore


class Progress:
    """Units done of the run whose objects are under ``folder`` in the bucket ``raw``."""

    def __init__(self, objects: ObjectStore, folder: str) -> None:
        self._objects = objects
        self._name = f"{folder}/progress.json"

    def units(self) -> int:
        """How many are done, from the first on."""
        try:
            return int(json.loads(self._objects.get(RAW_BUCKET, self._name).data)["units_done"])
        except NotFound:
            return 0

    def note(self, units: int) -> None:
        """So many are done. Two deliveries of one run at once may note in any order: at worst one is done again, which
        changes nothing."""
        self._objects.put(RAW_BUCKET, self._name, json.dumps({"units_done": units}).encode())
