"""The same question put to another commit's code: fitted there, asked there, compared here.

A recipe is code as well as knobs, and old code cannot be run by new code. So the other commit is checked out beside the
tree (``git worktree``), trains each fold in a process of its own with the tree's environment, and answers the bodies of
``POST /recommend``, the one form that all versions of the product understand.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from shared.config import ROOT
from shared.errors import F1Error
from shared.features.frames import load_frames
from shared.models.bundle import Bundle
from shared.models.evidence.guards import compare, reasons
from shared.models.evidence.judge import Asker, Effort, Evidence, folds, until_day
from shared.models.evidence.questions import joined
from shared.models.training import train_bundle
from shared.scoring.situations import Situation

_ANSWER = """
import json, sys
from pathlib import Path
from shared.contract.requests import parse_recommend
from shared.models.build import build_params
from shared.models.bundle import Bundle
from shared.simulation import simulate
from shared.strategy.forecast import forecast
from shared.strategy.situation import situation

bundle, n, seed = Bundle.load(Path(sys.argv[1])), int(sys.argv[2]), int(sys.argv[3])
for line in sys.stdin:
    state, _ = situation(parse_recommend(json.loads(line)), bundle)
    print(json.dumps(forecast(simulate(build_params(state, bundle), 0, None, n, seed), 0, state)), flush=True)
"""


def compare_with(
    ref: str, data: Path, effort: Effort, progress: Callable[[str], None] = lambda _: None
) -> tuple[Evidence, str]:
    """(evidence on this tree's recipe as challenger of the one at the commit ``ref``, that commit): both are fitted
    anew in every fold and asked about its races. Raises F1Error where the other code cannot be checked out or run."""
    frames = load_frames(data)
    mine, theirs = [], []
    with checked_out(ref) as (tree, commit), tempfile.TemporaryDirectory(prefix="evidence-") as scratch:
        for number, (until, asked) in enumerate(folds(frames.laps, effort)):
            progress(f"fold {number + 1} of {effort.folds}: both codes fit on races until {until}")
            ours = train_bundle(until_day(frames, until), Path(scratch) / f"ours-{number}")
            other = Path(scratch) / f"theirs-{number}"
            run(tree, "-m", "tools.train", "--data", str(data), "--until", until, "--out", str(other))
            asker = Asker(frames, asked, effort)
            progress(f"fold {number + 1}: {len(asker.asked)} questions to each")
            mine.append(asker(ours))
            theirs.append(asker(_tables(other), answers(tree, other, asker.asked, effort)))
    if not mine:
        raise F1Error(f"data: too few races for a fold of {effort.races}; give fewer with --races")
    guards = compare(joined(theirs), joined(mine))
    said = f"code of {commit[:12]} and this tree's, each fitted again in {len(mine)} folds, on the races before each"
    return Evidence("recipe", said, joined(mine).races, tuple(guards), tuple(reasons(guards))), commit


@contextlib.contextmanager
def checked_out(ref: str) -> Iterator[tuple[Path, str]]:
    """(folder, commit) of another commit's tree for the block's time. Raises F1Error, with what git says."""
    try:
        commit = _git("rev-parse", "--verify", f"{ref}^{{commit}}").strip()
    except F1Error as error:
        raise F1Error(f"ref: {ref!r} names no commit of this repository: give a branch, a tag or a hash") from error
    with tempfile.TemporaryDirectory(prefix="code-") as scratch:
        tree = Path(scratch) / "tree"
        _git("worktree", "add", "--detach", str(tree), commit)
        try:
            yield tree, commit
        finally:
            _git("worktree", "remove", "--force", str(tree))


def run(tree: Path, *arguments: str, lines: Sequence[str] = ()) -> str:
    """Output of a Python process that runs the code in ``tree`` with this environment's packages. Raises F1Error."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONSAFEPATH": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=tree, env=environment, input="".join(f"{line}\n" for line in lines),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise F1Error(f"the other code failed: {done.stderr.strip()[-600:] or done.returncode}")
    return done.stdout


def answers(
    tree: Path, bundle: Path, asked: Sequence[Situation], effort: Effort
) -> Callable[[Situation], list[dict[str, Any]]]:
    """What the other code forecasts of every situation, asked in one process."""
    bodies = [json.dumps(situation.request(0, seed=effort.seed)) for situation in asked]
    told = run(tree, "-c", _ANSWER, str(bundle), str(effort.scenarios), str(effort.seed), lines=bodies).splitlines()
    if len(told) != len(asked):
        raise F1Error(f"the other code answered {len(told)} of {len(asked)} questions")
    found = {_key(situation): json.loads(line) for situation, line in zip(asked, told, strict=True)}
    return lambda situation: found[_key(situation)]


def _key(situation: Situation) -> tuple[str, float]:
    return situation.race_id, situation.fraction


def _tables(folder: Path) -> Bundle:
    """The other code's tables, as far as this code scores them itself: none, since their form may be another."""
    return Bundle({"version": folder.name}, {}, folder)


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise F1Error(f"git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout
