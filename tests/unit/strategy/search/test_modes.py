"""The driving mode: what it does to the fitted set, and that the one which serves the objective is chosen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shared.race.state import Stop
from shared.race.vocabulary import Compound
from shared.simulation import simulate as race
from shared.strategy.plans.expected_time import tire_time
from shared.strategy.plans.legality import rules_of
from shared.strategy.search.arena import Arena
from shared.strategy.search.modes import OTHERS, PACE, WEAR, basis, choose, decide, under, without_effect

Make = Callable[..., Any]
H = Compound.HARD


@pytest.fixture
def arena(state_of: Make, params_of: Make, simulate: Make) -> Callable[..., Arena]:
    def make(**changes: Any) -> Arena:
        return Arena(params_of(state_of(), **changes), 2, 2023, "bahrain", "points", 7, simulate)

    return make


def curve(params: Any, ages: list[float]) -> np.ndarray:
    return np.asarray(tire_time(params, 2, Compound.SOFT, np.array(ages), current=True))


def test_a_mode_changes_the_pace_now_by_its_step_and_only_the_wear_to_come(state_of: Make, params_of: Make) -> None:
    params = params_of(state_of())
    now, later = float(params.age[2]), float(params.age[2]) + 20.0
    steps = {mode: curve(under(params, 2, mode), [now, later]) - curve(params, [now, later]) for mode in OTHERS}
    assert steps["PUSH"][0] == pytest.approx(-PACE.value * 95.0 / 90.0, abs=1e-3)
    assert steps["CONSERVE"][0] == pytest.approx(PACE.value * 95.0 / 90.0, abs=1e-3)
    assert steps["PUSH"][1] - steps["PUSH"][0] == pytest.approx(20 * WEAR.value * 0.09, abs=1e-3)
    assert steps["CONSERVE"][1] - steps["CONSERVE"][0] == pytest.approx(-20 * WEAR.value * 0.09, abs=1e-3)
    assert under(params, 2, "BALANCED") is params


def test_other_cars_are_left_alone(state_of: Make, params_of: Make) -> None:
    params = params_of(state_of())
    pushed = under(params, 2, "PUSH")
    others = np.arange(len(params.stint_wear)) != 2
    assert np.array_equal(pushed.stint_wear[others], params.stint_wear[others])
    assert np.array_equal(pushed.stint_offset[others], params.stint_offset[others])


def test_doubt_makes_every_mode_worse(state_of: Make, params_of: Make) -> None:
    params = params_of(state_of())
    for mode in OTHERS:
        for laps in (1.0, 30.0):
            age = [float(params.age[2]) + laps]
            assert curve(under(params, 2, mode, 1.0), age) > curve(under(params, 2, mode), age)


def test_few_laps_to_go_are_pushed_and_many_on_a_set_that_wears_are_saved_for(arena: Callable[..., Arena]) -> None:
    def mode(lap: int, wear: float) -> str:
        # the set is so much faster when new that the car stays among its rivals whatever its wear
        offset = 0.5 - wear * (15 + (lap - 15) / 2)
        at = arena(stint_wear=np.full(10, wear, np.float32), stint_offset=np.full(10, offset, np.float32))
        return choose(at, at.judge([(Stop(lap, H),)], 512)[0]).mode

    assert mode(20, 0.05) == "PUSH"
    assert mode(52, 0.12) == "CONSERVE"


def test_what_cannot_be_told_apart_is_balanced(arena: Callable[..., Arena]) -> None:
    at = arena(stint_wear=np.full(10, 0.05, np.float32))
    chosen = choose(at, at.judge([(Stop(52, H),)], 512)[0])
    assert chosen.mode == "BALANCED"
    assert chosen.params is at.params
    assert set(chosen.trials) == set(OTHERS)


def test_where_a_mode_changes_nothing_none_is_tried(state_of: Make, arena: Callable[..., Arena]) -> None:
    wet, pits = state_of(ego_compound=Compound.WET), state_of(ego_in_pit=True)
    for state in (wet, pits):
        rules = rules_of(state, 2)
        chosen = decide(arena(), arena().judge([()], 256)[0], rules)
        assert (chosen.mode, chosen.trials) == ("BALANCED", {})
        assert without_effect(rules) in basis(chosen, state, "the flag", "points")
    assert without_effect(rules_of(state_of(), 2)) == ""


def test_the_lap_to_the_pits_is_pushed_but_not_behind_a_safety_car(state_of: Make, arena: Callable[..., Arena]) -> None:
    rules = rules_of(state_of(), 2)
    green, behind = arena(), arena(status=np.int32(3))
    assert decide(green, green.judge([(Stop(16, H),)], 256)[0], rules).mode == "PUSH"
    assert decide(behind, behind.judge([(Stop(16, H),)], 256)[0], rules).mode == "BALANCED"


def test_the_basis_names_the_measurement_and_both_trials(state_of: Make, arena: Callable[..., Arena]) -> None:
    at = arena()
    text = basis(choose(at, at.judge([(Stop(20, H),)], 512)[0]), state_of(), "the stop on lap 20", "points")
    assert all(part in text for part in ("measured", "1,485 stints", "PUSH", "CONSERVE", "lap 20"))


def test_the_real_simulation_gains_time_by_pushing_a_few_laps(state_of: Make, params_of: Make) -> None:
    at = Arena(params_of(state_of()), 2, 2023, "bahrain", "points", 7, race)
    trial = choose(at, at.judge([(Stop(18, H),)], 256)[0]).trials
    assert trial["PUSH"].seconds < 0.0 < trial["CONSERVE"].seconds
