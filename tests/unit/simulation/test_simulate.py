"""Laws of the whole simulation, effects all on unless a test turns them off."""

from __future__ import annotations

import numpy as np
import pytest

from shared.race.vocabulary import Compound, TrackStatus
from shared.simulation import MAX_CARS, N_DRAWS, NO_CAR, Outcome, Plans, RaceParams, plain_race, simulate

EGO, SCENARIOS = 4, 1024
PLANS = Plans(np.array([[28, 0, 0, 0, 0], [24, 41, 0, 0, 0]]), np.array([[2, 0, 0, 0, 0], [1, 2, 0, 0, 0]]))


def _calm(params: RaceParams) -> RaceParams:
    """Without safety cars, red flags and retirements."""
    nothing = np.zeros(N_DRAWS, np.float32)
    return params._replace(
        sc_rate=nothing,
        vsc_rate=nothing,
        red_rate=nothing,
        sc_first_lap=np.float32(0),
        retire_rate=np.zeros_like(params.retire_rate),
        retire_first_lap=np.float32(0),
    )


def _mean_place(params: RaceParams, car: int = EGO, plans: Plans | None = PLANS) -> np.ndarray:
    return simulate(params, car, plans, SCENARIOS, 3).place[:, car].mean(axis=-1)


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return simulate(plain_race(), EGO, PLANS, SCENARIOS, 3)


def test_places_are_a_permutation_in_every_scenario(outcome: Outcome) -> None:
    assert (np.sort(outcome.place, axis=1) == np.arange(1, 21, dtype=np.uint8)[None, :, None]).all()


@pytest.mark.parametrize("cars", [2, 22, MAX_CARS])
def test_fields_of_other_sizes_are_ranked_too(cars: int) -> None:
    out = simulate(plain_race(cars), 1, None, 100, 3)
    assert (np.sort(out.place, axis=1) == np.arange(1, cars + 1, dtype=np.uint8)[None, :, None]).all()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(outcome: Outcome) -> None:
    again = simulate(plain_race(), EGO, PLANS, SCENARIOS, 3)
    for name, a, b in zip(Outcome._fields, outcome, again, strict=True):
        assert a.tobytes() == b.tobytes(), name
    assert (simulate(plain_race(), EGO, PLANS, SCENARIOS, 4).place != outcome.place).any()


def test_a_scenario_depends_neither_on_how_many_there_are_nor_on_the_other_plans(outcome: Outcome) -> None:
    fewer = simulate(plain_race(), EGO, Plans(PLANS.lap[1:], PLANS.compound[1:]), 601, 3)
    for name, whole, part in zip(Outcome._fields, outcome, fewer, strict=True):
        assert np.array_equal(whole[1:, ..., :601], part, equal_nan=part.dtype.kind == "f"), name


def test_who_retires_ranks_behind_everyone_who_finishes(outcome: Outcome) -> None:
    finishers = (~outcome.retired).sum(axis=1, keepdims=True)
    assert outcome.retired.any()
    assert ((outcome.place > finishers) == outcome.retired).all()
    assert (np.isnan(outcome.race_time) == outcome.retired[:, EGO]).all()


def test_retirements_come_at_the_rate_that_was_asked_for() -> None:
    params = plain_race(lap=17, total_laps=57)._replace(retire_rate=np.full(20, 0.01, np.float32))
    share = simulate(params, EGO, None, SCENARIOS, 5).retired.mean()
    assert abs(share - (1 - 0.99**40)) < 0.02


def test_a_cheaper_stop_never_makes_the_place_worse() -> None:
    params = _calm(plain_race())
    cheaper = params._replace(pit_loss=params.pit_loss - np.float32(6.0))
    # all stop alike but for the car asked about, which stops once more than it needs to
    plan = Plans(np.array([[24, 36, 46, 0, 0]]), np.array([[1, 2, 1, 0, 0]]))
    assert (_mean_place(cheaper, plans=plan) < _mean_place(params, plans=plan)).all()


def test_a_faster_car_finishes_ahead_of_where_it_would_have() -> None:
    params = plain_race()
    faster = params.pace_mean.copy()
    faster[EGO] -= 0.5
    assert (_mean_place(params._replace(pace_mean=faster)) < _mean_place(params) - 0.5).all()


def test_nobody_stops_when_the_policy_forbids_it_and_nothing_is_owed() -> None:
    params = plain_race()
    never = params.policy._replace(
        hazard=np.array([-99.0, *[0.0] * 12], np.float32), neutral=np.array([[-99.0, *[0.0] * 5]] * 2, np.float32)
    )
    out = simulate(params._replace(policy=never, owed_stop=np.bool_(False)), EGO, None, SCENARIOS, 3)
    assert out.stops_made.sum() == 0
    assert out.next_stop_lap.sum() == 0
    assert (out.next_stop_compound == NO_CAR).all()
    assert (out.rejoin_place == 0).all()


def test_a_planned_car_stops_on_its_laps_for_its_compounds_when_the_track_stays_green() -> None:
    out = simulate(_calm(plain_race()), EGO, PLANS, SCENARIOS, 3)
    assert (out.next_stop_lap[:, EGO] == np.array([[28], [24]])).all()
    assert (out.next_stop_compound[:, EGO] == np.array([[Compound.HARD], [Compound.MEDIUM]])).all()
    assert out.next_stop_green[:, EGO].all()
    assert (out.stops_made[:, EGO] == np.array([[1], [2]])).all()


def test_the_car_asked_about_is_seen_rejoining_after_its_first_stop() -> None:
    out = simulate(_calm(plain_race()), EGO, PLANS, SCENARIOS, 3)
    assert (out.rejoin_place >= 1).all()
    somebody_ahead = out.rejoin_ahead_car != NO_CAR
    assert (somebody_ahead == np.isfinite(out.rejoin_ahead)).all()
    assert (somebody_ahead == (out.rejoin_place > 1)).all()
    assert (out.rejoin_ahead_car != EGO).all()
    assert (out.rejoin_ahead[somebody_ahead] >= 0).all()


def test_cars_without_a_plan_use_two_dry_compounds_when_the_rules_ask_for_it() -> None:
    params = _calm(plain_race())
    out = simulate(params, EGO, None, SCENARIOS, 3)
    assert (out.stops_made >= 1).all()
    once = out.stops_made == 1
    assert once.any()
    # a car on softs throughout its first stint that stops once and fits softs again would be disqualified
    assert (out.next_stop_compound[once] == Compound.SOFT).mean() < 0.01


def test_a_forced_safety_car_slows_the_race_and_brings_cars_in() -> None:
    green = _calm(plain_race())
    forced = green._replace(forced_status_lap=np.int32(19), forced_status=np.int32(TrackStatus.SC))
    calm, neutral = (simulate(p, EGO, None, SCENARIOS, 3) for p in (green, forced))
    assert calm.next_stop_green.all()
    stopped_under_sc = ~neutral.next_stop_green & (neutral.next_stop_lap >= 19)
    assert (neutral.next_stop_lap[~neutral.next_stop_green] <= 19 + 12).all()
    assert stopped_under_sc.mean() > 0.15
    # the race takes longer by the laps behind the safety car
    assert np.nanmean(neutral.race_time) > np.nanmean(calm.race_time) + 30


def test_a_planned_stop_just_after_a_forced_safety_car_is_brought_forward() -> None:
    forced = _calm(plain_race())._replace(forced_status_lap=np.int32(26), forced_status=np.int32(TrackStatus.SC))
    out = simulate(forced, EGO, Plans(PLANS.lap[:1], PLANS.compound[:1]), SCENARIOS, 3)
    assert (out.next_stop_lap[0, EGO] == 26).all()
    assert not out.next_stop_green[0, EGO].any()


def test_a_planned_stop_is_made_for_nothing_under_a_red_flag() -> None:
    red = _calm(plain_race())._replace(forced_status_lap=np.int32(26), forced_status=np.int32(TrackStatus.RED))
    at_once, soon = (Plans(np.array([[lap, 0, 0, 0, 0]]), PLANS.compound[:1]) for lap in (26, 28))
    runs = [simulate(red, EGO, plan, SCENARIOS, 3) for plan in (at_once, soon)]
    assert [int(out.stops_made[0, EGO].max()) for out in runs] == [1, 1]
    assert not any(out.next_stop_lap[0, EGO].any() for out in runs)
    assert np.array_equal(runs[0].race_time, runs[1].race_time)
    later = simulate(red, EGO, Plans(np.array([[45, 0, 0, 0, 0]]), PLANS.compound[:1]), SCENARIOS, 3)
    assert np.nanmean(later.race_time) > np.nanmean(runs[0].race_time) + 10.0


def test_a_wet_track_brings_cars_in_for_wet_tires() -> None:
    params = _calm(plain_race())._replace(wetness=np.int32(1), dry_rate=np.float32(0))
    out = simulate(params, EGO, None, SCENARIOS, 3)
    assert (out.next_stop_compound == Compound.INTERMEDIATE).mean() > 0.99
    assert np.median(out.next_stop_lap) <= 19


def test_time_to_the_flag_is_that_of_the_laps_and_stops_left() -> None:
    params = _calm(plain_race())
    out = simulate(params, 0, Plans(np.array([[30, 0, 0, 0, 0]]), np.array([[2, 0, 0, 0, 0]])), SCENARIOS, 3)
    laps = np.arange(18, 58)
    clean = laps.size * float(params.base_lap) - float(params.fuel_effect) * laps.sum()
    lost = out.race_time.mean() - clean
    # a stop of 22 s or a little more, and tires that wear: 13 laps on the softs, 27 on the hards
    assert 22.0 < lost < 22.0 + 90.0


def test_a_car_outside_the_field_is_refused() -> None:
    with pytest.raises(ValueError, match="car 20 of a field of 20"):
        simulate(plain_race(), 20, None, 10, 0)
    with pytest.raises(ValueError, match="holds 1 to 26"):
        simulate(plain_race(27), 0, None, 10, 0)


def test_later_scenarios_by_themselves_are_those_of_the_whole() -> None:
    race = plain_race(6, total_laps=30)
    whole, rest = simulate(race, 2, None, 600, 5), simulate(race, 2, None, 344, 5, first=256)
    for all_of_it, part in zip(whole, rest, strict=True):
        assert np.array_equal(all_of_it[..., 256:], part, equal_nan=part.dtype.kind == "f")


def test_parameters_of_a_wrong_shape_are_named() -> None:
    with pytest.raises(ValueError, match=r"rain_by_lap .*\(256,\), not \(128,\)"):
        simulate(plain_race()._replace(rain_by_lap=np.zeros(256, np.float32)), EGO, None, 1, 0)
