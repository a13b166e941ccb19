"""What the audit makes of the scanners' reports: a finding needs a reason, what is unknown is not clean."""

from __future__ import annotations

from typing import Any

import pytest

from shared.errors import F1Error
from tools import audit
from tools.audit import Dependencies, Finding, dependencies_in, findings_in, unexplained


def test_a_finding_without_a_reason_is_left_and_one_with_a_reason_is_not() -> None:
    known = Finding("B608", "shared/features/store.py", 1, "sql")
    elsewhere = Finding("B608", "shared/serving/app.py", 1, "sql")
    shell = Finding("B602", "tools/run.py", 1, "shell=True")
    assert unexplained([known, elsewhere, shell]) == [elsewhere, shell]


def test_every_reason_is_for_a_place_that_is_there() -> None:
    assert [path for _, path in audit.ACCEPTED if not (audit.ROOT / path).exists()] == []


def test_a_file_that_was_not_read_is_an_error() -> None:
    with pytest.raises(F1Error, match=r"app\.py"):
        findings_in({"errors": [{"filename": "app.py"}], "results": []})


def test_a_dependency_that_the_service_does_not_know_is_not_called_clean() -> None:
    report: dict[str, Any] = {
        "dependencies": [
            {"name": "a", "version": "1", "vulns": []},
            {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1"}, {"id": "PYSEC-2"}]},
            {"name": "c", "skip_reason": "not found"},
        ]
    }
    assert dependencies_in(report) == Dependencies(["b 2: PYSEC-1, PYSEC-2"], 1, ["c"])


def test_without_the_service_the_audit_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Done:
        stdout, stderr = "", "trace\nConnectionError: no route"

    monkeypatch.setattr(audit, "_run", lambda *_: Done())
    assert audit.dependencies() == 0
    assert "not audited" in capsys.readouterr().out
