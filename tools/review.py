"""Was it the right call? Every stop and every safety car of a recorded race, as the product would have advised then.

    python -m tools.review --year 2023 --round 6

Trains models on the races before that one alone (kept for the next time), asks about every car's every stop and its
answer to every safety car and VSC, and writes a table (CSV), a picture (PNG) and a page (HTML) into ``--out``.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from rich.console import Console
from rich.table import Table

from shared.config import settings
from shared.errors import F1Error
from shared.models.bundle import Bundle
from shared.models.training import NothingToTrainOn
from shared.scoring.situations import completed_laps
from shared.simulation.run import warm_up
from tools.command import run_main
from tools.reviewing.decisions import decisions, neutralizations
from tools.reviewing.page import html_page
from tools.reviewing.plot import COLORS, review_plot
from tools.reviewing.summary import COLUMNS, by_driver, rows
from tools.reviewing.verdicts import Asking, Verdict, verdicts
from tools.scoring.bundles import fingerprint
from tools.scoring.recorded import load


class Race(NamedTuple):
    """A recorded race: its completed laps, its day, and what it is called."""

    race_id: str
    laps: pd.DataFrame
    day: dt.date
    name: str


def find_race(laps: pd.DataFrame, year: int, number: int) -> Race:
    """Raises F1Error naming the rounds there are when it was not recorded."""
    race_id = f"{year}_{number:02d}"
    own = laps[laps["race_id"] == race_id]
    if own.empty:
        rounds = sorted({str(r).split("_")[1] for r in laps.loc[laps["season"] == year, "race_id"]})
        seasons = ", ".join(str(season) for season in sorted(laps["season"].unique()))
        there = f"rounds {', '.join(rounds)} of {year}" if rounds else f"seasons {seasons or 'none'}"
        raise F1Error(f"year, round: given {year}, {number}; recorded are {there}")
    circuit = str(own["circuit_id"].iloc[0]).replace("_", " ").title()
    day = pd.Timestamp(own["race_date"].iloc[0]).date()
    return Race(race_id, completed_laps(own), day, f"{circuit} {year}, round {number}")


def bundle_before(day: dt.date, data_dir: Path, work: Path) -> Path:
    """A bundle that knows no race of ``day`` or after; trained now unless ``work`` holds it. Raises F1Error when there
    is no earlier race."""
    until = day - dt.timedelta(days=1)
    out = work / f"until-{until}-{fingerprint(data_dir, until)}"
    if not (out / "manifest.json").exists():
        from tools.train import train

        work.mkdir(parents=True, exist_ok=True)
        try:
            train(data_dir, until, out, lambda text: _say(f"training until {until}: {text}"))
        except NothingToTrainOn as error:
            raise F1Error(f"year, round: {error}; give --bundle to judge it by other models") from None
    return out


def review(
    race: Race, asking: Asking, only: Sequence[str] = (), report: Callable[[str], None] = print
) -> list[Verdict]:
    """The verdicts on a race, of all cars or of those named in ``only``."""
    found = [d for d in decisions(race.laps) if not only or d.driver_id in only]
    done = []
    for verdict in verdicts(race.laps, found, asking):
        done.append(verdict)
        report(f"{len(done)}/{len(found)} decisions")
    return done


def write(race: Race, bundle: Bundle, done: Sequence[Verdict], out: Path) -> list[Path]:
    """Writes CSV, PNG and HTML into ``out``; their paths."""
    out.mkdir(parents=True, exist_ok=True)
    table, picture, page = (out / f"review_{race.race_id}.{kind}" for kind in ("csv", "png", "html"))
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows(done))
    title = f"Was it the right call? {race.name}"
    review_plot(title, done, neutralizations(race.laps), picture)
    data = bundle.manifest["data"]
    subtitle = f"Advice by models {bundle.version}, trained on {data['races']} races until {data['until']}."
    in_sample = str(data["until"])[:10] >= race.day.isoformat()
    page.write_text(html_page(title, subtitle, in_sample, done, picture), encoding="utf-8")
    return [table, picture, page]


def show(race: Race, done: Sequence[Verdict], console: Console) -> None:
    """The table and the sums by car, in the terminal."""
    table = Table(title=f"{race.name}: expected points of the team's choice against the advice", box=None)
    for name in ("lap", "car", "P", "what the team did", "advice", "points", "90% interval", "verdict"):
        table.add_column(name, justify="right" if name in ("lap", "P", "points", "90% interval") else "left")
    for v, row in zip(done, rows(done), strict=True):
        interval = f"{v.low:+.2f} to {v.high:+.2f}"
        cells = [row["lap"], row["car"], row["place"], row["what the team did"], v.advice, f"{v.points:+.2f}", interval]
        table.add_row(*map(str, cells), f"[{COLORS[v.word]}]{v.word}[/]")
    console.print(table)
    sums = Table(title="By car", box=None)
    for name in ("car", "points", "90% interval", "decisions", "lost"):
        sums.add_column(name, justify="left" if name == "car" else "right")
    for t in by_driver(done):
        sums.add_row(t.driver_id, f"{t.points:+.2f}", f"{t.low:+.2f} to {t.high:+.2f}", str(t.decisions), str(t.lost))
    console.print(sums)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as the command line says; 0 when the race is reviewed."""
    args = parse(arguments)
    started = time.perf_counter()
    race = find_race(load(args.data).laps, args.year, args.round)
    folder = args.bundle or bundle_before(race.day, args.data, settings().state_dir / "review")
    bundle = Bundle.load(folder)
    warm_up(n_cars=int(race.laps["driver_id"].nunique()))
    asking = Asking(bundle, args.n, args.seed, args.earlier)
    done = review(race, asking, args.drivers, _progress)
    if not done:
        raise F1Error(f"drivers: no decision of {', '.join(args.drivers) or 'anyone'} in {race.name}")
    show(race, done, Console(width=None if sys.stdout.isatty() else 150))
    for path in write(race, bundle, done, args.out or settings().state_dir / "review"):
        print(path)
    _say(f"{time.perf_counter() - started:.0f} s in all")
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.review", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--year", type=int, required=True)
    parser.add_argument("--round", type=int, required=True)
    parser.add_argument("--drivers", nargs="*", default=(), help="only these cars (three-letter codes)")
    parser.add_argument("--data", type=Path, default=settings().data_dir, help="recorded races (F1_DATA_DIR)")
    parser.add_argument("--bundle", type=Path, help="models to ask instead of those trained until the day before")
    parser.add_argument("--n", type=int, default=2000, help="scenarios an answer (1,000 to 100,000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--earlier", type=int, default=5, help="laps before a green stop to ask as well; 0 for not")
    parser.add_argument("--out", type=Path, help="where table, picture and page go (.state/review)")
    return parser.parse_args(arguments)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
    elif int(text.split("/", maxsplit=1)[0]) % 10 == 0:
        _say(text)


if __name__ == "__main__":
    run_main(main)
