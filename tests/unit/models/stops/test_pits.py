"""Pit stops: their cost, the usual stint, when they are made and for which compound."""

from __future__ import annotations

import numpy as np
import pytest

from shared.models.recorded import RecordedRace
from shared.models.stops.pits import fit_choice, fit_life, fit_loss, fit_pits, life_laps, shares_in_use
from shared.race.vocabulary import Compound
from shared.simulation.lap import policy
from tests.fakes.races import drivers, race

CARS = drivers(10)


def stopping_on(first: int, loss: float = 22.0, **how: object) -> RecordedRace:
    """All ten cars stop once for hards, one after the other from lap ``first`` on."""
    stops = {name: {first + i % 4: "HARD"} for i, name in enumerate(CARS)}
    return race(CARS, 40, stops=stops, loss=loss, **how)  # type: ignore[arg-type]


def test_the_loss_of_a_stop_is_found() -> None:
    found = fit_loss([stopping_on(14, loss=22.0), stopping_on(20, loss=22.0, number=2)])
    assert found["all"] == pytest.approx(22.0, abs=0.1)
    assert found["circuits"]["bahrain"] == pytest.approx(22.0, abs=0.1)
    assert found["n"] == 20


def test_a_circuit_s_loss_is_pulled_towards_the_sport_s_by_how_little_is_known_of_it() -> None:
    many = [stopping_on(14, loss=20.0, number=n) for n in range(1, 6)]
    few = stopping_on(14, loss=30.0, number=9, circuit_id="imola")
    found = fit_loss([*many, few])
    assert found["all"] == pytest.approx(20.0, abs=0.1)
    assert 24.0 < found["circuits"]["imola"] < 29.0


def test_stops_under_a_safety_car_do_not_tell_the_loss_under_green() -> None:
    cheap = stopping_on(14, loss=9.0, status=dict.fromkeys(range(13, 20), "SC"))
    assert fit_loss([cheap])["n"] == 0
    assert fit_loss([cheap, stopping_on(14, number=2)])["all"] == pytest.approx(22.0, abs=0.1)


def test_without_a_stop_the_loss_is_the_usual_one() -> None:
    assert fit_loss([race(CARS)])["all"] == 22.9


def test_the_usual_stint_moves_to_what_is_driven() -> None:
    races = [stopping_on(28, number=n) for n in range(1, 9)]
    life = fit_life(races)
    usual = fit_life([])
    driven = np.mean([28, 29, 30, 31]) / 40
    assert usual["all"][Compound.MEDIUM] < life["all"][Compound.MEDIUM] < driven
    assert life["all"][Compound.MEDIUM] == pytest.approx(driven, abs=0.05)
    assert life["all"][Compound.SOFT] == usual["all"][Compound.SOFT], "nobody ran softs"
    assert life_laps(life, "nowhere", 50)[Compound.MEDIUM] == pytest.approx(50 * life["all"][Compound.MEDIUM])


def test_teams_that_stop_late_are_expected_to_stop_late() -> None:
    fitted = fit_pits([stopping_on(20, number=n) for n in range(1, 7)])
    assert fitted["n"] == {"green": 6 * 10 * 38, "stops": 60}

    def chance(age: float, owed: float = 1.0) -> float:
        life = life_laps(fitted["life"], "bahrain", 40)[Compound.MEDIUM]
        x = policy.hazard_features(np, age, life, 40.0 - age, owed, np.exp(-1.0), np.exp(-1.0), 0.1, 0.0)
        return float(1.0 / (1.0 + np.exp(-np.dot(fitted["hazard"], [float(v) for v in x]))))

    assert chance(21.0) > 10 * chance(5.0)
    assert chance(21.0) > chance(21.0, owed=0.0)


def test_what_everybody_fits_is_what_will_be_fitted() -> None:
    races = [stopping_on(14, number=n) for n in range(1, 5)]
    life = fit_life(races)
    weights = np.array(fit_choice(races, life))
    laps = life_laps(life, "bahrain", 40)
    use = shares_in_use(np.full(10, 1), np.zeros(10, int))
    score = [
        float(weights[k] @ np.array([float(v) for v in policy.choice_features(
            np, laps[k], 25.0, np.float64(k == Compound.MEDIUM), *use[:, k])]))
        for k in range(3)
    ]  # fmt: skip
    assert int(np.argmax(score)) == Compound.HARD


def test_shares_in_use_count_the_field_and_those_that_have_stopped() -> None:
    shares = shares_in_use(np.array([0, 1, 1, 2]), np.array([0, 0, 1, 1]))
    np.testing.assert_allclose(shares, [[0.25, 0.5, 0.25], [0.0, 0.5, 0.5]])
    assert (shares_in_use(np.array([0, 1]), np.array([0, 0]))[1] == 0).all()
