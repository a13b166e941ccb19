"""Two plans of one car in the same races, with the shipped bundle and the real simulation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shared.contract.simulation import SimulateAnswer, parse_simulate
from shared.models.bundle import SHIPPED, Bundle
from shared.strategy.lap_by_lap import simulate_race
from shared.strategy.whole_race import race_state

ROOT = Path(__file__).parents[3]
OWN = [{"lap": 18, "compound": "HARD"}, {"lap": 38, "compound": "HARD"}]


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle.load(SHIPPED)


def ask(bundle: Bundle, plan: list[dict[str, Any]], own: list[dict[str, Any]] | None = None) -> SimulateAnswer:
    field = [
        {"driver_id": driver, "grid_position": place, "tire_compound": "SOFT", "tire_age": 0}
        for place, driver in enumerate(("VER", "LEC", "HAM", "NOR"), 1)
    ]
    field[1]["strategy"] = own
    body = {
        "season": 2023, "circuit_id": "bahrain", "n_scenarios": 1000, "seed": 5, "field": field,
        "compare": {"driver_id": "leclerc", "strategy": plan},
    }  # fmt: skip
    request = parse_simulate(body)
    return simulate_race(request, race_state(request, bundle), bundle)


def test_a_plan_against_itself_differs_in_nothing(bundle: Bundle) -> None:
    found = ask(bundle, OWN, OWN).comparison
    assert found is not None
    assert (found.driver_id, found.n_scenarios) == ("LEC", 1000)
    for difference in (found.points, found.places_gained, found.win, found.podium, found.time):
        assert difference is not None
        assert (difference.value, difference.low, difference.high) == (0.0, 0.0, 0.0)
    assert (found.ahead, found.behind) == (0.0, 0.0)


def test_a_needless_stop_costs_seconds_and_points_beyond_the_interval(bundle: Bundle) -> None:
    worse = ask(bundle, [*OWN, {"lap": 50, "compound": "SOFT"}], OWN).comparison
    assert worse is not None
    assert worse.time is not None
    assert worse.time.low > 5.0
    assert worse.points.high < 0.0
    assert worse.places_gained.high < 0.0
    assert worse.behind > worse.ahead


def test_the_forecast_is_that_of_the_cars_own_plan_whatever_it_is_compared_with(bundle: Bundle) -> None:
    one = ask(bundle, OWN, OWN)
    assert one.forecast == ask(bundle, [], OWN).forecast
    free = ask(bundle, OWN).comparison
    assert free is not None
    assert free.points.low < free.points.high


def test_without_compare_there_is_no_comparison(bundle: Bundle) -> None:
    request = parse_simulate({
        "circuit_id": "bahrain", "n_scenarios": 1000,
        "field": [{"driver_id": "VER", "grid_position": 1, "tire_compound": "SOFT", "tire_age": 0}],
    })  # fmt: skip
    assert simulate_race(request, race_state(request, bundle), bundle).comparison is None
