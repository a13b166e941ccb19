"""Settings from the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.config import ROOT, settings
from shared.errors import F1Error, SettingsError


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "PORT",
        "F1_WORKER_PORT",
        "F1_STATE_DIR",
        "F1_DATA_DIR",
        "F1_API_KEYS",
        "F1_MODEL_BUNDLE",
        "F1_BACKEND",
    ):
        monkeypatch.delenv(name, raising=False)


def test_without_any_setting_the_embedded_stack_runs_on_8080() -> None:
    chosen = settings()
    assert (chosen.backend, chosen.port, chosen.worker_port, chosen.api_keys) == ("embedded", 8080, 8081, ())
    assert chosen.state_dir == ROOT / ".state"
    assert chosen.keys_file.parent == chosen.state_dir


def test_the_environment_is_read_afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "9000")
    assert settings().worker_port == 9001
    monkeypatch.setenv("F1_WORKER_PORT", "9500")
    assert settings().worker_port == 9500


def test_keys_are_separated_by_commas_and_blanks_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("F1_API_KEYS", " old , new,, ")
    assert settings().api_keys == ("old", "new")


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("F1_MODEL_BUNDLE", "")
    monkeypatch.setenv("PORT", "")
    assert settings().model_bundle is None
    assert settings().port == 8080


def test_relative_paths_start_at_the_project_wherever_the_process_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("F1_STATE_DIR", "elsewhere")
    monkeypatch.setenv("F1_DATA_DIR", str(tmp_path))
    assert settings().state_dir == ROOT / "elsewhere"
    assert settings().data_dir == tmp_path.resolve()


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "0"), ("PORT", "http"), ("F1_BACKEND", "aws"), ("F1_LOG_FORMAT", "x")]
)
def test_a_setting_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name):
        settings()


def test_a_port_that_a_backend_has_not_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from shared import bootstrap

    monkeypatch.setitem(bootstrap.ADAPTERS, "gcp", "shared.adapters.nowhere")
    with pytest.raises(SettingsError, match="F1_BACKEND=gcp"):
        _ = bootstrap.Ports(settings(backend="gcp")).bus


def test_the_cloud_ports_open_without_asking_the_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    from shared.bootstrap import Ports

    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere.json")
    opened = Ports(settings(backend="gcp", project="p"))
    assert [opened.warehouse, opened.objects, opened.bus]
    for call in (
        lambda: opened.warehouse.query("SELECT 1"),
        lambda: opened.objects.get("races", "a"),
        lambda: opened.bus.publish("telemetry", b"1"),
    ):
        with pytest.raises(F1Error, match=r"cannot be used: File /nowhere\.json was not found"):
            call()
