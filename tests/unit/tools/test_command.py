"""Commands that take no arguments say what they do instead of doing it."""

from __future__ import annotations

import sys

import pytest

from tools.command import run_main


@pytest.mark.parametrize(("argument", "code"), [("--help", 0), ("--port", 2)])
def test_a_command_without_arguments_does_nothing_with_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], argument: str, code: int
) -> None:
    monkeypatch.setattr(sys, "argv", ["serve", argument])
    done: list[str] = []
    with pytest.raises(SystemExit) as ended:
        run_main(lambda: done.append("served") or 0, without_arguments="Serves.")
    assert (ended.value.code, done) == (code, [])
    told = capsys.readouterr()
    assert "Serves." in told.out if code == 0 else "unrecognized arguments" in told.err
