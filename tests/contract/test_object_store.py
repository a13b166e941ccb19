"""What any object store must do."""

from __future__ import annotations

import concurrent.futures
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from shared.errors import NotFound, PreconditionFailed, StoreError
from shared.ports import ObjectStore


def test_what_was_put_is_got_with_its_generation(objects: ObjectStore) -> None:
    generation = objects.put("races", "2023_01/laps.json", b"[1]")
    assert objects.get("races", "2023_01/laps.json") == (b"[1]", generation)


def test_every_write_has_a_higher_generation(objects: ObjectStore) -> None:
    generations = [objects.put("races", "a", b"same") for _ in range(50)]
    assert generations == sorted(set(generations))


def test_a_deleted_object_written_again_has_a_higher_generation(objects: ObjectStore) -> None:
    first = objects.put("races", "a", b"1")
    objects.delete("races", "a")
    assert objects.put("races", "a", b"2") > first


def test_an_object_never_written_is_not_found(objects: ObjectStore) -> None:
    for name in ("a", "a/b"):
        with pytest.raises(NotFound, match="a"):
            objects.get("races", name)
        with pytest.raises(NotFound):
            objects.delete("races", name)


def test_a_folder_of_objects_is_no_object(objects: ObjectStore) -> None:
    objects.put("races", "folder/a", b"1")
    with pytest.raises(NotFound):
        objects.get("races", "folder")


def test_generation_zero_means_that_the_object_must_not_exist(objects: ObjectStore) -> None:
    objects.put("races", "a", b"1", if_generation=0)
    with pytest.raises(PreconditionFailed):
        objects.put("races", "a", b"2", if_generation=0)
    assert objects.get("races", "a").data == b"1"


def test_a_write_on_an_old_generation_fails_and_changes_nothing(objects: ObjectStore) -> None:
    old = objects.put("races", "a", b"1")
    new = objects.put("races", "a", b"2", if_generation=old)
    for stale in (old, new + 1):
        with pytest.raises(PreconditionFailed):
            objects.put("races", "a", b"3", if_generation=stale)
        with pytest.raises(PreconditionFailed):
            objects.delete("races", "a", if_generation=stale)
    assert objects.get("races", "a") == (b"2", new)


def test_a_listing_holds_names_with_the_prefix_in_order(objects: ObjectStore) -> None:
    for name in ("b", "a/2", "a/1", "ab"):
        objects.put("races", name, name.encode())
    assert [entry.name for entry in objects.list("races")] == ["a/1", "a/2", "ab", "b"]
    assert [(entry.name, entry.size) for entry in objects.list("races", "a/")] == [("a/1", 3), ("a/2", 3)]
    assert objects.list("models") == []


def test_a_listing_has_the_generations_that_get_answers(objects: ObjectStore) -> None:
    generation = objects.put("races", "a", b"1")
    assert [entry.generation for entry in objects.list("races")] == [generation]


BAD_NAMES = [
    "",
    ".",
    "..",
    "/",
    "/a",
    "a/",
    "a//b",
    "../a",
    "a/../b",
    "a/./b",
    "a\0b",
    "a\nb",
    "x" * 1025,
    "y" * 300 + "/a",
]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_no_object_can_have_is_refused(objects: ObjectStore, name: str) -> None:
    for call in (
        lambda: objects.put("races", name, b""),
        lambda: objects.get("races", name),
        lambda: objects.delete("races", name),
    ):
        with pytest.raises(StoreError, match="no object can be called"):
            call()


@pytest.mark.parametrize("bucket", ["", "..", "../x", "a/b", "A", "ab", ".tmp", "x" * 64])
def test_a_name_that_no_bucket_can_have_is_refused(objects: ObjectStore, bucket: str) -> None:
    with pytest.raises(StoreError, match="no bucket can be called"):
        objects.put(bucket, "a", b"")


@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(max_size=40), data=st.binary(max_size=100))
def test_any_name_is_either_kept_or_refused_and_never_leaves_the_store(
    objects: ObjectStore, tmp_path: Path, name: str, data: bytes
) -> None:
    try:
        objects.put("races", name, data)
    except StoreError:
        return
    assert objects.get("races", name).data == data
    assert name in [entry.name for entry in objects.list("races")]
    assert {path.name for path in tmp_path.iterdir()} <= {"objects"}
    objects.delete("races", name)


def test_of_many_writers_on_one_generation_exactly_one_wins(open_objects: Callable[[], ObjectStore]) -> None:
    base = open_objects().put("races", "a", b"base")

    def attempt(number: int) -> bool:
        try:
            open_objects().put("races", "a", str(number).encode(), if_generation=base)
        except PreconditionFailed:
            return False
        return True

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        won = [number for number, done in enumerate(pool.map(attempt, range(16))) if done]
    assert len(won) == 1
    assert open_objects().get("races", "a").data == str(won[0]).encode()


def test_counting_by_compare_and_set_loses_no_count(open_objects: Callable[[], ObjectStore]) -> None:
    open_objects().put("races", "count", b"0")

    def count(_: int) -> None:
        store = open_objects()
        for _ in range(20):
            while True:
                data, generation = store.get("races", "count")
                try:
                    store.put("races", "count", str(int(data) + 1).encode(), if_generation=generation)
                except PreconditionFailed:
                    continue
                break

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(count, range(4)))
    assert open_objects().get("races", "count").data == b"80"


def test_a_reader_never_sees_half_a_write(open_objects: Callable[[], ObjectStore]) -> None:
    sizes = [100_000, 1]
    writer = open_objects()
    writer.put("races", "a", b"x" * sizes[0])
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        writing = pool.submit(lambda: [writer.put("races", "a", b"x" * sizes[n % 2]) for n in range(60)])
        while not writing.done():
            assert len(open_objects().get("races", "a").data) in sizes


WRITER = """
import sys
from pathlib import Path
from shared.adapters.embedded.object_store import FileObjectStore
store = FileObjectStore(Path(sys.argv[1]))
number = 0
while True:
    number += 1
    store.put("races", "a", str(number % 10).encode() * 300_000)
    print(number, flush=True)
"""


def test_a_writer_killed_at_any_moment_leaves_a_whole_object_and_a_free_lock(tmp_path: Path) -> None:
    from shared.adapters.embedded.object_store import FileObjectStore

    store = FileObjectStore(tmp_path)
    last = 0
    for pause in (0.0, 0.003, 0.007, 0.011, 0.02):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(pause)
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        data, generation = store.get("races", "a")
        assert len(data) == 300_000
        assert len(set(data)) == 1
        assert generation > last
        last = store.put("races", "a", b"next")  # nobody holds the lock
        assert [entry.name for entry in store.list("races")] == ["a"]
