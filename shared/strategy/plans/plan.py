"""A plan is the stops still to come, in order of lap; the empty plan stays out to the end.

Here are only the small conversions between plans, the simulation's arrays and words.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shared.race.state import Stop
from shared.race.vocabulary import Compound
from shared.simulation.types import MAX_STOPS, Plans

Plan = tuple[Stop, ...]

STAY_OUT: Plan = ()

PLURAL = {
    Compound.SOFT: "softs",
    Compound.MEDIUM: "mediums",
    Compound.HARD: "hards",
    Compound.INTERMEDIATE: "intermediates",
    Compound.WET: "wets",
}


def compounds_of(plan: Plan) -> tuple[Compound, ...]:
    """Compounds the plan fits, in order."""
    return tuple(stop.compound for stop in plan)


def to_arrays(plans: Sequence[Plan], size: int) -> Plans:
    """The plans as i32[size, MAX_STOPS] arrays; rows past the last plan repeat the first.

    A fixed ``size`` keeps the number of compiled shapes small. Raises ValueError when the plans are none, more
    than ``size``, or one has more than MAX_STOPS stops.
    """
    if not 0 < len(plans) <= size:
        raise ValueError(f"{len(plans)} plans do not fit in {size} rows")
    lap = np.zeros((size, MAX_STOPS), np.int32)
    compound = np.zeros((size, MAX_STOPS), np.int32)
    for row in range(size):
        plan = plans[row] if row < len(plans) else plans[0]
        if len(plan) > MAX_STOPS:
            raise ValueError(f"a plan has {len(plan)} stops, at most {MAX_STOPS} can be simulated")
        for i, stop in enumerate(plan):
            lap[row, i] = stop.lap
            compound[row, i] = int(stop.compound)
    return Plans(lap, compound)


def describe(plan: Plan) -> str:
    """The plan in words: "lap 18 for hards, lap 38 for mediums", "stay out to the end"."""
    if not plan:
        return "stay out to the end"
    return ", ".join(f"lap {stop.lap} for {PLURAL[stop.compound]}" for stop in plan)


def sort_key(plan: Plan) -> tuple[tuple[int, int], ...]:
    """Orders plans by their laps and compounds, so that no order hangs on how they were come by."""
    return tuple((stop.lap, int(stop.compound)) for stop in plan)
