"""The walk-forward itself, with forecasters made up for the test."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shared.errors import F1Error
from shared.race.state import CarState, RaceState
from shared.race.vocabulary import Compound, TrackStatus
from shared.scoring.scores import MODEL, RUNNING, TABLE, in_order
from shared.scoring.situations import Situation, Truth
from shared.scoring.truth import RaceTruth
from tools.backtest import seasons_of
from tools.scoring.ask import Answer, Ask, chosen_car
from tools.scoring.card.report import figures, write
from tools.scoring.card.tables import printable
from tools.scoring.walk import Run, walk_forward

CARS = 12


def situation(season: int, number: int, fraction: float, rng: np.random.Generator) -> Situation:
    """A race of 50 laps in which neighbors change places at random before the flag."""
    drivers = [f"D{i:02d}" for i in range(CARS)]
    cars = tuple(CarState(d, "Team", i + 1, 2.0 * i, Compound.MEDIUM, 10) for i, d in enumerate(drivers))
    lap = max(1, round(50 * fraction))
    place = (np.arange(CARS) + rng.normal(0, 1.5, CARS)).argsort().argsort() + 1
    stop = rng.integers(lap + 1, 50, CARS) * (rng.random(CARS) < 0.8)
    race = RaceTruth(tuple(drivers), {}, frozenset(), None, False, number % 2 == 0, number % 3 == 0)  # type: ignore[arg-type]
    truth = Truth(
        place, np.zeros(CARS, bool), stop, stop > 0, tuple("HARD" if s else None for s in stop),
        (stop > 0).astype(np.int64), np.arange(1.0, CARS + 1), race,
    )  # fmt: skip
    state = RaceState(season, "bahrain", lap, 50, TrackStatus.GREEN, cars)
    return Situation(f"{season}_{number:02d}", season, fraction, state, truth)


@pytest.fixture
def known() -> list[Situation]:
    rng = np.random.default_rng(5)
    return [situation(y, n, f, rng) for y in (2021, 2022, 2023) for n in range(1, 9) for f in (0.25, 0.5, 0.75)]


def answer(situation: Situation, probabilities: Any, next_lap: Any) -> Answer:
    """An answer with these probabilities of places f64[C, C] and next stops i64[C], rows in reversed order."""
    rows = []
    for i, car in enumerate(situation.state.cars):
        lap = int(next_lap[i]) or situation.state.lap + 1
        stop = {"lap_median": lap, "lap_best": lap, "lap_p10": lap - 1, "lap_p90": lap + 1, "compound": "HARD"}
        stop["none_probability"] = float(next_lap[i] == 0)
        rows.append(
            {
                "driver_id": car.driver_id,
                "position_probabilities": list(probabilities[i]),
                "dnf_probability": 0.0,
                "next_stop": stop,
            }
        )
    return {"forecast": rows[::-1]}


def clairvoyant(situation: Situation, ego: int) -> Answer:
    return answer(situation, np.eye(CARS)[situation.truth.place - 1], situation.truth.next_stop)


def ignorant(situation: Situation, ego: int) -> Answer:
    return answer(situation, np.full((CARS, CARS), 1 / CARS), np.full(CARS, 49))


def run(known: list[Situation], ask: Ask) -> Run:
    return walk_forward(known, [2022, 2023], lambda season: ask)


def test_a_forecaster_who_knows_the_future_scores_perfectly(known: list[Situation]) -> None:
    done = run(known, clairvoyant)
    found = figures(done.scores, done.seconds)
    assert (found["races"], found["questions"]) == (16, 48)
    best = found["places"]["0.5"][MODEL]
    assert (best["rps"], best["spearman"], best["winner"], best["brier_podium"]) == pytest.approx((0, 1, 1, 0))
    assert found["skill"]["all"]["value"] == pytest.approx(1)
    stops = found["stops"]["0.5"]
    assert (stops["within_2"], stops["mae_median"], stops["coverage_80"], stops["none_brier"]) == (1, 0, 1, 0)
    assert all(goal["met"] for goal in found["goals"] if not goal["measure"].startswith("80%"))


def test_a_forecaster_who_knows_nothing_loses_to_the_table_and_the_table_beats_certainty(
    known: list[Situation],
) -> None:
    found = figures(run(known, ignorant).scores)
    assert found["skill"]["all"]["high"] < 0
    rps = {name: by["rps"] for name, by in found["places"]["0.5"].items()}
    assert rps[TABLE] < rps[RUNNING] < rps[MODEL]
    assert found["stops"]["0.5"]["bias_median"] > 0


def test_baselines_of_a_season_rest_on_the_seasons_before_it(known: list[Situation]) -> None:
    rng = np.random.default_rng(1)
    other = [
        replace(s, truth=replace(s.truth, place=rng.permutation(s.truth.place))) if s.season == 2023 else s
        for s in known
    ]
    first, second = (run(k, ignorant).scores.table() for k in (known, other))
    of_2022 = [t[(t["season"] == 2022) & (t["forecast"] == TABLE)]["rps"].tolist() for t in (first, second)]
    assert of_2022[0] == of_2022[1]


def test_splits_part_the_races(known: list[Situation]) -> None:
    splits = figures(run(known, ignorant).scores)["splits"]
    assert splits["dry"]["skill"]["races"] + splits["wet"]["skill"]["races"] == 16
    assert splits["2022"]["skill"]["races"] == splits["2023"]["skill"]["races"] == 8


def test_the_scorecard_is_written_with_tables_figures_and_a_small_plot(known: list[Situation], tmp_path: Path) -> None:
    done = run(known, ignorant)
    found = figures(done.scores, done.seconds) | {"settings": {"seasons": [2022, 2023], "in_sample": False}}
    write(found, tmp_path)
    text = (tmp_path / "scorecard.md").read_text()
    for title in (
        "What it means for a strategist",
        "Goals",
        "Places at the flag",
        "The next stop",
        "How it was measured",
    ):
        assert f"## {title}" in text
    assert json.loads((tmp_path / "scorecard.json").read_text())["races"] == 16
    assert 1_000 < (tmp_path / "scorecard.png").stat().st_size < 200_000
    assert "| 50% " in printable(found)


def test_an_answer_about_other_cars_is_refused(known: list[Situation]) -> None:
    with pytest.raises(ValueError, match="2021_01: asked about"):
        in_order(known[0], clairvoyant(known[0], 0)["forecast"][1:])


@pytest.mark.parametrize(("text", "seasons"), [("2022", [2022]), ("2022-2023", [2022, 2023]), ("2022-", [2022, 2023])])
def test_seasons_are_named_alone_or_as_a_span(text: str, seasons: list[int]) -> None:
    assert seasons_of(text, [2021, 2022, 2023]) == seasons


@pytest.mark.parametrize("text", ["1999", "last", "2023-2021"])
def test_seasons_that_name_no_race_are_refused(text: str) -> None:
    with pytest.raises(F1Error, match="seasons: "):
        seasons_of(text, [2021, 2022, 2023])


def test_the_car_asked_about_is_chosen_by_what_is_known(known: list[Situation]) -> None:
    first = known[0]
    assert [chosen_car(first, rule) for rule in ("leader", "middle", "last", "D05", "HAM")] == [0, 6, 11, 5, 0]
    assert len({chosen_car(s, "random") for s in known}) > 4
