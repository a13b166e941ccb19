"""A bundle's graphs: each answers as the tables it was made from, and one that does not is not written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shared.config import ROOT
from shared.models.brakes import features as brakes_features
from shared.models.bundle import Bundle, write_bundle
from shared.models.fuel import features as fuel_features
from shared.models.style import features as style_features
from shared.models.tflite import export
from shared.models.tflite.export import ExportDisagrees, disagreement, exports, tflite_files
from shared.models.tflite.interpreter import Evaluator


@pytest.fixture(scope="module")
def shipped() -> Bundle:
    return Bundle.load(ROOT / "shared" / "bundle")


@pytest.fixture(scope="module")
def by_hand() -> dict[str, Any]:
    """Tables of the models of telemetry, as they are fitted, with weights made up."""
    rng = np.random.default_rng(8)
    width, hidden = len(fuel_features.NAMES), 8
    lstm = {
        "kind": "lstm", "steps": 10, "hidden": hidden, "features": list(fuel_features.NAMES),
        "mean": [0.0, *rng.normal(0, 0.3, width - 1)], "scale": [1.0, *rng.uniform(0.05, 0.5, width - 1)],
        "kernel": rng.normal(0, 0.4, (width, 4 * hidden)), "recurrent": rng.normal(0, 0.4, (hidden, 4 * hidden)),
        "bias": rng.normal(0, 0.4, 4 * hidden), "dense": rng.normal(0, 0.4, hidden), "dense_bias": 0.1,
    }  # fmt: skip
    linear = {
        "kind": "linear", "features": list(brakes_features.NAMES), "coefficients": [-0.004, -0.01, 0.6, 0.4],
        "intercept": 0.5, "low": 50.0, "high": 65.0,
    }  # fmt: skip
    shape = {"feature": [[3, 0, 0, 0, 0]], "threshold": [[0.5, 1.5, 0.0, 0.0, 0.0]], "yes": [[1, 3, 2, 3, 4]],
             "no": [[2, 4, 2, 3, 4]], "depth": 2, "base": 0.0}  # fmt: skip
    leaves = {"PUSH": (0.1, 0.6, 0.2), "BALANCED": (0.2, 0.3, 0.5), "CONSERVE": (0.7, 0.1, 0.3)}
    trees = {mode: {**shape, "value": [[0.0, 0.0, *told]]} for mode, told in leaves.items()}
    style = {"kind": "decision_tree", "features": list(style_features.NAMES), "classes": list(leaves), "trees": trees}
    return {"fuel": lstm, "brake_bias": linear, "driving_style": style}


@pytest.mark.parametrize("name", sorted(export.EXPORTS))
def test_a_graph_answers_as_its_table_on_thousands_of_rows(shipped: Bundle, by_hand: dict[str, Any], name: str) -> None:
    made = export.EXPORTS[name]({**shipped.tables, **by_hand})
    assert made is not None
    assert disagreement(made, 10_000) <= made.bound
    x = made.rows(np.random.default_rng(1), 5000)
    assert np.isnan(x).any()
    assert np.nanstd(made.source(x)) > 1000 * made.bound


@pytest.mark.parametrize("name", ["fuel", "brake_bias", "driving_style"])
def test_what_ships_of_telemetry_answers_as_its_table(shipped: Bundle, name: str) -> None:
    made = export.EXPORTS[name](shipped.tables)
    if made is None:
        pytest.skip(f"the shipped bundle serves {name} by its physics baseline")
    assert disagreement(made, 10_000) <= made.bound


def test_a_lap_that_is_not_at_hand_counts_as_none(by_hand: dict[str, Any]) -> None:
    made = export.fuel(by_hand)
    assert made is not None
    x = made.rows(np.random.default_rng(2), 200)
    x[:, :4, 1:], x[:, :4, 0] = np.nan, 0.0
    filled = x.copy()
    filled[:, :4, 1:] = np.asarray(by_hand["fuel"]["mean"])[1:]
    x[:, 4:] = np.nan_to_num(x[:, 4:])
    filled[:, 4:] = x[:, 4:]
    graph = Evaluator(made.content)
    np.testing.assert_allclose(graph(x), graph(filled), atol=1e-6)


def test_a_physics_baseline_is_no_graph(shipped: Bundle) -> None:
    baseline = {"kind": "physics baseline", "rule": "burned evenly", "serves": False}
    tables = {**shipped.tables, **dict.fromkeys(("fuel", "brake_bias", "driving_style"), baseline)}
    assert sorted(exports(tables)) == ["next_stop", "pace", "tire_degradation"]


def test_the_same_tables_give_the_same_bytes(shipped: Bundle) -> None:
    assert tflite_files(shipped.tables) == tflite_files(shipped.tables)


def test_an_export_that_disagrees_is_not_written(shipped: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    def off(tables: Any) -> export.Export:
        good = export.pace(tables)
        assert good is not None
        return good._replace(source=lambda x: good.source(x) + 1e-3)

    monkeypatch.setattr(export, "EXPORTS", {"pace": off})
    with pytest.raises(ExportDisagrees, match=r"pace\.tflite is off its source by 0\.001"):
        tflite_files(shipped.tables)


def test_an_answer_where_the_source_has_none_is_no_agreement(shipped: Bundle) -> None:
    good = exports(shipped.tables)["pace"]
    assert disagreement(good._replace(source=lambda x: np.full((len(x), 1), np.nan)), 100) == np.inf


def test_a_bundle_without_a_model_has_no_file_for_it(shipped: Bundle) -> None:
    gone = ("tire_model", "stops", "fuel", "brake_bias", "driving_style")
    tables = {name: table for name, table in shipped.tables.items() if name not in gone}
    assert sorted(tflite_files(tables)) == ["pace.tflite"]


def test_a_bundle_says_what_serves_its_models(shipped: Bundle, tmp_path: Path) -> None:
    files = {**tflite_files(shipped.tables), "next_stop.tflite": b"damaged before it was hashed"}
    bundle = write_bundle(tmp_path / "bundle", shipped.tables, shipped.manifest, files)
    assert bundle.served_by({"name": "pace"}).startswith("TensorFlow Lite (")
    for report in ({"name": "next_stop"}, {"name": "events"}, {"name": "pace", "serves": "baseline: the regression"}):
        assert bundle.served_by(report) == "tables"
