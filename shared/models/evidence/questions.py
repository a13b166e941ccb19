"""What both sides are asked of a race that neither has seen, and what each answer scores: one row a race and measure.

The questions are those of the scorecard at three distances, answered by the simulation alone, and each model's own
error. Only races decide how sure a difference is, since all answers on one go together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from shared.models.drift.residuals import race_errors
from shared.models.grid import FloatArray
from shared.models.recorded import RecordedRace
from shared.scoring import measures
from shared.scoring.scores import in_order
from shared.scoring.situations import Situation

FRACTIONS = (0.25, 0.5, 0.75)
STOP_FRACTIONS = (0.25, 0.5)
WITHIN = 2
LOWER, HIGHER = 1.0, -1.0

GUARDED: dict[str, float] = {
    **{f"rps at {fraction:.0%}": LOWER for fraction in FRACTIONS},
    "winner, log score": LOWER,
    "winner among three named": HIGHER,
    "next stop within 2 laps": HIGHER,
    "calibration error": LOWER,
    "pace, error": LOWER,
    "tire_degradation, error": LOWER,
    "next_stop, error": LOWER,
}
"""Every guarded metric, and which way is better."""
_NAMED = 3


class Scored(NamedTuple):
    """Scores of one side on R races. sums, counts f64[R] by metric: what is added up over a race, and over how much;
    bins f64[R, 3, B]: forecasts, their sum and what came, by race and bin of probability."""

    races: tuple[str, ...]
    sums: dict[str, FloatArray]
    counts: dict[str, FloatArray]
    bins: FloatArray


def score(
    answer: Callable[[Situation], Sequence[Mapping[str, Any]]],
    tables: Mapping[str, Any],
    asked: Sequence[Situation],
    races: Sequence[RecordedRace],
    n_scenarios: int,
) -> Scored:
    """Scores of ``answer`` on the situations ``asked`` and of the models in ``tables`` on the same ``races``."""
    names = tuple(sorted({situation.race_id for situation in asked}))
    row = {race_id: number for number, race_id in enumerate(names)}
    sums = {metric: np.zeros(len(names)) for metric in GUARDED}
    counts = {metric: np.zeros(len(names)) for metric in GUARDED}
    bins = np.zeros((len(names), 3, measures.BINS))

    def note(metric: str, race_id: str, value: float, n: float = 1.0) -> None:
        if np.isfinite(value):
            sums[metric][row[race_id]] += value
            counts[metric][row[race_id]] += n

    for situation in asked:
        rows = in_order(situation, [dict(each) for each in answer(situation)])
        p = np.array([each["position_probabilities"] for each in rows], float)
        place, race_id = situation.truth.place, situation.race_id
        note(f"rps at {situation.fraction:.0%}", race_id, measures.rps(p, place))
        won = float(p[np.flatnonzero(place == 1)[0], 0])
        note("winner, log score", race_id, -float(np.log(max(won, 0.5 / n_scenarios))))
        named = np.argsort(-p[:, 0], kind="stable")[:_NAMED]
        note("winner among three named", race_id, float((place[named] == 1).any()))
        if situation.fraction in STOP_FRACTIONS:
            made = np.flatnonzero((situation.truth.next_stop > 0) & situation.truth.next_green)
            laps = [(rows[i]["next_stop"]["lap_best"], situation.truth.next_stop[i]) for i in made]
            right = sum(best is not None and abs(best - lap) <= WITHIN for best, lap in laps)
            note("next stop within 2 laps", race_id, float(right), float(len(laps)))
        chances, came = measures.event_probabilities(p).ravel(), measures.events(place).ravel().astype(float)
        index = np.minimum((chances * measures.BINS).astype(int), measures.BINS - 1)
        for k, weight in enumerate((np.ones(len(came)), chances, came)):
            bins[row[race_id], k] += np.bincount(index, weight, measures.BINS)
    for model, errors in race_errors(tables, [race for race in races if race.race_id in row]).items():
        for race_id, error in errors.items():
            note(f"{model}, error", race_id, error)
    return Scored(names, sums, counts, bins)


def value(scored: Scored, metric: str, weights: FloatArray) -> FloatArray:
    """f64[...]: a metric over races drawn so often as ``weights`` f64[..., R] say; NaN where nothing was counted."""
    if metric == "calibration error":
        n, said, came = (weights @ scored.bins[:, k] for k in range(3))
        return np.abs(said - came).sum(axis=-1) / np.maximum(n.sum(axis=-1), 1.0)
    total, count = weights @ scored.sums[metric], weights @ scored.counts[metric]
    return np.where(count > 0, total / np.maximum(count, 1e-9), np.nan)


def joined(parts: Sequence[Scored]) -> Scored:
    """Scores of several folds as one."""
    return Scored(
        tuple(race for part in parts for race in part.races),
        {metric: np.concatenate([part.sums[metric] for part in parts]) for metric in GUARDED},
        {metric: np.concatenate([part.counts[metric] for part in parts]) for metric in GUARDED},
        np.concatenate([part.bins for part in parts]),
    )
