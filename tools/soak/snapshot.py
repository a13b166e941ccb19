"""What a state holds, as counts and hashes that two runs can be compared by."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable
from typing import Any, NamedTuple

from shared.adapters.embedded.event_bus import SqliteBus
from shared.bootstrap import Ports
from shared.tables import TABLES

BUCKETS = ("raw", "manifests", "races")
DIGITS = 9
"""Significant digits of a float that are compared: sums in parallel differ in the last ones from run to run."""

TIMES_OF_THE_RUN = {"received_at"}
"""Columns that tell when a run was, not what it found; the report's freshness is left out as well."""


class Snapshot(NamedTuple):
    """Rows and hash by table, hash by object, hashes of the announcements; equal for runs that came to the same."""

    tables: dict[str, tuple[int, str]]
    objects: dict[str, str]
    announced: frozenset[str]

    def differences(self, other: Snapshot) -> list[str]:
        """What differs, in words; empty when nothing does."""
        found = [
            f"{table}: {rows} rows instead of {other.tables[table][0]}"
            if rows != other.tables[table][0]
            else f"{table}: other values in {rows} rows"
            for table, (rows, digest) in self.tables.items()
            if (rows, digest) != other.tables[table]
        ]
        found += [f"object {name} is missing" for name in sorted(other.objects.keys() - self.objects.keys())]
        found += [f"object {name} is too many" for name in sorted(self.objects.keys() - other.objects.keys())]
        both = self.objects.keys() & other.objects.keys()
        found += [f"object {name} differs" for name in sorted(both) if self.objects[name] != other.objects[name]]
        if self.announced != other.announced:
            found.append(f"features-ready: {len(self.announced)} announcements instead of {len(other.announced)}")
        return found


def snapshot(opened: Ports) -> Snapshot:
    """All tables, objects and announcements of a state. A message sent twice counts once, as for its receivers."""
    tables = {name: rows_hash(opened, name) for name in TABLES}
    objects = {
        f"{bucket}/{entry.name}": hashlib.sha256(opened.objects.get(bucket, entry.name).data).hexdigest()
        for bucket in BUCKETS
        for entry in opened.objects.list(bucket)
    }
    bus = opened.bus
    assert isinstance(bus, SqliteBus)
    bus.release()
    sent = bus.claim("train", 10_000)
    return Snapshot(tables, objects, frozenset(hashlib.sha256(message.data).hexdigest() for message in sent))


def rows_hash(opened: Ports, table: str) -> tuple[int, str]:
    """Number of rows and SHA-256 over them, whatever their order."""
    names = [column.name for column in TABLES[table].columns if column.name not in TIMES_OF_THE_RUN]
    only = " WHERE aspect <> 'freshness'" if table == "data_quality" else ""
    rows = opened.warehouse.query(f"SELECT {', '.join(names)} FROM {table}{only}")  # noqa: S608 - the schema's names
    lines = sorted(json.dumps(list(map(_plain, row)), default=str) for row in _rows(rows))
    return len(lines), hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _rows(table: Any) -> Iterable[tuple[Any, ...]]:
    return zip(*(table[name].to_pylist() for name in table.column_names), strict=True)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and math.isfinite(value):
        return float(f"{value:.{DIGITS}g}") + 0.0
    return value
