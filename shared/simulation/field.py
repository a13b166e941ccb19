"""The moving state of a race, and its small vocabulary of packed fields.

Cars stand in slots in track order: slot 0 leads. Every array is [C, B], slots by scenarios, and a car's own values travel
with it when it changes slots, so nothing is looked up by car inside a lap.
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

RETIRED_AT = 1.0e6
NEVER = 255


class Field(NamedTuple):
    """Cars in track order. Times in seconds.

    t f32[C, B]: time behind a reference that laps at ``base_lap``; a retired car's is beyond ``RETIRED_AT``.
    pace f32: clean-air pace against the field, the race's error of it included.
    stint f32: offset of the fitted set, its own error included. wear f32: s/lap of age.
    noise f32: this lap's error of pace, autocorrelated. eager f32: shift of the next stop's logit hazard.
    age f32: laps on the set. car i32: index of the car. compound i32. used i32: bit mask of compounds.
    stops i32: made in the whole race. retires i32: lap on which it will retire. pending f32: pit-lane seconds still to
    come on the out-lap (0: not on one). first_stop i32: packed lap, compound and status of the first stop from now.
    made i32: stops from now.
    """

    t: Array
    pace: Array
    stint: Array
    wear: Array
    noise: Array
    eager: Array
    age: Array
    car: Array
    compound: Array
    used: Array
    stops: Array
    retires: Array
    pending: Array
    first_stop: Array
    made: Array


class Track(NamedTuple):
    """What all cars of a scenario share, [B] each: status i32 and laps it still lasts i32, whether it began this lap
    bool, wetness i32 (0 dry, 1 intermediate, 2 wet), share of the field that stopped on the last lap f32."""

    status: Array
    left: Array
    began: Array
    wetness: Array
    share_stopped: Array


class Luck(NamedTuple):
    """Random roots of a block: key u32[B] and the draw of the parameters i32[B] each scenario uses."""

    key: Array
    draw: Array


class Rejoin(NamedTuple):
    """Where the car asked about came out after its first stop, [B]: place i32 (0: not yet), gaps f32, cars i32."""

    place: Array
    ahead: Array
    behind: Array
    ahead_car: Array
    behind_car: Array


def running(field: Field) -> Array:
    """bool[C, B]: cars that have not retired."""
    return field.t < RETIRED_AT


def shift_up(x: Array) -> Array:
    """Value of the next slot (the car behind) in each slot; the last keeps its own."""
    return jnp.concatenate([x[1:], x[-1:]], axis=0)


def shift_down(x: Array) -> Array:
    """Value of the previous slot (the car ahead) in each slot; the first keeps its own."""
    return jnp.concatenate([x[:1], x[:-1]], axis=0)


def by_compound(table: Array, compound: Array) -> Array:
    """Entries of a table of five ([5] or [5, B]) for compounds [C, B], by selection: cheaper than a gather here."""
    out = jnp.broadcast_to(table[0], compound.shape)
    for code in range(1, 5):
        out = jnp.where(compound == code, table[code], out)
    return out


def pack_stop(lap: Array, compound: Array, status: Array) -> Array:
    """i32 of a stop: lap, compound, track status; 0 means no stop."""
    return lap + (compound << 8) + (status << 12)


def gaps(field: Field) -> tuple[Array, Array]:
    """Seconds to the car ahead and to the car behind, f32[C, B]; 99 where there is none."""
    to_ahead = jnp.clip(field.t - shift_down(field.t), 0.0, 99.0)
    to_ahead = to_ahead.at[0].set(99.0)
    behind = jnp.concatenate([to_ahead[1:], jnp.full_like(to_ahead[:1], 99.0)], axis=0)
    return to_ahead, behind
