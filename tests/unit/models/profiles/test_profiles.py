"""Driver profiles of simulated and of recorded races: bounds, nulls before laps, aliases of the Ergast id, order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from shared.features.frames import Frames, load_frames
from shared.models.bundle import encode
from shared.models.fit import driver_table
from shared.models.profiles.fit import TRAITS, fit_profiles
from shared.serving.reading import profile, profiles
from tools.synthesize import synthesize


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Frames:
    folder = tmp_path_factory.mktemp("made")
    synthesize(folder, 7, seed=21)
    return load_frames(folder)


def test_every_driver_who_started_has_a_profile_that_the_route_answers(frames: Frames) -> None:
    tables = {"drivers": driver_table(frames), **fit_profiles(frames)}
    assert {each.ergast_id for each in profiles(tables)} == set(frames.results["ergast_id"].dropna())


def test_the_order_of_rows_does_not_matter(frames: Frames) -> None:
    mixed = replace(
        frames,
        laps=frames.laps.sample(frac=1.0, random_state=3),
        results=frames.results.sample(frac=1.0, random_state=4),
    )
    assert encode(fit_profiles(frames)) == encode(fit_profiles(mixed))


@pytest.mark.data
@pytest.mark.slow
def test_recorded_drivers_since_1950(data_dir: Path) -> None:
    frames = load_frames(data_dir)
    tables = {"drivers": driver_table(frames), **fit_profiles(frames)}
    fangio = profile(tables, "fangio")
    assert fangio.pressure_response is None and fangio.tire_management is None
    assert fangio.aggression is not None and fangio.aggression.n > 30
    assert (profile(tables, "VER").ergast_id, profile(tables, "verstappen").name) == (
        "max_verstappen",
        "Jos Verstappen",
    )
    assert profile(tables, "MSC").ergast_id == "mick_schumacher"
    for each in profiles(tables):
        for trait in TRAITS:
            told = getattr(each, trait)
            assert told is None or told.low <= told.value <= told.high
            first = min(each.seasons)
            assert told is None or first >= 1950
    assert len(encode(tables["profiles"])) < 400_000
    stable = tables["profile_stability"]
    for name in ("aggression from results", "consistency from results", "consistency from laps"):
        assert stable[name]["better_by"][1] > 0.0, name
