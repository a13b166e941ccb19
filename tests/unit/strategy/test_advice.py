"""The whole answer from the toy race: it fits the contract, agrees with itself, and turns with the situation."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contract.answers import RecommendAnswer
from shared.contract.requests import RecommendRequest
from shared.race.state import RaceState, Stop
from shared.race.vocabulary import Compound, TrackStatus
from shared.strategy.advice import advise
from shared.strategy.contingency import BROUGHT_FORWARD, neutralized, rained_on, rules_after
from shared.strategy.guidance import brake_bias
from shared.strategy.plans.candidates import generate
from shared.strategy.plans.legality import rules_of
from shared.strategy.search.arena import Arena

Make = Callable[..., Any]
S, M, H = Compound.SOFT, Compound.MEDIUM, Compound.HARD


def request_for(state: RaceState, **changes: Any) -> RecommendRequest:
    car = state.cars[2]
    body = {
        "driver_id": car.driver_id,
        "circuit_id": state.circuit_id,
        "lap": state.lap,
        "position": 3,
        "tire_age": car.tire_age,
        "tire_compound": car.compound.name,
        "fuel_remaining": 78.5,
        "gap_to_leader": car.gap_to_leader,
        "n_scenarios": 2000,
        "seed": 7,
    }
    return RecommendRequest.model_validate(body | changes)


@pytest.fixture(scope="module")
def ask(state_of: Make, params_of: Make, simulate: Make) -> Make:
    def ask(request: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        state = state_of(**changes)
        answer = advise(request_for(state, **(request or {})), state, 2, params_of(state), simulate, [])
        RecommendAnswer.model_validate(answer | {"model_version": "toy"})
        return answer

    return ask


def test_the_same_request_gives_the_same_bytes(ask: Make) -> None:
    assert json.dumps(ask()) == json.dumps(ask())


def test_the_call_is_its_own_first_stop_and_lies_in_its_window(ask: Make) -> None:
    strategy = ask()["pit_strategy"]
    assert (strategy["recommended_lap"], strategy["compound"]) == (
        strategy["stops"][0]["lap"],
        strategy["stops"][0]["compound"],
    )
    assert strategy["window"]["opens"] <= strategy["recommended_lap"] <= strategy["window"]["closes"]


def test_the_first_alternative_decides_whether_the_call_is_close(ask: Make) -> None:
    for objective in ("points", "win", "podium", "position"):
        answer = ask({"objective": objective})
        gap = answer["alternatives"][0]["difference"]
        assert answer["too_close_to_call"] == (gap["low"] <= 0.0 <= gap["high"])


def test_alternatives_do_not_repeat_the_call_and_come_best_first(ask: Make) -> None:
    answer = ask()
    plans = [json.dumps(a["stops"]) for a in answer["alternatives"]]
    assert len(set(plans)) == len(plans)
    assert json.dumps(answer["pit_strategy"]["stops"]) not in plans
    values = [a["difference"]["value"] for a in answer["alternatives"]]
    assert values == sorted(values, reverse=True)
    chances = [answer["pit_strategy"]["probability_best"], *(a["probability_best"] for a in answer["alternatives"])]
    assert sum(chances) <= 1.0 + 1e-6


def test_several_compound_sequences_are_among_the_alternatives(ask: Make) -> None:
    sequences = {tuple(stop["compound"] for stop in a["stops"]) for a in ask()["alternatives"]}
    assert len(sequences) >= 3


def test_the_callers_plans_come_back_judged(ask: Make) -> None:
    asked = [[{"lap": 31, "compound": "MEDIUM"}], [{"lap": 30, "compound": "SOFT"}]]
    answer = ask({"candidates": asked})
    judged = [[{k: s[k] for k in ("lap", "compound")} for s in a["stops"]] for a in answer["alternatives"]]
    assert all(plan in judged for plan in asked)
    assert any("two dry compounds" in warning for warning in answer["warnings"])


def test_fuel_at_the_stops_burns_down_from_what_was_given(ask: Make) -> None:
    stop = ask()["pit_strategy"]["stops"][0]
    assert stop["fuel_at_stop"] == pytest.approx(1.8 * 42 - 1.8 * (stop["lap"] - 15), abs=0.01)


def test_a_car_in_the_pits_is_told_what_to_fit_and_no_rejoin_is_made_up(ask: Make) -> None:
    strategy = ask(ego_in_pit=True, ego_pit_stops=1)["pit_strategy"]
    assert strategy["recommended_lap"] == 15
    assert strategy["compound"] == "HARD"
    assert strategy["rejoin"] is None


def test_after_both_compounds_and_near_the_flag_the_call_is_to_stay_out(ask: Make) -> None:
    answer = ask(lap=52, ego_tire_age=8, ego_compounds_used=(S, H))
    strategy = answer["pit_strategy"]
    assert strategy["recommended_lap"] is None
    assert strategy["stops"] == []
    assert strategy["window"] is None
    assert "stay out to the end" in answer["explanation"][0].lower()


def test_the_explanation_is_three_to_six_sentences_with_the_deciding_numbers(ask: Make) -> None:
    for changes in ({}, {"lap": 52, "ego_compounds_used": (S, H)}, {"lap": 56}, {"rain": ((20, 0.4),)}):
        sentences = ask(**changes)["explanation"]
        assert 3 <= len(sentences) <= 6
        assert all(sentence.endswith(".") for sentence in sentences)
    answer = ask()
    text = " ".join(answer["explanation"])
    assert f"lap {answer['pit_strategy']['recommended_lap']} for hards" in text.lower()
    assert "22.0 s under green" in text
    assert f"place {answer['pit_strategy']['rejoin']['position']}" in text


def test_one_lap_is_one_lap(ask: Make) -> None:
    text = " ".join(ask(lap=56, ego_tire_age=1)["explanation"])
    assert "1 lap old" in text
    assert "1 laps" not in text


def test_contingencies_run_over_the_next_six_laps_and_start_now(ask: Make) -> None:
    answer = ask()
    assert [entry["lap"] for entry in answer["contingency_by_lap"]] == [16, 17, 18, 19, 20, 21]
    assert answer["contingency_by_lap"][0]["safety_car"] == answer["contingency"]["safety_car_now"]
    assert [e["lap"] for e in ask(lap=54)["contingency_by_lap"]] == [55, 56]


@pytest.fixture(scope="module")
def at_work(state_of: Make, params_of: Make, simulate: Make) -> Any:
    state = state_of()
    params = params_of(state)
    return Arena(params, 2, 2023, "bahrain", "points", 7, simulate), generate(params, 2, rules_of(state, 2))


def test_a_safety_car_is_worth_a_stop_on_old_tires_and_more_than_a_vsc(at_work: Any) -> None:
    arena, candidates = at_work
    sc = neutralized(arena, candidates, (Stop(22, H),), 17, TrackStatus.SC)
    vsc = neutralized(arena, candidates, (Stop(22, H),), 17, TrackStatus.VSC)
    assert sc.pit
    assert sc.compound == H
    assert sc.gain_points > vsc.gain_points > 0.0


def test_nobody_stops_again_two_laps_after_a_stop(at_work: Any) -> None:
    arena, candidates = at_work
    response = neutralized(arena, candidates, (Stop(17, H),), 19, TrackStatus.SC)
    assert not response.pit
    assert (response.compound, response.gain_points) == (H, 0.0)


def test_rain_on_wet_tires_needs_no_stop(at_work: Any) -> None:
    arena, candidates = at_work
    wet = dataclasses.replace(
        candidates, rules=dataclasses.replace(candidates.rules, compound=Compound.INTERMEDIATE, wet_from=15)
    )
    assert not rained_on(arena, wet, ()).pit


def test_rules_after_a_stop_know_the_set_is_gone_and_the_duty_done(state_of: Make) -> None:
    rules = rules_of(state_of(ego_tire_sets=((H, 0), (H, 2), (M, 0)), min_stops=1), 2)
    after = rules_after(rules, (Stop(20, H),))
    assert after.sets == ((H, 2), (M, 0))
    assert (after.stops_owed, after.lap, after.tire_age, after.compound) == (0, 20, 0, H)
    assert after.compounds_used == {S, H}


def test_staying_out_is_not_undone_by_the_simulations_own_early_stop() -> None:
    from shared.simulation.lap import pit

    assert max(pit._FORWARD) <= BROUGHT_FORWARD


def test_a_rival_close_behind_is_a_threat_with_an_answer(ask: Make) -> None:
    dangers = ask()["threats"]
    assert dangers
    assert len({t["driver_id"] for t in dangers}) == len(dangers)
    for t in dangers:
        assert t["kind"] in {"undercut", "overcut", "pass"}
        assert 0.0 < t["probability"] <= 1.0
        assert t["loss_points"] >= 0.0
        assert t["answer"]


def test_nobody_threatens_the_last_car_but_a_teammate_in_its_pit_box(
    state_of: Make, params_of: Make, simulate: Make
) -> None:
    state = state_of()
    request = request_for(state, driver_id="D09", position=10, gap_to_leader=18.0)
    dangers = advise(request, state, 9, params_of(state), simulate, [])["threats"]
    assert [(t["driver_id"], t["kind"]) for t in dangers] in ([], [("D08", "double_stack")])


def test_what_an_undercut_takes_is_simulated_with_its_interval(ask: Make) -> None:
    tried = [t for t in ask(ego_tire_age=8)["threats"] if t["kind"] == "undercut" and t["loss_low"] is not None]
    assert tried
    for t in tried:
        assert t["loss_low"] <= t["loss_points"] + 1e-9
        assert t["loss_points"] <= max(t["loss_high"], 0.0) + 1e-9
        assert t["rests_on"].startswith("paired simulation")


def test_under_a_red_flag_new_tires_are_free_and_fitted_at_once(ask: Make) -> None:
    answer = ask(track_status=TrackStatus.RED)
    strategy = answer["pit_strategy"]
    assert strategy["recommended_lap"] == 16
    assert strategy["rejoin"] is None
    assert any("for nothing" in sentence for sentence in answer["explanation"])


def test_a_safety_car_that_is_out_gets_one_answer_not_two(ask: Make) -> None:
    for age in (2, 15, 30):
        answer = ask(track_status=TrackStatus.SC, ego_tire_age=age)
        stops_now = answer["pit_strategy"]["recommended_lap"] == 16
        assert answer["contingency"]["safety_car_now"]["pit"] == stops_now


def test_brake_bias_moves_forward_with_grip_and_back_with_fuel_wear_and_wet(state_of: Make, params_of: Make) -> None:
    soft, hard, wet = state_of(), state_of(ego_compound=H), state_of(ego_compound=Compound.WET)
    bias = [brake_bias(params_of(s), 2, s, 50.0) for s in (soft, hard, wet)]
    assert bias[0] > bias[1] > bias[2]
    assert all(50.0 <= b <= 65.0 for b in bias)
    assert brake_bias(params_of(soft), 2, soft, 5.0) > brake_bias(params_of(soft), 2, soft, 105.0)
    old = state_of(ego_tire_age=35)
    assert brake_bias(params_of(old), 2, old, 50.0) < bias[0]


def test_rivals_that_were_filled_in_cost_no_more_than_confidence(
    ask: Make, state_of: Make, params_of: Make, simulate: Make
) -> None:
    state = state_of()
    cars = tuple(c if i == 2 else dataclasses.replace(c, assumed=True) for i, c in enumerate(state.cars))
    assumed = dataclasses.replace(state, cars=cars)
    answer = advise(request_for(assumed), assumed, 2, params_of(assumed), simulate, [])
    known = ask()
    assert answer["confidence"] <= known["confidence"]
    assert answer["pit_strategy"] == known["pit_strategy"]


situations = st.fixed_dictionaries(
    {
        "lap": st.integers(1, 57),
        "min_stops": st.integers(0, 5),
        "max_stint_laps": st.none() | st.integers(1, 40),
        "rain": st.just(()) | st.tuples(st.tuples(st.integers(1, 57), st.floats(0.0, 1.0))),
        "track_status": st.sampled_from(TrackStatus),
        "ego_compound": st.sampled_from(Compound),
        "ego_tire_age": st.integers(0, 60),
        "ego_pit_stops": st.integers(1, 4),
        "ego_in_pit": st.booleans(),
        "ego_tire_sets": st.none() | st.just(()) | st.just(((S, 3), (H, 0))),
    }
)


@settings(max_examples=40, deadline=None)
@given(changes=situations, objective=st.sampled_from(["points", "win", "podium", "position"]))
def test_any_situation_gets_an_answer_that_fits_the_contract(
    state_of: Make, params_of: Make, simulate: Make, changes: dict[str, Any], objective: str
) -> None:
    state = state_of(**changes)
    request = request_for(state, lap=15, tire_age=15, objective=objective, n_scenarios=1000)
    answer = advise(request, state, 2, params_of(state), simulate, [])
    RecommendAnswer.model_validate(answer | {"model_version": "toy"})
    assert 3 <= len(answer["explanation"]) <= 6


def test_every_number_is_finite(ask: Make) -> None:
    def numbers(value: Any) -> list[float]:
        if isinstance(value, dict):
            return [n for item in value.values() for n in numbers(item)]
        if isinstance(value, list | tuple):
            return [n for item in value for n in numbers(item)]
        return [value] if isinstance(value, float) else []

    for changes in ({}, {"lap": 56}, {"lap": 57}, {"ego_in_pit": True, "ego_pit_stops": 1}):
        assert np.isfinite(numbers(ask(**changes))).all()
