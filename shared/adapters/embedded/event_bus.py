"""A durable event queue in one SQLite file, with Pub/Sub's semantics: at least once, redelivery, dead letters.

Any process may publish; one process delivers (``delivery.py``). A message is copied to every subscription of its topic
when it is published, in one transaction, and leaves with its last acknowledgement. A topic without subscriptions drops
messages.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from shared.adapters.checks import TOPIC, check_message
from shared.adapters.combining import Combiner
from shared.adapters.subscriptions import SUBSCRIPTIONS, TOPICS, Subscription
from shared.config import Settings
from shared.errors import BusError
from shared.ports import DeadLetter

_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, topic TEXT NOT NULL, data BLOB NOT NULL,
    attributes TEXT NOT NULL, ordering_key TEXT, published_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS deliveries (
    seq INTEGER NOT NULL REFERENCES messages(seq), subscription TEXT NOT NULL, ordering_key TEXT,
    attempts INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL, leased_until REAL NOT NULL DEFAULT 0,
    dead INTEGER NOT NULL DEFAULT 0, error TEXT, PRIMARY KEY (seq, subscription));
DROP INDEX IF EXISTS deliveries_due;
CREATE INDEX IF NOT EXISTS deliveries_ready ON deliveries (subscription, dead, seq);
CREATE INDEX IF NOT EXISTS deliveries_order ON deliveries (subscription, ordering_key, seq)
    WHERE ordering_key IS NOT NULL;
CREATE TABLE IF NOT EXISTS announced (
    bucket TEXT NOT NULL, name TEXT NOT NULL, generation INTEGER NOT NULL, PRIMARY KEY (bucket, name));
"""


CACHE_KB = 256
"""Pages that a connection keeps: a hundred threads deliver, each with one, and SQLite's own 2 MB would add up."""


class Claimed(NamedTuple):
    """A message taken for delivery; ``attempt`` counts from 1."""

    seq: int
    subscription: str
    id: str
    topic: str
    data: bytes
    attributes: dict[str, str]
    ordering_key: str | None
    published_at: str
    attempt: int


class SqliteBus:
    """The queue in the file ``path``; see ``shared.ports.EventBus`` for what publishing promises."""

    def __init__(
        self, path: Path, subscriptions: Sequence[Subscription] = SUBSCRIPTIONS, topics: frozenset[str] = TOPICS
    ) -> None:
        self._path = path
        self.subscriptions = {subscription.name: subscription for subscription in subscriptions}
        self._topics = topics | {subscription.topic for subscription in subscriptions}
        self._local = threading.local()
        self._publishing = Combiner(self._publish)
        self._acknowledging: Combiner[Sequence[Claimed], None] = Combiner(self._acknowledge)

    def publish(
        self, topic: str, data: bytes, attributes: Mapping[str, str] | None = None, ordering_key: str | None = None
    ) -> str:
        """Store the message for every subscription of the topic; when this returns it outlasts a crash."""
        self._check(topic, data, attributes)
        return self._publishing.submit((topic, data, dict(attributes or {}), ordering_key))

    def _publish(self, messages: Sequence[tuple[str, bytes, dict[str, str], str | None]]) -> list[str]:
        with self._transaction() as db:
            return [self._insert(db, *message) for message in messages]

    def announce(self, topic: str, bucket: str, name: str, generation: int) -> None:
        """Publish Cloud Storage's notification that an object was written, once a generation."""
        attributes = {
            "eventType": "OBJECT_FINALIZE",
            "payloadFormat": "JSON_API_V1",
            "bucketId": bucket,
            "objectId": name,
            "objectGeneration": str(generation),
        }
        data = json.dumps(
            {"kind": "storage#object", "bucket": bucket, "name": name, "generation": str(generation)}
        ).encode()
        self._check(topic, data, attributes)
        with self._transaction() as db:
            known = db.execute(
                "INSERT INTO announced VALUES (?, ?, ?) ON CONFLICT (bucket, name) DO UPDATE"
                " SET generation = excluded.generation WHERE excluded.generation > announced.generation",
                (bucket, name, generation),
            )
            if known.rowcount > 0:
                self._insert(db, topic, data, attributes, None)

    def claim(self, subscription: str, limit: int) -> list[Claimed]:
        """Lease up to ``limit`` messages that are due, oldest first; of an ordering key only its oldest."""
        now = time.time()
        if not self._any_due(subscription, now):
            return []
        with self._transaction(durable=False) as db:
            rows = db.execute(
                "SELECT d.seq, m.id, m.topic, m.data, m.attributes, m.ordering_key, m.published_at, d.attempts"
                " FROM deliveries d INDEXED BY deliveries_ready CROSS JOIN messages m USING (seq)"
                " WHERE d.subscription = ? AND d.dead = 0 AND d.due <= ? AND d.leased_until <= ?"
                " AND (d.ordering_key IS NULL OR NOT EXISTS (SELECT 1 FROM deliveries e"
                "      WHERE e.subscription = d.subscription AND e.ordering_key = d.ordering_key"
                "      AND e.seq < d.seq AND e.dead = 0))"
                " ORDER BY d.seq LIMIT ?",
                (subscription, now, now, limit),
            ).fetchall()
            leased_until = now + self.subscriptions[subscription].ack_deadline
            db.executemany(
                "UPDATE deliveries SET attempts = attempts + 1, leased_until = ? WHERE seq = ? AND subscription = ?",
                [(leased_until, row[0], subscription) for row in rows],
            )
        return [
            Claimed(seq, subscription, identity, topic, data, json.loads(attributes), key, published_at, attempts + 1)
            for seq, identity, topic, data, attributes, key, published_at, attempts in rows
        ]

    def _any_due(self, subscription: str, now: float) -> bool:
        """Whether a message may be due: a look that takes no lock."""
        try:
            found = self._db().execute(
                "SELECT 1 FROM deliveries INDEXED BY deliveries_ready"
                " WHERE subscription = ? AND dead = 0 AND due <= ? AND leased_until <= ? LIMIT 1",
                (subscription, now, now),
            )
            return found.fetchone() is not None
        except sqlite3.Error as error:
            raise BusError(f"the event queue {self._path} cannot be read: {error}") from error

    def acknowledge(self, *claimed: Claimed) -> None:
        """The messages were handled: forget them here, and altogether once no subscription waits for them."""
        self._acknowledging.submit(claimed)

    def _acknowledge(self, groups: Sequence[Sequence[Claimed]]) -> list[None]:
        handled = [claimed for group in groups for claimed in group]
        with self._transaction(durable=False) as db:
            db.executemany(
                "DELETE FROM deliveries WHERE seq = ? AND subscription = ?",
                [(claimed.seq, claimed.subscription) for claimed in handled],
            )
            db.executemany(
                "DELETE FROM messages WHERE seq = ?1 AND NOT EXISTS (SELECT 1 FROM deliveries WHERE seq = ?1)",
                [(claimed.seq,) for claimed in handled],
            )
        return [None] * len(groups)

    def reject(self, claimed: Claimed, error: str, delay: float) -> bool:
        """The message was not handled: due again in ``delay`` seconds, or dead (True) after its last attempt."""
        dead = claimed.attempt >= self.subscriptions[claimed.subscription].max_attempts
        with self._transaction() as db:
            db.execute(
                "UPDATE deliveries SET leased_until = 0, due = ?, dead = ?, error = ?"
                " WHERE seq = ? AND subscription = ?",
                (time.time() + delay, dead, error, claimed.seq, claimed.subscription),
            )
        return dead

    def release(self, claimed: Claimed | None = None) -> None:
        """Give a message back without counting the attempt; without argument, end every lease."""
        with self._transaction() as db:
            if claimed is None:
                db.execute("UPDATE deliveries SET leased_until = 0")
            else:
                db.execute(
                    "UPDATE deliveries SET leased_until = 0, attempts = attempts - 1"
                    " WHERE seq = ? AND subscription = ?",
                    (claimed.seq, claimed.subscription),
                )

    def waiting(self) -> dict[str, int]:
        """Messages not yet acknowledged (dead ones left out), by subscription."""
        rows = self._db().execute("SELECT subscription, count(*) FROM deliveries WHERE dead = 0 GROUP BY subscription")
        return dict(rows)

    def in_flight(self) -> dict[str, int]:
        """Messages that are leased to a deliverer, by subscription; a deliverer that ended leaves its leases."""
        sql = "SELECT subscription, count(*) FROM deliveries WHERE leased_until > ? GROUP BY subscription"
        return dict(self._db().execute(sql, (time.time(),)))

    def failing(self) -> list[tuple[str, int, str]]:
        """Subscription, attempts and last error of messages that were refused and will be tried again."""
        rows = self._db().execute(
            "SELECT subscription, attempts, error FROM deliveries WHERE dead = 0 AND error IS NOT NULL ORDER BY seq"
        )
        return rows.fetchall()

    def dead_letters(self) -> list[DeadLetter]:
        """Messages that used up their attempts, oldest first."""
        rows = self._db().execute(
            "SELECT m.id, d.subscription, m.topic, m.published_at, d.attempts, coalesce(d.error, ''), m.data,"
            " m.attributes FROM deliveries d JOIN messages m USING (seq)"
            " WHERE d.dead = 1 ORDER BY d.seq, d.subscription"
        )
        return [DeadLetter._make((*row[:7], json.loads(row[7]))) for row in rows]

    def replay(self, message_id: str | None = None) -> int:
        """Make dead letters (one message's, or all) due again with all their attempts; answers how many."""
        with self._transaction() as db:
            return db.execute(
                "UPDATE deliveries SET dead = 0, attempts = 0, due = 0, leased_until = 0, error = NULL"
                " WHERE dead = 1 AND (? IS NULL OR seq = (SELECT seq FROM messages WHERE id = ?))",
                (message_id, message_id),
            ).rowcount

    def _insert(
        self, db: sqlite3.Connection, topic: str, data: bytes, attributes: Mapping[str, str], ordering_key: str | None
    ) -> str:
        identity = uuid.uuid4().hex
        receivers = [s.name for s in self.subscriptions.values() if s.topic == topic and s.wants(attributes)]
        if not receivers:
            return identity
        published_at = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        seq = db.execute(
            "INSERT INTO messages (id, topic, data, attributes, ordering_key, published_at) VALUES (?, ?, ?, ?, ?, ?)",
            (identity, topic, data, json.dumps(dict(attributes)), ordering_key, published_at),
        ).lastrowid
        db.executemany(
            "INSERT INTO deliveries (seq, subscription, ordering_key, due) VALUES (?, ?, ?, ?)",
            [(seq, name, ordering_key, time.time()) for name in receivers],
        )
        return identity

    def _check(self, topic: str, data: bytes, attributes: Mapping[str, str] | None) -> None:
        if not TOPIC.fullmatch(topic) or topic not in self._topics:
            raise BusError(f"no topic {topic!r}; there are {', '.join(sorted(self._topics))}")
        check_message(topic, data, attributes)

    @contextlib.contextmanager
    def _transaction(self, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """A transaction. One that need not be ``durable`` may be undone by a power cut, not by a crash: a lease or an
        acknowledgement that is lost means a message delivered again, which is promised anyway."""
        try:
            db = self._db()
            db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")
        except sqlite3.Error as error:
            raise BusError(f"the event queue {self._path} cannot be written: {error}") from error

    def _db(self) -> sqlite3.Connection:
        """This thread's connection; a forked process opens its own, since SQLite's do not survive a fork."""
        if getattr(self._local, "owner", None) != os.getpid():
            self._local.db = self._connect()
            self._local.owner = os.getpid()
        db: sqlite3.Connection = self._local.db
        return db

    def _connect(self) -> sqlite3.Connection:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            db = sqlite3.connect(self._path, timeout=30.0, isolation_level=None)
            db.execute("PRAGMA journal_mode = WAL")
            db.execute(f"PRAGMA cache_size = -{CACHE_KB}")
            db.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise BusError(f"the event queue {self._path} cannot be opened: {error}") from error
        return db


def open_port(chosen: Settings) -> SqliteBus:
    """The queue of these settings."""
    return SqliteBus(chosen.state_dir / "queue.sqlite")
