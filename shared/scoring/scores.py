"""Scores of every answer beside its baselines, as two tables: one row a situation and forecast, one row a car."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from shared.scoring import measures
from shared.scoring.baselines import PlaceTable, StintTable, grid_order, place_table, running_order, stint_table
from shared.scoring.measures import Floats
from shared.scoring.situations import Situation

MODEL, TABLE, RUNNING, GRID = "forecast", "table", "running order", "grid order"
FORECASTS = (MODEL, TABLE, RUNNING, GRID)


@dataclass(frozen=True, slots=True)
class Past:
    """What seasons before the one asked about say: the baselines."""

    places: PlaceTable
    stints: StintTable


def past(before: Iterable[Situation]) -> Past:
    """Baselines fitted on situations that all lie before those to be scored."""
    known = list(before)
    return Past(place_table(known), stint_table(known))


@dataclass
class Scores:
    """Scores gathered so far. ``rows``: by situation and forecast; ``cars``: by situation and car, forecast alone;
    ``matrices``: the forecasts themselves by (forecast, share of the distance), for calibration."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    cars: list[dict[str, Any]] = field(default_factory=list)
    matrices: dict[tuple[str, float], list[tuple[Floats, Any]]] = field(default_factory=dict)

    def add(self, situation: Situation, answer: Sequence[dict[str, Any]], baselines: Past) -> None:
        """Score one answer. Raises ValueError when its cars are not those of the situation."""
        rows = in_order(situation, answer)
        p = np.array([row["position_probabilities"] for row in rows], dtype=float)
        forecasts = {
            MODEL: p,
            TABLE: baselines.places.forecast(situation),
            RUNNING: running_order(situation),
            GRID: grid_order(situation),
        }
        for name, matrix in forecasts.items():
            self.rows.append(_labels(situation) | {"forecast": name} | score_places(situation, matrix))
            self.matrices.setdefault((name, situation.fraction), []).append((matrix, situation.truth.place))
        self.cars += stop_rows(situation, rows, baselines.stints)

    def join(self, other: Scores) -> None:
        """Takes in another's scores."""
        self.rows += other.rows
        self.cars += other.cars
        for key, pairs in other.matrices.items():
            self.matrices.setdefault(key, []).extend(pairs)

    def table(self) -> pd.DataFrame:
        """One row a situation and forecast."""
        return pd.DataFrame(self.rows)

    def stops(self) -> pd.DataFrame:
        """One row a situation and car."""
        return pd.DataFrame(self.cars)


def in_order(situation: Situation, answer: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Forecast rows in the order of ``situation.state.cars``. Raises ValueError when they are other cars."""
    by_driver = {row["driver_id"]: row for row in answer}
    drivers = [car.driver_id for car in situation.state.cars]
    if sorted(by_driver) != sorted(drivers):
        raise ValueError(f"{situation.race_id}: asked about {sorted(drivers)}, answered for {sorted(by_driver)}")
    return [by_driver[driver] for driver in drivers]


def score_places(situation: Situation, p: Floats) -> dict[str, float]:
    """Every measure of one forecast of places."""
    truth = situation.truth
    chances, came = measures.event_probabilities(p), measures.events(truth.place)
    each = measures.crps(p, truth.place)
    finished = ~truth.retired
    scale = max(len(truth.place) - 1, 1)
    return {
        "rps": measures.rps(p, truth.place),
        "rps_finishers": float(each[finished].mean() / scale) if finished.any() else np.nan,
        "rps_retired": float(each[~finished].mean() / scale) if (~finished).any() else np.nan,
        "crps": float(each.mean()),
        "spearman": measures.spearman(p, truth.place),
        "winner": float(measures.winner_named(p, truth.place)),
        "podium": measures.podium_named(p, truth.place),
        "brier_win": measures.brier(chances[0], came[0]),
        "brier_podium": measures.brier(chances[1], came[1]),
        "brier_points": measures.brier(chances[2], came[2]),
    }


def _labels(situation: Situation) -> dict[str, Any]:
    race = situation.truth.race
    return {
        "race_id": situation.race_id,
        "season": situation.season,
        "fraction": situation.fraction,
        "lap": situation.state.lap,
        "cars": len(situation.state.cars),
        "wet": race.wet,
        "safety_car": race.safety_car,
    }


def stop_rows(situation: Situation, rows: Sequence[dict[str, Any]], stints: StintTable) -> list[dict[str, Any]]:
    """One row a car: what was forecast of its next stop, what came, and what the baselines say."""
    truth, labels = situation.truth, _labels(situation)
    usual, climatology = stints.next_stop(situation), stints.no_further_stop(situation)
    return [
        labels
        | {
            "driver_id": row["driver_id"],
            "retired": bool(truth.retired[i]),
            "dnf_probability": row["dnf_probability"],
            "actual": int(truth.next_stop[i]),
            "green": bool(truth.next_green[i]),
            "compound": truth.next_compound[i],
            "stops": int(truth.stops[i]),
            "usual": int(usual[i]),
            "climatology": climatology,
        }
        | {f"next_{name}": row["next_stop"][name] for name in _NEXT}
        for i, row in enumerate(rows)
    ]


_NEXT = ("lap_median", "lap_best", "lap_p10", "lap_p90", "compound", "none_probability")


def score_stops(cars: pd.DataFrame) -> dict[str, float]:
    """Measures of the next stop over cars: laps are scored on the cars whose next stop was made under green, none left
    out; "no further stop" on those that finished."""
    made = cars[(cars["actual"] > 0) & cars["green"]]
    actual = made["actual"].to_numpy(dtype=float)
    best, median = made["next_lap_best"].to_numpy(dtype=float), made["next_lap_median"].to_numpy(dtype=float)
    low, high = made["next_lap_p10"].to_numpy(dtype=float), made["next_lap_p90"].to_numpy(dtype=float)
    usual = made["usual"].to_numpy(dtype=float)
    finished = cars[~cars["retired"]]
    none = (finished["actual"] == 0).to_numpy(dtype=float)
    known = made["compound"].notna()
    return {
        "stops": float(len(made)),
        "exact": _share(best == actual),
        "within_1": _share(np.abs(best - actual) <= 1),
        "within_2": _share(np.abs(best - actual) <= 2),
        "within_2_median": _share(np.abs(median - actual) <= 2),
        "within_2_usual": _share(np.abs(usual - actual) <= 2),
        "mae_median": _mean(np.abs(median - actual)),
        "mae_usual": _mean(np.abs(usual - actual)),
        "bias_median": _mean(median - actual),
        "coverage_80": _share((low <= actual) & (actual <= high)),
        "compound": _share((made["compound"] == made["next_compound"]).to_numpy()[known.to_numpy()]),
        "none_brier": _mean(np.square(finished["next_none_probability"].to_numpy(dtype=float) - none)),
        "none_climatology": _mean(np.square(finished["climatology"].to_numpy(dtype=float) - none)),
        "none_share": _mean(none),
        "none_expected": _mean(finished["next_none_probability"].to_numpy(dtype=float)),
        "dnf_brier": _mean(np.square(cars["dnf_probability"].to_numpy(dtype=float) - cars["retired"].to_numpy())),
        "dnf_share": _mean(cars["retired"].to_numpy(dtype=float)),
        "dnf_expected": _mean(cars["dnf_probability"].to_numpy(dtype=float)),
    }


def stop_gains(cars: pd.DataFrame) -> dict[str, dict[str, float]]:
    """What the forecast of the next stop gains on its baselines, paired over races: share within two laps, laps of
    error of the median, Brier score of no further stop."""
    made = cars[(cars["actual"] > 0) & cars["green"]]
    best, median, usual = (
        (made[name] - made["actual"]).abs().to_numpy(dtype=float)
        for name in ("next_lap_best", "next_lap_median", "usual")
    )
    finished = cars[~cars["retired"]]
    none = (finished["actual"] == 0).to_numpy(dtype=float)
    mine, theirs = (
        np.square(finished[name].to_numpy(dtype=float) - none) for name in ("next_none_probability", "climatology")
    )
    races = made["race_id"].to_numpy(dtype=object)
    return {
        "within_2": measures.paired_mean((best <= 2).astype(float) - (usual <= 2).astype(float), races),
        "mae": measures.paired_mean(usual - median, races),
        "none": measures.paired_mean(theirs - mine, finished["race_id"].to_numpy(dtype=object)),
    }


def _mean(x: Any) -> float:
    x = np.asarray(x, dtype=float)
    return float(x.mean()) if len(x) else float("nan")


def _share(mask: Any) -> float:
    return _mean(mask)
