"""Nothing that is sent may depend on laps after the one that is asked about."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shared.features.frames import load_frames
from shared.scoring.baselines import running_order
from shared.scoring.measures import spearman
from shared.scoring.situations import Situation, situations, state_at
from tools.scoring.recorded import Recorded, of_frames

SEASON = 2023
ROUNDS = (1, 3, 6, 13)  # a quiet race; red flags; rain and a lapped field; rain, safety car and red flag
FRACTIONS = (0.0, 0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Cut:
    """A data folder with a few races of one season."""

    folder: Path
    laps: pd.DataFrame


@pytest.fixture(scope="module")
def few(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Cut:
    """A data folder that holds these races alone."""
    laps = pd.read_parquet(data_dir / "laps" / f"{SEASON}.parquet")
    laps = laps[laps["RoundNumber"].isin(ROUNDS)]
    return Cut(_folder(data_dir, tmp_path_factory.mktemp("few"), laps), laps)


@pytest.fixture(scope="module")
def recorded(few: Cut) -> Recorded:
    return of_frames(load_frames(few.folder), few.folder)


def _folder(data_dir: Path, folder: Path, laps: pd.DataFrame) -> Path:
    (folder / "laps").mkdir(parents=True)
    (folder / "ergast").symlink_to((data_dir / "ergast").resolve())
    compounds = data_dir / "laps" / "compound_selection.toml"
    if compounds.exists():
        shutil.copy(compounds, folder / "laps")
    laps.to_parquet(folder / "laps" / f"{SEASON}.parquet")
    return folder


def _bodies(situation: Situation) -> list[str]:
    return [json.dumps(situation.request(ego), sort_keys=True) for ego in range(len(situation.state.cars))]


def _scrambled(laps: pd.DataFrame, lap: int, rng: np.random.Generator) -> pd.DataFrame:
    """Laps after ``lap`` get the times, tires and stops of other laps after it, and some of them vanish."""
    later = laps.index[laps["lap"] > lap]
    kept = rng.permutation(later)
    names = [
        "lap_time",
        "compound",
        "tire_age",
        "status_digits",
        "track_status",
        "pit_in",
        "pit_out",
        "stint",
        "pit_stops",
    ]
    out = laps.copy()
    out.loc[later, names] = laps.loc[kept, names].to_numpy()
    out.loc[later, "elapsed"] = np.sort(rng.uniform(0, 1e4, len(later))) + laps["elapsed"].max()
    return out.drop(index=rng.choice(later, len(later) // 4, replace=False))


@pytest.mark.data
def test_scrambling_every_later_lap_changes_nothing_that_is_sent(recorded: Recorded) -> None:
    rng = np.random.default_rng(7)
    asked = situations(recorded, FRACTIONS)
    assert len(asked) == len(ROUNDS) * len(FRACTIONS)
    changed = 0
    for situation in asked:
        race = recorded.laps["race_id"] == situation.race_id
        laps = _scrambled(recorded.laps[race], situation.state.lap, rng)
        results = recorded.results.assign(laps=200, position_order=rng.permutation(len(recorded.results)))
        again = [s for s in situations(Recorded(laps, results), FRACTIONS) if s.fraction == situation.fraction]
        assert [_bodies(s) for s in again] == [_bodies(situation)]
        changed += int((again[0].truth.place != situation.truth.place).any())
    assert changed == len(asked), "the scrambled future must differ, or this proves nothing"


@pytest.mark.data
def test_a_random_future_leaves_the_running_order_without_skill(recorded: Recorded) -> None:
    """Drivers swap their later laps at random: what is sent stays, and no longer says anything of what comes."""
    rng = np.random.default_rng(11)
    correlations, real = [], []
    for situation in situations(recorded, (0.5,)):
        laps = recorded.laps[recorded.laps["race_id"] == situation.race_id]
        lap = situation.state.lap
        drivers = [car.driver_id for car in situation.state.cars]
        real.append(spearman(running_order(situation), situation.truth.place))
        for _ in range(30):
            heir = dict(zip(drivers, rng.permutation(drivers), strict=True))
            later = laps[(laps["lap"] > lap) & laps["driver_id"].isin(drivers)]
            swapped = later.assign(driver_id=later["driver_id"].map(heir))
            future = Recorded(pd.concat([laps[laps["lap"] <= lap], swapped]), recorded.results.iloc[:0])
            (again,) = situations(future, (0.5,))
            assert again.state == situation.state
            correlations.append(spearman(running_order(again), again.truth.place))
    assert np.mean(real) > 0.6
    # 120 permutations of some 17 cars: the mean's standard error is .023
    assert abs(np.mean(correlations)) < 0.08


@pytest.mark.data
@pytest.mark.parametrize("fraction", [0.25, 0.5, 0.75])
def test_preparing_the_laps_uses_none_of_the_later_ones(
    recorded: Recorded, few: Cut, data_dir: Path, tmp_path: Path, fraction: float
) -> None:
    """The same state comes of files that end with the lap: cleaning and repair do not look ahead in what a client sends
    of gaps, places, tires and stops."""
    asked = {s.race_id: s for s in situations(recorded, (fraction,))}
    ends = {int(race_id[-2:]): s.state.lap for race_id, s in asked.items()}
    known = few.laps[few.laps["LapNumber"] <= few.laps["RoundNumber"].map(ends)]
    laps = load_frames(_folder(data_dir, tmp_path / "cut", known)).laps
    for race_id, situation in asked.items():
        rows = laps[laps["race_id"] == race_id]
        assert state_at(rows, situation.state.lap) == situation.state
