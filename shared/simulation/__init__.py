"""The Monte Carlo race: the whole field, lap by lap, in JAX.

``simulate(params, ego, plans, n_scenarios, seed)`` is the public surface; ``Remembered`` keeps what it told.
``race.py`` has the story; of a lap, ``lap/track.py`` tells what happens to all, ``lap/traffic.py`` the fight on the
track, and ``lap/pit.py`` and ``lap/policy.py`` the stops.
"""

from shared.simulation.block import pad
from shared.simulation.params import PitPolicy, RaceParams
from shared.simulation.plain import plain_race
from shared.simulation.remembered import Remembered
from shared.simulation.run import simulate, warm_up
from shared.simulation.types import MAX_CARS, MAX_STOPS, N_DRAWS, NO_CAR, Outcome, Plans

__all__ = [
    "MAX_CARS", "MAX_STOPS", "NO_CAR", "N_DRAWS", "Outcome", "PitPolicy", "Plans", "RaceParams", "Remembered", "pad",
    "plain_race", "simulate", "warm_up",
]  # fmt: skip
