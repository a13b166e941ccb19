"""Laps of different eras compare once they are normalized within race and season. Made rows: no lap table from before
2018 is at hand."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pyarrow as pa
import pytest

from shared.features.frames import run_sql
from tests.fakes import eras as made

FIRST, LAST = dt.date(1950, 1, 1), dt.date(2100, 1, 1)
PACES = ["relative_pace", "pace_in_race", "pace_in_season", "pace_so_far"]


def _laps(raw: dict[str, pa.Table], first: dt.date = FIRST, last: dt.date = LAST) -> pd.DataFrame:
    frame = run_sql(raw, "era_laps", first, last)
    return frame.set_index(["race_id", "driver_id", "lap"]).sort_index()


@pytest.fixture(scope="module")
def both() -> pd.DataFrame:
    """Two races of 1996 and two of 2024, whose laps are a fifth shorter."""
    slow, fast = ([made.race(season, n, pace) for n in (1, 2)] for season, pace in ((1996, 100.0), (2024, 80.0)))
    return _laps(made.raw(pd.concat([*slow, *fast])))


@pytest.mark.parametrize("number", [1, 2])
def test_the_same_lap_of_1996_and_of_2024_comes_to_the_same_pace(both: pd.DataFrame, number: int) -> None:
    old, new = (both.loc[f"{season}_{number:02d}"][PACES] for season in (1996, 2024))
    pd.testing.assert_frame_equal(old, new)
    seconds = [both.loc[(f"{season}_{number:02d}", "driver_0", 5), "lap_time"] for season in (1996, 2024)]
    assert seconds == [100.0, 80.0]


def test_paces_have_the_values_worked_out_by_hand(both: pd.DataFrame) -> None:
    # Five cars at 1.000 to 1.004 of the pace: the median is 1.002, the quartiles 1.001 and 1.003.
    second = both.loc[("1996_02", "driver_4", 6)]
    assert second["relative_pace"] == pytest.approx(1.004 / 1.002 - 1)
    assert second["pace_in_race"] == pytest.approx(1.0)
    assert second["pace_in_season"] == pytest.approx((1.004 / 1.002 - 1) / (0.002 / 1.002))
    assert second["gap_to_leader"] == pytest.approx(6 * 0.4)
    assert pd.isna(both.loc[("1996_01", "driver_4", 6), "pace_in_season"]), "no earlier race in its season"
    assert second["circuit_id"] == "monza"


def test_nothing_later_enters_and_a_race_alone_comes_to_the_same() -> None:
    races = [made.race(1996, n, 90.0 + n) for n in (1, 2, 3)]
    whole = _laps(made.raw(pd.concat(races)))
    alone = _laps(made.raw(pd.concat(races[:2])), made.day(1996, 2), made.day(1996, 2))
    pd.testing.assert_frame_equal(alone, whole.loc[["1996_02"]])
    cut = races[0][races[0]["lap"] <= 8]
    pd.testing.assert_frame_equal(
        _laps(made.raw(cut)), whole.loc[["1996_01"]].loc[lambda laps: laps.index.get_level_values("lap") <= 8]
    )


def test_every_lap_is_kept_and_counted_as_clean_or_under_one_reason() -> None:
    laps = made.race(1998, 1, 90.0)
    times = laps.set_index(["ergast_id", "lap"])["lap_time"]
    times.loc[("driver_1", 4)] = 112.0  # a stop that nobody recorded
    times.loc[("driver_2", 5)] = float("nan")
    times.loc[("driver_3", 6)] = 60.0
    times.loc[(slice(None), 8)] = 130.0  # behind the safety car
    laps["lap_time"] = times.to_numpy()
    again = laps[(laps["ergast_id"] == "driver_4") & (laps["lap"] == 2)]
    found = _laps(made.raw(pd.concat([laps, again]))).loc["1998_01"]
    assert len(found) == len(laps)
    assert found["exclusion_reason"].value_counts().to_dict() == {
        "lap_1": 5, "slow_field": 5, "slow": 1, "no_time": 1, "implausible": 1,
    }  # fmt: skip
    assert (found["is_clean"] == found["exclusion_reason"].isna()).all()
    assert found["pit_in"].isna().all(), "before 2011 nobody recorded stops"
    assert found.loc[("driver_2", 4), "elapsed"] == pytest.approx(4 * 90.0 * 1.002)
    assert found.loc["driver_2"]["elapsed"].loc[5:].isna().all()


def test_a_recorded_stop_marks_its_laps_in_and_out() -> None:
    laps = made.race(2012, 1, 90.0)
    key = {"race_id": "2012_01", "race_date": made.day(2012, 1), "season": 2012, "round": 1}
    stops = pd.DataFrame([key | {"ergast_id": "driver_2", "stop": 1, "lap": 6, "duration": 22.0}])
    found = _laps(made.raw(laps, stops)).loc["2012_01"]
    own = found.loc["driver_2"]
    assert (own.loc[6, "exclusion_reason"], own.loc[7, "exclusion_reason"]) == ("in_lap", "out_lap")
    assert (own["pit_in"].sum(), own["pit_out"].sum()) == (1, 1)
    assert not found.loc["driver_0"]["pit_in"].any()
