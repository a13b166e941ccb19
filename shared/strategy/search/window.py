"""The pit window around a stop, and which plans come to the same call.

A plan names a lap, an order on the pit wall is "box now" or "stay out": plans that differ in less than the window are
one call, and while the race is neutralized plans for the next laps are all made on the next one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from shared.race.vocabulary import TrackStatus
from shared.simulation.params import RaceParams
from shared.strategy.plans.legality import Rules
from shared.strategy.plans.plan import Plan, compounds_of
from shared.strategy.search.arena import Judged, difference

WINDOW_TOLERANCE = 0.1
BROUGHT_FORWARD = 0.35
"""The simulation brings a planned stop forward by up to this share of a tire's life under a safety car."""


@dataclass(frozen=True, slots=True)
class Window:
    """First and last lap on which the stop is as good as the best, or not to be told from it."""

    opens: int
    closes: int

    def __contains__(self, lap: int) -> bool:
        return self.opens <= lap <= self.closes


def same_call(plan: Plan, call: Plan, window: Window | None) -> bool:
    """Whether two plans come to the same instruction now: both stay out to the end, or fit the same compound next
    with the first stop of ``plan`` inside the pit window of ``call``."""
    if not plan or not call or window is None:
        return not plan and not call
    return plan[0].compound == call[0].compound and plan[0].lap in window


def pit_window(best: Judged, judged: Iterable[Judged], blind: range = range(0)) -> Window | None:
    """The laps around the best first stop that are within WINDOW_TOLERANCE of it in the objective or not separable
    from it, as far as plans of the same compounds were judged; laps between two judged ones that pass pass too.
    ``blind``: laps whose plans are made earlier than they say, and so tell nothing."""
    if not best.plan:
        return None
    passes: dict[int, bool] = {}
    for other in judged:
        if (
            other.plan
            and other is not best
            and other.plan[0].lap not in blind
            and compounds_of(other.plan) == compounds_of(best.plan)
        ):
            gap = difference(other, best)
            close = gap.value >= -WINDOW_TOLERANCE or not gap.separable
            passes[other.plan[0].lap] = passes.get(other.plan[0].lap, False) or close
    lap = best.plan[0].lap
    opens = closes = lap
    for earlier in sorted((x for x in passes if x < lap), reverse=True):
        if not passes[earlier]:
            break
        opens = earlier
    for later in sorted(x for x in passes if x > lap):
        if not passes[later]:
            break
        closes = later
    return Window(opens, closes)


def brought_forward(params: RaceParams, rules: Rules) -> range:
    """Laps for which a planned stop is really made on the next lap: while the race is neutralized the simulation brings
    near stops forward, so plans for these laps say nothing of stopping there. Empty under green."""
    if int(params.status) not in (TrackStatus.VSC, TrackStatus.SC) and not red_flag(params):
        return range(0)
    life = float(params.policy.life[rules.compound])
    return range(rules.lap + 2, rules.lap + 2 + int(np.ceil(BROUGHT_FORWARD * life)))


def red_flag(params: RaceParams) -> bool:
    """Whether a red flag is about to let every car change tires for nothing."""
    return bool(int(params.forced_status) == TrackStatus.RED and int(params.forced_status_lap) == int(params.lap) + 1)
