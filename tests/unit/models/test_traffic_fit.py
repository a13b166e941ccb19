"""Passing: how much a pace edge is worth, and where it is worth less."""

from __future__ import annotations

import numpy as np
import pytest

from shared.models.bundle import SHIPPED, Bundle
from shared.models.grid import DIRTY_AIR, DIRTY_AIR_DECAY
from shared.models.recorded import RecordedRace
from shared.models.tires.table import fit_tires
from shared.models.traffic_fit import fit_passing
from tests.fakes.races import BASE, drivers, race


def duels(circuit_id: str, ease: float, number: int, seed: int) -> RecordedRace:
    """Ten pairs of cars a second apart: on each lap the one behind passes with the chance
    ``expit(-2 + 2 * edge + ease)``, edge being the seconds a lap by which it is quicker."""
    rng = np.random.default_rng(seed)
    made = race(drivers(20, 0.0), 50, number=number, circuit_id=circuit_id, gap=30.0)
    pace = rng.permutation(np.linspace(-0.5, 0.5, 20))
    line, held = np.zeros((20, 50)), np.zeros((20, 50))
    front_of = np.arange(20)
    for j in range(50):
        for k in range(0, 20, 2):
            front, back = front_of[k], front_of[k + 1]
            chance = 1.0 / (1.0 + np.exp(2.0 - 2.0 * (pace[front] - pace[back]) - ease))
            if j > 2 and rng.random() < chance:
                front_of[k], front_of[k + 1] = back, front
            line[front_of[k], j] = BASE * (j + 1) + 60.0 * k
            line[front_of[k + 1], j] = BASE * (j + 1) + 60.0 * k + 1.0
            held[front_of[k + 1], j + 1 : j + 2] = DIRTY_AIR * np.exp(-1.0 / DIRTY_AIR_DECAY)
    return made._replace(grid=made.grid._replace(line=line, lap_time=BASE + pace[:, None] + held))


@pytest.fixture(scope="module")
def races() -> list[RecordedRace]:
    return [duels("bahrain", 0.8, n, n) for n in range(1, 9)] + [duels("monaco", -0.8, n, n) for n in range(9, 17)]


def test_a_quicker_car_passes_more_and_less_so_where_passing_is_hard(races: list[RecordedRace]) -> None:
    found = fit_passing(races, fit_tires(races))
    assert found["n"] > 1000
    assert found["slope"] == pytest.approx(2.0, abs=0.7)
    assert found["circuits"]["monaco"] < -0.4 < 0.4 < found["circuits"]["bahrain"]


def test_with_too_little_to_learn_from_the_usual_numbers_stand(races: list[RecordedRace]) -> None:
    lonely = [race(drivers(5), 20, gap=20.0)]
    assert fit_passing(lonely, fit_tires(races)) == fit_passing([], fit_tires(races))


def test_in_the_bundle_that_ships_monaco_is_the_hardest_place_to_pass() -> None:
    table = Bundle.load(SHIPPED).tables["passing"]
    assert min(table["circuits"], key=table["circuits"].__getitem__) == "monaco"
    assert table["slope"] > 0
