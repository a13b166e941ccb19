"""Fits the pace model over recorded races, in order of time: each race is rated only by those before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from shared.models import pace
from shared.models.grid import REFERENCE_LAP, FloatArray, base_lap
from shared.models.recorded import RecordedRace
from shared.models.tires import correction
from shared.race.teams import team_line

_WINDOW = 10
_BURN_IN = 5  # races before ratings mean anything


def fit_pace(races: Sequence[RecordedRace], tires: dict[str, Any]) -> dict[str, Any]:
    """{"weights": ..., "ratings": {"teams", "drivers"}, "season", "base_lap": {circuit: s}, "noise"} of all races."""
    ratings = pace.Ratings()
    rows: dict[float, list[tuple[FloatArray, FloatArray, FloatArray]]] = {knot: [] for knot in pace.KNOTS}
    seasons: dict[float, list[int]] = {knot: [] for knot in pace.KNOTS}
    base_laps: dict[str, float] = {}
    noises = []
    for number, race in enumerate(races):
        base = base_lap(race.grid)
        if not np.isfinite(base):
            continue
        base_laps[race.circuit_id] = round(base, 3)
        table = correction(tires, race.circuit_id)
        teams = [team_line(team) for team in race.teams]
        rating = np.array([ratings.rating(d, t, race.season) for d, t in zip(race.drivers, teams, strict=True)])
        whole = pace.window_pace(race.grid, table, base)
        if number >= _BURN_IN:
            noises.append(whole.noise)
            for knot in pace.KNOTS:
                found = _moment(race, table, rating, knot, base)
                if found is not None:
                    rows[knot].append(found)
                    seasons[knot].append(race.season)
        ratings.learn(
            pace.RacePace(race.race_id, race.season, d, t, float(p), int(n))
            for d, t, p, n in zip(race.drivers, teams, whole.pace, whole.n, strict=True)
            if np.isfinite(p) and n >= 3
        )
    stacked = {
        knot: tuple(np.concatenate(part) for part in zip(*found, strict=True)) if found else _nothing()
        for knot, found in rows.items()
    }
    season = max((race.season for race in races), default=2018)
    return {
        "weights": pace.fit_weights(stacked),  # type: ignore[arg-type]
        "ratings": ratings.table(season),
        "season": season,
        "base_lap": dict(sorted(base_laps.items())),
        "noise": round(float(np.mean(noises)), 4) if noises else 0.45,
        "holdout": _holdout(rows, seasons, season),
    }


def _holdout(
    rows: dict[float, list[tuple[FloatArray, FloatArray, FloatArray]]], seasons: dict[float, list[int]], newest: int
) -> dict[str, Any] | None:
    """How weights fitted on earlier seasons do on the newest, beside the rating alone: mean absolute error by knot, s a
    lap; None when there is no earlier season."""
    parts: dict[bool, dict[float, Any]] = {True: {}, False: {}}
    for knot in pace.KNOTS:
        for is_newest in (True, False):
            chosen = [r for r, s in zip(rows[knot], seasons[knot], strict=True) if (s == newest) == is_newest]
            if not chosen:
                return None
            parts[is_newest][knot] = tuple(np.concatenate(part) for part in zip(*chosen, strict=True))
    table = pace.fit_weights(parts[False])
    mae, alone, n = {}, {}, {}
    for k, knot in enumerate(pace.KNOTS):
        x, y, _ = parts[True][knot]
        mae[str(knot)] = round(float(np.abs(y - x @ np.array(table["weights"][k])).mean()), 4)
        alone[str(knot)] = round(float(np.abs(y - x[:, 0]).mean()), 4)
        n[str(knot)] = len(y)
    return {"season": newest, "mae_s": mae, "rating_alone_mae_s": alone, "n": n}


def _nothing() -> tuple[FloatArray, FloatArray, FloatArray]:
    """Two pseudo-cars that follow their rating and their place: what serves before any race is known."""
    x = np.array([[1.0, 0.3, 0.0, 0.0, 0.0], [-1.0, -0.3, 0.0, 0.0, 0.0]])
    return x, np.array([1.0, -1.0]), np.array([10.0, 10.0])


def _moment(race: RecordedRace, tires: pace.TireCorrection, rating: FloatArray, knot: float, base: float
            ) -> tuple[FloatArray, FloatArray, FloatArray] | None:  # fmt: skip
    """Features at a share of the distance and the pace that followed; cars with at least six clean laps to come."""
    lap = max(1, round(knot * race.total_laps))
    if lap >= race.laps_run - 8:
        return None
    on = race.on_track(lap)
    grid = race.grid.take(on)
    recent = pace.window_pace(grid.until(lap, _WINDOW), tires)
    later = pace.window_pace(grid.until(race.laps_run, race.laps_run - lap), tires, base)
    known = np.isfinite(later.pace) & (later.n > 5)
    if known.sum() < 5:
        return None
    x = pace.features(
        rating[on],
        np.argsort(np.argsort(race.gap[on, lap - 1])).astype(np.float64) + 1.0,
        race.gap[on, lap - 1],
        race.stops[on, lap - 1].astype(float),
        lap,
        REFERENCE_LAP / base,
        recent,
    )
    y = later.pace - np.median(later.pace[known])
    return x[known], np.clip(y[known], -3.0, 4.0), later.n[known]
