"""Cloud Storage's 429, through Google's own client, against a server that answers it."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator

import pytest

from shared.adapters.gcp.object_store import RETRY, SLOW_DOWNS, CloudObjectStore
from shared.errors import StoreError, TooManyRequests


class Storage:
    """A server that answers requests about objects with the statuses it is given, then 200, and counts them."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.requests = 0
        storage = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status = 200
                if "/o" in self.path:  # the client may ask about the bucket as well
                    storage.requests += 1
                    status = storage.statuses.pop(0) if storage.statuses else 200
                body = {"name": "a.json", "bucket": "live", "generation": "7", "metageneration": "1"}
                error = {"error": {"code": status, "message": "the object was written too often"}}
                data = json.dumps(body if status == 200 else error).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_DELETE = answer  # noqa: N815  the base class's names

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    served = Storage()
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{served.server.server_address[1]}")
    yield served
    served.server.shutdown()


@pytest.fixture
def store(storage: Storage) -> CloudObjectStore:
    quick = RETRY.with_timeout(2.0).with_delay(initial=0.01, maximum=0.02, multiplier=1.0)
    return CloudObjectStore("project", retry=quick)


def test_a_write_told_to_slow_down_waits_a_little_and_goes_on(store: CloudObjectStore, storage: Storage) -> None:
    storage.statuses = [429] * SLOW_DOWNS
    assert store.put("live", "a.json", b"{}") == 7
    assert storage.requests == SLOW_DOWNS + 1


def test_one_told_so_again_says_that_it_was_too_often(store: CloudObjectStore, storage: Storage) -> None:
    storage.statuses = [429] * 100
    with pytest.raises(TooManyRequests, match=r"a\.json"):
        store.put("live", "a.json", b"{}", if_generation=3)
    assert storage.requests == SLOW_DOWNS + 1


def test_a_delete_is_told_alike(store: CloudObjectStore, storage: Storage) -> None:
    storage.statuses = [429] * 100
    with pytest.raises(TooManyRequests):
        store.delete("live", "a.json")


def test_a_read_is_tried_for_its_time_and_says_why_in_the_end(store: CloudObjectStore, storage: Storage) -> None:
    storage.statuses = [429] * 1000
    with pytest.raises(TooManyRequests):
        store.get("live", "a.json")
    assert storage.requests > SLOW_DOWNS + 1


def test_another_failure_is_not_taken_for_it(store: CloudObjectStore, storage: Storage) -> None:
    storage.statuses = [503] * 1000
    with pytest.raises(StoreError) as caught:
        store.put("live", "a.json", b"{}")
    assert not isinstance(caught.value, TooManyRequests)
