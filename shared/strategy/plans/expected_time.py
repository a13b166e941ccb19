"""Expected time of every legal plan, without chance and without traffic: the pass that narrows the search.

For each sequence of compounds a backward dynamic program over the laps of the stops finds, for every lap of the
first stop, the best continuation. Only differences between plans mean anything: fuel, pace and traffic, which
all plans share or which only the simulation can tell, are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.race.state import Stop
from shared.race.vocabulary import Compound, TrackStatus
from shared.simulation.params import CLIFF_AT, RaceParams
from shared.strategy.plans.legality import Rules, sequences, set_ages, stint_limit
from shared.strategy.plans.plan import Plan

Times = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Outline:
    """One sequence of compounds with its best continuation for every lap of the first stop.

    times f64[R + 1]: expected seconds from now to the flag, against fresh mediums on a dry track without stops, by the
    number of laps run before the first stop; inf where illegal. For the empty sequence ``times`` has that one number.
    following: for each later stop i64[R + 1], laps run at that stop by laps run at the one before.
    """

    lap: int
    sequence: tuple[Compound, ...]
    times: Times
    following: tuple[npt.NDArray[np.intp], ...]

    @property
    def best_time(self) -> float:
        """The least expected time, seconds."""
        return float(self.times.min())

    @property
    def best_lap(self) -> int:
        """Lap of the first stop of the fastest plan; 0 for the empty sequence."""
        return self.lap + int(self.times.argmin()) if self.sequence else 0

    def time_at(self, first_lap: int) -> float:
        """Expected time with the first stop on this lap; inf where that is not legal."""
        index = first_lap - self.lap if self.sequence else 0
        return float(self.times[index]) if 0 <= index < len(self.times) else float("inf")

    def fastest_since(self, lap: int) -> tuple[float, int]:
        """(expected time, lap of the first stop) of the fastest plan that does not stop before ``lap``; the empty
        sequence never does. (inf, 0) where there is none."""
        if not self.sequence:
            return self.best_time, 0
        start = max(0, lap - self.lap)
        if start >= len(self.times):
            return float("inf"), 0
        best = start + int(self.times[start:].argmin())
        return float(self.times[best]), self.lap + best

    def plan_at(self, first_lap: int) -> Plan:
        """The best plan of this sequence with its first stop on this lap."""
        if not self.sequence:
            return ()
        laps = [first_lap - self.lap]
        for follow in self.following:
            laps.append(int(follow[laps[-1]]))
        return tuple(Stop(self.lap + n, c) for n, c in zip(laps, self.sequence, strict=True))

    def legal_laps(self) -> list[int]:
        """Laps on which the first stop is legal."""
        return [self.lap + int(n) for n in np.flatnonzero(np.isfinite(self.times))] if self.sequence else []


def outlines(params: RaceParams, ego: int, rules: Rules) -> list[Outline]:
    """Every legal sequence with at least one legal plan, fastest first."""
    weather, losses = _expected_mismatch(params, rules), stop_losses(params, rules)
    current = _stint_table(params, ego, rules, weather, rules.compound, rules.tire_age, current=True)[0]
    tables: dict[tuple[Compound, int], Times] = {}
    found = []
    for sequence in sequences(rules):
        sets = list(zip(sequence, set_ages(rules, sequence) or (), strict=True))
        for compound, age in sets:
            if (compound, age) not in tables:
                tables[compound, age] = _stint_table(params, ego, rules, weather, compound, age, current=False)
        found.append(_outline(rules.lap, sequence, current, losses, [tables[fitted] for fitted in sets]))
    legal = [outline for outline in found if np.isfinite(outline.best_time)]
    return sorted(legal, key=lambda outline: (outline.best_time, outline.sequence))


def expected_time(params: RaceParams, ego: int, rules: Rules, plan: Plan) -> float:
    """Expected seconds of one plan, on the scale of ``Outline.times``; legality is not asked."""
    weather, losses = _expected_mismatch(params, rules), stop_losses(params, rules)
    compounds = [rules.compound, *(stop.compound for stop in plan)]
    ages = [rules.tire_age, *(set_ages(rules, tuple(compounds[1:])) or (0,) * len(plan))]
    laps = [0, *(stop.lap - rules.lap for stop in plan), rules.total_laps - rules.lap]
    total = 0.0
    for i, compound in enumerate(compounds):
        table = _stint_table(params, ego, rules, weather, compound, ages[i], current=i == 0)
        total += float(table[laps[i], laps[i + 1]])
        total += float(losses[laps[i]]) if i else 0.0
    return total


def stop_losses(params: RaceParams, rules: Rules) -> Times:
    """f64[R + 1]: expected loss of a stop by the laps run before it: cheap while the status now is expected to last,
    and free on the next lap under a red flag."""
    green, vsc, sc = (float(x) for x in params.pit_loss)
    losses = np.full(rules.total_laps - rules.lap + 1, green)
    status = int(params.status)
    if int(params.forced_status) == TrackStatus.RED and int(params.forced_status_lap) == rules.lap + 1:
        losses[1:2] = 0.0
    if status in (TrackStatus.VSC, TrackStatus.SC):
        cheap = vsc if status == TrackStatus.VSC else sc
        # the remainder of a neutralization is uniform on 0 .. 2 status_laps, as the simulation draws it
        n = np.arange(len(losses))
        lasts = np.clip(1.0 - (n - 1) / max(2.0 * float(params.status_laps), 1e-6), 0.0, 1.0)
        losses = green + (cheap - green) * lasts
    return losses


def tire_time(params: RaceParams, ego: int, compound: Compound, age: Times, *, current: bool) -> Times:
    """Seconds a lap lost to the tire against a fresh medium, at these ages in laps. The set that is fitted now has
    a curve of its own, learnt from the laps it has run."""
    past_life = np.maximum(age - CLIFF_AT * float(params.policy.life[compound]), 0.0)
    beyond = float(params.tire_cliff) * past_life * past_life
    if current:
        return np.asarray(float(params.stint_offset[ego]) + float(params.stint_wear[ego]) * age + beyond)
    return np.asarray(float(params.tire_offset[compound]) + float(params.tire_wear[compound]) * age + beyond)


def _expected_mismatch(params: RaceParams, rules: Rules) -> Times:
    """f64[R + 1, 5]: running sum over the laps ahead of the expected loss of each compound to the weather."""
    laps = rules.total_laps - rules.lap
    now = np.zeros(3)
    now[int(params.wetness)] = 1.0
    dries = float(params.dry_rate)
    loss = np.zeros((laps + 1, 5))
    mismatch = np.asarray(params.mismatch, np.float64)
    for n in range(1, laps + 1):
        rain = float(params.rain_by_lap[min(rules.lap + n, len(params.rain_by_lap) - 1)])
        worsens = 0.25 * rain
        step = np.array([[1.0 - rain, rain, 0.0], [dries, 1.0 - dries - worsens, worsens], [0.0, dries, 1.0 - dries]])
        now = now @ step
        loss[n] = now @ mismatch
    return np.cumsum(loss, axis=0)


def _stint_table(
    params: RaceParams, ego: int, rules: Rules, weather: Times, compound: Compound, age: int, *, current: bool
) -> Times:
    """f64[R + 1, R + 1]: expected seconds of a stint from n to m laps from now; inf where not m > n, or past the
    stint limit."""
    r = rules.total_laps - rules.lap
    ages = age + np.arange(r, dtype=np.float64)
    run = np.concatenate([[0.0], np.cumsum(tire_time(params, ego, compound, ages, current=current))])
    run[1:] += 0.0 if current else float(params.warmup)
    n, m = np.arange(r + 1)[:, None], np.arange(r + 1)[None, :]
    length = m - n
    table = run[np.clip(length, 0, r)] + (weather[:, compound][None, :] - weather[:, compound][:, None])
    limit = stint_limit(rules, age, current=current)
    # at the flag itself nothing is left to run, and the empty stint is the whole plan
    allowed = (length > 0) | (r == 0)
    if limit is not None:
        allowed &= length <= limit
    if current and rules.in_pit:
        return np.where((n == 0) & (m == 0), 0.0, np.inf)
    return np.where(allowed, table, np.inf)


def _outline(
    lap: int, sequence: tuple[Compound, ...], current: Times, losses: Times, tables: Sequence[Times]
) -> Outline:
    """The outline of a sequence from the times of its stints: ``current`` f64[R + 1] for the set now fitted, by the
    laps it still runs, ``tables`` f64[R + 1, R + 1] for those to come."""
    if not sequence:
        return Outline(lap, sequence, current[-1:], ())
    to_flag = tables[-1][:, -1]
    following: list[npt.NDArray[np.intp]] = []
    for table in reversed(tables[:-1]):
        totals = table + (losses + to_flag)[None, :]
        best = totals.argmin(axis=1)
        following.insert(0, best)
        to_flag = totals[np.arange(len(best)), best]
    return Outline(lap, sequence, current + losses + to_flag, tuple(following))
