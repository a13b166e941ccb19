"""The repairs of ``clean_laps.sql``, fault by fault, on made rows, and what the real rows come to."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from shared.features.frames import run_sql
from shared.ingest.files import to_table
from tests.fakes import laps as made


def test_an_undisturbed_race_passes_unchanged() -> None:
    laps = made.clean(made.raw(made.lap_rows("AB", 5)))
    assert laps.loc["AAA", "position"].tolist() == [1] * 5
    assert laps.loc["AAA", "elapsed"].tolist() == pytest.approx([90, 180, 270, 360, 450], abs=0.6)
    assert laps.loc["BBB", "gap_to_leader"].tolist() == pytest.approx([1.1, 1.2, 1.3, 1.4, 1.5])
    assert laps.loc["AAA", "tire_age"].tolist() == [1, 2, 3, 4, 5]
    assert laps["exclusion_reason"].value_counts().to_dict() == {"lap_1": 2}
    assert laps["repairs"].isna().all()
    assert laps["total_laps"].unique().tolist() == [57]


def test_a_missing_time_is_had_from_the_times_at_the_line() -> None:
    frame = made.lap_rows("AB", 5)
    frame.loc[frame["lap_number"] == 3, "lap_time"] = np.nan
    laps = made.clean(made.raw(frame))
    assert laps.loc[("BBB", 3), "lap_time"] == pytest.approx(90.1)
    assert laps.loc[("BBB", 3), "repairs"] == "lap_time"


def test_a_missing_first_lap_is_had_from_the_start_that_the_other_cars_give() -> None:
    frame = made.lap_rows("ABCD", 4)
    frame.loc[(frame["driver"] == "DDD") & (frame["lap_number"] == 1), "lap_time"] = np.nan
    laps = made.clean(made.raw(frame))
    assert laps.loc[("DDD", 1), "lap_time"] == pytest.approx(laps.loc[("CCC", 1), "lap_time"] + 1.1, abs=0.2)


def test_without_any_first_lap_time_the_circuits_typical_one_gives_the_start() -> None:
    frame = made.lap_rows("AB", 3)
    frame.loc[frame["lap_number"] == 1, "lap_time"] = np.nan
    laps = made.clean(made.raw(frame))
    assert laps.loc[("AAA", 1), "elapsed"] == pytest.approx(95.0)
    assert laps.loc[("BBB", 1), "gap_to_leader"] == pytest.approx(1.1)


def test_a_stop_makes_a_new_set_and_counts_when_the_car_enters() -> None:
    frame = made.lap_rows("AB", 12)
    made.stop(frame, "AAA", 5)
    laps = made.clean(made.raw(frame))
    own = laps.loc["AAA"]
    assert own["pit_stops"].tolist() == [0] * 4 + [1] * 8
    assert own["tire_age"].tolist() == [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 6, 7]
    assert (own.loc[5, "exclusion_reason"], own.loc[6, "exclusion_reason"]) == ("in_lap", "out_lap")
    assert own.loc[5, "pit_lane_time"] == pytest.approx(22.0)
    assert own.loc[6, "position"] == 2


def test_a_stop_that_the_file_notices_late_starts_the_set_when_the_car_left_the_pits() -> None:
    frame = made.lap_rows("A", 12)
    made.stop(frame, "AAA", 5, told=False)
    late = frame["lap_number"] >= 9
    frame.loc[late, ["stint", "compound"]] = [2, "HARD"]
    frame.loc[late, "tyre_life"] = frame.loc[late, "lap_number"] - 8
    own = made.clean(made.raw(frame)).loc["AAA"]
    assert own["compound"].tolist() == ["MEDIUM"] * 5 + ["HARD"] * 7
    assert own["tire_age"].tolist() == [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 6, 7]
    assert "tire_age" in own.loc[7, "repairs"]


def test_a_change_of_stint_without_a_visit_to_the_pits_is_false() -> None:
    frame = made.lap_rows("A", 10)
    late = frame["lap_number"] >= 6
    frame.loc[late, "stint"] = 2
    frame.loc[late, "tyre_life"] = frame.loc[late, "lap_number"] - 5
    own = made.clean(made.raw(frame)).loc["AAA"]
    assert own["stint"].unique().tolist() == [1]
    assert own["pit_stops"].max() == 0


def test_a_safety_car_led_through_the_pit_lane_is_no_stop() -> None:
    frame = made.lap_rows("ABCD", 10)
    for driver in ("AAA", "BBB", "CCC", "DDD"):
        made.stop(frame, driver, 5, lane=18.0, told=False)
        frame.loc[(frame["driver"] == driver) & (frame["lap_number"] > 5), "stint"] = 2
    frame.loc[frame["lap_number"].between(4, 6), "track_status"] = "4"
    laps = made.clean(made.raw(frame))
    assert laps["pit_stops"].max() == 0
    assert not laps["pit_in"].any()
    assert not laps["pit_out"].any()
    assert laps.loc[("CCC", 5), "safety_car_passage"]
    assert laps.loc["CCC", "stint"].unique().tolist() == [1]
    assert laps.loc["CCC", "tire_age"].tolist() == list(range(1, 11))


def test_one_car_that_changes_tires_while_the_others_are_led_through_did_stop() -> None:
    frame = made.lap_rows("ABCD", 10)
    for driver in ("AAA", "BBB", "CCC"):
        made.stop(frame, driver, 5, lane=18.0, told=False)
    made.stop(frame, "DDD", 5, lane=24.0)
    frame.loc[frame["lap_number"].between(4, 6), "track_status"] = "4"
    laps = made.clean(made.raw(frame))
    assert laps.groupby("driver_id")["pit_stops"].max().to_dict() == {"AAA": 0, "BBB": 0, "CCC": 0, "DDD": 1}


def test_waiting_in_the_pit_lane_under_red_is_no_stop_but_may_bring_new_tires() -> None:
    frame = made.lap_rows("AB", 10)
    for driver in ("AAA", "BBB"):
        made.stop(frame, driver, 4, lane=1500.0)
    frame.loc[frame["lap_number"] == 4, "track_status"] = "15"
    laps = made.clean(made.raw(frame))
    assert laps["pit_stops"].max() == 0
    assert not laps["pit_in"].any()
    assert laps.loc[("AAA", 4), "red_flag_visit"]
    assert laps.loc[("AAA", 5), "tire_age"] == 1
    assert (laps.loc[("AAA", 4), "track_status"], laps.loc[("AAA", 5), "exclusion_reason"]) == ("RED", "red_flag")


def test_laps_that_the_file_lost_are_numbered_again() -> None:
    frame = made.lap_rows("AB", 10)
    late = frame["lap_number"] >= 6
    frame.loc[late, "time"] += 3 * 90.0  # three laps went unrecorded
    laps = made.clean(made.raw(frame))
    assert laps.loc["AAA"].index.tolist() == [1, 2, 3, 4, 5, 9, 10, 11, 12, 13]
    assert laps.loc[("AAA", 9), "lap_time"] == pytest.approx(90.0)
    assert laps.loc[("AAA", 9), "repairs"] == "lap_number,tire_age"


def test_an_unfinished_last_lap_is_marked_whether_or_not_the_result_is_known() -> None:
    frame = made.lap_rows("AB", 10)
    frame = frame[(frame["driver"] == "AAA") | (frame["lap_number"] <= 6)]
    last = (frame["driver"] == "BBB") & (frame["lap_number"] == 6)
    before = frame.loc[(frame["driver"] == "BBB") & (frame["lap_number"] == 5), "time"].iloc[0]
    frame.loc[last, ["lap_time", "time", "track_status"]] = [np.nan, before + 150, "0"]
    known = [
        {"driver_id": "AAA", "laps": 10, "status": "Finished"},
        {"driver_id": "BBB", "laps": 5, "status": "Engine"},
    ]
    for results in (known, None):
        laps = made.clean(made.raw(frame, results))
        assert not laps.loc[("BBB", 6), "completed"]
        assert laps.loc[("BBB", 6), "exclusion_reason"] == "not_completed"
        assert laps.loc["BBB", "completed"].sum() == 5
        assert laps.loc[("AAA", 6), "position"] == 1


def test_laps_after_the_counted_distance_do_not_count() -> None:
    laps = made.clean(made.raw(made.lap_rows("A", 6), [{"driver_id": "AAA", "laps": 5, "status": "Finished"}]))
    assert laps["completed"].tolist() == [True] * 5 + [False]
    assert laps["laps_run"].unique().tolist() == [5]


def test_unknown_tires_are_known_from_the_rest_of_the_stint() -> None:
    frame = made.lap_rows("A", 6)
    first = frame["lap_number"] <= 2
    frame.loc[first, "compound"] = "UNKNOWN"
    frame.loc[first, ["stint", "tyre_life"]] = np.nan
    frame.loc[~first, "tyre_life"] += 1
    own = made.clean(made.raw(frame)).loc["AAA"]
    assert own["compound"].unique().tolist() == ["MEDIUM"]
    assert own["tire_age"].tolist() == [2, 3, 4, 5, 6, 7]


def test_every_lap_that_is_not_clean_has_exactly_one_reason() -> None:
    frame = made.lap_rows("ABCDE", 12)
    made.stop(frame, "AAA", 5)
    frame.loc[frame["lap_number"] == 8, "track_status"] = "2"
    frame.loc[frame["lap_number"] == 9, "track_status"] = "67"
    frame.loc[frame["lap_number"] == 10, "track_status"] = "24"
    frame.loc[(frame["driver"] == "EEE") & (frame["lap_number"] == 4), "lap_time"] = 99.0
    laps = made.clean(made.raw(frame))
    counted = laps["exclusion_reason"].value_counts().to_dict()
    assert counted == {"lap_1": 5, "in_lap": 1, "out_lap": 1, "yellow": 5, "vsc": 5, "safety_car": 5, "slow": 1}
    assert (laps["is_clean"] == laps["exclusion_reason"].isna()).all()


def test_the_same_lap_twice_is_taken_once() -> None:
    frame = made.lap_rows("AB", 4)
    laps = made.clean(made.raw(pd.concat([frame, frame])))
    assert len(laps) == 8


def test_rain_comes_from_the_minute_of_the_lap() -> None:
    weather = pd.DataFrame([made.RACE | {"time": made.START + 60.0 * m, "rainfall": m >= 3} for m in range(8)])
    laps = made.clean(made.raw(made.lap_rows("A", 4), raw_weather=weather))
    assert laps["rainfall"].tolist() == [False, True, True, True]


def test_laps_of_a_race_are_the_same_whatever_comes_after_them() -> None:
    frame = made.lap_rows("ABCD", 12)
    made.stop(frame, "AAA", 4)
    changed = frame.copy()
    later = changed["lap_number"] > 8
    changed.loc[later, "lap_time"] *= 1.3
    changed.loc[later, "time"] += 40 * (changed.loc[later, "lap_number"] - 8)
    changed.loc[later, "track_status"] = "4"
    one, other = (made.clean(made.raw(each)).reset_index() for each in (frame, changed))
    known = [column for column in one.columns if column != "laps_run"]
    pd.testing.assert_frame_equal(
        one[one["lap"] <= 8][known].reset_index(drop=True), other[other["lap"] <= 8][known].reset_index(drop=True)
    )


def test_a_driver_without_a_result_is_the_latest_to_bear_the_code_until_then() -> None:
    tables = made.raw(made.lap_rows("AB", 4))
    rows = [
        {"race_id": f"{year}_01", "race_date": dt.date(year, 3, 5), "season": year, "round": 1, "driver_id": "AAA"}
        | {"ergast_id": name, "laps": 50, "status": "Finished"}
        for year, name in ((2010, "elder"), (2021, "present"), (2024, "younger"))
    ]
    tables["raw_results"] = to_table("raw_results", pd.DataFrame(rows), made.HERE)
    frame = run_sql(tables, "clean_laps", made.DAY, dt.date(2024, 12, 31))
    assert frame.groupby("driver_id")["ergast_id"].first().to_dict() == {"AAA": "present", "BBB": "bbb"}


def test_a_stop_has_the_time_for_which_the_car_stood() -> None:
    frame = made.lap_rows("AB", 12)
    made.stop(frame, "AAA", 5)
    times = pd.DataFrame(
        made.RACE | {"ergast_id": "aaa", "driver": "A", "lap": lap, "stationary_time": seconds}
        for lap, seconds in ((5, 2.4), (9, 3.1))
    )
    laps = made.clean(made.raw(frame, raw_pit_stop_times=times))
    assert laps["stationary_time"].dropna().to_dict() == {("AAA", 5): 2.4}, "lap 9 is none that ended in the pits"


def test_what_ingest_filled_in_counts_as_repaired() -> None:
    frame = made.lap_rows("AB", 5)
    frame.loc[frame["lap_number"] == 1, "repairs"] = "lap_time"
    laps = made.clean(made.raw(frame))
    assert laps["repairs"].dropna().to_dict() == {("AAA", 1): "lap_time", ("BBB", 1): "lap_time"}
