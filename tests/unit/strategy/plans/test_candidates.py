"""Laws of the plans that are considered, and what the deterministic pass thinks of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.race.state import Stop
from shared.race.vocabulary import Compound, TrackStatus
from shared.strategy.plans.candidates import WINDOW_SHIFTS, around, generate
from shared.strategy.plans.expected_time import expected_time, outlines
from shared.strategy.plans.legality import plan_problems, rules_of

Make = Callable[..., Any]
S, M, H, I = Compound.SOFT, Compound.MEDIUM, Compound.HARD, Compound.INTERMEDIATE  # noqa: E741

situations = st.fixed_dictionaries(
    {
        "lap": st.integers(1, 56),
        "min_stops": st.integers(0, 3),
        "max_stint_laps": st.none() | st.integers(15, 40),
        "rain": st.just(()) | st.tuples(st.tuples(st.integers(10, 50), st.floats(0.0, 1.0))),
        "track_status": st.sampled_from(TrackStatus),
        "ego_compound": st.sampled_from(Compound),
        "ego_tire_age": st.integers(1, 20),
        "ego_pit_stops": st.integers(1, 3),
        "ego_in_pit": st.booleans(),
        "ego_compounds_used": st.lists(st.sampled_from(Compound), max_size=3).map(tuple),
        "ego_tire_sets": st.none()
        | st.lists(st.tuples(st.sampled_from(Compound), st.integers(0, 5)), max_size=6).map(tuple),
    }
)


@settings(max_examples=60, deadline=None)
@given(changes=situations)
def test_every_candidate_is_legal_and_none_comes_twice(
    state_of: Make, params_of: Make, changes: dict[str, Any]
) -> None:
    state = state_of(**changes)
    found = generate(params_of(state), 2, rules_of(state, 2))
    assert found.plans
    assert len(set(found.plans)) == len(found.plans)
    for plan in found.plans:
        assert plan_problems(found.rules, plan) == []


def test_the_dynamic_program_finds_what_trying_every_plan_finds(state_of: Make, params_of: Make) -> None:
    state = state_of(lap=40, max_stint_laps=30, ego_tire_age=10)
    params, rules = params_of(state), rules_of(state, 2)
    laps = range(41, 57)
    tried = {
        sequence: min(
            expected_time(params, 2, rules, tuple(Stop(x, c) for x, c in zip(chosen, sequence, strict=True)))
            for chosen in itertools.combinations(laps, len(sequence))
        )
        for n in (1, 2)
        for sequence in itertools.product((S, M, H), repeat=n)
        if set(sequence) != {S}
    }
    found = {o.sequence: o.best_time for o in outlines(params, 2, rules) if len(o.sequence) in (1, 2)}
    assert found.keys() == tried.keys()
    for sequence, time in tried.items():
        assert found[sequence] == pytest.approx(time)


def test_outlines_rebuild_plans_that_take_the_time_they_promise(state_of: Make, params_of: Make) -> None:
    state = state_of()
    params, rules = params_of(state), rules_of(state, 2)
    for outline in outlines(params, 2, rules):
        for lap in outline.legal_laps()[::7] or [0]:
            assert expected_time(params, 2, rules, outline.plan_at(lap)) == pytest.approx(outline.time_at(lap))


@settings(max_examples=30, deadline=None)
@given(saved=st.floats(0.0, 20.0), lap=st.integers(1, 55))
def test_a_faster_pit_lane_never_hurts(state_of: Make, params_of: Make, saved: float, lap: int) -> None:
    state = state_of(lap=lap)
    rules = rules_of(state, 2)
    slow = params_of(state)
    fast = slow._replace(pit_loss=slow.pit_loss - np.float32(saved))
    times = {o.sequence: o.best_time for o in outlines(slow, 2, rules)}
    for outline in outlines(fast, 2, rules):
        assert outline.best_time <= times[outline.sequence] + 1e-3


def test_at_least_twenty_plans_are_considered_with_the_race_ahead(state_of: Make, params_of: Make) -> None:
    state = state_of()
    assert len(generate(params_of(state), 2, rules_of(state, 2)).plans) >= 20


def test_stopping_now_and_several_lengths_of_race_are_always_there(state_of: Make, params_of: Make) -> None:
    state = state_of()
    plans = generate(params_of(state), 2, rules_of(state, 2)).plans
    assert {plan[0].compound for plan in plans if plan and plan[0].lap == 16} == {S, M, H}
    assert {1, 2} <= {len(plan) for plan in plans}


def test_staying_out_is_a_candidate_once_two_compounds_are_used(state_of: Make, params_of: Make) -> None:
    fresh, used = state_of(), state_of(ego_compounds_used=(H, S))
    assert () not in generate(params_of(fresh), 2, rules_of(fresh, 2)).plans
    assert () in generate(params_of(used), 2, rules_of(used, 2)).plans


def test_a_wet_tire_used_frees_from_the_two_compound_rule(state_of: Make, params_of: Make) -> None:
    state = state_of(ego_compounds_used=(I, S))
    assert () in generate(params_of(state), 2, rules_of(state, 2)).plans


def test_two_stops_are_made_where_the_event_demands_two(state_of: Make, params_of: Make) -> None:
    state = state_of(min_stops=2, circuit_id="monaco", season=2025)
    assert min(len(p) for p in generate(params_of(state), 2, rules_of(state, 2)).plans) == 2


def test_a_car_in_the_pits_chooses_the_compound_it_is_fitting(state_of: Make, params_of: Make) -> None:
    state = state_of(ego_in_pit=True, ego_pit_stops=1)
    plans = generate(params_of(state), 2, rules_of(state, 2)).plans
    assert all(plan[0].lap == 15 for plan in plans)
    assert {plan[0].compound for plan in plans} == {S, M, H}


def test_only_sets_that_are_left_are_fitted(state_of: Make, params_of: Make) -> None:
    state = state_of(ego_tire_sets=((H, 0), (S, 3)))
    plans = generate(params_of(state), 2, rules_of(state, 2)).plans
    for plan in plans:
        fitted = [stop.compound for stop in plan]
        assert fitted.count(H) <= 1
        assert fitted.count(S) <= 1
        assert M not in fitted


def test_a_used_set_is_slower_than_a_new_one(state_of: Make, params_of: Make) -> None:
    plan = (Stop(25, H),)
    new, used = state_of(ego_tire_sets=((H, 0),)), state_of(ego_tire_sets=((H, 5),))
    times = [expected_time(params_of(s), 2, rules_of(s, 2), plan) for s in (new, used)]
    assert times[1] - times[0] == pytest.approx(5 * 0.04 * 32, rel=1e-3)


def test_rain_in_sight_brings_plans_for_wet_tires(state_of: Make, params_of: Make) -> None:
    dry, wet = state_of(), state_of(rain=((20, 0.9),))
    rain = np.zeros(256, np.float32)
    rain[20:24] = 0.4
    fitted = {stop.compound for plan in generate(params_of(dry), 2, rules_of(dry, 2)).plans for stop in plan}
    assert fitted <= {S, M, H}
    plans = generate(params_of(wet, rain_by_lap=rain), 2, rules_of(wet, 2)).plans
    assert any(stop.compound == I for plan in plans for stop in plan)


def test_a_safety_car_now_makes_stopping_now_the_fastest(state_of: Make, params_of: Make) -> None:
    state = state_of(track_status=TrackStatus.SC)
    best = outlines(params_of(state), 2, rules_of(state, 2))[0]
    assert best.best_lap == 16


def test_the_callers_plans_are_judged_but_an_illegal_one_is_not_eligible(state_of: Make, params_of: Make) -> None:
    state = state_of()
    asked = [(Stop(31, M),), (Stop(30, S),)]
    found = generate(params_of(state), 2, rules_of(state, 2), asked)
    fate = dict(zip(found.plans, found.eligible, strict=True))
    assert fate[asked[0]] is True
    assert fate[asked[1]] is False
    assert any("two dry compounds" in warning for warning in found.warnings)


def test_on_the_last_lap_nothing_is_left_but_to_stay_out_even_if_a_stop_is_owed(
    state_of: Make, params_of: Make
) -> None:
    state = state_of(lap=56)
    found = generate(params_of(state), 2, rules_of(state, 2))
    assert found.plans == ((),)
    assert found.warnings


def test_neighbors_move_the_first_stop_and_keep_the_compounds(state_of: Make, params_of: Make) -> None:
    state = state_of()
    found = generate(params_of(state), 2, rules_of(state, 2))
    plan = found.outlines[0].plan_at(found.outlines[0].best_lap)
    moved = around(found, plan)
    assert {p[0].lap - plan[0].lap for p in moved} == set(WINDOW_SHIFTS)
    assert all([s.compound for s in p] == [s.compound for s in plan] for p in moved)
