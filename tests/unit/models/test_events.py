"""Rates of safety cars, VSCs and retirements: counted, shrunk, and spread over a race."""

from __future__ import annotations

import pytest

from shared.models.events import fit_events, place_factors, rate_to_the_flag
from tests.fakes.races import drivers, race

CARS = drivers(10)


def test_every_safety_car_after_lap_one_counts_once_however_long_it_stays() -> None:
    races = [
        race(CARS, 50, number=1, status=dict.fromkeys((10, 11, 12, 30), "SC")),
        race(CARS, 50, number=2, status=dict.fromkeys((20, 21), "VSC")),
    ]
    found = fit_events(races)["all"]
    assert found["sc"]["rate"] == pytest.approx((2 + 0.5) / (100 + 50), rel=1e-3)
    assert found["vsc"]["rate"] == pytest.approx((1 + 0.5) / (100 + 50), rel=1e-3)
    assert found["red"]["rate"] == pytest.approx(0.5 / 150, rel=1e-3)
    assert found["sc_laps"] == 2.0  # three laps, and one
    assert found["races"] == 2


def test_a_safety_car_on_lap_one_is_a_matter_of_its_own() -> None:
    plain = fit_events([race(CARS, 50)])["all"]
    first = fit_events([race(CARS, 50, status={1: "SC", 2: "SC"})])["all"]
    assert first["sc_first_lap"] > plain["sc_first_lap"]
    assert first["sc"]["rate"] == plain["sc"]["rate"]


def test_a_circuit_where_much_happens_is_between_its_own_rate_and_the_sport_s() -> None:
    wild = [race(CARS, 50, number=n, circuit_id="baku", status={20: "SC", 35: "SC"}) for n in range(1, 4)]
    calm = [race(CARS, 50, number=n, circuit_id="spa") for n in range(4, 10)]
    found = fit_events([*wild, *calm])
    sport = found["all"]["sc"]["rate"]
    assert sport < found["circuits"]["baku"]["sc"] < 2 / 50
    assert 0 < found["circuits"]["spa"]["sc"] < sport


def test_retirements_are_counted_by_car_and_lap_and_those_on_lap_one_apart() -> None:
    last = {"C02": 20, "D03": 1}
    found = fit_events([race(CARS, 40, last=last)])["retire"]
    assert found["rate"] == pytest.approx(1 / (8 * 40 + 20 + 1), rel=1e-3)
    assert found["first_lap"] == pytest.approx(1 / 10)


def test_a_car_two_laps_down_has_not_retired() -> None:
    assert fit_events([race(CARS, 40, last={"J09": 38})])["retire"]["rate"] == 0.0


def test_seasons_long_ago_weigh_little() -> None:
    broke = race(CARS, 40, season=2014, last=dict.fromkeys(list(CARS)[:6], 20))
    held = [race(CARS, 40, season=2024, number=n) for n in range(1, 4)]
    both = fit_events([broke, *held])["retire"]["rate"]
    alone = fit_events([broke])["retire"]["rate"]
    assert 0 < both < alone / 20


def test_where_cars_retire_late_more_is_to_come_of_the_rate() -> None:
    races = [race(CARS, 40, number=n, last={"E04": 36, "F05": 35, "G06": 34}) for n in range(1, 30)]
    retire = fit_events(races)["retire"]
    assert retire["shape"][3] > 2.0 > retire["shape"][0]
    assert rate_to_the_flag(retire, 0.75) > rate_to_the_flag(retire, 0.0)
    assert rate_to_the_flag(retire, 0.0) == pytest.approx(retire["rate"], rel=0.01)
    assert rate_to_the_flag(retire, 1.0) == retire["rate"]


def test_who_runs_at_the_back_retires_more_often_where_that_was_so() -> None:
    races = [race(CARS, 40, number=n, last={"J09": 22, "I08": 31}) for n in range(1, 20)]
    factors = place_factors(fit_events(races)["retire"], 20)
    assert factors.shape == (20,)
    assert factors[-1] > 2.0 > 1.0 > factors[0]


def test_with_no_race_known_the_rates_are_rates() -> None:
    found = fit_events([])
    assert 0 < found["retire"]["rate"] < 0.01
    assert 0 < found["all"]["sc_first_lap"] < 1


def test_red_flags_of_late_count_more_than_those_of_long_ago() -> None:
    stopped, calm = {20: "RED"}, {}
    then = fit_events([race(CARS, 50, status=stopped, season=2018), race(CARS, 50, status=calm, season=2024)])["all"]
    now = fit_events([race(CARS, 50, status=calm, season=2018), race(CARS, 50, status=stopped, season=2024)])["all"]
    assert now["red"]["rate"] > 2 * then["red"]["rate"]
