"""A bundle's graphs: each answers as the tables it was made from, and one that does not is not written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shared.config import ROOT
from shared.models.bundle import Bundle, write_bundle
from shared.models.tflite import export
from shared.models.tflite.export import ExportDisagrees, disagreement, exports, tflite_files


@pytest.fixture(scope="module")
def shipped() -> Bundle:
    return Bundle.load(ROOT / "shared" / "bundle")


@pytest.mark.parametrize("name", sorted(export.EXPORTS))
def test_a_graph_answers_as_its_table_on_thousands_of_rows(shipped: Bundle, name: str) -> None:
    made = export.EXPORTS[name](shipped.tables)
    assert made is not None
    assert disagreement(made, 10_000) <= made.bound
    x = made.rows(np.random.default_rng(1), 5000)
    assert np.isnan(x).any()
    assert np.nanstd(made.source(x)) > 1000 * made.bound


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
    tables = {name: table for name, table in shipped.tables.items() if name not in ("tire_model", "stops")}
    assert sorted(tflite_files(tables)) == ["pace.tflite"]


def test_a_bundle_says_what_serves_its_models(shipped: Bundle, tmp_path: Path) -> None:
    files = {**tflite_files(shipped.tables), "next_stop.tflite": b"damaged before it was hashed"}
    bundle = write_bundle(tmp_path / "bundle", shipped.tables, shipped.manifest, files)
    assert bundle.served_by({"name": "pace"}).startswith("TensorFlow Lite (")
    for report in ({"name": "next_stop"}, {"name": "events"}, {"name": "pace", "serves": "baseline: the regression"}):
        assert bundle.served_by(report) == "tables"
