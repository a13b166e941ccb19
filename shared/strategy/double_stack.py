"""The teammate in the pits on the same lap: how likely it is, how long the second car waits, and what that costs."""

from __future__ import annotations

from typing import Any

import numpy as np

from shared.race.state import RaceState
from shared.race.teams import team_line
from shared.simulation.types import Outcome
from shared.strategy.plans.plan import Plan
from shared.strategy.search.arena import Arena
from shared.strategy.search.statistics import paired_difference

SERVICE = 4.0
"""Seconds that the second car must be behind the first not to wait, and ``QUEUE`` what it loses besides: fitted by
least absolute error on 200 pairs of teammates who stopped on the same lap, 2018 to 2024 round 12, 60 within 5 s; the
second car's median excess in the pit lane was 3.4 s within 1 s (n = 4), 2.1 s at 1-2 s (15), 1.7 s at 2-3 s (17)."""
QUEUE = 0.5
REACH = 5.0
MIN_PROBABILITY = 0.05
N_SCENARIOS = 256


def wait(gap: float) -> float:
    """Seconds lost by the second of two teammates who come in ``gap`` seconds apart; none beyond ``REACH``."""
    return max(0.0, SERVICE - gap) + QUEUE if gap <= REACH else 0.0


def double_stack(arena: Arena, outcome: Outcome, row: int, best: Plan, state: RaceState) -> dict[str, Any] | None:
    """The teammate close ahead that stops on the same lap, as one of the answer's ``threats``; None where that is
    unlikely, or where the teammate is the one who would wait.

    The cost is that of the wait in seconds, taken at the flag in paired scenarios: what it does in traffic is left out.
    """
    me = state.cars[arena.ego]
    mate = next(
        (
            i
            for i, car in enumerate(state.cars)
            if i != arena.ego
            and me.team is not None
            and car.team is not None
            and team_line(car.team) == team_line(me.team)
        ),
        None,
    )
    if mate is None or not best or me.in_pit or state.cars[mate].in_pit:
        return None
    gap = me.gap_to_leader - state.cars[mate].gap_to_leader
    if gap < 0.0 or wait(gap) == 0.0:
        return None
    ours, theirs = outcome.next_stop_lap[row, arena.ego], outcome.next_stop_lap[row, mate]
    probability = float(((ours == theirs) & (ours > 0)).mean())
    if probability < MIN_PROBABILITY:
        return None
    n = min(N_SCENARIOS, len(ours))
    penalty = np.array(arena.params.penalty)
    penalty[arena.ego] += wait(gap)
    late = arena.under(arena.params._replace(penalty=penalty)).judge([best], n)[0]
    loss = paired_difference(arena.judge([best], n)[0].points, late.points)
    lap = best[0].lap
    return {
        "driver_id": state.cars[mate].driver_id,
        "kind": "double_stack",
        "probability": round(probability, 6),
        "loss_points": round(loss.value, 3),
        "loss_low": round(loss.low, 3),
        "loss_high": round(loss.high, 3),
        "rests_on": f"paired simulation: {wait(gap):.1f} s lost, the usual wait {gap:.1f} s behind a teammate",
        "answer": f"agree who stops on lap {lap}: the second car, {gap:.1f} s behind, waits about {wait(gap):.1f} s",
    }
