"""The moving state of a race, and its small vocabulary of packed fields.

Cars stand in slots in track order: slot 0 leads. Every array is [C, B], slots by scenarios, and a car's own values
travel with it when it changes slots, so nothing is looked up by car inside a lap. What travels is kept small: whole
numbers share two words.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

RETIRED_AT = 1.0e6
NEVER = 255


class Field(NamedTuple):
    """Cars in track order, but for pace and noise, which stay in the order of the cars. Times in seconds.

    t f32[C, B]: time behind a reference that laps at ``base_lap``; a retired car's is beyond ``RETIRED_AT``.
    pace f32: clean-air pace against the field, the race's error of it included.
    stint f32: offset of the fitted set, its own error included. wear f32: s/lap of age.
    noise f32: this lap's error of pace, autocorrelated.
    pending f32: pit-lane seconds still to come on the out-lap (0: not on one).
    card i32: car, compound, used compounds, stops, stops from now, laps on the set (``pack_card``).
    log i32: first stop from now and lap of retirement (``pack_log``).
    """

    t: Array
    pace: Array
    stint: Array
    wear: Array
    noise: Array
    pending: Array
    card: Array
    log: Array

    @property
    def car(self) -> Array:
        """Index of the car, i32."""
        return self.card & 0x1F

    @property
    def compound(self) -> Array:
        """Compound fitted, i32."""
        return (self.card >> 5) & 0x7

    @property
    def used(self) -> Array:
        """Bit mask of the compounds used, i32."""
        return (self.card >> 8) & 0x1F

    @property
    def stops(self) -> Array:
        """Stops made in the whole race, i32, at most 15."""
        return (self.card >> 13) & 0xF

    @property
    def made(self) -> Array:
        """Stops from now, i32, at most 15."""
        return (self.card >> 17) & 0xF

    @property
    def age(self) -> Array:
        """Laps on the set, f32, at most 127."""
        return (self.card >> 21).astype(jnp.float32)

    @property
    def first_stop(self) -> Array:
        """First stop from now, as ``pack_stop`` has it, i32; 0 for none."""
        return self.log & 0xFFFF

    @property
    def retires(self) -> Array:
        """Lap on which the car will retire, i32, at most ``NEVER``."""
        return self.log >> 16


def pack_card(car: Array, compound: Array, used: Array, stops: Array, made: Array, age: Array) -> Array:
    """i32 of a car's whole numbers; counts that would overflow their bits stay at the largest."""
    counts = (jnp.minimum(stops, 15) << 13) | (jnp.minimum(made, 15) << 17)
    return car | (compound << 5) | (used << 8) | counts | (jnp.minimum(age.astype(jnp.int32), 127) << 21)


def pack_log(first_stop: Array, retires: Array) -> Array:
    """i32 of a packed stop and the lap of retirement."""
    return first_stop | (jnp.minimum(retires, NEVER) << 16)


class Track(NamedTuple):
    """What all cars of a scenario share, [B] each: status i32 and laps it still lasts i32, whether it began this lap
    bool, wetness i32 (0 dry, 1 intermediate, 2 wet), share of the field that stopped on the last lap f32, restart
    i32: laps from a red flag to the end of the standing start after it, this one counted (0: there is none).
    keys u32[N_PURPOSES, B]: the roots of this lap's draws (``rng.lap_key``)."""

    status: Array
    left: Array
    began: Array
    wetness: Array
    share_stopped: Array
    restart: Array
    keys: Array


class Luck(NamedTuple):
    """What a scenario keeps to the flag: its random root key u32[B]; the number of its draw of what is not known
    i32[B], and by it of the models' parameters, f32: tire_offset and tire_wear [5, B], pit_loss_error, sc_rate,
    vsc_rate and red_rate [B]. plan i32[P * C * 16]: the cars' own plans (``pit.plan_table``), P sets of them;
    plan_at i32[B]: where the scenario's begins."""

    key: Array
    draw: Array
    tire_offset: Array
    tire_wear: Array
    pit_loss_error: Array
    sc_rate: Array
    vsc_rate: Array
    red_rate: Array
    plan: Array
    plan_at: Array


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


def apart(lap: Array, compute: Callable[..., Any], *args: Any) -> Any:
    """``compute(*args)``, compiled by itself. XLA fuses whatever it can reach into one expression per output and so
    computes shared values again for each of them and each neighbor; a conditional, on what it cannot know, it respects.
    """
    shapes: Any = None

    def computed(args: Any) -> Any:
        nonlocal shapes
        result = compute(*args)
        shapes = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype), result)
        return result

    def never(args: Any) -> Any:
        # traced second, so that what is computed is traced once and not again for its shapes
        told = jax.eval_shape(compute, *args) if shapes is None else shapes
        return jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), told)

    return jax.lax.cond(lap > 0, computed, never, args)


def of_slots(x: Array, slots: np.ndarray) -> Array:
    """Rows of x [C, B] by slots i64[C], known when it is compiled: a copy of rows, where slices put together again are
    worked off an element at a time at their seams."""
    return x.at[slots.astype(np.uint32)].get(mode="promise_in_bounds")


def over_slots(lap: Array, combine: Callable[[Array, Array], Array], x: Array) -> Array:
    """[B]: the slots of x [C, B] combined, compiled by itself and row by row, where XLA's reductions call a library."""
    return apart(lap, lambda x: reduce(combine, list(x)), x)


def by_compound(table: Array, compound: Array) -> Array:
    """Entries of a table of five ([5] or [5, B]) for compounds [C, B], by selection: cheaper than a gather here."""
    out = jnp.broadcast_to(table[0], compound.shape)
    for code in range(1, 5):
        out = jnp.where(compound == code, table[code], out)
    return out


def pack_stop(lap: Array, compound: Array, status: Array) -> Array:
    """i32 of a stop: lap, compound, track status; 0 means no stop."""
    return lap + (compound << 8) + (status << 12)


def gap_ahead(field: Field) -> Array:
    """Seconds to the car ahead, f32[C, B]; 99 where there is none."""
    slot = np.arange(len(field.t))
    gap = jnp.clip(field.t - of_slots(field.t, np.maximum(slot - 1, 0)), 0.0, 99.0)
    return jnp.where(slot[:, None] == 0, 99.0, gap)


def best_so_far(lap: Array, x: Array, *, of_those_behind: bool = False) -> Array:
    """f32[C, B]: the largest value among a slot and those ahead of it, or with ``of_those_behind`` the smallest among a
    slot and those behind: a scan in doubling steps, where XLA's own is many times slower."""
    slot, last = np.arange(len(x)), len(x) - 1

    def step(x: Array, k: int) -> Array:
        if of_those_behind:
            return jnp.minimum(x, of_slots(x, np.minimum(slot + k, last)))
        return jnp.maximum(x, of_slots(x, np.maximum(slot - k, 0)))

    for k in (1, 4, 16):
        if k < len(x):
            x = apart(lap, lambda x, k=k: step(step(x, k), 2 * k) if 2 * k < len(x) else step(x, k), x)
    return x
