"""Walk-forward: asks the product about past races, season by season, with models that know earlier seasons alone.

    python -m tools.backtest                                        # writes docs/scorecard.md, .json and .png
    python -m tools.backtest --direct --seasons 2022-2024 --n 2000  # the simulation alone, printed: for work on models

Each question is the body of ``POST /recommend`` that a client could have sent on that lap, answered by the function
that serves HTTP, in this process or (``--url``) by a running server, whose bundle is then whatever it serves.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shared.config import ROOT, settings
from shared.errors import F1Error
from tools.scoring import ask as asking
from tools.scoring.bundles import bundle_before
from tools.scoring.page import ALONE
from tools.scoring.recorded import load
from tools.scoring.report import figures, printable, write
from tools.scoring.scores import Scores, past
from tools.scoring.situations import FRACTIONS, Situation, situations

DEFAULT_SEASONS = "2020-"


@dataclass
class Run:
    """What a walk-forward gathered: the scores, the seconds of each answer, the bundle of each season."""

    scores: Scores = field(default_factory=Scores)
    seconds: list[float] = field(default_factory=list)
    bundles: dict[int, str] = field(default_factory=dict)


def walk_forward(
    known: Sequence[Situation],
    seasons: Sequence[int],
    ask_for: Callable[[int], asking.Ask],
    rule: str = "leader",
    report: Callable[[str], None] = lambda text: None,
) -> Run:
    """Ask about every situation of ``seasons``. ``ask_for`` gives the way to ask in a season; the baselines of a season
    rest on all situations of the seasons before it."""
    run = Run()
    for season in seasons:
        baselines = past(s for s in known if s.season < season)
        asked = [s for s in known if s.season == season]
        ask = asking.timed(ask_for(season), run.seconds.append)
        for i, situation in enumerate(asked, start=1):
            answer = ask(situation, asking.chosen_car(situation, rule))
            run.scores.add(situation, answer["forecast"], baselines)
            report(f"{season}: {i}/{len(asked)} questions, {run.seconds[-1]:.2f} s")
    return run


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as the command line says; 0 when every question was answered."""
    args = parse(arguments)
    chosen = settings()
    started = time.perf_counter()
    known = situations(load(args.data), args.fractions)
    seasons = seasons_of(args.seasons, sorted({s.season for s in known}))
    if args.races:
        known = [s for s in known if s.season not in seasons or s.race_id in args.races]
    _say(f"{len(known)} moments of recorded races, {time.perf_counter() - started:.1f} s")
    work = args.work or chosen.state_dir / "backtest"
    run = Run()

    def ask_for(season: int) -> asking.Ask:
        if args.url:
            return asking.over_http(args.url, args.key, args.n, args.seed)
        folder = args.bundle or bundle_before(season, args.data, work)
        run.bundles[season] = json.loads((folder / "manifest.json").read_text())["version"]
        make = asking.simulation_alone if args.direct else asking.in_process
        return make(folder, args.n, args.seed)

    rule = args.ask
    done = walk_forward(known, seasons, ask_for, rule, _progress)
    done.bundles = run.bundles
    found = figures(done.scores, done.seconds)
    found["settings"] = {
        "seasons": list(seasons),
        "asked_about": rule,
        "n_scenarios": args.n,
        "how": ALONE if args.direct else args.url or "in process, as a client",
        "bundles": {str(k): v for k, v in done.bundles.items()},
        "in_sample": bool(args.bundle or args.url),
    }
    print(printable(found))
    if args.out or not (args.direct or args.races):
        write(found, done.scores, args.out or ROOT / "docs")
    if args.save:
        args.save.mkdir(parents=True, exist_ok=True)
        done.scores.table().to_csv(args.save / "places.csv", index=False)
        done.scores.stops().to_csv(args.save / "cars.csv", index=False)
    _say(f"{time.perf_counter() - started:.0f} s in all")
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.backtest", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, default=settings().data_dir, help="recorded races (F1_DATA_DIR)")
    parser.add_argument("--seasons", default=DEFAULT_SEASONS, help="2022, 2022-2024 or 2020- (default)")
    parser.add_argument("--races", nargs="*", default=(), help="only these races of the seasons, as 2023_06")
    parser.add_argument(
        "--fractions", nargs="*", type=float, default=FRACTIONS, help="shares of the distance; 0 is lap 1"
    )
    parser.add_argument(
        "--ask",
        default="leader",
        help="the car asked about: leader (default), middle, last, random, or a driver's code",
    )
    parser.add_argument("--n", type=int, default=2000, help="scenarios an answer")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--direct", action="store_true", help="the simulation alone, without strategy search")
    parser.add_argument("--bundle", type=Path, help="one bundle for all seasons (what it knows may lie after the race)")
    parser.add_argument("--url", help="ask a server that is running")
    parser.add_argument("--key", default=os.environ.get("F1_API_KEYS", "").split(",")[0], help="its API key")
    parser.add_argument("--work", type=Path, help="where bundles are kept (.state/backtest)")
    parser.add_argument("--out", type=Path, help="where the scorecard goes (docs; with --direct nowhere)")
    parser.add_argument("--save", type=Path, help="folder for the scores of every situation and car, as CSV")
    return parser.parse_args(arguments)


def seasons_of(text: str, known: Sequence[int]) -> list[int]:
    """Seasons in "2022", "2022-2024" or "2020-" of those known. Raises F1Error when there are none."""
    first, dash, last = text.partition("-")
    try:
        low, high = int(first), int(last) if last else (max(known, default=0) if dash else int(first))
    except ValueError:
        raise F1Error(f"seasons: given {text!r}; allowed: 2022, 2022-2024 or 2020-") from None
    chosen = [season for season in known if low <= season <= high]
    if not chosen:
        raise F1Error(f"seasons: no recorded race in {text}; there are {', '.join(map(str, known)) or 'none'}")
    return chosen


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
    elif "/" in text and int(text.split(": ")[1].split("/", maxsplit=1)[0]) % 20 == 0:
        _say(text)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except F1Error as problem:
        print(problem, file=sys.stderr)
        sys.exit(2)
