"""A bundle's graphs: each answers as the tables it was made from, and one that does not is not written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shared.models.bundle import SHIPPED, Bundle, write_bundle
from shared.models.tflite import export
from shared.models.tflite.export import ExportDisagrees, disagreement, exports, tflite_files
from shared.models.tflite.interpreter import Evaluator
from tests.fakes.telemetry_models import made_by_hand


@pytest.fixture(scope="module")
def shipped() -> Bundle:
    return Bundle.load(SHIPPED)


@pytest.fixture(scope="module")
def by_hand() -> dict[str, Any]:
    return made_by_hand()


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
