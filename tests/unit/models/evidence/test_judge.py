"""Which comparison is made of two bundles, and that it is made on races the champion has not seen."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from shared.features.frames import Frames, load_frames
from shared.features.telemetry.race import TelemetryFrames
from shared.models.bundle import SHIPPED, Bundle
from shared.models.evidence.judge import Effort, judge, kind_of, until_day, with_knobs
from shared.models.evidence.questions import GUARDED
from tools.synthesize import synthesize

EFFORT = Effort(folds=1, races=3, scenarios=32)


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Frames:
    """Twelve simulated races of one season."""
    folder = tmp_path_factory.mktemp("data")
    synthesize(folder, 12, seed=11)
    return load_frames(folder)


def bundle(until: str, **manifest: Any) -> Bundle:
    """The shipped models as a bundle of simulated races until that day."""
    shipped = Bundle.load(SHIPPED)
    data = {**shipped.manifest["data"], "until": until}
    return dataclasses.replace(shipped, manifest={**shipped.manifest, "synthetic": True, "data": data, **manifest})


def days(frames: Frames) -> list[str]:
    """Dates of the races, the oldest first."""
    dates = frames.laps.groupby("race_id", sort=False)["race_date"].first().sort_values()
    return [str(date)[:10] for date in dates]


def names(frames: Frames) -> list[str]:
    """The races, the oldest first."""
    return list(frames.laps.groupby("race_id", sort=False)["race_date"].first().sort_values().index)


def test_a_fold_is_fitted_on_nothing_later_telemetry_included(frames: Frames) -> None:
    first, second, *_ = days(frames)
    laps = pd.DataFrame({"race_id": names(frames)[:2], "race_date": pd.to_datetime([first, second])})
    corners = {f"circuit_{n}": {"race_id": race_id} for n, race_id in enumerate(laps["race_id"])}
    driven = dataclasses.replace(frames, telemetry=TelemetryFrames(laps, corners))
    kept = until_day(driven, first)
    assert kept.telemetry is not None
    assert list(kept.telemetry.laps["race_id"]) == list(kept.laps["race_id"].unique()) == names(frames)[:1]
    assert list(kept.telemetry.corners) == ["circuit_0"]
    assert until_day(driven, "2000-01-01").telemetry is None


def test_code_outweighs_knobs_and_real_races_are_never_held_against_simulated_ones() -> None:
    champion = bundle("2024-01-01")
    other_knobs = with_knobs(champion, {**champion.tables["knobs"], "noise_sd": 0.4})
    other_code = bundle("2024-01-01", recipe={**champion.manifest["recipe"], "code": "0" * 12})
    assert kind_of(champion, champion) == "data"
    assert kind_of(other_knobs, with_knobs(champion, champion.tables["knobs"])) == "recipe"
    assert kind_of(other_code, champion) == "after"
    assert kind_of(bundle("2024-01-01", synthetic=False), champion) == "none"


def test_more_data_by_the_same_recipe_are_judged_on_races_after_the_champions(frames: Frames, tmp_path: Path) -> None:
    until = days(frames)[-3]
    found = judge(bundle(days(frames)[-1]), bundle(until), frames, tmp_path, EFFORT)
    assert found.kind == "data"
    assert found.races == tuple(names(frames)[-2:])
    assert {guard.name for guard in found.guards} <= set(GUARDED)
    # both sides hold the same tables here, so nothing differs
    assert all(guard.difference == pytest.approx(0.0) for guard in found.guards)
    assert found.reasons == ()
    assert "too few" in found.said


def test_other_code_with_no_race_after_the_champions_is_refused_with_what_to_do(frames: Frames, tmp_path: Path) -> None:
    until = days(frames)[-1]
    changed = bundle(until, recipe={**bundle(until).manifest["recipe"], "code": "0" * 12})
    found = judge(changed, bundle(until), frames, tmp_path, EFFORT)
    assert found.kind == "after"
    assert any("tools.models evidence" in reason for reason in found.reasons)


@pytest.mark.slow
def test_other_knobs_are_fitted_again_before_each_fold_and_asked_about_its_races(
    frames: Frames, tmp_path: Path
) -> None:
    champion = with_knobs(bundle(days(frames)[-1]), bundle("2024-01-01").tables["knobs"])
    worse = with_knobs(champion, {**champion.tables["knobs"], "noise_sd": 4.0})
    found = judge(worse, champion, frames, tmp_path, EFFORT)
    assert found.kind == "recipe"
    assert found.races == tuple(sorted(names(frames)[-3:]))
    rps = [guard.difference for guard in found.guards if guard.name.startswith("rps")]
    assert np.mean(rps) > 0.0
