"""``make demo``: a race told again against a running stack, with the call for one car, lap by lap, in the terminal.

It starts the stack on ports of its own, replays a recorded race (a simulated one where no data are at hand) and asks
``POST /recommend`` with the race's id after each lap; the dashboard shows the same. Nothing leaves the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import threading
import time
import webbrowser
from collections import deque
from typing import Any

from rich.console import Console
from rich.live import Live

from shared.bootstrap import Ports
from shared.config import Settings, settings
from shared.errors import F1Error
from tools.command import run_main
from tools.dashboard.build import is_current
from tools.replaying import sources
from tools.replaying.player import Control, Progress, forget, play, send
from tools.replaying.recording import Recording
from tools.replaying.remote import Remote
from tools.replaying.screen import Odds, screen
from tools.run import Stack, ask, ensure_key, stop_building, tell_dashboard
from tools.streambench.instance import free_port

FIRST_ANSWER = 90.0  # s to wait for it once the race is told
ODDS_KEPT = 40
N_SCENARIOS = 4000
"""Scenarios a question: enough to watch odds move, quick enough to ask on every lap."""


def recording_of(chosen: Settings, year: int, number: int, simulated: bool, seed: int) -> Recording:
    """The recorded race, or a simulated one where it is not at hand or not wanted."""
    if simulated or not (chosen.data_dir / "laps" / f"{year}.parquet").is_file():
        return sources.simulated(seed)
    return sources.recorded(chosen.data_dir, year, number)


def begin_at(recording: Recording, lap: int) -> Recording:
    """The recording with its session moved to the leader's end of ``lap``: what was before is sent at once."""
    lines = [m.sampled_at for m in recording.messages if m.kind == "timing" and m.lap == lap]
    if lap < 1 or not lines:
        return recording
    session = recording.session.model_copy(update={"sampled_at": min(lines)})
    rest = [session if m.kind == "session" else m for m in recording.messages]
    return recording._replace(session=session, messages=tuple(sorted(rest, key=lambda m: m.sampled_at)))


class Asker:
    """Asks about one car after each lap in a thread of its own, so that the tower goes on moving."""

    def __init__(self, chosen: Settings, key: str, race_id: str, driver: str | None) -> None:
        self._chosen, self._key, self._race_id, self.driver = chosen, key, race_id, driver
        self.live: dict[str, Any] | None = None
        self.answer: dict[str, Any] | None = None
        self.problem: str | None = None
        self.odds: deque[Odds] = deque(maxlen=ODDS_KEPT)
        self.stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="asker", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def join(self) -> None:
        """Ask no more, and wait for the question under way."""
        self.stop.set()
        self._thread.join(30)

    def _run(self) -> None:
        asked = 0
        while not self.stop.is_set():
            try:
                self._look()
                if self.live is not None and self.live["lap"] > asked and self.live["field"]:
                    asked = self.live["lap"]
                    self._ask()
            except (OSError, F1Error) as error:
                self.problem = str(error)
            self.stop.wait(0.2)

    def _look(self) -> None:
        status, body = ask(self._chosen.host, self._chosen.port, f"/live/{self._race_id}", self._key)
        if status == 200 and isinstance(body, dict):
            self.live = body

    def _ask(self) -> None:
        assert self.live is not None
        running = [car["driver_id"] for car in self.live["field"]]
        if self.driver not in running:
            self.driver = running[min(2, len(running) - 1)]
        body = {"driver_id": self.driver, "race_id": self._race_id, "n_scenarios": N_SCENARIOS}
        status, answer = ask(
            self._chosen.host, self._chosen.port, "/recommend", self._key, json.dumps(body).encode(), timeout=60.0
        )
        if status != 200 or not isinstance(answer, dict):
            self.problem = f"{status}: {answer}"
            return
        self.problem, self.answer = None, answer
        own = next(row for row in answer["forecast"] if row["driver_id"] == self.driver)
        self.odds.append(
            Odds(self.live["lap"], own["win_probability"], own["podium_probability"], own["points_probability"])
        )


def run(chosen: Settings, recording: Recording, driver: str | None, speed: float, last_lap: int | None) -> int:
    """The demonstration; 0 when it came to its end."""
    console = Console()
    key, _ = ensure_key(chosen)
    stack = Stack(chosen, console)
    building = None
    try:
        if not stack.wait_ready():
            return 1
        address = (
            f"http://{chosen.host}:{chosen.port}/dashboard/?race={recording.race_id}&driver={driver or ''}#key={key}"
        )
        building = tell_dashboard(console, chosen)
        console.print(f"this race there: {address}", highlight=False, soft_wrap=True, markup=False)
        if building is None and is_current() and console.is_terminal:
            webbrowser.open(address)
        remote = Remote(recording, chosen.state_dir)
        opened = Ports(chosen)
        forget(opened.objects, recording.race_id)
        asker = Asker(chosen, key, recording.race_id, driver)
        asker.start()
        shown: list[float] = [0.0]
        with Live(console=console, refresh_per_second=4, transient=False) as live:

            def told(progress: Progress, control: Control) -> bool:
                remote.told(progress, control)
                if time.monotonic() - shown[0] > 0.25:
                    shown[0] = time.monotonic()
                    live.update(screen(recording.session, asker.live, asker.answer, asker.driver, list(asker.odds)))
                    if stack.watch() is not None:
                        return False
                return last_lap is None or progress.lap <= last_lap

            play(recording, lambda message: send(opened.bus, message), Control(speed), remote.look, told)
            _settle(asker)
            asker.join()
            live.update(screen(recording.session, asker.live, asker.answer, asker.driver, list(asker.odds)))
        if asker.answer is None:
            console.print(f"[red]no recommendation was made: {asker.problem}[/]", highlight=False)
            return 1
        return 0
    except KeyboardInterrupt:
        return 130
    finally:
        stop_building(building)
        stack.stop()


def _settle(asker: Asker) -> None:
    """Waits for the last laps to be taken in, and on a slow machine for the first answer at all."""
    time.sleep(1.5)
    give_up = time.monotonic() + FIRST_ANSWER
    while asker.answer is None and time.monotonic() < give_up:
        time.sleep(0.2)


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.demo", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--year", type=int, default=2023)
    parser.add_argument("--round", type=int, default=1)
    parser.add_argument("--driver", default="LEC", help="the car asked about; in a simulated race the third one")
    parser.add_argument("--speed", type=float, default=40.0, help="multiple of real time (default 40)")
    parser.add_argument("--from-lap", type=int, default=0, help="begin at the end of this lap")
    parser.add_argument("--to-lap", type=int, help="end after this lap (default: the flag)")
    parser.add_argument("--simulated", action="store_true", help="a simulated race even where recorded ones are")
    parser.add_argument("--seed", type=int, default=1, help="of the simulated race")
    given = parser.parse_args(arguments)
    if given.speed <= 0:
        parser.error("--speed must be above 0")
    base = settings()
    state = base.state_dir / "demo"
    shutil.rmtree(state, ignore_errors=True)
    os.environ |= {"F1_STATE_DIR": str(state), "PORT": str(free_port()), "F1_WORKER_PORT": str(free_port())}
    recording = begin_at(recording_of(base, given.year, given.round, given.simulated, given.seed), given.from_lap)
    session = recording.session
    Console().print(f"{session.name} {recording.race_id}, timing {session.timing}: {session.note}", highlight=False)
    return run(settings(), recording, given.driver, given.speed, given.to_lap)


if __name__ == "__main__":
    run_main(main, failure=1)
