"""Events that are given instead of drawn: track status and wetness by lap, retirements, and stops made to the letter.

For replays of a recorded race, in which the physics alone is on trial. The stops are the cars' plans (``plan_lap``,
``plan_compound``); a script says that they are followed to the lap, whatever the track status, and that a stop under a
red flag costs nothing. Prescribed strategies without a script need the plans alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shared.race.state import Stop
from shared.simulation.params import MAX_LAPS, NO_RETIREMENT, RaceParams, Script
from shared.simulation.types import MAX_CARS, MAX_STOPS, Plans


def scripted(
    params: RaceParams,
    stops: Sequence[Sequence[Stop]],
    status: Sequence[int],
    wetness: Sequence[int],
    retires: Sequence[int | None],
) -> RaceParams:
    """Params of the race with its events given. By car: ``stops`` still to come in order of lap (the first
    ``MAX_STOPS`` are kept) and the lap that it begins but does not complete (None: it reaches the flag). By lap from 1
    on: ``status`` and ``wetness``; after their end the track is green and dry."""
    cars = int(params.n_cars)
    lap, compound = np.zeros((cars, MAX_STOPS), np.int32), np.zeros((cars, MAX_STOPS), np.int32)
    for i, own in enumerate(stops):
        for k, stop in enumerate(own[:MAX_STOPS]):
            lap[i, k], compound[i, k] = stop.lap, int(stop.compound)
    given = Script(np.bool_(True), _by_lap(status), _by_lap(wetness), np.full(MAX_CARS, NO_RETIREMENT, np.int32))
    given.retires[:cars] = [NO_RETIREMENT if last is None else last for last in retires]
    return params._replace(plan_lap=lap, plan_compound=compound, has_plan=np.ones(cars, bool), script=given)


def own_plan(params: RaceParams, car: int) -> Plans:
    """The stops that the parameters fix for ``car``, as the one plan (K = 1) that ``run.simulate`` takes for it."""
    lap, compound = np.asarray(params.plan_lap, np.int32), np.asarray(params.plan_compound, np.int32)
    return Plans(lap[car].reshape(1, MAX_STOPS), compound[car].reshape(1, MAX_STOPS))


def _by_lap(values: Sequence[int]) -> np.ndarray:
    out = np.zeros(MAX_LAPS, np.int32)
    out[1 : len(values) + 1] = list(values)[: MAX_LAPS - 1]
    return out
