"""The three doors to the outside world: a warehouse, an object store, an event bus.

Everything else in ``shared`` is pure, or takes one of these. Adapters live in ``shared/adapters``; which one serves is
decided in ``shared/bootstrap.py`` alone. What each method promises is tested, for any adapter, in ``tests/contract``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    import pyarrow as pa

    from shared.tables import Table


class Object(NamedTuple):
    """An object's bytes and the generation they belong to (a number that grows with every write)."""

    data: bytes
    generation: int


class Listed(NamedTuple):
    """An entry of a listing: the object's name, generation and size in bytes."""

    name: str
    generation: int
    size: int


class DeadLetter(NamedTuple):
    """A message that used up its attempts at one subscription: as it was published, with the last error if known."""

    id: str
    subscription: str
    topic: str
    published_at: str
    attempts: int
    error: str
    data: bytes
    attributes: Mapping[str, str]


class Warehouse(Protocol):
    """Tables of ``shared.tables``, read and written with SQL in BigQuery's dialect; time zone UTC."""

    def ensure(self, tables: Iterable[Table]) -> None:
        """Create the tables that are not there yet and add columns that are new; data stay."""

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> pa.Table:
        """Rows of a SELECT. ``@name`` in the SQL takes its value from ``params``. Raises WarehouseError."""

    def execute(self, sql: str, params: Mapping[str, Any] | None = None) -> int:
        """Run one statement that writes; the number of rows it touched (0 for DDL). Raises WarehouseError."""

    def replace_partition(self, table: str, partition: dt.date | None, rows: pa.Table, job_id: str) -> int:
        """Replace one partition (``None``: the whole of an unpartitioned table) by ``rows``, all or nothing.

        Columns are matched by name; those the table has and ``rows`` lacks become NULL unless REQUIRED. The same
        ``job_id`` again does nothing and answers 0, as a load job with that id would. Answers the rows written.
        Raises WarehouseError naming table and column; the old rows stay then.
        """

    def replace_partitions(self, table: str, partitions: Collection[dt.date], rows: pa.Table, job_id: str) -> int:
        """Replace these partitions (days) of a partitioned table by ``rows``, all of them or none, in one job.

        A partition named that has no rows becomes empty; a row of a partition not named is refused. Columns, job id,
        answer and errors are as in ``replace_partition``.
        """

    def append(self, table: str, rows: Sequence[Mapping[str, Any]], ids: Sequence[str]) -> int:
        """Add rows, each once: a row whose id came before is left out. Answers the rows added."""


class ObjectStore(Protocol):
    """Named bytes in buckets, with generations and preconditions like Cloud Storage's."""

    def get(self, bucket: str, name: str) -> Object:
        """The object's bytes and generation. Raises NotFound, or StoreError for a name that no object can have."""

    def put(self, bucket: str, name: str, data: bytes, if_generation: int | None = None) -> int:
        """Write the whole object, all or nothing, and answer its new generation.

        ``if_generation``: write only if the object has this generation now; 0 means that it must not exist.
        Raises PreconditionFailed otherwise, and TooManyRequests where the object is written more often than the store
        admits. A finalized event follows where the bucket is subscribed to.
        """

    def list(self, bucket: str, prefix: str = "") -> list[Listed]:
        """Objects whose names start with ``prefix``, sorted by name; empty for a bucket never written to."""

    def delete(self, bucket: str, name: str, if_generation: int | None = None) -> None:
        """Remove the object. Raises NotFound, or PreconditionFailed as in ``put``."""


class EventBus(Protocol):
    """Topics to publish on. Delivery is at least once, in any order unless messages share an ordering key."""

    def publish(
        self, topic: str, data: bytes, attributes: Mapping[str, str] | None = None, ordering_key: str | None = None
    ) -> str:
        """Accept a message durably and answer its id. Raises BusError."""


class DeadLetters(Protocol):
    """Messages that were given up, for a person to look at and send again."""

    def dead_letters(self) -> list[DeadLetter]:
        """All of them, oldest first. Raises BusError."""

    def replay(self, message_id: str | None = None) -> int:
        """Send one message's dead letters, or all, again with all their attempts; how many. Raises BusError."""
