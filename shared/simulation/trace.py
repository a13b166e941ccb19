"""A race told lap by lap: when every car crossed the line, what it fitted, what the track was like.

The same scenarios, from the same pieces of a lap, as ``run.simulate``; that one only keeps what the flag settles, which
is why it is many times lighter on memory. Axes: L laps from now to the flag, C cars in the order of ``RaceState.cars``,
S scenarios.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from shared.simulation.block import BLOCK, SLOTS, pad
from shared.simulation.lap.field import RETIRED_AT, Field, Track
from shared.simulation.lap.pit import pit_stops
from shared.simulation.lap.track import initial_track
from shared.simulation.params import RaceParams
from shared.simulation.race import initial_field, luck_of, reference_lap, to_the_line
from shared.simulation.types import N_DRAWS, NO_CAR

LAPS = (80, 200)
"""Lengths of record that are compiled, each when first met: all but the very longest races fit the first."""


class Trace(NamedTuple):
    """Every lap of every car in every scenario (numpy), laps ``lap + 1`` to ``total_laps``.

    lap_time f32[L, C, S]: seconds, NaN from the lap on that the car does not complete.
    position u8[L, C, S]: place at the end of the lap among all cars of the race, the retired last by their laps.
    fitted u8[L, C, S]: compound fitted at the end of the lap, ``NO_CAR`` without a stop. Tires changed for nothing
    under a red flag are no stop.
    status u8[L, S]: track status on the lap.
    race_time f32[C, S]: seconds to the flag from the leader's line now, penalties still owed included; NaN for who
    retires.
    """

    lap_time: np.ndarray
    position: np.ndarray
    fitted: np.ndarray
    status: np.ndarray
    race_time: np.ndarray


class _Record(NamedTuple):
    """What a block notes, by slot: times at the line f32[L, C, B], cars and compounds fitted u8[L, C, B] (by slot
    after the lap), status u8[L, B] and the reference's laps f32[L, B]."""

    t: Array
    car: Array
    fitted: Array
    status: Array
    reference: Array


@partial(jax.jit, static_argnames=("length",))
def _block(params: RaceParams, seed: Any, first: Any, length: int) -> _Record:
    scenario = first + jnp.arange(BLOCK, dtype=jnp.int32)
    luck = luck_of(params, seed, scenario)
    track = initial_track(params, luck)
    field = initial_field(params, luck, track)
    shape = (length, *field.t.shape)
    empty = _Record(
        jnp.zeros(shape, jnp.float32),
        jnp.zeros(shape, jnp.uint8),
        jnp.zeros(shape, jnp.uint8),
        jnp.zeros((length, BLOCK), jnp.uint8),
        jnp.zeros((length, BLOCK), jnp.float32),
    )

    def one_lap(lap: Array, state: tuple[Track, Field, _Record]) -> tuple[Track, Field, _Record]:
        track, before, record = state
        track, before = to_the_line(params, luck, lap, track, before)
        track, field = pit_stops(params, luck, lap, track, before)  # cars keep their slots in the pits
        fitted = jnp.where(field.made > before.made, field.compound, NO_CAR)
        seen = _Record(field.t, field.car, fitted, track.status, reference_lap(params, lap, track))
        row = lap - params.lap - 1
        return track, field, jax.tree.map(lambda kept, new: kept.at[row].set(new.astype(kept.dtype)), record, seen)

    state = jax.lax.fori_loop(params.lap + 1, params.total_laps + 1, one_lap, (track, field, empty))
    return state[2]


def trace(params: RaceParams, n_scenarios: int, seed: int) -> Trace:
    """The first ``n_scenarios`` scenarios of ``seed``, told lap by lap; cars with plans in ``params`` follow them.

    Needs some (6 C + 1) L bytes a scenario. Raises ValueError for a field or a distance that does not fit.
    """
    n, laps = int(params.n_cars), int(params.total_laps) - int(params.lap)
    slots = next((slots for slots in SLOTS if n <= slots), 0)
    length = next((length for length in LAPS if laps <= length), 0)
    if not slots or not length:
        raise ValueError(f"{n} cars over {laps} laps: at most {SLOTS[-1]} cars and {LAPS[-1]} laps can be told")
    padded = jax.device_put(pad(params, slots))
    told = [
        _by_car(_block(padded, np.uint32(seed), np.int32(first), length), params, n, laps)
        for first in range(0, n_scenarios, BLOCK)
    ]
    parts = (np.concatenate(part, axis=-1)[..., :n_scenarios] for part in zip(*told, strict=True))
    return Trace(*parts)


def _by_car(record: _Record, params: RaceParams, n: int, laps: int) -> Trace:
    """A block's record from slots to cars, times at the line to lap times and places."""
    t, slot_car, fitted, status, reference = (np.asarray(part)[:laps] for part in record)
    index = slot_car.astype(np.int64)
    line, compound = np.empty_like(t), np.empty_like(fitted)
    np.put_along_axis(line, index, t, axis=1)
    np.put_along_axis(compound, index, fitted, axis=1)
    line, compound = line[:, :n], compound[:, :n]
    retired = line >= RETIRED_AT
    order = np.argsort(line, axis=1, kind="stable")
    position = np.empty(order.shape, np.uint8)
    np.put_along_axis(position, order, np.arange(1, n + 1, dtype=np.uint8)[None, :, None], axis=1)
    draw = np.arange(BLOCK) % N_DRAWS  # a block begins with the first
    start = (params.gap[:n, None] + params.gap_draws[:n, draw])[None]
    lap_time = np.diff(np.concatenate([start, line]), axis=0) + reference[:, None]
    lap_time = np.where(retired, np.float32(np.nan), lap_time)
    total = reference.sum(axis=0, dtype=np.float64) + line[-1] + np.asarray(params.penalty[:n])[:, None] if laps else 0
    race_time = np.where(retired[-1], np.nan, total) if laps else np.zeros(line.shape[1:])
    return Trace(lap_time.astype(np.float32), position, compound, status, race_time.astype(np.float32))
