"""Replays a race as live messages on ``telemetry``: ``python -m tools.replay --year 2023 --round 1 --speed 20``.

The race comes from recorded laps, from recorded telemetry (2025), from FastF1, or is simulated. It says which of its
times are reconstructed. A stack must run to receive it: `make run`, or the cloud with F1_BACKEND=gcp. The control file
changes speed and pauses while it runs: ``echo '{"speed": 5, "paused": false}' > .state/replay.json``; on the embedded
stack the dashboard does so too.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from shared.bootstrap import Ports
from shared.config import Settings, settings
from tools.command import run_main
from tools.replaying import sources
from tools.replaying.player import Control, Progress, forget, play, read_control, send
from tools.replaying.recording import Recording
from tools.replaying.remote import Remote
from tools.replaying.telemetry import from_telemetry


def arguments(given: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.replay", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--year", type=int, help="season of the race")
    parser.add_argument("--round", type=int, help="its number in the season")
    parser.add_argument("--speed", type=float, default=20.0, help="multiple of real time (default 20)")
    parser.add_argument(
        "--source", choices=("laps", "telemetry", "fastf1", "simulated"),
        help="default: laps where recorded, else telemetry; fastf1 asks the network or FastF1's cache",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=1, help="of a simulated race")
    parser.add_argument("--control", type=Path, help="control file (default: replay.json in the state folder)")
    parser.add_argument("--keep", action="store_true", help="keep what live state there is of the race")
    options = parser.parse_args(given)
    if options.speed <= 0:
        parser.error("--speed must be above 0")
    if options.source != "simulated" and (options.year is None or options.round is None):
        parser.error("--year and --round say which race; or --source simulated")
    return options


def recording_of(chosen: Settings, options: argparse.Namespace) -> Recording:
    """The race asked for. Raises F1Error where it is not at hand."""
    if options.source == "simulated":
        return sources.simulated(options.seed)
    if options.source == "fastf1":
        return sources.from_fastf1(options.year, options.round, chosen.data_dir)
    if options.source == "telemetry":
        return from_telemetry(chosen.data_dir, options.year, options.round)
    if options.source is None and not (chosen.data_dir / "laps" / f"{options.year}.parquet").is_file():
        return from_telemetry(chosen.data_dir, options.year, options.round)
    return sources.recorded(chosen.data_dir, options.year, options.round)


def main(given: list[str] | None = None) -> int:
    """Replay until the race is over or Ctrl-C."""
    options = arguments(given)
    chosen = settings()
    console = Console()
    recording = recording_of(chosen, options)
    opened = Ports(chosen)
    if not options.keep:
        forget(opened.objects, recording.race_id)
    session = recording.session
    samples = "with car samples" if recording.samples is not None else "without car samples (none are recorded for it)"
    console.print(f"{session.name}, {recording.race_id}, {session.total_laps} laps, {samples}", highlight=False)
    console.print(f"timing {session.timing}: {session.note}", highlight=False)
    remote = Remote(recording, chosen.state_dir, options.control)
    control = read_control(options.control, Control(options.speed))
    with console.status("replaying") as status:

        def told(progress: Progress, control: Control) -> bool:
            remote.told(progress, control)
            pause = ", paused" if control.paused else ""
            status.update(
                f"lap {progress.lap} of {session.total_laps}, {progress.at:%H:%M:%S} UTC,"
                f" {progress.published} messages, speed {control.speed:g}{pause}"
            )
            return True

        try:
            progress = play(recording, lambda message: send(opened.bus, message), control, remote.look, told)
        except KeyboardInterrupt:
            console.print("stopped")
            return 130
        finally:
            remote.over()
    console.print(f"over: {progress.published} messages", highlight=False)
    return 0


if __name__ == "__main__":
    run_main(main, failure=1)
