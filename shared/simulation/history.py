"""The track status of scenarios by lap: safety cars, virtual ones and red flags, which no car's fate bears upon."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from shared.simulation.lap.track import advance_track, initial_track
from shared.simulation.params import MAX_LAPS, RaceParams
from shared.simulation.race import luck_of


class TrackHistory(NamedTuple):
    """[MAX_LAPS, S], rows by lap (0 before the first simulated lap and after the flag): status u8; began bool: it began
    on that lap."""

    status: np.ndarray
    began: np.ndarray


def track_history(params: RaceParams, n_scenarios: int, seed: int) -> TrackHistory:
    """What ``simulate`` with the same seed does to the track in scenarios 0 to ``n_scenarios`` - 1."""
    status, began = _history(params, np.uint32(seed), n_scenarios)
    return TrackHistory(np.asarray(status), np.asarray(began))


@partial(jax.jit, static_argnames=("n_scenarios",))
def _history(params: RaceParams, seed: Any, n_scenarios: int) -> Any:
    luck = luck_of(params, seed, jnp.arange(n_scenarios, dtype=jnp.int32))

    def one_lap(lap: Any, state: Any) -> Any:
        track, status, began = state
        track = advance_track(params, luck, lap, track)
        return track, status.at[lap].set(track.status.astype(jnp.uint8)), began.at[lap].set(track.began)

    empty = jnp.zeros((MAX_LAPS, n_scenarios), jnp.uint8)
    start = (initial_track(params, luck), empty, empty.astype(bool))
    _, status, began = jax.lax.fori_loop(params.lap + 1, params.total_laps + 1, one_lap, start)
    return status, began
