"""The page of tables holds every table and column, and is the one that is checked in."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.tables import FAULTS, TABLES, Column, Table
from tools import data_page

LAPS = Table("laps", "Laps", (Column("lap", "INT64", "a | b", "laps", "REQUIRED", "FastF1"),), "race_date", ("lap",))


def test_the_page_that_is_checked_in_is_current() -> None:
    assert data_page.main(["--check"]) == 0


def test_every_table_and_column_has_a_meaning_and_a_source_on_the_page() -> None:
    text = data_page.PAGE.read_text(encoding="utf-8")
    for table in TABLES.values():
        section = text.split(f"### {table.name}\n")[1].split("\n### ")[0]
        assert table.description in section
        for column in table.columns:
            (line,) = (row for row in section.splitlines() if row.startswith(f"| `{column.name}` |"))
            assert column.description
            assert column.source, f"{table.name}.{column.name} has no source"
            assert column.source in line
    assert all(fault in text for faults in FAULTS.values() for fault in faults)


def test_a_column_is_shown_with_type_unit_meaning_source_and_faults() -> None:
    text = data_page.page([("Raw", [LAPS])], {("laps", "lap"): ("Wrong.",), ("laps", ""): ("Few.",)})
    assert "| `lap` | INT64! | laps | a \\| b | FastF1 | Wrong. |" in text
    assert "Partitioned by `race_date` (day), clustered by `lap`." in text
    assert "* Known fault: Few." in text


def test_a_fault_of_a_column_that_is_gone_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no such table and column.*lapp"):
        data_page.page([("Raw", [LAPS])], {("laps", "lapp"): ("Wrong.",)})


def test_an_outdated_page_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(data_page, "PAGE", data_page.ROOT / "docs" / "no-such-page.md")
    assert data_page.main(["--check"]) == 1
    assert "docs/no-such-page.md is not current: run `python -m tools.data_page`" in capsys.readouterr().err
    monkeypatch.setattr(data_page, "PAGE", tmp_path / "data.md")
    assert data_page.main([]) == 0
    assert (tmp_path / "data.md").read_text().startswith("# Data")
