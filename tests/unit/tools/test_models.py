"""The registry's command line: lists, compares, promotes, refuses with reasons, and goes back in one command."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.embedded.object_store import FileObjectStore
from shared.models.bundle import SHIPPED, Bundle, write_bundle
from shared.models.bundle_store import BUCKET, promote, promoted, put_bundle
from shared.models.promotion import promote_if_better
from tests.fakes.serving import Api, make_service, request_body
from tools.models import main


class Heard:
    """An event bus that keeps what is published."""

    def __init__(self) -> None:
        self.topics: list[str] = []

    def publish(
        self, topic: str, data: bytes, attributes: Mapping[str, str] | None = None, ordering_key: str | None = None
    ) -> str:
        self.topics.append(topic)
        return str(len(self.topics))


@pytest.fixture
def store(tmp_path: Path) -> FileObjectStore:
    return FileObjectStore(tmp_path / "objects")


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Bundle]:
    shipped = Bundle.load(SHIPPED)

    def made(until: str, **tables: Any) -> Bundle:
        manifest = {**shipped.manifest, "data": {**shipped.manifest["data"], "until": until}}
        return write_bundle(tmp_path / f"made-{until}", {**shipped.tables, **tables}, manifest)

    return made


@pytest.fixture
def two(store: FileObjectStore, make: Callable[..., Bundle]) -> tuple[Bundle, Bundle]:
    first, second = make("2024-01-01"), make("2024-07-07", notes={})
    promote_if_better(store, first)
    promote_if_better(store, second)
    return first, second


def test_the_list_marks_the_bundle_that_serves_and_names_what_was_never_written_whole(
    store: FileObjectStore, two: tuple[Bundle, Bundle], capsys: pytest.CaptureFixture[str]
) -> None:
    store.put(BUCKET, "bundles/abandoned/circuits.json", b"{}")
    assert main(["list"], store, Heard()) == 0
    told = capsys.readouterr().out
    (first,) = [line for line in told.splitlines() if two[0].version in line]
    (second,) = [line for line in told.splitlines() if two[1].version in line]
    assert "*" not in first and "served before" in first
    assert second.startswith("*") and "2024-07-07" in second and "serves, by evidence" in second
    assert "abandoned was never written whole" in told
    assert main(["promote", "abandoned"], store, Heard()) == 2


def test_show_sets_each_model_beside_its_baseline(
    store: FileObjectStore, two: tuple[Bundle, Bundle], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", two[1].version[:6]], store, Heard()) == 0
    told = capsys.readouterr().out
    model = next(each for each in two[1].manifest["models"] if each["name"] == "tire_degradation")
    value = f"{model['metrics']['mae_s']['10']:.4g}"
    assert any("mae_s.10" in line and value in line for line in told.splitlines())
    assert all(name in told for name in two[1].manifest["files"])


def test_diff_names_files_and_values_that_differ(
    store: FileObjectStore, two: tuple[Bundle, Bundle], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", two[0].version, two[1].version], store, Heard()) == 0
    told = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["+", "notes.json"] in told
    assert ["data.until", "2024-01-01", "2024-07-07"] in told
    assert main(["diff", two[0].version, two[0].version], store, Heard()) == 0
    assert "nothing differs" in capsys.readouterr().out


def test_roll_back_lets_the_bundle_before_serve_and_tells_so(
    store: FileObjectStore, two: tuple[Bundle, Bundle]
) -> None:
    bus = Heard()
    assert main(["rollback"], store, bus) == 0
    now = promoted(store)
    assert now is not None and (now.version, now.note["previous"]) == (two[0].version, two[1].version)
    assert bus.topics == ["model-promoted"]


def test_a_person_may_promote_older_data_which_training_may_not(
    store: FileObjectStore, two: tuple[Bundle, Bundle], capsys: pytest.CaptureFixture[str]
) -> None:
    assert promote_if_better(store, two[0])[1] == ["trained until 2024-01-01, the promoted one until 2024-07-07"]
    bus = Heard()
    assert main(["promote", two[0].version], store, bus) == 0
    assert "its data end on 2024-01-01" in capsys.readouterr().out
    now = promoted(store)
    assert now is not None and (now.version, now.note["by"]) == (two[0].version, "hand")
    assert bus.topics == ["model-promoted"]


def test_odds_that_make_no_sense_are_refused_whoever_asks(
    store: FileObjectStore, two: tuple[Bundle, Bundle], make: Callable[..., Bundle], capsys: pytest.CaptureFixture[str]
) -> None:
    knobs = {name: value for name, value in two[1].tables["knobs"].items() if name != "wear_scale"}
    broken = make("2025-01-01", knobs=knobs)
    put_bundle(store, broken.folder, broken.version)
    bus = Heard()
    assert main(["promote", "--anyway", broken.version], store, bus) == 1
    assert "the bundle lacks 'wear_scale'" in capsys.readouterr().err
    now = promoted(store)
    assert now is not None and now.version == two[1].version and bus.topics == []


def test_what_cannot_be_done_says_what_can(
    store: FileObjectStore, make: Callable[..., Bundle], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rollback"], store, Heard()) == 2
    assert "no bundle is promoted" in capsys.readouterr().err
    bundle = make("2024-01-01")
    put_bundle(store, bundle.folder, bundle.version)
    assert main(["show", "nothing"], store, Heard()) == 2
    assert bundle.version in capsys.readouterr().err
    promote(store, bundle.version, 0)
    assert main(["rollback"], store, Heard()) == 2
    assert "no bundle served before" in capsys.readouterr().err


def test_a_running_recommend_takes_up_a_roll_back_and_answers_all_the_while(
    store: FileObjectStore, two: tuple[Bundle, Bundle], tmp_path: Path
) -> None:
    chosen = {"bundle_look_seconds": 0.05}
    service = make_service(tmp_path / "state", store=store, load=Bundle.load, chosen=chosen)
    service.start(block=True)
    api = Api(service)
    assert ask(api) == (200, two[1].version)
    assert main(["rollback"], store, Heard()) == 0
    began, seen = time.monotonic(), []
    while time.monotonic() - began < 60.0:
        seen.append(ask(api))
        if seen[-1][1] == two[0].version:
            break
        time.sleep(0.02)  # a key may ask 200 times a second
    assert {status for status, _ in seen} == {200}
    assert seen[-1][1] == two[0].version
    assert {version for _, version in seen} <= {two[0].version, two[1].version}


def ask(api: Api) -> tuple[int, str]:
    response = api.post(request_body())
    return response.status_code, str((response.get_json() or {}).get("model_version"))
