"""The dashboard in Chromium against the real stack, while a simulated race is told to it.

The scenarios are in ``dashboard/tests/e2e``; they run in one browser, one after the other, and each is a test here.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pydantic import TypeAdapter
from rich.console import Console

from shared.bootstrap import Ports
from shared.config import Settings, settings
from shared.contract.answers import CircuitSummary, ModelAnswer, ProfileAnswer, RecommendAnswer
from shared.contract.judged import DriftAnswer, ModelCard, ScorecardAnswer
from shared.contract.live import LiveAnswer, LiveSummary
from shared.contract.recorded import RaceLaps, RaceSummary, SeasonSummary
from shared.contract.simulation import SimulateAnswer
from tools.dashboard.build import FOLDER
from tools.demo import begin_at
from tools.replaying import sources
from tools.replaying.player import Control, Progress, forget, play, send
from tools.replaying.remote import Remote
from tools.run import Stack, ensure_key
from tools.streambench.instance import free_port

pytestmark = pytest.mark.slow

E2E = FOLDER / "tests" / "e2e"
BEGINS = 10
"""Lap from which the race is told; what was before is told at once."""
SPEED = 12.0
"""A lap of the simulated race takes some eight seconds."""


class Run(NamedTuple):
    """What the scenarios came to, by name, and what the program said besides."""

    outcomes: dict[str, dict[str, Any]]
    said: str


def scenarios() -> list[str]:
    """Names of the scenarios, as their files have them; two themes and three screens where a name says so."""
    names: list[str] = []
    for path in sorted((E2E / "scenarios").glob("*.mjs")):
        for name in re.findall(r"""scenario\(\s*["`]([^"`]+)["`]""", path.read_text(encoding="utf-8")):
            views = ("phone", "desk", "wall") if "${view}" in name else ("",)
            themes = ("dark", "light") if "${theme}" in name else ("",)
            names += [name.replace("${view}", view).replace("${theme}", theme) for theme in themes for view in views]
    return names


@pytest.fixture(scope="module")
def stack(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, str]]:
    """A running stack, and its key."""
    state = tmp_path_factory.mktemp("dashboard")
    with pytest.MonkeyPatch.context() as patched:
        for name in [name for name in os.environ if name.startswith("F1_")]:
            patched.delenv(name)
        patched.setenv("F1_STATE_DIR", str(state))
        patched.setenv("F1_DATA_DIR", str(state / "none"))
        patched.setenv("PORT", str(free_port()))
        patched.setenv("F1_WORKER_PORT", str(free_port()))
        chosen = settings()
        key, _ = ensure_key(chosen)
        running = Stack(chosen, Console(quiet=True))
        try:
            assert running.wait_ready(), "the stack did not start"
            yield chosen, key
        finally:
            running.stop()


@pytest.fixture(scope="module")
def race_id(stack: tuple[Settings, str]) -> Iterator[str]:
    """A race that is told while the tests look, and that they may pause."""
    chosen, _ = stack
    recording = begin_at(sources.simulated(seed=3), BEGINS)
    opened = Ports(chosen)
    forget(opened.objects, recording.race_id)
    remote = Remote(recording, chosen.state_dir)
    over = threading.Event()

    def told(progress: Progress, control: Control) -> bool:
        remote.told(progress, control)
        return not over.is_set()

    def look(control: Control) -> Control:
        return Control(6000, False) if over.is_set() else remote.look(control)

    def tell() -> None:
        play(recording, lambda message: send(opened.bus, message), Control(SPEED), look, told)

    telling = threading.Thread(target=tell, daemon=True)
    telling.start()
    yield recording.race_id
    over.set()
    telling.join(30)


@pytest.fixture(scope="module")
def run(stack: tuple[Settings, str], race_id: str, chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """All scenarios, once."""
    chosen, key = stack
    out = Path(os.environ.get("F1_E2E_OUT") or tmp_path_factory.mktemp("screens"))
    command = ["node", str(E2E / "run.mjs"), "--base", f"http://{chosen.host}:{chosen.port}", f"--key={key}"]
    command += ["--race", race_id, "--chromium", chromium, "--out", str(out)]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=600)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return Run({line["name"]: line for line in lines}, done.stderr[-3000:])


@pytest.mark.parametrize("name", scenarios())
def test_the_dashboard(run: Run, name: str) -> None:
    assert name in run.outcomes, f"it did not run: {run.said}"
    assert run.outcomes[name]["ok"], run.outcomes[name]["problem"]


def test_every_scenario_that_ran_was_asked_for(run: Run) -> None:
    assert set(run.outcomes) == set(scenarios())


def test_the_screens_rest_on_answers_of_the_contract() -> None:
    LiveAnswer.model_validate_json((E2E / "fixtures" / "live.json").read_text())
    RecommendAnswer.model_validate_json((E2E / "fixtures" / "recommend.json").read_text())
    for race in json.loads((E2E / "fixtures" / "races.json").read_text()):
        LiveSummary.model_validate(race)
    for name, answer in {
        "driver-profiles": list[ProfileAnswer],
        "seasons": list[SeasonSummary],
        "circuits": list[CircuitSummary],
        "simulate": SimulateAnswer,
        "recorded": list[RaceSummary],
        "recorded-laps": RaceLaps,
        "model": ModelAnswer,
        "model-scorecard": ScorecardAnswer,
        "model-cards": list[ModelCard],
        "model-drift": DriftAnswer,
    }.items():
        TypeAdapter[Any](answer).validate_json((E2E / "fixtures" / f"{name}.json").read_text())
