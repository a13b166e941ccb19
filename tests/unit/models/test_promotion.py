"""Promotion: a good bundle takes over once; a bad, older or simulated one is refused and changes nothing."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.embedded.object_store import FileObjectStore
from shared.errors import NotFound, PreconditionFailed, StoreError
from shared.models.bundle import SHIPPED, Bundle, write_bundle
from shared.models.bundle_store import BUCKET, CURRENT, promoted
from shared.models.promotion import promote_if_better
from shared.models.registry import resolve, unfinished, versions
from shared.ports import ObjectStore

Make = Callable[..., Bundle]


@pytest.fixture
def store(tmp_path: Path) -> FileObjectStore:
    return FileObjectStore(tmp_path / "objects")


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """The bundle that ships, with another date, mark or table."""
    shipped = Bundle.load(SHIPPED)

    def made(until: str = "2024-07-07", synthetic: bool = False, **tables: Any) -> Bundle:
        manifest = {**shipped.manifest, "synthetic": synthetic, "data": {**shipped.manifest["data"], "until": until}}
        folder = tmp_path / f"bundle-{len(list(tmp_path.iterdir()))}"
        return write_bundle(folder, {**shipped.tables, **tables}, manifest)

    return made


def current(store: ObjectStore) -> dict[str, Any]:
    return json.loads(store.get(BUCKET, CURRENT).data)


def test_the_first_good_bundle_is_promoted_and_its_note_says_what_it_is(store: FileObjectStore, make: Make) -> None:
    bundle = make()
    assert promote_if_better(store, bundle) == (None, [])
    note = current(store)
    assert (note["version"], note["until"], note["synthetic"], note["previous"]) == (
        bundle.version, "2024-07-07", False, None,
    )  # fmt: skip


def test_the_same_bundle_again_changes_nothing(store: FileObjectStore, make: Make) -> None:
    bundle = make()
    promote_if_better(store, bundle)
    before = store.get(BUCKET, CURRENT)
    assert promote_if_better(store, bundle) == (bundle.version, [])
    assert store.get(BUCKET, CURRENT) == before


def test_newer_data_take_over_and_older_do_not(store: FileObjectStore, make: Make) -> None:
    old, new = make("2023-11-26"), make("2024-07-07")
    promote_if_better(store, old)
    assert promote_if_better(store, new) == (old.version, [])
    before = store.get(BUCKET, CURRENT)
    replaced, reasons = promote_if_better(store, old)
    assert replaced == new.version
    assert reasons == ["trained until 2023-11-26, the promoted one until 2024-07-07"]
    assert store.get(BUCKET, CURRENT) == before


def test_simulated_races_never_replace_real_ones_and_real_ones_replace_simulated(
    store: FileObjectStore, make: Make
) -> None:
    promote_if_better(store, make("2030-01-01", synthetic=True))
    real = make("2024-07-07")
    assert promote_if_better(store, real)[1] == []
    _, reasons = promote_if_better(store, make("2031-01-01", synthetic=True))
    assert reasons == ["trained on simulated races, and the promoted one on real races"]
    assert current(store)["version"] == real.version


def _spoiled(tables: Any, name: str, *path: Any, value: Any) -> dict[str, Any]:
    table = copy.deepcopy(tables[name])
    inner = table
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return {name: table}


def test_a_bundle_whose_odds_are_not_sane_is_refused_and_nothing_serves_differently(
    store: FileObjectStore, make: Make
) -> None:
    good = make()
    promote_if_better(store, good)
    before = store.get(BUCKET, CURRENT)
    lethal = make("2025-01-01", **_spoiled(good.tables, "events", "retire", "rate", value=0.5))
    _, reasons = promote_if_better(store, lethal)
    assert len(reasons) == 1
    assert "not sane" in reasons[0]
    assert store.get(BUCKET, CURRENT) == before


@pytest.mark.filterwarnings("ignore:overflow")
def test_a_parameter_that_is_no_number_is_named(store: FileObjectStore, make: Make) -> None:
    good = make()
    spoiled = make("2025-01-01", **_spoiled(good.tables, "pits", "loss", "sd", value=1e60))
    _, reasons = promote_if_better(store, spoiled)
    assert reasons == ["parameter pit_sd is not finite"]
    assert promoted(store) is None


def _without_wear(bundle: Bundle) -> dict[str, Any]:
    return {name: value for name, value in bundle.tables["knobs"].items() if name != "wear_scale"}


def test_a_table_that_lacks_what_the_simulation_needs_is_named(store: FileObjectStore, make: Make) -> None:
    assert promote_if_better(store, make(knobs=_without_wear(make())))[1] == ["the bundle lacks 'wear_scale'"]
    assert "cannot be used" in promote_if_better(store, make(pace=[1, 2]))[1][0]
    assert promoted(store) is None


def test_evidence_decides_where_nothing_else_does_and_is_heard_once(store: FileObjectStore, make: Make) -> None:
    first, second = make("2023-11-26"), make("2024-07-07")
    asked: list[str] = []

    def evidence(champion: str) -> list[str]:
        asked.append(champion)
        return ["rps at 50% is worse"] if len(asked) == 1 else []

    assert promote_if_better(store, first, evidence) == (None, [])
    assert asked == []
    assert promote_if_better(store, second, evidence) == (first.version, ["rps at 50% is worse"])
    assert promote_if_better(store, second, evidence) == (first.version, [])
    assert asked == [first.version, first.version]


def test_fewer_races_that_end_later_do_not_take_over(store: FileObjectStore, make: Make) -> None:
    promote_if_better(store, make("2023-11-26"))
    lost = make("2024-07-07")
    fewer = write_bundle(
        lost.folder, dict(lost.tables), {**lost.manifest, "data": {**lost.manifest["data"], "races": 9}}
    )
    assert promote_if_better(store, fewer)[1] == ["trained on 9 races, the promoted one on 137"]


def test_while_none_is_promoted_the_shipped_bundle_is_not_given_up_for_less(store: FileObjectStore, make: Make) -> None:
    shipped = {"synthetic": False, "until": "2024-07-07", "races": 140}
    assert promote_if_better(store, make("2024-07-21"), shipped=shipped) == (
        None, ["trained on 137 races, the shipped one on 140"],
    )  # fmt: skip
    assert promote_if_better(store, make("2024-06-01"), shipped={**shipped, "races": 137}) == (
        None, ["trained until 2024-06-01, the shipped one until 2024-07-07"],
    )  # fmt: skip
    with pytest.raises(NotFound):
        store.get(BUCKET, CURRENT)
    # a replay of simulated races, which begins with an empty store, shows its own
    simulated = make("2018-12-31", synthetic=True)
    assert promote_if_better(store, simulated, shipped=shipped) == (None, [])
    # what is promoted speaks for itself from then on
    later = make("2024-07-21")
    assert promote_if_better(store, later, shipped=shipped) == (simulated.version, [])


def test_a_writing_that_was_cut_short_goes_on_and_only_a_whole_bundle_can_be_promoted(
    store: FileObjectStore, make: Make, tmp_path: Path
) -> None:
    class Cut(FileObjectStore):
        def put(self, bucket: str, name: str, data: bytes, if_generation: int | None = None) -> int:
            if name.endswith("passing.json"):
                raise StoreError("the process died")
            return super().put(bucket, name, data, if_generation)

    bundle = make()
    with pytest.raises(StoreError, match="died"):
        promote_if_better(Cut(tmp_path / "objects"), bundle)
    assert versions(store) == [] and unfinished(store) == [bundle.version]
    with pytest.raises(NotFound, match="no bundle"):
        resolve(store, bundle.version)
    again = write_bundle(
        bundle.folder, dict(bundle.tables), {**bundle.manifest, "created_at": "2030-01-01T00:00:00+00:00"}
    )
    assert promote_if_better(store, again) == (None, [])
    assert [each.version for each in versions(store)] == [bundle.version] and unfinished(store) == []
    later = write_bundle(again.folder, dict(again.tables), {**again.manifest, "created_at": "2031-01-01T00:00:00"})
    assert promote_if_better(store, later) == (bundle.version, [])


def test_whoever_keeps_losing_to_others_says_so(tmp_path: Path, make: Make) -> None:
    class Busy(FileObjectStore):
        def put(self, bucket: str, name: str, data: bytes, if_generation: int | None = None) -> int:
            if name == CURRENT:
                raise PreconditionFailed("somebody else was first")
            return super().put(bucket, name, data, if_generation)

    with pytest.raises(PreconditionFailed, match="kept changing"):
        promote_if_better(Busy(tmp_path / "busy"), make())
    assert promoted(FileObjectStore(tmp_path / "busy")) is None
