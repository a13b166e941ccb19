"""Jobs of a walk-forward are kept, and asked anew when what they rest on has changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tools.scoring import walk
from tools.scoring.walk import REJOIN, Options, Season, do, run_jobs


@pytest.fixture
def options(tmp_path: Path) -> Options:
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    (bundle / "manifest.json").write_text("{}")
    (tmp_path / "data" / "laps").mkdir(parents=True)
    return Options(data=tmp_path / "data", work=tmp_path / "work", bundle=bundle)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Seasons for which the work of a part was really done, by a worker that counts."""
    done: list[int] = []

    def work(season: Season, report: Callable[[str], None]) -> list[int]:
        done.append(season.season)
        return [season.season]

    monkeypatch.setitem(walk.WORK, REJOIN, work)
    return done


def test_a_job_that_was_done_is_read_back(options: Options, calls: list[int]) -> None:
    assert do(REJOIN, 2022, options) == [2022]
    assert do(REJOIN, 2022, options) == [2022]
    assert calls == [2022]


def test_a_run_goes_on_where_it_stopped(options: Options, calls: list[int]) -> None:
    do(REJOIN, 2022, options)
    assert run_jobs([REJOIN], [2021, 2022, 2023], options, 1, lambda text: None) == {REJOIN: [[2021], [2022], [2023]]}
    assert calls == [2022, 2021, 2023]


def test_other_models_other_data_or_another_seed_are_asked_anew(options: Options, calls: list[int]) -> None:
    do(REJOIN, 2022, options)
    do(REJOIN, 2022, replace(options, seed=2))
    (options.bundle / "manifest.json").write_text('{"version": "other"}')  # type: ignore[operator]
    do(REJOIN, 2022, options)
    (options.data / "laps" / "2022.parquet").write_bytes(b"more")
    do(REJOIN, 2022, options)
    assert len(calls) == 4


def test_results_of_a_server_are_never_read_back(options: Options, calls: list[int]) -> None:
    asked = replace(options, url="http://127.0.0.1:1", bundle=None)
    do(REJOIN, 2022, asked)
    do(REJOIN, 2022, asked)
    assert calls == [2022, 2022]


def test_the_ablation_and_the_tires_are_left_to_the_seasons_that_can_bear_them() -> None:
    assert not walk.applies(walk.ABLATION, 2021)
    assert walk.applies(walk.ABLATION, 2022)
    assert walk.applies(walk.ASKED, 2020)
