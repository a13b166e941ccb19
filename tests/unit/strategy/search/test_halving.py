"""The search finds the best plan of the toy race, says so the same way twice, and knows its window."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shared.race.state import Stop
from shared.race.vocabulary import Compound, TrackStatus
from shared.strategy.plans.candidates import generate
from shared.strategy.plans.legality import rules_of
from shared.strategy.search.arena import Arena, difference, same_race
from shared.strategy.search.confidence import confidence
from shared.strategy.search.halving import DECIDING, FIRST_LOOK, SEMIFINAL, search
from shared.strategy.search.statistics import paired_difference
from shared.strategy.search.window import Window, same_call

Make = Callable[..., Any]
M, H = Compound.MEDIUM, Compound.HARD


@pytest.fixture(scope="module")
def found(state_of: Make, params_of: Make, simulate: Make) -> Any:
    state = state_of()
    params = params_of(state)
    arena = Arena(params, 2, 2023, "bahrain", "points", 7, simulate)
    return search(arena, generate(params, 2, rules_of(state, 2)), 4000), arena


def test_the_plan_found_is_the_best_of_all_one_and_two_stop_plans(found: Any) -> None:
    result, arena = found
    every = [(Stop(a, H),) for a in range(16, 57)] + [(Stop(a, H), Stop(a + 16, M)) for a in range(16, 40, 3)]
    judged = arena.judge(every, 4000)
    assert result.best.mean >= max(j.mean for j in judged) - 0.01


def test_plans_go_on_until_all_scenarios_are_used_or_it_is_settled_that_they_are_no_better(found: Any) -> None:
    result, _ = found
    assert result.best.n_scenarios == 4000
    against = [*result.finalists[1:], *result.others]
    assert {j.n_scenarios for j in against} <= {*SEMIFINAL, 4000}
    for judged in against:
        whole = 4000 if judged in result.finalists else SEMIFINAL[-1]
        n = judged.n_scenarios
        gap = paired_difference(judged.scores, result.best.scores[:n])
        assert n == whole or gap.high < 0.0 or abs(gap.value) < 0.01
    assert any(j.n_scenarios < SEMIFINAL[-1] for j in against)
    assert result.n_considered >= 20


def test_only_the_call_rests_on_all_scenarios_where_fewer_decide(
    state_of: Make, params_of: Make, simulate: Make
) -> None:
    state = state_of()
    params = params_of(state)
    arena = Arena(params, 2, 2023, "bahrain", "position", 7, simulate)
    result = search(arena, generate(params, 2, rules_of(state, 2)), 2 * DECIDING)
    assert {j.n_scenarios for j in result.finalists} <= {DECIDING // FIRST_LOOK, DECIDING}
    outcome = result.arena.run([result.best.plan], 2 * DECIDING)
    whole = result.seen_in(outcome)
    assert whole.best is whole.finalists[0]
    assert whole.best.n_scenarios == 2 * DECIDING
    assert np.array_equal(whole.best.place, outcome.place[0, arena.ego])
    assert [j.plan for j in whole.finalists] == [j.plan for j in result.finalists]
    assert np.array_equal(whole.best.values[: result.best.n_scenarios], result.best.values)


def test_the_outcome_is_that_of_the_recommended_plan(found: Any) -> None:
    result, arena = found
    outcome = result.arena.run([result.best.plan], 4000)
    assert np.array_equal(outcome.place[0, arena.ego], result.best.place)
    assert set(outcome.next_stop_lap[0, arena.ego]) == {result.best.plan[0].lap}


def test_laps_in_the_window_are_close_and_those_outside_are_worse(found: Any) -> None:
    result, arena = found
    window = result.window
    assert window.opens <= result.best.plan[0].lap <= window.closes
    for lap in (window.opens, window.closes):
        inside = difference(result.arena.judge([(Stop(lap, H),)], 4000)[0], result.best)
        assert inside.value >= -0.15  # judged on fewer scenarios it was within 0.1
        assert not inside.low > 0.0
    outside = difference(arena.judge([(Stop(window.closes + 8, H),)], 4000)[0], result.best)
    assert outside.value < -0.1


def test_candidates_in_another_order_lead_to_the_same_answer(
    found: Any, state_of: Make, params_of: Make, simulate: Make
) -> None:
    result, arena = found
    state = state_of()
    candidates = generate(params_of(state), 2, rules_of(state, 2))
    turned = dataclasses.replace(candidates, plans=candidates.plans[::-1], eligible=candidates.eligible[::-1])
    again = search(arena, turned, 4000)
    assert again.best.plan == result.best.plan
    assert [j.plan for j in again.contenders] == [j.plan for j in result.contenders]
    assert again.window == result.window


def test_an_illegal_plan_is_never_recommended_even_if_it_is_the_fastest(
    state_of: Make, params_of: Make, simulate: Make
) -> None:
    state = state_of()
    params = params_of(state, stint_wear=np.full(10, 0.035, np.float32))
    arena = Arena(params, 2, 2023, "bahrain", "position", 7, simulate)
    candidates = generate(params, 2, rules_of(state, 2), [()])
    result = search(arena, candidates, 2000)
    illegal = next(j for j in (*result.finalists, *result.others) if j.plan == ())
    assert result.best.plan != ()
    assert difference(illegal, result.best).low > 0.0
    assert illegal not in result.contenders


def test_a_plan_that_is_brought_forward_to_the_next_lap_is_called_by_that_lap(
    state_of: Make, params_of: Make, simulate: Make
) -> None:
    state = state_of(track_status=TrackStatus.SC)
    params = params_of(state)

    def eager(params: Any, ego: int, plans: Any, n: int, seed: int, first: int = 0) -> Any:
        lap = plans.lap.copy()
        lap[:, 0] = np.where((lap[:, 0] > 0) & (lap[:, 0] < 22), 16, lap[:, 0])
        return simulate(params, ego, plans._replace(lap=lap), n, seed, first)

    cheap = params._replace(pit_loss=np.full(3, 5.0, np.float32))
    arena = Arena(cheap, 2, 2023, "bahrain", "position", 7, eager)
    result = search(arena, generate(params, 2, rules_of(state, 2)), 2000)
    assert result.best.plan[0].lap == 16
    outcome = result.arena.run([result.best.plan], result.best.n_scenarios)
    assert np.array_equal(outcome.place[0, 2], result.best.place)
    assert result.runner_up is not None
    assert not same_race(result.runner_up, result.best)


def test_the_same_call_is_the_same_compound_inside_the_window() -> None:
    call, window = (Stop(20, H),), Window(18, 22)
    assert same_call((Stop(22, H), Stop(40, M)), call, window)
    assert not same_call((Stop(23, H),), call, window)
    assert not same_call((Stop(20, M),), call, window)
    assert not same_call((), call, window)
    assert same_call((), (), None)


def test_confidence_falls_when_the_parameters_turn_the_call(found: Any) -> None:
    result, _ = found
    sure = confidence(result)
    rival = result.rivals[0]
    turned = np.where(np.arange(rival.n_scenarios) % 32 < 16, 10.0, -10.0)
    doubtful = dataclasses.replace(rival, values=result.best.values[: rival.n_scenarios] + turned)
    shaken = dataclasses.replace(
        result,
        finalists=tuple(doubtful if j is rival else j for j in result.finalists),
        others=tuple(doubtful if j is rival else j for j in result.others),
    )
    assert confidence(shaken) == pytest.approx(0.5, abs=0.02)
    assert sure > 0.9
