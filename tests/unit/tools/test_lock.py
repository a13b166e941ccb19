"""The lock and what is made from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import lock


def test_the_lock_and_every_functions_requirements_are_current() -> None:
    assert list(lock.stale()) == []


def test_the_lock_names_no_host_and_every_entry_has_hashes() -> None:
    text = lock.LOCK.read_text()
    assert "://" not in text
    assert len(lock.read_pins(text)) > 50


def test_a_lock_without_a_dependency_of_its_packages_is_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    incomplete = tmp_path / "requirements.lock"
    incomplete.write_text("".join(pin.text for pin in lock.read_pins(lock.LOCK.read_text()) if pin.name != "pluggy"))
    monkeypatch.setattr(lock, "LOCK", incomplete)
    assert list(lock.stale()) == ["requirements.lock lacks pluggy, which its packages need"]


@pytest.mark.parametrize("text", ["requests\n", "requests==2.0\n", "requests>=2 \\\n    --hash=sha256:00\n"])
def test_an_entry_without_version_or_hash_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a pinned version with hashes"):
        lock.read_pins(text)


def test_recommend_is_deployed_without_what_costs_seconds_of_cold_start() -> None:
    names = {pin.name for pin in lock.read_pins((lock.ROOT / "functions/recommend/requirements.txt").read_text())}
    assert "functions-framework" in names
    assert not names & {"xgboost-cpu", "scikit-learn", "pandas", "duckdb", "google-cloud-bigquery", "fastf1", "pytest"}


def test_a_function_gets_its_ports_adapters() -> None:
    assert {"google.cloud.bigquery", "google.cloud.storage", "pyarrow"} <= lock.external_imports("stream_features")
    assert not {"google.cloud.bigquery", "duckdb", "sqlglot"} & lock.external_imports("recommend")


def test_dependencies_of_dependencies_are_followed() -> None:
    assert {"flask", "werkzeug", "markupsafe"} <= lock.with_dependencies(["functions-framework"])
