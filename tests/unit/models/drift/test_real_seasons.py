"""On recorded seasons: the cars of 2022 are told from those before, races of one season shuffled are not told apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shared.features.frames import load_frames
from shared.models.drift.check import WINDOW, compare
from shared.models.drift.features import MODELS, Watched, watched
from shared.models.drift.reference import effective, fit_reference, limit_at
from shared.models.recorded import recorded_races

SHUFFLES = 40


@pytest.fixture(scope="module")
def seasons(data_dir: Path) -> list[Watched]:
    """Every recorded race as it is watched."""
    return watched(recorded_races(load_frames(data_dir).laps))


def verdicts(reference: dict, now: list[Watched]) -> dict[str, str]:
    """By model, features alone."""
    features, size = compare(reference, now), effective(len(now), reference["races"])
    out = {}
    for model, limits in reference["models"].items():
        furthest = max((features[name].furthest for name in MODELS[model] if name in features), default=0.0)
        beyond = [
            level for level in ("watch", "retrain") if furthest > limit_at(limits[level], reference["windows"], size)
        ]
        out[model] = beyond[-1] if beyond else "fine"
    return out


def test_the_new_cars_of_2022_are_caught_at_once_and_stay_caught(seasons: list[Watched]) -> None:
    reference = fit_reference([race for race in seasons if race.season <= 2021])
    assert reference is not None
    new = [race for race in seasons if race.season == 2022]
    assert "retrain" in verdicts(reference, new[:1]).values()
    for n in range(12, len(new) + 1):
        found = verdicts(reference, new[max(0, n - WINDOW) : n])
        assert found["next_stop"] == "retrain" or found["passing"] == "retrain", (n, found)


def test_2024_is_like_the_seasons_before_it(seasons: list[Watched]) -> None:
    reference = fit_reference([race for race in seasons if race.season <= 2023])
    assert reference is not None
    new = [race for race in seasons if race.season == 2024]
    assert set(verdicts(reference, new).values()) == {"fine"}


@pytest.mark.parametrize("season", [2019, 2021, 2022])
def test_races_of_one_season_shuffled_into_halves_raise_no_more_alarms_than_said(
    seasons: list[Watched], season: int
) -> None:
    own = [race for race in seasons if race.season == season]
    rng, alarms, watches = np.random.default_rng(season), 0, 0
    for _ in range(SHUFFLES):
        order = rng.permutation(len(own))
        half = len(own) // 2
        reference = fit_reference([own[i] for i in order[:half]], draws=300)
        assert reference is not None
        found = verdicts(reference, [own[i] for i in order[half:]])
        alarms += sum(each == "retrain" for each in found.values())
        watches += sum(each == "watch" for each in found.values())
    asked = SHUFFLES * len(MODELS)
    assert alarms / asked <= 0.03
    assert (alarms + watches) / asked <= 0.08


def test_the_reference_is_small_and_the_same_for_the_same_races(seasons: list[Watched]) -> None:
    import json

    once, again = (fit_reference(seasons[:40]) for _ in range(2))
    assert once == again
    assert len(json.dumps(once)) < 20_000


def test_too_few_races_make_no_reference(seasons: list[Watched]) -> None:
    assert fit_reference(seasons[:7]) is None
