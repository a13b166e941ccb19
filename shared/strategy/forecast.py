"""Where every car ends up and when it stops next, counted over the scenarios of one plan."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from shared.race.state import RaceState
from shared.race.vocabulary import DRY_COMPOUNDS, Compound
from shared.simulation.types import Outcome
from shared.strategy.search.objective import PODIUM, POINTS_PLACES

DIGITS = 6
BEST_WINDOW = 5


def forecast(outcome: Outcome, row: int, state: RaceState) -> list[dict[str, Any]]:
    """A row of the answer's ``forecast`` for every car, in the order of ``state.cars``, under plan ``row``."""
    probabilities = position_probabilities(outcome.place[row])
    places = np.arange(1, len(probabilities) + 1)
    dnf = outcome.retired[row].mean(axis=1)
    rows = []
    for i, car in enumerate(state.cars):
        p = probabilities[i]
        rows.append(
            {
                "driver_id": car.driver_id,
                "expected_position": round(float(p @ places), DIGITS),
                "position_probabilities": [round(float(x), DIGITS) for x in p],
                "win_probability": round(float(p[0]), DIGITS),
                "podium_probability": round(float(p[:PODIUM].sum()), DIGITS),
                "points_probability": round(float(p[:POINTS_PLACES].sum()), DIGITS),
                "dnf_probability": round(float(dnf[i]), DIGITS),
                "next_stop": next_stop(
                    outcome.next_stop_lap[row, i], outcome.next_stop_compound[row, i], car.compound, state
                ),
            }
        )
    return rows


def position_probabilities(place: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """f64[C, C]: probability of car c ending in place p + 1, from places u8[C, S] that are a permutation in every
    scenario; rows and columns sum to 1."""
    cars, scenarios = place.shape
    counts = np.empty((cars, cars))
    for c in range(cars):
        counts[c] = np.bincount(place[c], minlength=cars + 1)[1 : cars + 1]
    return counts / scenarios


def next_stop(
    lap: npt.NDArray[np.uint8], compound: npt.NDArray[np.uint8], fitted: Compound, state: RaceState
) -> dict[str, Any]:
    """The next stop of one car from its scenarios u8[S] (lap 0: none). Laps are given that there is a stop; where no
    scenario has one but one is possible, they are those of a stop that is equally likely on every lap left."""
    counts = np.bincount(lap, minlength=state.total_laps + 1).astype(np.float64)
    none, counts[0] = counts[0] / len(lap), 0.0
    if counts.any():
        fits = np.bincount(compound[lap > 0], minlength=len(Compound))[: len(Compound)]
        chosen = Compound(int(fits.argmax()))
    else:
        counts[state.lap + 1 : state.total_laps] = 1.0
        chosen = next((c for c in reversed(DRY_COMPOUNDS) if c != fitted), fitted)
        if not counts.any():
            return dict.fromkeys(("lap_median", "lap_best", "lap_p10", "lap_p90", "compound")) | {
                "none_probability": 1.0
            }
    reached = np.cumsum(counts) / counts.sum()
    low, median, high = (int(np.searchsorted(reached, q - 1e-9)) for q in (0.1, 0.5, 0.9))
    return {
        "lap_median": median,
        "lap_best": int(np.clip(best_lap(counts), low, high)),
        "lap_p10": low,
        "lap_p90": high,
        "compound": chosen.name,
        "none_probability": round(float(none), DIGITS),
    }


def best_lap(counts: npt.NDArray[np.float64]) -> int:
    """Centre of the BEST_WINDOW laps that hold most of the stops, from their number by lap; of several equally
    good, the middle one. A window that hangs over the first or last stop seen is moved inside."""
    held = np.convolve(counts, np.ones(BEST_WINDOW), mode="same")
    best = np.flatnonzero(held == held.max())
    centre = best[np.abs(best - np.median(best)).argmin()]
    seen = np.flatnonzero(counts)
    return int(np.clip(centre, seen[0], seen[-1]))


def rejoin(outcome: Outcome, row: int, state: RaceState) -> dict[str, Any] | None:
    """Where the car asked about comes back on track after its first stop: medians and 10th and 90th percentiles over
    the scenarios in which it stops, and the cars most often found beside it. None where it never stops. A
    gap is null when in most scenarios there is nobody."""
    place = outcome.rejoin_place[row]
    seen = place > 0
    if not seen.any():
        return None
    low, median, high = (int(x) for x in np.quantile(place[seen], [0.1, 0.5, 0.9], method="inverted_cdf"))
    answer: dict[str, Any] = {"position": median, "position_p10": low, "position_p90": high}
    for side, gaps in (("ahead", outcome.rejoin_ahead), ("behind", outcome.rejoin_behind)):
        quantiles = np.quantile(gaps[row, seen], [0.5, 0.1, 0.9], method="inverted_cdf")
        for name, value in zip(("", "_p10", "_p90"), quantiles, strict=True):
            answer[f"gap_{side}{name}"] = round(float(value), 3) if np.isfinite(value) else None
    answer["neighbors"] = _neighbors(outcome, row, seen, state)
    answer["traffic"] = list(dict.fromkeys(neighbor["driver_id"] for neighbor in answer["neighbors"]))
    return answer


def _neighbors(outcome: Outcome, row: int, seen: npt.NDArray[np.bool_], state: RaceState) -> list[dict[str, Any]]:
    """The cars found directly ahead or behind in at least a tenth of the scenarios, at most two a side, those ahead
    first, with their gaps in the scenarios in which they are there."""
    found = []
    for side, cars, gaps in (
        ("ahead", outcome.rejoin_ahead_car, outcome.rejoin_ahead),
        ("behind", outcome.rejoin_behind_car, outcome.rejoin_behind),
    ):
        who, gap = cars[row, seen], gaps[row, seen]
        counts = np.bincount(who, minlength=len(state.cars))[: len(state.cars)]
        for i in np.argsort(-counts, kind="stable")[:2]:
            if counts[i] >= 0.1 * seen.sum():
                low, median, high = np.quantile(gap[who == i], [0.1, 0.5, 0.9], method="inverted_cdf")
                found.append(
                    {
                        "driver_id": state.cars[i].driver_id,
                        "side": side,
                        "probability": round(float(counts[i] / seen.sum()), DIGITS),
                        "gap": round(float(median), 3),
                        "gap_p10": round(float(low), 3),
                        "gap_p90": round(float(high), 3),
                    }
                )
    return found
