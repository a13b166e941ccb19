"""What goes into the race simulation beside its parameters, and what comes out of it.

Axes: K plans of the car asked about, C cars in the order of ``RaceState.cars``, S scenarios. Scenario s of
every plan shares the same random numbers, and scenario s uses draw ``s % N_DRAWS`` of the models' own
parameters, so differences between plans are paired and can be grouped by draw.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

MAX_CARS = 26
MAX_STOPS = 5
N_DRAWS = 32
NO_CAR = 255


class Plans(NamedTuple):
    """Plans of the car asked about, i32[K, MAX_STOPS] each: in-lap (0: no further stop), compound code.
    Stops are in order of lap. Under a safety car or VSC the simulation brings a near stop forward by itself."""

    lap: np.ndarray
    compound: np.ndarray


class Outcome(NamedTuple):
    """Result of every plan in every scenario (numpy).

    place u8[K, C, S]: place at the flag among exactly these cars, from 1.
    retired bool[K, C, S].
    race_time f32[K, S]: seconds from now to the flag of the car asked about (NaN when retired).
    next_stop_lap u8[K, C, S]: in-lap of each car's next stop after ``lap``, 0 when it makes none.
    next_stop_compound u8[K, C, S]: compound fitted there (NO_CAR when none).
    next_stop_green bool[K, C, S]: that stop was made under green.
    stops_made u8[K, C, S]: stops from now to the flag.
    rejoin_place u8[K, S]: place of the car asked about at the end of the out-lap of its first stop, 0 without stop.
    rejoin_ahead, rejoin_behind f32[K, S]: gaps there, seconds, inf when there is nobody.
    rejoin_ahead_car, rejoin_behind_car u8[K, S]: indices of those cars, NO_CAR when nobody.
    """

    place: np.ndarray
    retired: np.ndarray
    race_time: np.ndarray
    next_stop_lap: np.ndarray
    next_stop_compound: np.ndarray
    next_stop_green: np.ndarray
    stops_made: np.ndarray
    rejoin_place: np.ndarray
    rejoin_ahead: np.ndarray
    rejoin_behind: np.ndarray
    rejoin_ahead_car: np.ndarray
    rejoin_behind_car: np.ndarray
