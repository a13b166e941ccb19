"""A bundle holds nothing of races after its date, and an answer nothing of the laps after its question."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shared.features.frames import load_frames
from shared.models.bundle import SHIPPED
from shared.models.fit import fingerprint
from shared.scoring.situations import situations
from tools.scoring.ask import in_process
from tools.scoring.recorded import Recorded, load
from tools.train import train

UNTIL = dt.date(2023, 3, 20)  # after round 2 of 2023
ROUNDS = {2022: range(1, 5), 2023: range(1, 4)}
SHUFFLED = ["LapTime", "Compound", "TyreLife", "Stint", "TrackStatus", "Driver", "Team", "LapNumber", "Time"]


def _folder(data_dir: Path, folder: Path) -> Path:
    """A data folder with a few races of two seasons and a copy of the tables."""
    (folder / "laps").mkdir(parents=True)
    for season, rounds in ROUNDS.items():
        laps = pd.read_parquet(data_dir / "laps" / f"{season}.parquet")
        laps[laps["RoundNumber"].isin(rounds)].to_parquet(folder / "laps" / f"{season}.parquet")
    shutil.copy(data_dir / "laps" / "compound_selection.toml", folder / "laps")
    shutil.copytree(data_dir / "ergast", folder / "ergast")
    return folder


def _randomize(folder: Path, after: dt.date, rng: np.random.Generator) -> None:
    """Every lap, result and stop of a race dated later gets the values of another."""
    races = pd.read_csv(folder / "ergast" / "races.csv")
    later = races[pd.to_datetime(races["date"]).dt.date > after]
    rounds = set(later.loc[later["year"] == 2023, "round"])
    path = folder / "laps" / "2023.parquet"
    laps = pd.read_parquet(path)
    rows = laps.index[laps["RoundNumber"].isin(rounds)]
    assert len(rows) > 500
    for name in SHUFFLED:
        laps.loc[rows, name] = laps.loc[rng.permutation(rows), name].to_numpy()
    laps.to_parquet(path)
    for name in ("results", "qualifying", "pit_stops", "driver_standings", "constructor_standings"):
        path = folder / "ergast" / f"{name}.csv"
        if path.exists():
            table = pd.read_csv(path, dtype=str)
            rows = table.index[table["raceId"].astype(int).isin(set(later["raceId"]))]
            for column in table.columns.drop("raceId"):
                table.loc[rows, column] = table.loc[rng.permutation(rows), column].to_numpy()
            table.to_csv(path, index=False)


@pytest.mark.data
@pytest.mark.slow
def test_randomizing_every_race_after_the_date_changes_nothing_in_the_bundle(data_dir: Path, tmp_path: Path) -> None:
    folder = _folder(data_dir, tmp_path / "data")
    first = train(folder, UNTIL, tmp_path / "first")
    _randomize(folder, UNTIL, np.random.default_rng(3))
    second = train(folder, UNTIL, tmp_path / "second")
    assert second.manifest["files"] == first.manifest["files"]
    assert second.version == first.version
    known = fingerprint(load_frames(folder, UNTIL))
    _randomize(folder, UNTIL - dt.timedelta(days=8), np.random.default_rng(4))
    assert fingerprint(load_frames(folder, UNTIL)) != known, "a race within the date counts, or this proves nothing"


@pytest.mark.data
@pytest.mark.slow
def test_the_answer_is_the_same_whatever_comes_after_the_lap(data_dir: Path) -> None:
    recorded = load(data_dir)
    laps = recorded.laps[recorded.laps["race_id"] == "2023_04"]
    (asked,) = situations(Recorded(laps, recorded.results), (0.5,))
    lap, rng = asked.state.lap, np.random.default_rng(9)
    later = laps.index[laps["lap"] > lap]
    names = ["lap_time", "compound", "tire_age", "status_digits", "track_status", "pit_in", "pit_out", "stint"]
    changed = laps.copy()
    changed.loc[later, names] = laps.loc[rng.permutation(later), names].to_numpy()
    changed.loc[later, "elapsed"] = np.sort(rng.uniform(0, 1e4, len(later))) + laps["elapsed"].max()
    results = recorded.results.assign(position_order=rng.permutation(len(recorded.results)), laps=200)
    (again,) = situations(Recorded(changed, results), (0.5,))
    assert (again.truth.place != asked.truth.place).any(), "the future must differ, or this proves nothing"
    ask = in_process(SHIPPED, 1000, 5)
    answers = [ask(s, 3) for s in (asked, again)]
    for answer in answers:
        answer.pop("latency_ms")
    assert answers[0] == answers[1]
