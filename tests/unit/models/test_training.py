"""Training: the same races give the same bundle, other races another, and nothing later than the day asked for."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from shared.features.frames import Frames, load_frames
from shared.models.bundle import Bundle
from shared.models.fit import fingerprint
from shared.models.recorded import recorded_races
from shared.models.tires.table import fit_tires
from shared.models.training import NothingToTrainOn, train_bundle
from tools.synthesize import synthesize
from tools.train import main

pytestmark = pytest.mark.slow

RACES = 7


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("made")
    synthesize(made, RACES, seed=21)
    return made


@pytest.fixture(scope="module")
def frames(folder: Path) -> Frames:
    return load_frames(folder)


@pytest.fixture(scope="module")
def bundle(frames: Frames, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return train_bundle(frames, tmp_path_factory.mktemp("first") / "bundle")


def test_the_manifest_tells_what_the_models_rest_on(bundle: Bundle, frames: Frames) -> None:
    assert bundle.manifest["synthetic"] is True
    assert bundle.manifest["data"] == {
        "until": frames.laps["race_date"].max().date().isoformat(),
        "races": RACES,
        "laps": len(frames.laps),
        "fingerprint": fingerprint(frames),
    }
    assert {"pace", "tires", "pit_policy", "events", "passing"} <= {
        model["name"] for model in bundle.manifest["models"]
    }


def test_the_same_races_give_the_same_version_in_whatever_order_their_rows_come(
    bundle: Bundle, frames: Frames, tmp_path: Path
) -> None:
    shuffled = replace(frames, laps=frames.laps.sample(frac=1.0, random_state=1).reset_index(drop=True))
    again = train_bundle(shuffled, tmp_path / "again")
    different = [name for name in bundle.tables if bundle.tables[name] != again.tables[name]]
    assert not different
    assert again.version == bundle.version


def test_training_until_a_day_knows_nothing_later(folder: Path, frames: Frames, tmp_path: Path) -> None:
    days = sorted(frames.races["race_date"].dt.date.unique())
    until = days[RACES - 3]
    earlier = Path(shutil.copytree(folder, tmp_path / "earlier"))
    for path in (earlier / "laps").glob("*.parquet"):
        laps = pd.read_parquet(path)
        laps[laps["RoundNumber"] <= RACES - 2].to_parquet(path)
    cut = train_bundle(load_frames(folder, until), tmp_path / "cut")
    never_had = train_bundle(load_frames(earlier, until), tmp_path / "never")
    assert cut.manifest["data"]["until"] == until.isoformat()
    assert cut.manifest["data"]["races"] == RACES - 2
    assert cut.version == never_had.version


def test_the_fingerprint_changes_with_a_thousandth_of_a_second(frames: Frames) -> None:
    laps = frames.laps.copy()
    laps.loc[laps.index[100], "lap_time"] += 0.001
    assert fingerprint(replace(frames, laps=laps)) != fingerprint(frames)


def test_without_laps_nothing_is_trained_and_what_stands_stays(frames: Frames, tmp_path: Path) -> None:
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "old").write_text("old")
    with pytest.raises(NothingToTrainOn):
        train_bundle(replace(frames, laps=frames.laps.iloc[:0]), tmp_path / "bundle")
    assert (tmp_path / "bundle" / "old").read_text() == "old"


def test_a_data_folder_that_cannot_be_used_is_named_and_the_old_bundle_stays(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = Path(shutil.copytree(folder, tmp_path / "broken"))
    path = next((broken / "laps").glob("*.parquet"))
    pd.read_parquet(path).drop(columns="Compound").to_parquet(path)
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "old").write_text("old")
    assert main(["--data", str(broken), "--out", str(tmp_path / "bundle")]) == 2
    assert f"{path}: column Compound missing" in capsys.readouterr().err
    path.write_bytes(path.read_bytes()[:1000])
    assert main(["--data", str(broken), "--out", str(tmp_path / "bundle")]) == 2
    assert str(path) in capsys.readouterr().err
    assert (tmp_path / "bundle" / "old").read_text() == "old"


def test_a_day_before_the_first_race_is_told(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(folder), "--until", "1949-01-01", "--out", str(tmp_path / "bundle")]) == 2
    assert "no laps to train on" in capsys.readouterr().err
    assert not (tmp_path / "bundle").exists()


@pytest.mark.data
def test_real_races_come_to_the_tires_that_are_known(data_dir: Path) -> None:
    laps = load_frames(data_dir, dt.date(2019, 12, 31)).laps
    tires = fit_tires(recorded_races(laps))["all"]
    wear = tires["wear"]
    assert 0.015 < wear[2] < wear[0] < 0.08
    assert tires["offset"][0] < tires["offset"][1] == 0.0 < tires["offset"][2]
