"""Features know nothing later than their lap, have golden values on made rows, and earlier races alone in ``as_of``."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from shared.features.frames import load_raw
from shared.features.sql import STEPS, statement
from tests.fakes import laps as made
from tests.fakes.steps import run_steps
from tools.synthesize import synthesize


def test_features_of_an_undisturbed_race_have_the_values_worked_out_by_hand() -> None:
    frame = made.lap_rows("ABCDE", 12)
    made.stop(frame, "EEE", 6)
    laps = run_steps(made.raw(frame))["lap_features"].set_index(["driver_id", "lap"])
    second = laps.loc[("BBB", 3)]
    # Laps take 90.0, 90.1, ... 90.4 s: the median is 90.2, the quartiles 90.1 and 90.3.
    assert second["field_median"] == pytest.approx(90.2)
    assert second["relative_pace"] == pytest.approx(90.1 / 90.2 - 1)
    assert second["pace_in_race"] == pytest.approx(-0.1 / 0.2)
    assert second["gap_ahead"] == pytest.approx(1.3)
    assert second["gap_behind"] == pytest.approx(1.3)
    assert (second["laps_remaining"], second["stint_lap"], second["dry_compounds_used"]) == (54, 3, 1)
    assert second["fuel_estimate"] == pytest.approx(110 * 54 / 57)
    assert laps.loc[("EEE", 6), "share_pitting"] == pytest.approx(0.2)
    assert laps.loc[("EEE", 8), "stops_less_field"] == pytest.approx(0.8)
    assert laps.loc[("EEE", 8), "dry_compounds_used"] == 2
    assert pd.isna(laps.loc[("AAA", 3), "gap_ahead"])


def test_lap_features_are_the_same_whatever_comes_after_the_lap() -> None:
    frame = made.lap_rows("ABCDE", 12)
    made.stop(frame, "AAA", 4)
    changed = frame.copy()
    later = changed["lap_number"] > 8
    shuffled = changed[later].sample(frac=1.0, random_state=5)
    for column in ("lap_time", "compound", "track_status"):
        changed.loc[later, column] = shuffled[column].to_numpy()
    changed.loc[later, "time"] += 70.0 * (changed.loc[later, "lap_number"] - 8)
    one, other = (run_steps(made.raw(each))["lap_features"] for each in (frame, changed))
    keys = ["driver_id", "lap"]
    before = [each[each["lap"] <= 8].sort_values(keys, ignore_index=True) for each in (one, other)]
    pd.testing.assert_frame_equal(*before)


def test_stints_are_told_apart_by_how_they_ended() -> None:
    frame = made.lap_rows("AB", 12)
    made.stop(frame, "AAA", 5)
    frame = frame[(frame["driver"] == "AAA") | (frame["lap_number"] <= 7)]
    results = [
        {"driver_id": "AAA", "laps": 12, "status": "Finished"},
        {"driver_id": "BBB", "laps": 7, "status": "Engine"},
    ]
    stints = run_steps(made.raw(frame, results))["stint_features"].sort_values(["driver_id", "stint"])
    assert stints["ended_by"].tolist() == ["stop", "finish", "retirement"]
    assert stints["laps"].tolist() == [5, 7, 7]
    assert stints["age_at_end"].tolist() == [5, 7, 7]


@pytest.fixture(scope="module")
def made_raw(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pa.Table]:
    """Raw tables of two simulated seasons, twice over the same circuits."""
    folder = tmp_path_factory.mktemp("made")
    synthesize(folder, 24, seed=4)
    return load_raw(folder)


def test_what_is_known_of_drivers_and_circuits_comes_from_earlier_races_alone(made_raw: dict[str, pa.Table]) -> None:
    whole = run_steps(made_raw)
    races = made_raw["raw_races"].to_pandas()
    last = races["race_date"].max()
    part = run_steps(
        {
            name: rows.filter(pc.less(rows["race_date"], pa.scalar(last))) if "race_date" in rows.column_names else rows
            for name, rows in made_raw.items()
        }
    )
    for table in ("driver_features", "circuit_features", "lap_features"):
        earlier = whole[table][whole[table]["race_date"].dt.date < last]
        keys = [key for key in ("race_id", "driver_id", "lap") if key in earlier]
        one, other = (each.sort_values(keys, ignore_index=True) for each in (earlier, part[table]))
        pd.testing.assert_frame_equal(one, other)
    circuits = whole["circuit_features"].set_index("race_id")
    assert circuits.loc["2018_01", "races_before"] == 0
    assert circuits.loc["2019_01", "races_before"] == 1
    assert 15 < circuits.loc["2019_01", "pit_loss_green"] < 30


def test_a_race_made_alone_has_the_rows_that_it_has_in_a_backfill(made_raw: dict[str, pa.Table]) -> None:
    races = made_raw["raw_races"].to_pandas()
    # The first season four years earlier: what is too old for one race must not count in a backfill either.
    early = set(races["race_id"][races["season"] == races["season"].min()])
    raw = {
        name: _earlier(rows, early, 4) if "race_date" in rows.column_names else rows for name, rows in made_raw.items()
    }
    whole = run_steps(raw)
    alone = run_steps(raw, last_only=whole)
    last = races["race_date"].max()
    for table in STEPS:
        keys = [key for key in ("race_id", "driver_id", "stint", "lap", "measure") if key in whole[table]]
        own = whole[table][whole[table]["race_date"].dt.date == last] if len(whole[table]) else whole[table]
        one, other = (each.sort_values(keys, ignore_index=True) for each in (own, alone[table]))
        pd.testing.assert_frame_equal(one, other, obj=table, check_dtype=False)
    assert whole["driver_features"]["races_before"].max() < len(races) - 1


def _earlier(rows: pa.Table, races: set[str], years: int) -> pa.Table:
    dates = [
        day.replace(year=day.year - years) if race in races else day
        for race, day in zip(rows["race_id"].to_pylist(), rows["race_date"].to_pylist(), strict=True)
    ]
    return rows.set_column(rows.column_names.index("race_date"), "race_date", pa.array(dates, pa.date32()))


def test_the_statements_keep_to_what_both_dialects_do_alike() -> None:
    for step in STEPS:
        text = statement(step).upper()
        for word in ("FORMAT(", "TIMESTAMP_BUCKET", "FARM_FINGERPRINT", "ISOWEEK", "ARRAY_AGG", "APPROX_QUANTILES"):
            assert word not in text, f"{step}: {word}"
        assert "@LAST_DATE" in text
