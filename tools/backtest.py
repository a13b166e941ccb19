"""Walk-forward: asks the product about past races, season by season, with models that know earlier seasons alone.

    python -m tools.backtest                                        # writes docs/scorecard.md, .json and two plots
    python -m tools.backtest --ablation                             # what each part of the model is worth, printed
    python -m tools.backtest --parts rejoin replay --seasons 2023-  # these parts alone, printed
    python -m tools.backtest --direct --seasons 2022-2024 --n 2000  # the simulation alone, printed: for work on models

Each question is the body of ``POST /recommend`` that a client could have sent on that lap, answered by the function
that serves HTTP, in this process or (``--url``) by a running server, whose bundle is then whatever it serves. A run
that was cut short goes on where it stopped.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shared.config import ROOT, settings
from shared.errors import F1Error
from shared.scoring.situations import FRACTIONS
from tools.command import run_main
from tools.scoring.card.page import ALONE
from tools.scoring.card.report import figures, of_parts, write
from tools.scoring.card.tables import printable
from tools.scoring.walk import ABLATION, ASKED, PARTS, Options, Run, moments, run_jobs

DEFAULT_SEASONS = "2020-"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as the command line says; 0 when every question was answered."""
    args = parse(arguments)
    started = time.perf_counter()
    options = Options(
        data=args.data.resolve(), work=(args.work or settings().state_dir / "backtest").resolve(),
        fractions=tuple(args.fractions), races=tuple(args.races), rule=args.ask, n=args.n, seed=args.seed,
        direct=args.direct, bundle=args.bundle.resolve() if args.bundle else None, url=args.url, key=args.key,
    )  # fmt: skip
    known = moments(options.data, options.fractions)
    seasons = seasons_of(args.seasons, sorted({s.season for s in known}))
    parts = [ABLATION] if args.ablation else list(args.parts or ((ASKED,) if args.direct or args.url else PARTS))
    _say(f"{len(known)} moments of recorded races, {time.perf_counter() - started:.1f} s")
    found = measured(parts, seasons, options, args.jobs)
    print(printable(found))
    whole = set(parts) >= set(PARTS) and not args.races
    if ASKED in parts and (args.out or whole):
        write(found, args.out or ROOT / "docs")
    _say(f"{time.perf_counter() - started:.0f} s in all")
    return 0


def measured(parts: Sequence[str], seasons: Sequence[int], options: Options, processes: int) -> dict[str, Any]:
    """Every figure of the parts asked for."""
    results = run_jobs(parts, seasons, options, processes, _progress)
    done = Run()
    for run in results.get(ASKED, []):
        done.add(run)
    found = figures(done.scores, done.seconds, of_parts(results))
    found["settings"] = {
        "seasons": list(seasons),
        "asked_about": options.rule,
        "n_scenarios": options.n,
        "how": ALONE if options.direct else options.url or "in process, as a client",
        "bundles": {str(k): v for k, v in sorted(done.bundles.items())},
        "in_sample": bool(options.bundle or options.url),
    }
    return found


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.backtest", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, default=settings().data_dir, help="recorded races (F1_DATA_DIR)")
    parser.add_argument("--seasons", default=DEFAULT_SEASONS, help="2022, 2022-2024 or 2020- (default)")
    parser.add_argument("--races", nargs="*", default=(), help="only these races of the seasons, as 2023_06")
    parser.add_argument("--parts", nargs="*", choices=PARTS, help="only these parts (default: all)")
    parser.add_argument("--ablation", action="store_true", help="only what each part of the model is worth")
    parser.add_argument("--jobs", type=int, default=2, help="processes side by side (2)")
    parser.add_argument(
        "--fractions", nargs="*", type=float, default=FRACTIONS, help="shares of the distance; 0 is lap 1"
    )
    parser.add_argument(
        "--ask",
        default="random",
        help="the car asked about: random (default; by race and lap), leader, middle, last, or a driver's code",
    )
    parser.add_argument("--n", type=int, default=2000, help="scenarios an answer")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--direct", action="store_true", help="the simulation alone, without strategy search")
    parser.add_argument("--bundle", type=Path, help="one bundle for all seasons (what it knows may lie after the race)")
    parser.add_argument("--url", help="ask a server that is running")
    parser.add_argument("--key", default=os.environ.get("F1_API_KEYS", "").split(",")[0], help="its API key")
    parser.add_argument("--work", type=Path, help="where bundles and results are kept (.state/backtest)")
    parser.add_argument("--out", type=Path, help="where the scorecard goes (docs, when every part was run)")
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
    elif "questions" not in text or int(text.split(": ")[1].split("/", maxsplit=1)[0]) % 20 == 0:
        _say(text)


if __name__ == "__main__":
    run_main(main)
