"""Which bundle serves, and what happens when another is promoted."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from shared.adapters.embedded.object_store import FileObjectStore
from shared.config import settings
from shared.errors import F1Error, NotFound, PreconditionFailed, StoreError
from shared.models.bundle_store import BUCKET, CURRENT, fetch_bundle, promote, promoted, put_bundle
from shared.serving.bundle_watch import BundleWatch


def load(folder: Path) -> str:
    """A bundle that is one file."""
    text = (folder / "bundle.txt").read_text()
    if text == "bad":
        raise F1Error("bad bundle")
    return text


def folder(root: Path, text: str) -> Path:
    path = root / f"made-{text}"
    path.mkdir(parents=True, exist_ok=True)
    (path / "bundle.txt").write_text(text)
    return path


class Bench:
    """A store, a shipped bundle and a watch whose clock the test turns."""

    def __init__(self, root: Path, **chosen: object) -> None:
        self.root = root
        self.store = FileObjectStore(root / "objects")
        self.now = 0.0
        self.proved: list[str] = []
        self.unprovable: set[str] = set()
        self.hold: threading.Event | None = None
        self.watch: BundleWatch[str] = BundleWatch(
            settings(state_dir=root / "state", **chosen),
            lambda: self.store,
            load,
            self.prove,
            shipped=folder(root, "shipped"),
            clock=lambda: self.now,
        )

    def prove(self, bundle: str) -> None:
        self.proved.append(bundle)
        if self.hold is not None:
            self.hold.wait(5)
        if bundle in self.unprovable:
            raise RuntimeError("cannot answer")

    def promote(self, text: str) -> None:
        put_bundle(self.store, folder(self.root, text), text)
        before = promoted(self.store)
        promote(self.store, text, before.generation if before else 0)

    def look(self, seconds: float = 31.0) -> str | None:
        self.now += seconds
        self.watch.look()
        self.watch.join(5)
        return self.watch.current


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_with_nothing_promoted_the_shipped_bundle_serves(bench: Bench) -> None:
    assert bench.watch.start() == "shipped"


def test_the_promoted_bundle_comes_before_the_shipped_one(bench: Bench) -> None:
    bench.promote("one")
    assert bench.watch.start() == "one"


def test_the_setting_comes_before_all_and_is_not_watched(tmp_path: Path) -> None:
    bench = Bench(tmp_path, model_bundle=folder(tmp_path, "pinned"))
    bench.promote("one")
    assert bench.watch.start() == "pinned"
    assert bench.look() == "pinned"


def test_a_bad_bundle_named_by_the_setting_is_an_error_and_nothing_else_serves(tmp_path: Path) -> None:
    bench = Bench(tmp_path, model_bundle=folder(tmp_path, "bad"))
    with pytest.raises(F1Error, match="bad bundle"):
        bench.watch.start()
    assert bench.watch.current is None


def test_a_new_promotion_takes_over_once_the_last_look_is_too_long_ago(bench: Bench) -> None:
    bench.watch.start()
    bench.promote("two")
    assert bench.look(29.0) == "shipped"
    assert bench.look(2.0) == "two"
    assert bench.proved == ["two"]


def test_a_rollback_takes_over_as_a_promotion_does(bench: Bench) -> None:
    for text in ("one", "two"):
        bench.promote(text)
    assert bench.watch.start() == "two"
    bench.promote("one")
    assert bench.look() == "one"


def test_a_bad_promotion_leaves_the_old_bundle_serving_and_the_next_good_one_takes_over(bench: Bench) -> None:
    bench.promote("one")
    bench.watch.start()
    bench.promote("bad")
    assert bench.look() == "one"
    bench.promote("three")
    assert bench.look() == "three"


def test_a_bundle_that_loads_but_cannot_answer_does_not_take_over(bench: Bench) -> None:
    bench.watch.start()
    bench.unprovable.add("mute")
    bench.promote("mute")
    assert bench.look() == "shipped"
    assert bench.look() == "shipped"
    assert bench.proved == ["mute"]


def test_a_bad_promotion_at_the_start_leaves_it_to_the_shipped_bundle(bench: Bench) -> None:
    bench.promote("bad")
    assert bench.watch.start() == "shipped"


@pytest.mark.parametrize(
    "note",
    [b"", b"{", b"[]", b'{"version": 5}', b'{"version": "../../etc"}', b'{"version": "absent"}'],
)
def test_a_broken_current_json_changes_nothing(bench: Bench, note: bytes) -> None:
    bench.watch.start()
    bench.store.put(BUCKET, CURRENT, note)
    assert bench.look() == "shipped"


def test_the_old_bundle_serves_while_the_new_one_loads(bench: Bench) -> None:
    bench.watch.start()
    bench.promote("slow")
    hold = threading.Event()
    bench.hold = hold
    bench.now += 31
    bench.watch.look()
    assert bench.watch.current == "shipped"
    hold.set()
    bench.watch.join(5)
    assert bench.watch.current == "slow"


def test_two_promoters_cannot_both_win(bench: Bench) -> None:
    bench.promote("one")
    put_bundle(bench.store, folder(bench.root, "two"), "two")
    with pytest.raises(PreconditionFailed):
        promote(bench.store, "two", 0)


def test_a_bundle_that_is_not_there_cannot_be_promoted_or_fetched(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="ghost"):
        promote(bench.store, "ghost", 0)
    with pytest.raises(NotFound, match="ghost"):
        fetch_bundle(bench.store, "ghost", tmp_path / "into")


def test_a_version_never_changes(bench: Bench) -> None:
    put_bundle(bench.store, folder(bench.root, "one"), "v")
    put_bundle(bench.store, folder(bench.root, "one"), "v")
    with pytest.raises(StoreError, match="never changes"):
        put_bundle(bench.store, folder(bench.root, "two"), "v")
