"""Another commit's code, checked out and asked in a process of its own."""

from __future__ import annotations

import json

import pytest

from shared.config import ROOT
from shared.errors import F1Error
from tools.registry.other_code import _ANSWER, checked_out, run

pytestmark = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="needs the project's git history")


def test_a_commit_that_is_not_there_is_named() -> None:
    with pytest.raises(F1Error, match="'no-such-commit' names no commit"), checked_out("no-such-commit"):
        pass


@pytest.mark.slow
def test_the_other_code_runs_from_its_own_folder_answers_a_clients_question_and_leaves_nothing() -> None:
    body = json.loads((ROOT / "tools" / "examples" / "bahrain_2023_lap_12.json").read_text())
    with checked_out("HEAD") as (tree, commit):
        assert len(commit) == 40
        assert run(tree, "-c", "import shared.config; print(shared.config.ROOT)").strip() == str(tree)
        told = run(tree, "-c", _ANSWER, str(tree / "shared" / "bundle"), "256", "1", lines=[json.dumps(body)])
        with pytest.raises(F1Error, match=r"(?s)failed: .*ZeroDivisionError"):
            run(tree, "-c", "1/0")
    rows = json.loads(told)
    assert {row["driver_id"] for row in rows} == {car["driver_id"] for car in body["field"]}
    assert not tree.exists()
