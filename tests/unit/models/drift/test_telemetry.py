"""Drift of telemetry: recorded races are fine, distorted ones are caught, shuffled ones are not; told with the rest."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from shared.features.telemetry.race import SAMPLE_COLUMNS, lap_rows
from shared.ingest import recorded_telemetry
from shared.models.drift.check import driven_models, reference_table
from shared.models.drift.telemetry import MODELS, fit_telemetry_reference
from shared.models.grid import FloatArray
from shared.models.telemetry.laps import INDEX
from shared.race.telemetry import LapTelemetry
from tests.fakes import drifting

RACES = ("2025_01", "2025_02", "2025_15")


def made(seed: int, laps: int = 600) -> FloatArray:
    """Laps of a race f64[N, fields of LapTelemetry] whose circuit shifts every field by a few percent."""
    rng = np.random.default_rng(seed)
    values = np.ones((laps, len(INDEX))) * (1.0 + 0.03 * rng.normal(size=len(INDEX)))
    values *= 1.0 + 0.05 * rng.normal(size=values.shape)
    values[:, INDEX["lap"]] = 1 + np.arange(laps) % 50
    values[:, INDEX["speed_min"]] = 60.0
    return values


def verdicts(reference: Mapping[str, Any] | None, laps: FloatArray | None) -> dict[str, str]:
    return {model.name: model.verdict for model in driven_models(reference, laps)}


def test_a_reference_rests_on_three_races_or_is_not_there() -> None:
    known = {f"2025_0{n}": made(n) for n in range(1, 4)}
    found = fit_telemetry_reference(known)
    assert found is not None and found["races"] == sorted(known)
    assert fit_telemetry_reference(dict(list(known.items())[:2])) is None
    assert fit_telemetry_reference({**known, "2025_03": made(3, laps=100)}) is None, "too few laps tell nothing"


def test_without_a_reference_or_telemetry_nothing_is_said_of_these_models() -> None:
    reference = fit_telemetry_reference({f"2025_0{n}": made(n) for n in range(1, 4)})
    assert driven_models(None, made(1)) == []
    assert driven_models(reference, None) == []
    assert driven_models(reference, np.zeros((0, len(INDEX)))) == []
    assert driven_models(reference, made(4, laps=100)) == []
    assert set(verdicts(reference, made(4))) == set(MODELS)


def test_training_writes_the_reference_beside_that_of_laps() -> None:
    races = drifting.races()[: drifting.KNOWN]
    tables = drifting.tables(races)
    driven = {f"2025_0{n}": made(n) for n in range(1, 4)}
    found = reference_table(tables, races, driven)
    assert found is not None
    assert found["telemetry"] == fit_telemetry_reference(driven)
    assert "telemetry" not in tables["drift"]


@pytest.fixture(scope="module")
def samples(data_dir: Path) -> dict[str, pd.DataFrame]:
    """Samples of the recorded races by race id, of the nine cars with most of them, who tell enough."""
    nowhere = pa.table({"race_id": pa.array([], pa.string()), "race_date": pa.array([], pa.date32())})
    found = {}
    for recording in recorded_telemetry.recordings(data_dir, nowhere)[0]:
        cars = [rows.rows.to_pandas() for _, rows in recorded_telemetry.drivers(recording)]
        cars = sorted(cars, key=len, reverse=True)[:9]
        found[recording.race_id] = pd.concat([car[list(SAMPLE_COLUMNS)] for car in cars], ignore_index=True)
    if not set(RACES) <= set(found):
        pytest.skip(f"needs recorded telemetry of {', '.join(RACES)}")
    return {race_id: found[race_id] for race_id in RACES}


def laps_of(samples: pd.DataFrame) -> FloatArray:
    return lap_rows(samples)[list(LapTelemetry._fields)].to_numpy(float)


@pytest.mark.slow
def test_recorded_races_are_fine_also_shuffled_and_distorted_ones_are_caught(samples: dict[str, pd.DataFrame]) -> None:
    races = {race_id: laps_of(rows) for race_id, rows in samples.items()}
    reference = fit_telemetry_reference(races)
    fine = dict.fromkeys(MODELS, "fine")
    assert {race_id: verdicts(reference, laps) for race_id, laps in races.items()} == dict.fromkeys(races, fine)
    rng = np.random.default_rng(3)
    together = np.concatenate(list(races.values()))
    for _ in range(5):
        assert verdicts(reference, rng.permutation(together)[:500]) == fine, "shuffled laps are no other races"
    race = samples["2025_01"]
    weak = verdicts(reference, laps_of(race.assign(throttle=race["throttle"] * 0.8)))
    assert weak == {"fuel": "retrain", "brake_bias": "fine", "driving_style": "retrain"}
    other_era = verdicts(reference, laps_of(race.assign(rpm=race["rpm"] * 1.5)))
    assert other_era == {"fuel": "retrain", "brake_bias": "fine", "driving_style": "fine"}
