"""What a scenario is worth under the objective the caller chose."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from shared.race.rules import points

Objective = Literal["points", "win", "podium", "position"]

UNIT: dict[str, str] = {
    "points": "points",
    "win": "of the chance to win",
    "podium": "of the chance of a podium",
    "position": "places",
}

PODIUM = 3
POINTS_PLACES = 10

Values = npt.NDArray[np.float64]


def points_of(place: npt.NDArray[np.uint8], retired: npt.NDArray[np.bool_], season: int, circuit_id: str) -> Values:
    """Championship points by place, f64 in the shape of ``place``. A car that retires scores none; the point for the
    fastest lap is left out, because the simulation does not tell whose it is."""
    table = np.zeros(256)
    scored = points(season, circuit_id)
    table[1 : len(scored) + 1] = scored
    return np.where(retired, 0.0, table[place])


def values(
    objective: Objective,
    place: npt.NDArray[np.uint8],
    retired: npt.NDArray[np.bool_],
    season: int,
    circuit_id: str,
) -> Values:
    """Value of each scenario, more is better, f64 in the shape of ``place``: points, 1 for a win or a podium,
    or the place with its sign turned."""
    if objective == "win":
        return ((place == 1) & ~retired).astype(np.float64)
    if objective == "podium":
        return ((place <= PODIUM) & ~retired).astype(np.float64)
    if objective == "position":
        return -place.astype(np.float64)
    return points_of(place, retired, season, circuit_id)
