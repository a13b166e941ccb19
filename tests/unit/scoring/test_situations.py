"""What is asked of a past race, and what came of it, on a race small enough to work out by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

from shared.race.vocabulary import Compound, TrackStatus
from shared.scoring.baselines import grid_order, place_table, running_order, stint_table
from shared.scoring.situations import Situation, situations, state_at, status_now
from shared.scoring.truth import race_truth

LAPS = 8


@dataclass(frozen=True)
class Recorded:
    laps: pd.DataFrame
    results: pd.DataFrame


def rows(driver: str, pace: float, laps: int, stop: int | None = None, start: float = 0.0) -> list[dict[str, object]]:
    """A car's laps at a steady pace, with one stop for hards that costs 20 s."""
    out, elapsed = [], start
    for lap in range(1, laps + 1):
        after = stop is not None and lap > stop
        elapsed += pace + (20.0 if stop is not None and lap == stop + 1 else 0.0)
        out.append(
            {
                "race_id": "2023_01", "season": 2023, "round": 1, "circuit_id": "bahrain", "driver_id": driver,
                "team": "Team", "lap": lap, "lap_time": pace, "elapsed": elapsed, "position": 1,
                "compound": "HARD" if after else "MEDIUM", "tire_age": lap - (stop or 0) if after else lap,
                "stint": 2 if after else 1, "status_digits": "1", "track_status": "GREEN", "pit_in": lap == stop,
                "pit_out": stop is not None and lap == stop + 1, "pit_stops": int(stop is not None and lap >= stop),
                "total_laps": LAPS,
            }
        )  # fmt: skip
    return out


@pytest.fixture
def recorded() -> Recorded:
    """AAA stops on lap 5 and wins; BBB does not stop; CCC is slow and a lap down; DDD retires after lap 3."""
    laps = (
        rows("AAA", 90, 8, stop=5) + rows("BBB", 93, 8, start=0.5) + rows("CCC", 110, 7) + rows("DDD", 91, 3, start=1)
    )
    results = pd.DataFrame(
        {
            "race_id": "2023_01",
            "driver_id": ["AAA", "BBB", "CCC", "DDD"],
            "grid": [2, 1, 0, 3],
            "position_order": [1, 2, 3, 4],
            "laps": [8, 8, 7, 3],
            "retired": [False, False, False, True],
            "race_time": [740.0, 744.5, np.nan, np.nan],
        }
    )
    return Recorded(pd.DataFrame(laps), results)


def at(recorded: Recorded, fraction: float) -> Situation:
    (found,) = situations(recorded, [fraction])
    return found


def test_cars_still_running_are_listed_by_their_time_at_the_line(recorded: Recorded) -> None:
    state = at(recorded, 0.25).state
    assert (state.lap, state.total_laps) == (2, LAPS)
    assert [car.driver_id for car in state.cars] == ["AAA", "DDD", "BBB", "CCC"]
    assert [car.position for car in state.cars] == [1, 2, 3, 4]
    assert [car.gap_to_leader for car in state.cars] == [0.0, 3.0, 6.5, 40.0]


def test_a_car_that_has_retired_is_not_listed(recorded: Recorded) -> None:
    assert [car.driver_id for car in at(recorded, 0.5).state.cars] == ["AAA", "BBB", "CCC"]


def test_lap_one_stands_for_the_start_and_the_last_lap_is_never_asked(recorded: Recorded) -> None:
    assert at(recorded, 0.0).state.lap == 1
    assert situations(recorded, [1.0]) == []


def test_a_car_in_the_pits_still_has_its_old_set_and_the_stop_counted(recorded: Recorded) -> None:
    car = state_at(recorded.laps[recorded.laps["lap"] <= 5], 5).cars[0]
    assert (car.driver_id, car.in_pit, car.pit_stops) == ("AAA", True, 1)
    assert (car.compound, car.tire_age) == (Compound.MEDIUM, 5)
    after = state_at(recorded.laps[recorded.laps["lap"] <= 6], 6)
    car = after.cars[after.index_of("AAA")]
    assert (car.in_pit, car.compound, car.tire_age) == (False, Compound.HARD, 1)
    assert car.compounds_used == (Compound.MEDIUM, Compound.HARD)


def test_laps_of_the_future_are_refused(recorded: Recorded) -> None:
    with pytest.raises(ValueError, match="laps up to 8 given for a question on lap 4"):
        state_at(recorded.laps, 4)


def test_truth_is_the_order_at_the_flag_among_the_cars_asked_about(recorded: Recorded) -> None:
    truth = at(recorded, 0.25).truth
    assert truth.place.tolist() == [1, 4, 2, 3]
    assert truth.retired.tolist() == [False, True, False, False]
    assert truth.next_stop.tolist() == [5, 0, 0, 0]
    assert truth.next_green.tolist() == [True, False, False, False]
    assert truth.next_compound == ("HARD", None, None, None)
    assert at(recorded, 0.75).truth.next_stop.tolist() == [0, 0, 0]


def test_a_time_penalty_after_the_flag_changes_no_place(recorded: Recorded) -> None:
    results = recorded.results.assign(position_order=[2, 1, 3, 4], race_time=[750.0, 744.5, np.nan, np.nan])
    assert race_truth(recorded.laps, results).order[:2] == ("AAA", "BBB")


def test_a_fault_in_the_lap_data_that_is_no_penalty_is_put_right_by_the_official_times(recorded: Recorded) -> None:
    results = recorded.results.assign(position_order=[2, 1, 3, 4], race_time=[752.3, 744.5, np.nan, np.nan])
    assert race_truth(recorded.laps, results).order[:2] == ("BBB", "AAA")


def test_where_laps_at_the_end_are_missing_the_official_classification_decides(recorded: Recorded) -> None:
    laps = recorded.laps[~((recorded.laps["driver_id"] == "AAA") & (recorded.laps["lap"] > 5))]
    truth = race_truth(laps, recorded.results)
    assert truth.official
    assert truth.order == ("AAA", "BBB", "CCC", "DDD")


def test_laps_counted_after_the_flag_do_not_count(recorded: Recorded) -> None:
    extra = recorded.laps[(recorded.laps["driver_id"] == "BBB") & (recorded.laps["lap"] == 8)].assign(
        lap=9, elapsed=900.0
    )
    assert race_truth(pd.concat([recorded.laps, extra]), recorded.results).order[:2] == ("AAA", "BBB")


def test_entries_to_retire_and_drive_through_penalties_are_no_stops(recorded: Recorded) -> None:
    laps = recorded.laps.copy()
    drive_through = (laps["driver_id"] == "BBB") & (laps["lap"] == 4)
    to_retire = (laps["driver_id"] == "DDD") & (laps["lap"] == 3)
    laps.loc[drive_through | to_retire, "pit_in"] = True
    assert race_truth(laps, recorded.results).stops["driver_id"].tolist() == ["AAA"]


@pytest.mark.parametrize(
    ("digits", "status"), [("124", TrackStatus.SC), ("71", TrackStatus.GREEN), (None, TrackStatus.GREEN)]
)
def test_the_status_now_is_the_last_of_the_lap(digits: str | None, status: TrackStatus) -> None:
    assert status_now(digits) == status


def test_grid_order_ranks_the_cars_left_with_the_pit_lane_last(recorded: Recorded) -> None:
    assert (grid_order(at(recorded, 0.5)).argmax(axis=1) + 1).tolist() == [2, 1, 3]
    assert (running_order(at(recorded, 0.5)).argmax(axis=1) + 1).tolist() == [1, 2, 3]


def test_the_table_gives_probabilities_of_places_and_learns_from_the_past(recorded: Recorded) -> None:
    situation = at(recorded, 0.5)
    reversed_truth = replace(situation.truth, place=np.array([3, 2, 1]))
    learnt = place_table([replace(situation, truth=reversed_truth)] * 200).forecast(situation)
    assert learnt.sum(axis=0) == pytest.approx(np.ones(3))
    assert learnt.sum(axis=1) == pytest.approx(np.ones(3))
    assert learnt[0].argmax() == 2
    assert place_table([]).forecast(situation)[0].argmax() == 0


def test_usual_stint_lengths_come_from_past_green_stops(recorded: Recorded) -> None:
    table = stint_table(situations(recorded, [0.25, 0.5]))
    assert table.length == {Compound.MEDIUM: 5 / 8}
    assert table.next_stop(at(recorded, 0.25)).tolist() == [5, 5, 5, 5]
    assert table.no_further_stop(at(recorded, 0.25)) == pytest.approx(2 / 3)
