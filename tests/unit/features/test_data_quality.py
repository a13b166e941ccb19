"""The report on a race's rows: every row is counted once, and what is missing, late, odd or new has a figure."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from shared.features.quality import problems
from tests.fakes import laps as made
from tests.fakes.steps import run_steps


def _report(frame: pd.DataFrame, results: list[dict[str, object]] | None = None) -> pd.Series:
    report = run_steps(made.raw(frame, results))["data_quality"]
    assert set(report["aspect"]) <= {"completeness", "freshness", "exclusions", "repairs", "outliers", "schema"}
    assert report["aspect"].notna().all()
    assert not report.duplicated(["race_id", "measure"]).any()
    return report.set_index("measure")["value"]


def test_every_row_of_the_file_is_counted_once() -> None:
    frame = made.lap_rows("ABCD", 9)
    made.stop(frame, "AAA", 5)
    twice = frame[(frame["driver"] == "BBB") & (frame["lap_number"] < 4)]
    report = _report(pd.concat([frame, twice]))
    left_out = report[report.index.str.startswith(("excluded_", "dropped_"))]
    assert report["laps_in_file"] == 39 == report["laps_clean"] + left_out.sum()
    assert left_out["dropped_duplicate"] == 3
    assert left_out["excluded_in_lap"] == 1


def test_laps_of_a_race_without_a_start_are_not_lost_silently() -> None:
    frame = made.lap_rows("AB", 6)
    report = _report(frame[frame["lap_number"] > 1])
    assert report["dropped_without_race_or_start"] == 10 == report["laps_in_file"]


def test_completeness_is_against_the_result() -> None:
    frame = made.lap_rows("AB", 8)
    results = [{"driver_id": f"{name * 3}", "laps": 10, "status": "Finished"} for name in "ABC"]
    report = _report(frame, results)
    assert report["share_of_laps_in_result"] == pytest.approx(16 / 30)
    assert report["laps_missing_against_result"] == 14
    assert report["drivers_missing_against_result"] == 1
    assert report["laps_without_weather"] == 16
    assert "share_of_laps_in_result" not in _report(frame), "there is no result to compare with"


def test_freshness_is_the_hours_from_the_end_of_the_day_of_the_race_to_the_rows() -> None:
    assert _report(made.lap_rows("A", 3))["hours_to_arrival"] == 3.0


def test_a_column_that_the_source_no_longer_has_and_values_it_never_had_are_told() -> None:
    frame = made.lap_rows("ABC", 6)
    assert _report(frame)["columns_empty"] == 2, "nobody stopped: no times at the pit lane"
    frame["tyre_life"] = np.nan
    frame.loc[frame["driver"] == "BBB", "compound"] = "C3"
    frame.loc[frame["driver"] == "CCC", "track_status"] = "9"
    report = _report(frame)
    assert report["column_empty_tyre_life"] == 1
    assert report["columns_empty"] == 3
    assert report["unknown_values_compound"] == 6
    assert report["unknown_values_track_status"] == 6


def test_what_is_kept_but_looks_wrong_is_counted() -> None:
    frame = made.lap_rows("ABCDEFGH", 9)
    made.stop(frame, "AAA", 5, lane=200.0)
    frame.loc[(frame["driver"] == "CCC") & (frame["lap_number"] == 7), "lap_time"] += 4.0
    frame.loc[frame["driver"] == "DDD", "tyre_life"] += 90
    report = _report(frame)
    assert report["outliers_lap_time"] == 1
    assert report["outliers_pit_lane_time"] == 1
    assert report["outliers_tire_age"] == 9


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ({"share_of_laps_in_result": 0.99, "laps_clean": 800.0, "columns_empty": 0.0}, []),
        ({"share_of_laps_in_result": 0.5}, ["only 50.0% of the laps in the result came in"]),
        ({"laps_clean": 0.0}, ["no lap is usable for pace"]),
        ({"columns_empty": 2.0, "quarantined": 3.0}, ["2 columns of the laps are empty", "3 records were set aside"]),
        ({"unknown_values": 6.0}, ["6 values of the laps are none that are known"]),
    ],
)
def test_a_person_is_told_what_to_look_at(figures: dict[str, float], said: list[str]) -> None:
    assert problems(figures) == said
