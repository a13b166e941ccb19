"""Laps as matrices: the same from a recorded race and from a request."""

from __future__ import annotations

import numpy as np
import pytest

from shared.models.grid import UNKNOWN, LapGrid, base_lap, gap_ahead, grid_of_state, usable
from shared.models.recorded import RecordedRace
from shared.race.state import CarState, LapRecord, RaceState
from shared.race.vocabulary import Compound, TrackStatus
from tests.fakes.races import drivers, race

LAP, WIDTH = 20, 10


def asked(recorded: RecordedRace, lap: int = LAP, width: int = WIDTH) -> RaceState:
    """What a client would send at the end of ``lap``, cars in the order of the grid's rows."""
    cars = []
    for i, driver in enumerate(recorded.drivers):
        grid = recorded.grid
        laps = tuple(
            LapRecord(
                lap=j + 1,
                lap_time=float(grid.lap_time[i, j]),
                compound=Compound(grid.compound[i, j]),
                tire_age=int(grid.age[i, j]),
                track_status=TrackStatus(grid.status[i, j]),
                pit_in=bool(grid.pit_in[i, j]),
                pit_out=bool(grid.pit_out[i, j]),
            )
            for j in range(lap - width, lap)
        )
        now = Compound(grid.compound[i, lap - 1])
        gap = float(recorded.gap[i, lap - 1])
        age = int(grid.age[i, lap - 1])
        cars.append(CarState(driver, recorded.teams[i], i + 1, gap, now, age, (now,), recent_laps=laps))
    return RaceState(2023, recorded.circuit_id, lap, recorded.total_laps, TrackStatus.GREEN, tuple(cars))


@pytest.fixture(scope="module")
def recorded() -> RecordedRace:
    return race(drivers(6), 30, stops={"B01": {14: "HARD"}, "D03": {17: "SOFT"}}, status={12: "SC", 13: "SC"})


def test_a_request_and_the_recorded_race_give_the_same_grid(recorded: RecordedRace) -> None:
    told, known = grid_of_state(asked(recorded), WIDTH), recorded.grid.until(LAP, WIDTH)
    for name in LapGrid._fields[:-1]:
        np.testing.assert_array_equal(getattr(told, name), getattr(known, name), err_msg=name)
    apart = known.line - told.line
    np.testing.assert_allclose(apart, apart[0, 0])  # times at the line differ by their origin alone
    np.testing.assert_allclose(gap_ahead(told.line), gap_ahead(known.line))


def test_a_lap_without_a_time_hides_the_line_before_it_and_nothing_else(recorded: RecordedRace) -> None:
    state = asked(recorded)
    car = state.cars[2]
    laps = tuple(
        LapRecord(r.lap, None, r.compound, r.tire_age) if r.lap == 15 else r for r in car.recent_laps
    )  # lap 15 is column 4 of laps 11 to 20
    cars = tuple(
        CarState(c.driver_id, c.team, c.position, c.gap_to_leader, c.compound, c.tire_age, recent_laps=laps)
        if c is car
        else c
        for c in state.cars
    )
    grid = grid_of_state(RaceState(2023, "bahrain", LAP, 30, TrackStatus.GREEN, cars), WIDTH)
    assert np.isnan(grid.line[2, :4]).all()
    assert np.isfinite(grid.line[2, 4:]).all()
    assert np.isfinite(np.delete(grid.line, 2, axis=0)).all()


def test_a_car_of_which_nothing_was_told_has_its_gap_and_no_laps() -> None:
    car = CarState("AAA", None, 1, 3.5, Compound.HARD, 9)
    grid = grid_of_state(RaceState(2023, "bahrain", 9, 57, TrackStatus.GREEN, (car,)))
    assert grid.line[0, -1] == 3.5
    assert not grid.ran.any()
    assert (grid.compound == UNKNOWN).all()
    assert np.isnan(grid.lap_time).all()


def test_on_the_grid_of_a_race_there_are_no_laps() -> None:
    car = CarState("AAA", None, 1, 0.0, Compound.HARD, 0)
    assert grid_of_state(RaceState(2023, "bahrain", 0, 57, TrackStatus.GREEN, (car,))).lap_time.shape == (1, 0)


def test_the_gap_ahead_is_to_the_next_car_at_the_line_whatever_the_order_of_rows() -> None:
    line = np.array([[12.0], [10.0], [np.nan], [10.5]])
    np.testing.assert_allclose(gap_ahead(line)[:, 0], [1.5, 99.0, np.nan, 0.5])


def test_only_clean_dry_laps_tell_of_pace(recorded: RecordedRace) -> None:
    tells = usable(recorded.grid)
    assert not tells[:, 0].any(), "lap 1"
    assert not tells[:, 11:14].any(), "behind the safety car, and the lap after"
    b01 = recorded.drivers.index("B01")
    assert not tells[b01, 13:15].any(), "in-lap and out-lap"
    assert tells[b01, 15:].all()
    assert tells.sum() == 6 * (30 - 4) - 2 - 2 + 1  # B01's in-lap 14 is one of the laps left out for all


def test_laps_on_wet_tires_do_not_tell_of_pace(recorded: RecordedRace) -> None:
    wet = recorded.grid._replace(compound=np.full_like(recorded.grid.compound, Compound.INTERMEDIATE))
    assert not usable(wet).any()
    assert np.isnan(base_lap(wet))


def test_the_base_lap_is_a_quick_one_of_the_field(recorded: RecordedRace) -> None:
    assert 90.0 <= base_lap(recorded.grid) <= 90.2
