"""Telemetry of a later day never reaches a bundle: the models that need it are baselines then, and say so."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from shared.features.frames import load_raw, recorded_frames
from shared.models.telemetry.fit import TABLES, fit_telemetry, telemetry_reports


@pytest.fixture(scope="module")
def raw(data_dir: Path) -> dict[str, Any]:
    """Raw tables of one season: the races of the telemetry are known by the calendar that comes with the code."""
    return load_raw(data_dir, dt.date(2018, 12, 31))


def test_until_the_end_of_2024_there_is_none_and_baselines_serve(data_dir: Path, raw: dict[str, Any]) -> None:
    found = recorded_frames(data_dir, raw, dt.date(2024, 12, 31))
    assert found is None
    tables = fit_telemetry(found)
    assert {tables[name]["kind"] for name in TABLES} == {"physics baseline"}
    assert all(tables[name]["serves"] is False and tables[name]["until"] is None for name in TABLES)
    reports = telemetry_reports(tables)
    assert all(report["serves"].startswith("baseline: ") and report["until"] is None for report in reports)


def test_until_a_day_between_two_races_only_those_before_it_are_read(data_dir: Path, raw: dict[str, Any]) -> None:
    found = recorded_frames(data_dir, raw, dt.date(2025, 3, 20))
    assert found is not None
    assert set(found.laps["race_id"]) == {"2025_01"}
    assert found.laps["race_date"].max() <= dt.date(2025, 3, 20)
