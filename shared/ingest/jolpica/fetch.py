"""Fetches the pages of a run and keeps each as fetched in the bucket ``raw``; a page that is kept is not fetched again,
so that a run which stops goes on where it was. A request that keeps failing is noted beside the pages and passed over.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from shared.ingest.jolpica.client import Client, Page, RequestFailed, read_page
from shared.ingest.jolpica.resources import Wanted
from shared.ingest.load import RAW_BUCKET
from shared.ingest.request import TryLater
from shared.observability import fields, log
from shared.ports import ObjectStore

MOST_FAILING = 3
"""Requests failing one after another from which on the source counts as down, and the event comes again later."""
PAUSE = 300.0
"""Seconds that a source which is down is left alone, as a hint: redelivery has its own backoff."""
PROBE = "seasons"
"""Asked for to tell a source that is down from a request that fails."""


class Failed(NamedTuple):
    """Pages given up in this run: what was wanted, and why not."""

    wanted: Wanted
    reason: str


class Fetcher:
    """Fetches for one run. ``until``: seconds since 1970 at which the step must end."""

    def __init__(self, client: Client, objects: ObjectStore, run: str, until: float) -> None:
        self._client = client
        self._objects = objects
        self._folder = f"ergast/{run}"
        self._until = until
        self._kept = {entry.name for entry in objects.list(RAW_BUCKET, f"{self._folder}/")}
        self._failing: list[Failed] = []
        self.fetched = 0

    def pages(self, wanted: Wanted) -> list[Page] | Failed:
        """All pages of ``wanted``, from the bucket or the source, or why there are none. Raises TryLater when the
        step's time is over, when the source's limits leave no request, or when the source seems to be down."""
        noted = f"{self._folder}/{wanted.path}/failed.json"
        if noted in self._kept:
            return Failed(wanted, str(json.loads(self._objects.get(RAW_BUCKET, noted).data)["reason"]))
        pages: list[Page] = []
        offset = 0
        while not pages or offset < pages[-1].total:
            name = f"{self._folder}/{wanted.path}/{offset:06d}.json"
            try:
                page = self._page(wanted.path, offset, name)
            except RequestFailed as error:
                return self._failed(Failed(wanted, str(error)), error.source_at_fault)
            pages.append(page)
            offset = page.offset + page.limit
        return pages

    def settle(self) -> None:
        """Decide on the requests that failed last: noted for good if the source still answers others. Raises TryLater
        where it does not."""
        if not self._failing:
            return
        try:
            self._client.get(PROBE, 0, self._until)
        except RequestFailed as error:
            raise TryLater(f"the source seems to be down: {error}", PAUSE) from None
        self._note_failures()

    def _note_failures(self) -> None:
        for failed in self._failing:
            self._note(failed)
        self._failing.clear()

    def _page(self, path: str, offset: int, name: str) -> Page:
        if name in self._kept:
            return read_page(self._objects.get(RAW_BUCKET, name).data)
        page = self._client.get(path, offset, self._until)
        if page.offset != offset:
            raise RequestFailed(f"{path}, offset {offset}: the answer begins at {page.offset}", source_at_fault=False)
        self._note_failures()  # the source answers: those requests alone are to blame
        self._objects.put(RAW_BUCKET, name, page.data)
        self.fetched += 1
        self._kept.add(name)
        return page

    def _failed(self, failed: Failed, source_at_fault: bool) -> Failed:
        if not source_at_fault:
            self._note(failed)
            return failed
        self._failing.append(failed)
        if len(self._failing) >= MOST_FAILING:
            raise TryLater(f"the source seems to be down: {failed.reason}", PAUSE)
        return failed

    def _note(self, failed: Failed) -> None:
        log.warning("request given up", extra=fields(path=failed.wanted.path, reason=failed.reason))
        name = f"{self._folder}/{failed.wanted.path}/failed.json"
        self._objects.put(RAW_BUCKET, name, json.dumps({"reason": failed.reason}).encode())
        self._kept.add(name)
