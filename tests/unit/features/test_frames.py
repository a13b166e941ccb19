"""Frames from recorded files: what is used, what is refused, and what the real rows come to."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pandas as pd
import pytest

from shared.features.frames import Frames, load_frames
from shared.ingest.files import DataFileError
from tools.synthesize import synthesize


@pytest.fixture(scope="module")
def made_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of five simulated races."""
    folder = tmp_path_factory.mktemp("made")
    synthesize(folder, 5, seed=11)
    return folder


@pytest.fixture(scope="module")
def frames(data_dir: Path) -> Frames:
    """Every recorded race."""
    return load_frames(data_dir)


def _copy(folder: Path, to: Path) -> Path:
    return Path(shutil.copytree(folder, to / "data"))


def test_simulated_races_are_marked_and_agree_with_their_results(made_dir: Path) -> None:
    frames = load_frames(made_dir)
    assert frames.synthetic
    last = frames.laps.groupby(["race_id", "driver_id"])["lap"].max()
    told = frames.results[frames.results["laps"] > 0].set_index(["race_id", "driver_id"])["laps"]
    pd.testing.assert_series_equal(last.sort_index(), told.sort_index(), check_names=False)


def test_nothing_after_the_day_named_is_used(made_dir: Path) -> None:
    whole = load_frames(made_dir)
    days = sorted(whole.races["race_date"].dt.date.unique())
    part = load_frames(made_dir, days[2])
    for frame in (part.laps, part.results, part.races, part.pit_stops):
        assert frame["race_date"].max().date() == days[2]
    earlier = whole.laps[whole.laps["race_date"].dt.date <= days[2]].reset_index(drop=True)
    pd.testing.assert_frame_equal(part.laps, earlier)


def test_a_season_that_ergast_lacks_gets_dates_circuits_and_results_from_elsewhere(
    made_dir: Path, tmp_path: Path
) -> None:
    folder = _copy(made_dir, tmp_path)
    shutil.rmtree(folder / "ergast")
    laps = pd.read_parquet(folder / "laps" / "2018.parquet").assign(Year=2025)
    laps.to_parquet(folder / "laps" / "2025.parquet")
    (folder / "laps" / "2018.parquet").unlink()
    frames = load_frames(folder)
    races = frames.races.set_index("race_id")
    assert races.loc["2025_01", "circuit_id"] == "albert_park"
    assert races.loc["2025_05", "race_date"] == pd.Timestamp("2025-04-20")
    assert set(frames.laps["ergast_id"]) == {driver.lower() for driver in frames.laps["driver_id"]}
    first = frames.results[frames.results["race_id"] == "2025_01"]
    assert first["position_order"].tolist() == list(range(1, len(first) + 1))
    assert first["grid"].isna().all()
    assert load_frames(folder, dt.date(2025, 3, 20)).laps["race_id"].unique().tolist() == ["2025_01"]


def test_an_event_held_in_another_round_than_planned_is_known_by_its_name(made_dir: Path, tmp_path: Path) -> None:
    folder = _copy(made_dir, tmp_path)
    shutil.rmtree(folder / "ergast")
    laps = pd.read_parquet(folder / "laps" / "2018.parquet")
    laps[laps["RoundNumber"] == 1].assign(Year=2025, EventName="Monaco Grand Prix", RoundNumber=7).to_parquet(
        folder / "laps" / "2025.parquet"
    )
    (folder / "laps" / "2018.parquet").unlink()
    race = load_frames(folder).races.iloc[0]
    assert (race["race_id"], race["circuit_id"], race["race_date"]) == ("2025_07", "monaco", pd.Timestamp("2025-05-25"))


def test_an_empty_folder_gives_empty_frames_and_a_missing_one_an_error(tmp_path: Path) -> None:
    frames = load_frames(tmp_path)
    assert (len(frames.laps), len(frames.results), frames.synthetic) == (0, 0, False)
    with pytest.raises(DataFileError, match="nowhere: no such folder"):
        load_frames(tmp_path / "nowhere")


def test_a_truncated_parquet_file_is_named(made_dir: Path, tmp_path: Path) -> None:
    folder = _copy(made_dir, tmp_path)
    path = folder / "laps" / "2018.parquet"
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(DataFileError, match=r"2018\.parquet: not readable as Parquet"):
        load_frames(folder)


def test_a_missing_column_is_named_with_its_file(made_dir: Path, tmp_path: Path) -> None:
    folder = _copy(made_dir, tmp_path)
    path = folder / "laps" / "2018.parquet"
    pd.read_parquet(path).drop(columns="TyreLife").to_parquet(path)
    with pytest.raises(DataFileError, match=r"2018\.parquet: column TyreLife missing"):
        load_frames(folder)


def test_a_missing_column_of_a_table_is_named_with_its_file(made_dir: Path, tmp_path: Path) -> None:
    folder = _copy(made_dir, tmp_path)
    path = folder / "ergast" / "results.csv"
    pd.read_csv(path).drop(columns="grid").to_csv(path, index=False)
    with pytest.raises(DataFileError, match=r"results\.csv: column grid missing"):
        load_frames(folder)


def test_records_without_a_key_do_not_stop_their_neighbors(made_dir: Path, tmp_path: Path) -> None:
    folder = _copy(made_dir, tmp_path)
    path = folder / "laps" / "2018.parquet"
    laps = pd.read_parquet(path)
    whole = len(load_frames(folder).laps)
    laps.loc[0, "Driver"] = None
    laps.loc[1, "LapNumber"] = 1000
    laps.to_parquet(path)
    assert len(load_frames(folder).laps) == whole - 2


def test_the_recorded_races_agree_with_the_official_results(frames: Frames) -> None:
    laps = frames.laps
    assert laps["race_id"].nunique() >= 137
    last = laps.sort_values("lap").groupby(["race_id", "driver_id"]).tail(1)
    last = last.sort_values(["race_id", "lap", "elapsed"], ascending=[True, False, True])
    last = last.assign(place=last.groupby("race_id").cumcount() + 1)
    both = last.merge(frames.results, on=["race_id", "ergast_id"], suffixes=("", "_official"))
    assert len(both) == len(last)
    assert (both["lap"] == both["laps"]).mean() > 0.995
    finished = both[both["status"] == "Finished"]
    # What is left are penalties given after the race.
    assert (finished["place"] == finished["position_order"]).mean() > 0.83
    assert (finished["place"] - finished["position_order"]).abs().max() <= 8


def test_the_recorded_races_hold_the_known_repairs(frames: Frames) -> None:
    laps = frames.laps.set_index(["race_id", "driver_id", "lap"])
    # Spielberg 2020: the timing lost some five laps; Monaco 2024: the file counts from the restart.
    assert laps.loc[("2020_01", "BOT")].index.max() == 71
    assert laps.loc[("2024_08", "LEC")].index.max() == 78
    # The safety car led the field through the pit lane at Interlagos 2021, and Hamilton stopped twice later.
    hamilton = laps.loc[("2021_19", "HAM")]
    assert hamilton["safety_car_passage"].sum() == 2
    assert hamilton["pit_stops"].max() == 2
    # Shanghai 2018: the file notices stops late.
    assert laps.loc[("2018_03", "ALO", 30), "tire_age"] == 1
    first = frames.laps[frames.laps["lap"] == 1]
    assert first["lap_time"].notna().all()


def test_positions_at_the_line_agree_with_the_timing_service(frames: Frames, data_dir: Path) -> None:
    told = pd.read_parquet(data_dir / "laps" / "2023.parquet")
    told["race_id"] = [f"2023_{number:02d}" for number in told["RoundNumber"]]
    both = frames.laps.merge(
        told[["race_id", "Driver", "LapNumber", "Position"]],
        left_on=["race_id", "driver_id", "lap"],
        right_on=["race_id", "Driver", "LapNumber"],
    ).dropna(subset="Position")
    assert (both["position"] == both["Position"]).mean() > 0.995


def test_a_code_borne_twice_means_the_driver_of_that_season(frames: Frames) -> None:
    assert set(frames.laps.loc[frames.laps["driver_id"] == "MSC", "ergast_id"]) == {"mick_schumacher"}
    assert set(frames.laps.loc[frames.laps["driver_id"] == "VER", "ergast_id"]) == {"max_verstappen"}
