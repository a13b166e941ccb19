"""One simulated race, lap by lap for the whole field: pace, tires, fuel, stops, safety cars, traffic, retirements.

A plain generator for tests and demonstrations, kept apart from ``shared.simulation`` so that what is fitted on its
races is not fitted on its own output. Every constant is round and invented, near what ``model.md``'s tables say.
"""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.int64]

COMPOUNDS = ("SOFT", "MEDIUM", "HARD", "INTERMEDIATE")
OFFSET = np.array([-0.35, 0.0, 0.25, 9.0])  # s a lap against a new medium
WEAR = np.array([0.075, 0.05, 0.035, 0.05])  # s a lap and lap of age
FUEL = 0.055  # s a lap gained by burning one lap's fuel
PIT_LOSS = 22.0  # s in the pit lane beyond the racing line
FOLLOWING = 0.5  # s, least gap to a car that cannot be passed
SAFETY_CAR_SLOWDOWN = 1.45
VSC_SLOWDOWN = 1.32
SESSION_OFFSET = 3600.0  # s from the session's start to lights out


class Field(NamedTuple):
    """The cars of a season: pace in s a lap against the mean, sd of a lap in s, retirements a lap."""

    pace: Floats
    noise: Floats
    retirement: Floats


class Laps(NamedTuple):
    """A simulated race: arrays over laps and cars ``[L, C]`` unless said otherwise. Times are seconds since lights out.
    A car that has retired, or was waved off after the winner, has NaN from then on."""

    elapsed: Floats
    lap_time: Floats
    compound: Ints
    age: Ints
    stint: Ints
    pit_in: npt.NDArray[np.bool_]
    pit_lane: Floats
    status: Ints  # [L]: 1 clear, 2 yellow, 4 safety car, 6 virtual safety car
    grid: Ints  # [C]
    retired: npt.NDArray[np.bool_]  # [C]
    wet: bool


def field(rng: np.random.Generator, cars: int) -> Field:
    """A season's cars, in pairs of a team."""
    team = np.sort(rng.normal(0.0, 0.6, (cars + 1) // 2)).repeat(2)[:cars]
    return Field(team + rng.normal(0, 0.12, cars), rng.uniform(0.25, 0.45, cars), rng.uniform(0.0005, 0.0025, cars))


def plan(rng: np.random.Generator, laps: int, wet: bool) -> list[tuple[int, int]]:
    """A car's stops as (in-lap, compound), the first entry being the start (lap 0); two dry compounds in the dry."""
    if wet:
        return [(0, 3)] + ([(int(laps * rng.uniform(0.35, 0.6)), 3)] if rng.random() < 0.7 else [])
    stops = int(rng.choice([1, 2, 3], p=[0.5, 0.42, 0.08]))
    start = int(rng.choice([0, 1, 2], p=[0.35, 0.5, 0.15]))
    sets = [start, *(int(rng.choice([1, 2])) for _ in range(stops))]
    if len(set(sets)) == 1:
        sets[-1] = 2 if start == 1 else 1
    edges = np.linspace(0, laps, stops + 2)[1:-1] + rng.normal(0, 0.04 * laps, stops)
    in_laps = np.clip(np.sort(edges).round().astype(int), 5, laps - 3)
    return [(0, sets[0]), *zip((int(lap) for lap in in_laps), sets[1:], strict=True)]


def _statuses(rng: np.random.Generator, laps: int) -> Ints:
    status = np.ones(laps, dtype=np.int64)
    lap = 1 if rng.random() < 0.2 else 2
    first = lap == 1
    while lap <= laps:
        draw = 0.0 if first else rng.random()
        first = False
        kind, length = (4, int(rng.integers(3, 6))) if draw < 0.010 else (6, int(rng.integers(1, 4)))
        if draw < 0.018:
            status[lap - 1 : lap - 1 + length] = kind
            lap += length + 2
        elif draw < 0.05:
            status[lap - 1] = 2
        lap += 1
    return status


def simulate(rng: np.random.Generator, cars: Field, laps: int, base: float) -> Laps:
    """One race of ``laps`` laps on a circuit whose clean lap takes ``base`` s."""
    count = len(cars.pace)
    wet = bool(rng.random() < 0.1)
    quali = cars.pace + rng.normal(0, 0.25, count)
    grid = np.argsort(np.argsort(quali)) + 1
    plans = [plan(rng, laps, wet) for _ in range(count)]
    status = _statuses(rng, laps)
    form = cars.pace + rng.normal(0, 0.2, count)
    fade = np.zeros(count)
    compound = np.array([p[0][1] for p in plans])
    age = rng.choice([0, 0, 0, 3], count)
    stint = np.ones(count, dtype=np.int64)
    clock = 0.15 * (grid - 1)
    running = rng.random(count) > 0.012
    just_pitted, lane = np.zeros(count, dtype=bool), np.zeros(count)
    shape = (laps, count)
    out = Laps(
        np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape, np.int64), np.zeros(shape, np.int64),
        np.zeros(shape, np.int64), np.zeros(shape, bool), np.full(shape, np.nan), status, grid, ~running, wet,
    )  # fmt: skip
    for lap in range(1, laps + 1):
        neutral = int(status[lap - 1])
        age = age + 1
        fade = 0.7 * fade + rng.normal(0, 0.2, count)
        pace = base + form + fade + OFFSET[compound] + WEAR[compound] * age - FUEL * lap
        pace += cars.noise * rng.normal(0, 1, count) + 5.0 * (lap == 1)
        pace = np.where(neutral == 4, base * SAFETY_CAR_SLOWDOWN, np.where(neutral == 6, base * VSC_SLOWDOWN, pace))
        before, clock = clock, clock + pace + np.where(just_pitted, 0.85 * lane, 0.0)
        due = np.array([any(stop == lap for stop, _ in p) for p in plans]) & (lap < laps)
        eager = (neutral == 4) & (age > 8) & (rng.random(count) < 0.5) & (laps - lap > 6)
        pit = running & (due | eager)
        clock = clock + np.where(pit, 0.15 * PIT_LOSS, 0.0)
        free = pit | just_pitted
        clock = _hold(rng, clock, before, running, free, neutral)
        for car in np.flatnonzero(running):
            out.elapsed[lap - 1, car] = clock[car]
            out.lap_time[lap - 1, car] = clock[car] - before[car]
            out.compound[lap - 1, car], out.age[lap - 1, car], out.stint[lap - 1, car] = (
                compound[car],
                age[car],
                stint[car],
            )
        out.pit_in[lap - 1] = pit
        lane = np.where(pit, PIT_LOSS * (0.6 if neutral in (4, 6) else 1.0) + rng.gamma(2.0, 0.6, count), 0.0)
        out.pit_lane[lap - 1] = np.where(pit, lane, np.nan)
        for car in np.flatnonzero(pit):
            later = [entry for entry in plans[car] if entry[0] >= lap]
            compound[car] = later[0][1] if later else (3 if wet else int(rng.choice([1, 2])))
            plans[car] = [entry for entry in plans[car] if entry[0] != (later[0][0] if later else lap)]
            age[car], stint[car] = (0 if rng.random() < 0.8 else 2), stint[car] + 1
        just_pitted = pit
        retiring = running & (rng.random(count) < cars.retirement)
        out.retired[retiring] = True
        running = running & ~retiring
    return _flag(out)


def _hold(
    rng: np.random.Generator,
    clock: Floats,
    before: Floats,
    running: npt.NDArray[np.bool_],
    free: npt.NDArray[np.bool_],
    neutral: int,
) -> Floats:
    """Cars behind that do not pass stay behind; the safety car draws the field together."""
    order = [car for car in np.argsort(before) if running[car]]
    clock = clock.copy()
    if neutral == 4 and order:
        lead = clock[order].min()
        for rank, car in enumerate(order):
            if not free[car]:
                clock[car] = max(before[car] + 1.0, lead + max(0.9 * rank, 0.35 * (clock[car] - lead)))
        return clock
    for ahead, behind in itertools.pairwise(order):
        if free[ahead] or free[behind] or clock[behind] > clock[ahead] + FOLLOWING:
            continue
        edge = clock[ahead] + FOLLOWING - clock[behind]
        if neutral == 6 or rng.random() > np.clip(0.05 + 0.35 * edge, 0, 0.9):
            clock[behind] = clock[ahead] + FOLLOWING
    return clock


def _flag(out: Laps) -> Laps:
    """Drop what was driven after the winner's flag: a lap counts if it began before it."""
    finish = np.nanmin(out.elapsed[-1]) if np.isfinite(out.elapsed[-1]).any() else np.inf
    started = np.vstack([np.zeros(out.elapsed.shape[1]), out.elapsed[:-1]])
    late = started >= finish
    for array in (out.elapsed, out.lap_time, out.pit_lane):
        array[late] = np.nan
    out.pit_in[late] = False
    return out
