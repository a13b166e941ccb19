"""Pit stops of the past: what they cost, when teams stop, and what they fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.models.grid import BoolArray, FloatArray, IntArray, gap_ahead
from shared.models.recorded import RecordedRace, race_status
from shared.race import rules
from shared.race.vocabulary import Compound, TrackStatus
from shared.simulation.lap import policy

_USUAL_SHARE = (0.28, 0.38, 0.48, 0.35, 0.30)  # of the distance, by compound: only until there are stops to count
_SHRINK_STOPS = 15.0
_SHRINK_LOSS = 4.0
_HALF_LIFE = 1.5  # seasons: rules, cars and tires change, and strategies with them
_WET_MASK = (1 << Compound.INTERMEDIATE) | (1 << Compound.WET)


def fit_pits(races: Sequence[RecordedRace]) -> dict[str, Any]:
    """Everything the simulation needs to know of stops: {"loss", "life", "hazard", "neutral", "choice", "n"}."""
    life = fit_life(races)
    weights = recency(races)
    rows = [(*r, w) for race, w in zip(races, weights, strict=True) for r in _decisions(race, life)]
    green = [r for r in rows if r[0] == "green"]
    neutral = [[r for r in rows if r[0] == kind] for kind in ("vsc", "sc")]
    hazard = _logistic(green, len(policy.HAZARD_FEATURES))
    return {
        "loss": fit_loss(races),
        "life": life,
        "hazard": hazard,
        "neutral": [_logistic(part, len(policy.NEUTRAL_FEATURES)) for part in neutral],
        "choice": fit_choice(races, life),
        "n": {"green": sum(len(r[2]) for r in green), "stops": int(sum(r[2].sum() for r in green))},
    }


def recency(races: Sequence[RecordedRace]) -> list[float]:
    """Weight of each race by its season: halved every ``_HALF_LIFE``."""
    newest = max((race.season for race in races), default=0)
    return [0.5 ** ((newest - race.season) / _HALF_LIFE) for race in races]


def fit_loss(races: Sequence[RecordedRace]) -> dict[str, Any]:
    """Seconds lost by a stop: in-lap and out-lap less two usual laps of the car, by circuit (median, shrunk), with
    the spread and the heavy tail, and what a VSC and a safety car leave of it."""
    green: dict[str, list[tuple[float, float]]] = {}
    for race, weight in zip(races, recency(races), strict=True):
        grid, status = race.grid, race_status(race)
        for i, j in np.argwhere(grid.pit_in):
            last_lap = j + 1 >= len(status) or not grid.ran[i, j + 1]
            if last_lap or status[max(j - 1, 0) : j + 2].max() > TrackStatus.YELLOW:
                continue
            plain = grid.ran[i] & ~grid.pit_in[i] & ~grid.pit_out[i] & (status <= TrackStatus.YELLOW)
            near = [k for k in (*range(j - 4, j), *range(j + 2, j + 6)) if 0 < k < len(status) and plain[k]]
            if len(near) < 3 or grid.compound[i, j] > Compound.HARD:
                continue
            lost = grid.lap_time[i, j] + grid.lap_time[i, j + 1] - 2 * float(np.median(grid.lap_time[i, near]))
            if 8.0 < lost < 90.0:
                green.setdefault(race.circuit_id, []).append((float(lost), weight))
    every = [x for xs in green.values() for x in xs]
    if not every:
        return {
            "all": 22.9,
            "circuits": {},
            "sd": 1.5,
            "slow_prob": 0.12,
            "slow_mean": 6.0,
            "vsc": 0.77,
            "sc": 0.4,
            "n": 0,
        }
    middle = _weighted_median(every)
    usual = {c: _weighted_median(xs) for c, xs in sorted(green.items())}
    circuits = {
        c: round(_mean_towards(middle, _SHRINK_LOSS, [(usual[c], sum(w for _, w in green[c]))]), 2) for c in usual
    }
    over = np.array([x - usual[c] for c, xs in green.items() if len(xs) >= 5 for x, _ in xs])
    tail = over > 4.0
    core = over[~tail] if len(over) else np.array([0.0])
    return {
        "all": round(middle, 2),
        "circuits": circuits,
        "sd": round(max(1.4826 * float(np.median(np.abs(core))), 0.5), 3),
        "slow_prob": round(float(tail.mean()), 4) if len(over) else 0.12,
        "slow_mean": round(float(np.clip(over[tail].mean(), 2.0, 15.0)), 2) if tail.any() else 6.0,
        "vsc": 0.77,
        "sc": 0.40,
        "n": len(every),
    }


def _weighted_median(values: Sequence[tuple[float, float]]) -> float:
    """The value at which half the weight of (value, weight) pairs is reached."""
    x, w = np.array(sorted(values)).T
    return float(x[np.searchsorted(np.cumsum(w), 0.5 * w.sum())])


def fit_life(races: Sequence[RecordedRace]) -> dict[str, Any]:
    """Usual stint by compound as a share of the distance, of stops under green: {"all": [5], "circuits": {id: [5]}}."""
    ages: dict[tuple[str, int], list[tuple[float, float]]] = {}
    for race, weight in zip(races, recency(races), strict=True):
        status = race_status(race)
        for i, j in np.argwhere(race.grid.pit_in):
            code, age = int(race.grid.compound[i, j]), race.grid.age[i, j]
            if status[j] <= TrackStatus.YELLOW and race.last[i] > j + 1 and code >= 0 and age >= 4:
                ages.setdefault((race.circuit_id, code), []).append((float(age) / race.total_laps, weight))
    everywhere = []
    for code in range(5):
        xs = [x for (_, k), values in ages.items() if k == code for x in values]
        everywhere.append(_mean_towards(_USUAL_SHARE[code], 10.0, xs))
    circuits = {}
    for circuit in sorted({c for c, _ in ages}):
        shares = [_mean_towards(everywhere[k], _SHRINK_STOPS, ages.get((circuit, k), [])) for k in range(5)]
        circuits[circuit] = [round(float(s), 4) for s in shares]
    return {"all": [round(float(s), 4) for s in everywhere], "circuits": circuits}


def _mean_towards(prior: float, weight: float, values: Sequence[tuple[float, float]]) -> float:
    """Mean of (value, weight) pairs, pulled towards a prior as by that weight of them."""
    return (sum(x * w for x, w in values) + prior * weight) / (sum(w for _, w in values) + weight)


def life_laps(life: dict[str, Any], circuit_id: str, total_laps: int) -> FloatArray:
    """f64[5]: usual stint in laps at a circuit."""
    return np.array(life["circuits"].get(circuit_id, life["all"])) * total_laps


def used_so_far(race: RecordedRace) -> Any:
    """i64[C, W]: bit mask of compounds used up to and with each lap."""
    bits = np.where(race.grid.compound >= 0, 1 << np.clip(race.grid.compound, 0, 4), 0)
    return np.bitwise_or.accumulate(bits, axis=1)


def owed_stops(race: RecordedRace) -> Any:
    """bool[C, W]: cars that still owed a stop at the end of each lap."""
    least = rules.min_stops(race.season, race.circuit_id)
    return owes_stop(race.season, used_so_far(race), race.stops, least)


def owes_stop(season: int, used: IntArray, stops: IntArray, min_stops: int) -> BoolArray:
    """Whether a stop is still required: one dry compound so far in a dry race, or fewer stops than the event's
    minimum. ``used``: bit masks of the compounds used; the simulation's form is ``simulation.lap.pit.owes_stop``."""
    dry = (used & 1) + ((used >> 1) & 1) + ((used >> 2) & 1)
    one_compound = rules.needs_two_dry_compounds(season) & (dry < 2) & ((used & _WET_MASK) == 0)
    owed: BoolArray = one_compound | (stops < min_stops)
    return owed


def _decisions(race: RecordedRace, life: dict[str, Any]) -> list[tuple[str, FloatArray, FloatArray]]:
    """Every lap of every car on slicks as (kind of lap, features [N, K], stopped [N])."""
    grid, status = race.grid, race_status(race)
    laps = life_laps(life, race.circuit_id, race.total_laps)
    owed = owed_stops(race)
    ahead = gap_ahead(grid.line)
    behind = np.full_like(ahead, 99.0)
    for j in range(ahead.shape[1]):
        order = np.argsort(grid.line[:, j], kind="stable")
        behind[order[:-1], j] = ahead[order[1:], j]
    out = []
    for j in range(1, len(status) - 1):
        lap = j + 1
        left = race.total_laps - lap
        red = status[j] == TrackStatus.RED
        on = grid.ran[:, j] & (grid.compound[:, j] >= 0) & (grid.compound[:, j] <= Compound.HARD) & (race.last > lap)
        if red or left < 1 or on.sum() < 5 or (grid.compound[:, j] >= Compound.INTERMEDIATE).mean() > 0.2:
            continue
        age, span = np.nan_to_num(grid.age[on, j], nan=10.0), laps[np.clip(grid.compound[on, j], 0, 4)]
        due = owed[on, j].astype(float)
        stopped = grid.pit_in[on, j].astype(float)
        before = race.stops[:, j - 1]
        if status[j] >= TrackStatus.VSC:
            kind = "sc" if status[j] == TrackStatus.SC else "vsc"
            settled = np.full_like(age, float(status[j - 1] >= TrackStatus.VSC))
            x = policy.neutral_features(np, age, span, float(left), due, settled)
        else:
            kind = "green"
            share = grid.pit_in[:, j - 1].sum() / max(grid.ran[:, j - 1].sum(), 1)
            excess = (before - before[grid.ran[:, j]].mean())[on]
            x = policy.hazard_features(
                np, age, span, float(left), due, np.exp(-policy.NEARNESS * np.nan_to_num(behind[on, j - 1], nan=99.0)),
                np.exp(-policy.NEARNESS * np.nan_to_num(ahead[on, j - 1], nan=99.0)), np.full_like(age, share), excess,
            )  # fmt: skip
        out.append((kind, np.column_stack([np.broadcast_to(v, age.shape) for v in x]), stopped))
    return out


def _logistic(rows: Sequence[tuple[str, FloatArray, FloatArray, float]], k: int) -> list[float]:
    """Weights of a logistic regression over (kind, features, stopped, weight), lightly shrunk; an even chance of
    nothing where there are no rows."""
    from scipy.optimize import minimize  # here: a third of a second that recommend's start has no use for
    from scipy.special import expit

    if not rows:
        return [-3.0, *([0.0] * (k - 1))]
    x, y = np.concatenate([r[1] for r in rows]), np.concatenate([r[2] for r in rows])
    weight = np.concatenate([np.full(len(r[2]), r[3]) for r in rows])
    scale = np.maximum(x.std(axis=0), 1e-6)
    scale[0] = 1.0

    def loss(b: FloatArray) -> tuple[float, FloatArray]:
        z = (x / scale) @ b
        value = float(np.sum(weight * (np.logaddexp(0.0, z) - y * z))) + 0.5 * float(np.sum(b[1:] ** 2))
        gradient = (x / scale).T @ (weight * (expit(z) - y))
        gradient[1:] += b[1:]
        return value, gradient

    fit = minimize(loss, np.zeros(k), jac=True, method="L-BFGS-B", options={"maxiter": 500})
    return [round(float(v), 5) for v in fit.x / scale]


def shares_in_use(compound: npt.NDArray[np.integer[Any]], stops: npt.NDArray[np.integer[Any]]) -> FloatArray:
    """f64[2, 3]: share of the cars on each dry compound, and of those that have stopped (0 while none has)."""
    stopped = stops > 0
    of_all = [np.mean(compound == k) if len(compound) else 0.0 for k in range(3)]
    of_stopped = [np.mean(compound[stopped] == k) if stopped.any() else 0.0 for k in range(3)]
    return np.array([of_all, of_stopped], float)


def fit_choice(races: Sequence[RecordedRace], life: dict[str, Any]) -> list[list[float]]:
    """Conditional logit of the dry compound fitted at a stop: weights [3][K] of ``policy.choice_features``."""
    from scipy.optimize import minimize

    x, chosen, barred = [], [], []
    for race in races:
        laps, used = life_laps(life, race.circuit_id, race.total_laps), used_so_far(race)
        for i, j in np.argwhere(race.grid.pit_in[:, :-1]):
            now, new = int(race.grid.compound[i, j]), int(race.grid.compound[i, j + 1])
            if not race.grid.ran[i, j + 1] or not (0 <= now <= 2 and 0 <= new <= 2) or race.grid.age[i, j + 1] > 6:
                continue
            left = float(race.total_laps - (j + 1))
            on = race.grid.ran[:, j]
            use = shares_in_use(race.grid.compound[on, j], race.stops[on, j - 1] if j else np.zeros(on.sum(), int))
            x.append([policy.choice_features(np, laps[k], left, np.float64(now == k), *use[:, k]) for k in range(3)])
            chosen.append(new)
            mask = int(used[i, j]) & 7
            barred.append([mask == (1 << k) and (int(used[i, j]) & _WET_MASK) == 0 for k in range(3)])
    n = len(policy.CHOICE_FEATURES)
    if not chosen:
        return [[0.0] * n for _ in range(3)]
    features, choice = np.array(x, float), np.array(chosen)
    offset = np.where(np.array(barred), -5.0, 0.0)

    def loss(b: FloatArray) -> float:
        score = np.einsum("nkf,kf->nk", features, b.reshape(3, n)) + offset
        top = score.max(axis=1, keepdims=True)
        log_sum = top[:, 0] + np.log(np.exp(score - top).sum(axis=1))
        return float(np.sum(log_sum - score[np.arange(len(choice)), choice])) + 0.5 * float(np.sum(b**2))

    fit = minimize(loss, np.zeros(3 * n), method="L-BFGS-B", options={"maxiter": 300})
    return [[round(float(v), 4) for v in row] for row in fit.x.reshape(3, n)]
