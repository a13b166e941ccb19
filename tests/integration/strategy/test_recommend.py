"""The recommendation with the shipped bundle and the real simulation, on the example that ``make run`` shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shared.contract.answers import RecommendAnswer
from shared.contract.requests import parse_recommend
from shared.models.build import build_params
from shared.models.bundle import SHIPPED, Bundle
from shared.race.state import Stop
from shared.race.vocabulary import Compound
from shared.simulation import simulate
from shared.strategy.plans.plan import to_arrays
from shared.strategy.recommend import recommend
from shared.strategy.situation import situation

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "tools" / "examples" / "bahrain_2023_lap_12.json"


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle.load(SHIPPED)


@pytest.fixture(scope="module")
def body() -> dict[str, Any]:
    return {**json.loads(EXAMPLE.read_text(encoding="utf-8")), "n_scenarios": 1000, "seed": 3}


def ask(bundle: Bundle, body: dict[str, Any], **changes: Any) -> RecommendAnswer:
    request = parse_recommend({**body, **changes})
    state, ego = situation(request, bundle)
    return recommend(request, state, ego, bundle)


@pytest.fixture(scope="module")
def answer(bundle: Bundle, body: dict[str, Any]) -> RecommendAnswer:
    return ask(bundle, body)


def test_the_same_seed_gives_the_same_bytes(bundle: Bundle, body: dict[str, Any], answer: RecommendAnswer) -> None:
    assert ask(bundle, body).model_dump_json() == answer.model_dump_json()


def test_places_of_the_whole_field_sum_to_one_both_ways(body: dict[str, Any], answer: RecommendAnswer) -> None:
    p = np.array([row.position_probabilities for row in answer.forecast])
    assert p.shape == (20, 20)
    assert p.sum(axis=0) == pytest.approx(np.ones(20), abs=1e-3)
    assert p.sum(axis=1) == pytest.approx(np.ones(20), abs=1e-3)


def test_the_odds_of_the_call_are_those_of_its_forecast(body: dict[str, Any], answer: RecommendAnswer) -> None:
    mine = next(row for row in answer.forecast if row.driver_id == body["driver_id"])
    assert mine.win_probability == pytest.approx(answer.pit_strategy.win_probability, abs=1e-6)
    assert mine.next_stop.compound == answer.pit_strategy.compound


def test_staying_out_on_the_only_compound_is_never_called_in_the_dry(answer: RecommendAnswer) -> None:
    fitted = {stop.compound for stop in answer.pit_strategy.stops}
    assert fitted - {"SOFT"}


def test_with_the_minimum_of_a_request_the_field_is_filled_in(bundle: Bundle, body: dict[str, Any]) -> None:
    names = ("driver_id", "circuit_id", "lap", "position", "tire_age", "tire_compound", "fuel_remaining")
    least = {name: body[name] for name in (*names, "gap_to_leader", "n_scenarios", "seed")}
    request = parse_recommend(least)
    state, ego = situation(request, bundle)
    told = recommend(request, state, ego, bundle)
    assert len(told.forecast) == len(state.cars) >= 20
    assert any("filled in" in warning for warning in told.warnings)


def test_a_scenario_is_the_same_whatever_the_plans_and_their_number(bundle: Bundle, body: dict[str, Any]) -> None:
    state, ego = situation(parse_recommend(body), bundle)
    params = build_params(state, bundle)
    plans = [(Stop(20, Compound.HARD),), (Stop(30, Compound.MEDIUM),)]
    both = simulate(params, ego, to_arrays(plans, 2), 600, 9)
    alone = simulate(params, ego, to_arrays(plans[1:], 1), 256, 9)
    assert np.array_equal(both.place[1, :, :256], alone.place[0])


def test_the_plan_asked_for_is_the_plan_that_is_driven(bundle: Bundle, body: dict[str, Any]) -> None:
    state, ego = situation(parse_recommend(body), bundle)
    params = build_params(state, bundle)._replace(
        **{name: np.zeros(32, np.float32) for name in ("sc_rate", "vsc_rate", "red_rate")},
        rain_by_lap=np.zeros(128, np.float32),
    )
    plan = (Stop(20, Compound.HARD), Stop(39, Compound.MEDIUM))
    outcome = simulate(params, ego, to_arrays([plan], 1), 512, 9)
    finishers = ~outcome.retired[0, ego]
    assert set(outcome.stops_made[0, ego, finishers]) == {2}
    assert set(outcome.next_stop_lap[0, ego, finishers]) == {20}
