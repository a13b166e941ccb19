"""The models of telemetry at request time: the interpreter's answer is that of the tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shared.models.fuel.serve import next_lap
from shared.models.style.labels import MODES
from shared.models.style.serve import prior
from shared.models.tflite import export
from shared.models.tflite.interpreter import Evaluator
from shared.race.telemetry import LapTelemetry
from tests.fakes.telemetry_models import made_by_hand


def driven(n: int, seed: int = 1) -> tuple[LapTelemetry, ...]:
    """Laps of a car that is driven a little otherwise on each."""
    rng = np.random.default_rng(seed)
    usual: dict[str, Any] = dict.fromkeys(LapTelemetry._fields, 1.0) | {"seconds": 92.0, "speed_min": 70.0}
    return tuple(
        LapTelemetry(**{name: value * rng.uniform(0.9, 1.1) for name, value in usual.items()})._replace(lap=lap)
        for lap in range(5, 5 + n)
    )


@pytest.fixture(scope="module")
def tables() -> dict[str, Any]:
    made = made_by_hand()
    made["fuel"] |= {"serves": True, "dense": 0.05 * made["fuel"]["dense"], "dense_bias": 0.0}  # changes within bounds
    made["driving_style"]["serves"] = "tree"
    return made


@pytest.mark.parametrize("n", [3, 7, 10, 14])
def test_the_next_lap_burns_the_same_by_graph_and_by_table(tables: dict[str, Any], n: int) -> None:
    made = export.fuel(tables)
    assert made is not None
    told = {next_lap(tables["fuel"], driven(n, seed)) for seed in range(5)}
    assert len(told) == 5
    for seed in range(5):
        by_table = next_lap(tables["fuel"], driven(n, seed))
        assert next_lap(tables["fuel"], driven(n, seed), Evaluator(made.content)) == pytest.approx(by_table, abs=1e-5)


def test_modes_are_as_likely_by_graph_as_by_table(tables: dict[str, Any]) -> None:
    made = export.driving_style(tables)
    assert made is not None
    table = tables["driving_style"]
    by_table, by_graph = (prior(table, driven(10), 57, 8, each) for each in (None, Evaluator(made.content)))
    assert by_table is not None
    assert tuple(by_table) == MODES
    assert by_graph == pytest.approx(by_table, abs=1e-6)
