"""From a race state and the bundle that ships to the numbers of a race: shapes, symmetries, and what must matter."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shared.models.build import build_params
from shared.models.bundle import SHIPPED, Bundle, write_bundle
from shared.models.tflite.export import tflite_files
from shared.race.state import CarState, LapRecord, RaceState, Stop
from shared.race.vocabulary import Compound, TrackStatus
from shared.simulation.params import MAX_LAPS, NO_FORECAST, RaceParams

TEAMS = ("Red Bull Racing", "Ferrari", "Mercedes", "Aston Martin", "Alpine")


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle.load(SHIPPED)


def laps(pace: float, first: int = 11, last: int = 20) -> tuple[LapRecord, ...]:
    return tuple(LapRecord(lap, 97.0 + pace, Compound.MEDIUM, lap) for lap in range(first, last + 1))


def make_state(n: int = 10, **changes: Any) -> RaceState:
    used = (Compound.MEDIUM,)
    cars = tuple(
        CarState(f"D{i:02d}", TEAMS[i // 2], i + 1, 4.0 * i, used[0], 20, used, recent_laps=laps(0.05 * i))
        for i in range(n)
    )
    fields: dict[str, Any] = {"season": 2024, "circuit_id": "bahrain", "lap": 20, "total_laps": 57}
    return RaceState(**(fields | {"track_status": TrackStatus.GREEN, "cars": cars} | changes))


def with_car(state: RaceState, i: int, **changes: Any) -> RaceState:
    return replace(state, cars=tuple(replace(c, **changes) if k == i else c for k, c in enumerate(state.cars)))


def numbers(params: RaceParams) -> dict[str, np.ndarray]:
    rest = {name: np.asarray(value) for name, value in params._asdict().items() if name not in {"policy", "script"}}
    return rest | {f"policy.{name}": np.asarray(value) for name, value in params.policy._asdict().items()}


@pytest.mark.parametrize("n", [1, 2, 10])
def test_every_number_is_finite_and_has_the_shape_that_its_docstring_gives(bundle: Bundle, n: int) -> None:
    params = build_params(make_state(n), bundle)
    assert all(np.isfinite(value.astype(float)).all() for value in numbers(params).values())
    assert params.next_stop.shape == (n, MAX_LAPS)
    for name in ("gap", "pace_mean", "pace_sd", "compound", "stint_wear", "retire_rate"):
        assert getattr(params, name).shape == (n,), name
    for name in ("tire_offset", "tire_wear"):
        assert getattr(params, name).shape == (5,), name
    assert all(value.dtype in (np.float32, np.int32, np.bool_) for value in numbers(params).values())


def test_a_quicker_car_of_late_is_a_quicker_car_to_come_and_the_others_hardly_change(bundle: Bundle) -> None:
    state = make_state()
    plain, quick = (build_params(s, bundle).pace_mean for s in (state, with_car(state, 4, recent_laps=laps(-0.6))))
    assert quick[4] < plain[4] - 0.2
    assert np.abs(np.delete(quick - plain, 4)).max() < 0.15


def test_cars_of_which_no_lap_is_told_are_rated_by_team(bundle: Bundle) -> None:
    state = make_state()
    silent = replace(state, cars=tuple(replace(car, recent_laps=(), gap_to_leader=0.0) for car in state.cars))
    ratings = bundle.tables["pace"]["ratings"]["teams"]
    known = sorted(ratings, key=ratings.__getitem__)
    best, worst = (build_params(with_car(silent, 5, team=team), bundle) for team in (known[0], known[-1]))
    assert best.pace_mean[5] < worst.pace_mean[5] - 0.2


def test_a_car_filled_in_is_less_certain_than_one_that_was_told(bundle: Bundle) -> None:
    state = make_state()
    sd = build_params(with_car(state, 3, assumed=True), bundle).pace_sd
    assert sd[3] > sd[2]


def test_two_cars_that_trade_everything_but_place_trade_their_rows(bundle: Bundle) -> None:
    state = make_state()
    state = with_car(state, 6, compound=Compound.HARD, tire_age=3, compounds_used=(Compound.MEDIUM,), pit_stops=1)
    ahead, behind = state.cars[5], state.cars[6]
    cars = (
        *state.cars[:5],
        replace(behind, position=6, gap_to_leader=ahead.gap_to_leader),
        replace(ahead, position=7, gap_to_leader=behind.gap_to_leader),
        *state.cars[7:],
    )
    before, after = build_params(state, bundle), build_params(replace(state, cars=cars), bundle)
    order = [0, 1, 2, 3, 4, 6, 5, 7, 8, 9]
    for name in ("compound", "age", "used", "stops", "in_pit", "stint_wear"):
        np.testing.assert_array_equal(getattr(before, name)[order], getattr(after, name), err_msg=name)
    np.testing.assert_array_equal(before.gap, after.gap)


def test_a_plan_that_the_caller_fixed_is_what_is_driven(bundle: Bundle) -> None:
    plan = (Stop(28, Compound.HARD), Stop(44, Compound.SOFT))
    params = build_params(with_car(make_state(), 2, plan=plan), bundle)
    assert params.has_plan.tolist() == [i == 2 for i in range(10)]
    assert params.plan_lap[2, :2].tolist() == [28, 44]
    assert params.plan_compound[2, :2].tolist() == [Compound.HARD, Compound.SOFT]


def test_an_unknown_circuit_and_an_unknown_team_are_served_from_what_is_usual(bundle: Bundle) -> None:
    state = with_car(make_state(circuit_id="nowhere"), 0, team="New Team")
    params = build_params(state, bundle)
    assert params.pit_loss[0] == pytest.approx(bundle.tables["pits"]["loss"]["all"], rel=1e-5)
    assert np.isfinite(params.pace_mean).all()


def test_penalties_stops_and_compounds_used_come_through(bundle: Bundle) -> None:
    changed = with_car(
        make_state(), 1, time_penalty=5.0, pit_stops=2, in_pit=True, compounds_used=(Compound.SOFT, Compound.MEDIUM)
    )  # fmt: skip
    params = build_params(changed, bundle)
    assert params.penalty.tolist() == [0.0, 5.0] + [0.0] * 8
    assert (params.stops[1], params.in_pit[1], params.used[1]) == (2, True, 0b11)


def test_the_next_stop_is_forecast_for_laps_to_come_and_left_to_the_policy_elsewhere(bundle: Bundle) -> None:
    changed = with_car(with_car(make_state(), 1, in_pit=True), 2, compound=Compound.INTERMEDIATE)
    logit = build_params(changed, bundle).next_stop
    assert (logit[0, 21:57] != NO_FORECAST).all()
    assert (logit[0, :21] == NO_FORECAST).all()
    assert (logit[0, 57:] == NO_FORECAST).all()
    assert (logit[1:3] == NO_FORECAST).all()


def test_a_field_on_wet_tires_is_a_wet_track_and_less_is_said_of_pace(bundle: Bundle) -> None:
    dry = make_state()
    wet = replace(dry, cars=tuple(replace(car, compound=Compound.INTERMEDIATE) for car in dry.cars))
    a, b = build_params(dry, bundle), build_params(wet, bundle)
    assert (int(a.wetness), int(b.wetness)) == (0, 1)
    assert (b.pace_sd > a.pace_sd).all()


def test_rain_that_is_forecast_comes_with_the_probability_given(bundle: Bundle) -> None:
    rate = build_params(make_state(rain=((30, 0.6),)), bundle).rain_by_lap
    assert (rate[:30] == 0).all()
    assert 1.0 - np.prod(1.0 - rate.astype(float)) == pytest.approx(0.6, abs=1e-3)


def test_the_circuits_differ_as_they_do(bundle: Bundle) -> None:
    def loss(circuit_id: str) -> float:
        return float(build_params(make_state(circuit_id=circuit_id), bundle).pit_loss[0])

    assert loss("imola") > loss("spa") + 4.0
    params = build_params(make_state(), bundle)
    assert params.pit_loss[0] > params.pit_loss[1] > params.pit_loss[2] > 5.0
    assert 0.0 < params.tire_wear[Compound.HARD] < params.tire_wear[Compound.SOFT]


def test_pace_is_less_certain_in_a_new_season_and_less_still_in_cars_made_anew(bundle: Bundle) -> None:
    def spread(season: int) -> float:
        return float(build_params(replace(make_state(), season=season), bundle).pace_sd.mean())

    assert spread(2024) < spread(2025) < spread(2026)


def test_graphs_and_tables_give_the_same_parameters(bundle: Bundle, tmp_path: Path) -> None:
    state = make_state()
    by_tables = write_bundle(tmp_path / "tables", bundle.tables, bundle.manifest)
    by_graphs = write_bundle(tmp_path / "graphs", bundle.tables, bundle.manifest, tflite_files(bundle.tables))
    assert not by_tables.evaluators
    assert {"tire_degradation", "pace", "next_stop"} <= set(by_graphs.evaluators)
    plain, graphs = (numbers(build_params(state, each)) for each in (by_tables, by_graphs))
    for name, value in plain.items():
        np.testing.assert_allclose(graphs[name], value, atol=2e-5, err_msg=name)
