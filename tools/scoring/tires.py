"""The tire degradation model walk-forward: each season forecast by a model fitted on the seasons before it alone.

    python -m tools.scoring.tires --data ../shared/data

Measured is the mean pace over the next 5, 10, 15 laps of a stint (``shared.models.tires.examples`` says exactly what
counts), beside the last three laps, AR(1) to the stint's mean, and the last five laps with the compound's past slope;
the interval is calibrated on the newest races of those before.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from shared.config import settings
from shared.features.frames import load_frames
from shared.models.recorded import RecordedRace, recorded_races
from shared.models.tires.baselines import baseline_errors
from shared.models.tires.examples import Examples, examples
from shared.models.tires.forecast import HORIZONS
from shared.models.tires.model import covered, errors_of, fit_tire_model

FIRST_SEASON = 2021
EVERY = 2
GOALS = {5: 0.310, 10: 0.325, 15: 0.360}
PROTOTYPE = {5: 0.333, 10: 0.356, 15: 0.397}
MODEL = "model"

Floats = npt.NDArray[np.float64]


class SeasonScore(NamedTuple):
    """One season forecast by those before it. errors: {model and baselines: f64[N, H] forecast less truth, s, NaN
    without truth}; inside bool[N, H], width f64[N, H] s: the 80% interval; race i64[N]: index of each moment's race."""

    season: int
    errors: dict[str, Floats]
    inside: npt.NDArray[np.bool_]
    width: Floats
    race: npt.NDArray[np.int64]


def walk_forward(
    races: Sequence[RecordedRace], first_season: int = FIRST_SEASON, every: int = EVERY
) -> list[SeasonScore]:
    """Scores of every season from ``first_season`` on that has earlier races enough to learn from."""
    out = []
    for season in sorted({race.season for race in races if race.season >= first_season}):
        past = [race for race in races if race.season < season]
        table = fit_tire_model(past)
        rows = examples([race for race in races if race.season == season], every)
        rows = rows.where(rows.dry) if len(rows.season) else rows
        if table is not None and len(rows.season):
            out.append(_score(season, table, examples(past, every), rows))
    return out


def _score(season: int, table: dict[str, object], past: Examples, rows: Examples) -> SeasonScore:
    inside, width = covered(table, rows)
    models: list[dict[str, object]] = table["horizons"]  # type: ignore[assignment]
    errors = {MODEL: errors_of(models, rows), **baseline_errors(past.where(past.dry), rows)}
    return SeasonScore(season, errors, inside, width, rows.race)


def mean_absolute_error(errors: Floats) -> Floats:
    """f64[H]: over the moments that have a truth; NaN where none has."""
    told = np.isfinite(errors)
    n = told.sum(axis=0)
    total = np.where(told, np.abs(errors), 0.0).sum(axis=0)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)


def coverage(errors: Floats, inside: npt.NDArray[np.bool_]) -> Floats:
    """f64[H]: share of the moments with a truth whose interval held it."""
    told = np.isfinite(errors)
    n = told.sum(axis=0)
    return np.where(n > 0, (inside & told).sum(axis=0) / np.maximum(n, 1), np.nan)


def gain_interval(scores: Sequence[SeasonScore], baseline: str, repeats: int = 1000, seed: int = 1) -> Floats:
    """f64[H, 2]: 90% interval of the baseline's error less the model's, s, drawing whole races with replacement."""
    model, other = (np.concatenate([s.errors[name] for s in scores]) for name in (MODEL, baseline))
    race = np.concatenate([s.season * 1000 + s.race for s in scores])
    index = np.unique(race, return_inverse=True)[1]
    told = np.isfinite(model)
    n_races = int(index.max()) + 1
    gain = np.where(told, np.abs(other) - np.abs(model), 0.0)
    drawn = np.random.default_rng(seed).integers(0, n_races, (repeats, n_races))
    ends = []
    for k in range(gain.shape[1]):
        total, n = np.bincount(index, gain[:, k], n_races), np.bincount(index, told[:, k], n_races)
        ends.append(np.quantile(total[drawn].sum(axis=1) / n[drawn].sum(axis=1), [0.05, 0.95]))
    return np.array(ends)


def page(scores: Sequence[SeasonScore]) -> str:
    """The scores as a Markdown section."""
    heads = " | ".join(f"{h} laps" for h in HORIZONS)
    out = ["## Tires: mean pace over the next laps of a stint", ""]
    out += [f"Walk-forward, dry races of {scores[0].season}-{scores[-1].season}; mean absolute error, s.", ""]
    out += [f"| | {heads} |", "|---|" + "---|" * len(HORIZONS)]
    every = {name: np.concatenate([s.errors[name] for s in scores]) for name in scores[0].errors}
    for name, errors in every.items():
        out.append(_row(name.replace("_", " "), mean_absolute_error(errors), 3))
    out.append(_row("prototype", np.array([PROTOTYPE[h] for h in HORIZONS]), 3))
    out.append(_row("goal", np.array([GOALS[h] for h in HORIZONS]), 3))
    for name in every:
        if name != MODEL:
            ends = " | ".join(f"{low:+.3f} to {high:+.3f}" for low, high in gain_interval(scores, name))
            out.append(f"| gained on {name.replace('_', ' ')}, 90% over races | {ends} |")
    inside = np.concatenate([s.inside for s in scores])
    told = np.isfinite(every[MODEL])
    width = np.where(told, np.concatenate([s.width for s in scores]), 0.0).sum(axis=0) / np.maximum(told.sum(axis=0), 1)
    out.append(_row("80% interval: covered", coverage(every[MODEL], inside), 3))
    out.append(_row("80% interval: mean width, s", width, 2))
    out.append(_row("moments", told.sum(axis=0).astype(float), 0))
    out += ["", "| season | " + " | ".join(f"{h}: model, last three, covered" for h in HORIZONS) + " |"]
    out.append("|---|" + "---|" * len(HORIZONS))
    for s in scores:
        names = list(s.errors)
        own, last = mean_absolute_error(s.errors[MODEL]), mean_absolute_error(s.errors[names[1]])
        held = coverage(s.errors[MODEL], s.inside)
        cells = " | ".join(f"{a:.3f}, {b:.3f}, {c:.2f}" for a, b, c in zip(own, last, held, strict=True))
        out.append(f"| {s.season} | {cells} |")
    return "\n".join(out) + "\n"


def _row(name: str, values: Floats, digits: int) -> str:
    return f"| {name} | " + " | ".join(f"{v:,.{digits}f}" for v in values) + " |"


def main(argv: Sequence[str] | None = None) -> None:
    """Prints the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=settings().data_dir)
    parser.add_argument("--first-season", type=int, default=FIRST_SEASON)
    asked = parser.parse_args(argv)
    races = recorded_races(load_frames(asked.data).laps)
    print(page(walk_forward(races, asked.first_season)))


if __name__ == "__main__":
    main()
