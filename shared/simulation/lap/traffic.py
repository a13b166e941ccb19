"""Lap times and the fight on the track: dirty air, passing, trains, and the queue behind a safety car."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from shared.simulation.lap import approximate, rng
from shared.simulation.lap.field import (
    RETIRED_AT,
    Field,
    Luck,
    Track,
    apart,
    best_so_far,
    by_compound,
    gap_ahead,
    of_slots,
    over_slots,
    running,
)
from shared.simulation.lap.track import RED, SC, VSC, standing_start
from shared.simulation.params import CLIFF_AT, RaceParams

_PASSES = 3  # pairs of compare-exchange passes a lap: a car can move this many slots either way, twice
_REACH = 1.2  # s: a car this close at the line may try to pass on the next lap
_ONE_LAP_DOWN = 1000.0

_SLOT = 31  # mask of the bits of a float that hold a slot: the next number of need is some microseconds away
_LOOSE = 1.0e30  # s: a loose car's pace is minus this and its need plus this, so that it neither blocks nor passes


class _Fight(NamedTuple):
    """What decides the order on a lap, f32[C, B] in the order so far: time at the line and a lap ago, clean pace, and
    the pace that the car ahead must exceed to be passed, whose last bits are the slot in which the car stood."""

    t: Array
    start: Array
    pace: Array
    need: Array


def lap_times(params: RaceParams, luck: Luck, lap: Array, track: Track, field: Field) -> tuple[Field, Array, Array]:
    """(field with this lap's noise, clean f32[C, B], dt f32[C, B]): each car's time over the reference in clean air,
    and with dirty air and whatever the track status makes of it; an out-lap's pit loss is in ``dt`` alone."""
    rho = params.noise_rho
    restarts = standing_start(track)

    def next_noise(noise: Array) -> Array:
        h = rng.of_car(track.keys[rng.NOISE], jnp.arange(len(noise))[:, None])
        return rho * noise + jnp.sqrt(1.0 - rho * rho) * params.noise_sd * rng.normal(h)

    def clean_air(field: Field, form: Array, mismatch: Array) -> Array:
        past_life = jnp.maximum(field.age + 1.0 - CLIFF_AT * by_compound(params.policy.life, field.compound), 0.0)
        worn = field.wear * (field.age + 1.0) + params.tire_cliff * past_life * past_life
        tires = field.stint + worn + by_compound(mismatch, field.compound)
        clean = _taken(form, field.car) + tires
        return clean + jnp.where(field.age == 0, params.warmup, 0.0) * (lap > 1)

    def in_traffic(field: Field, clean: Array) -> Array:
        near = approximate.exp(gap_ahead(field) * (-1.0 / params.dirty_air_decay))
        green = clean + params.dirty_air * near
        return jnp.where(track.status >= VSC, 0.0, green) + field.pending

    def from_the_grid(field: Field, clean: Array) -> Array:
        start = rng.normal(rng.of_car(track.keys[rng.SETUP], field.car)) * params.start_sd
        starting = restarts | ((lap == 1) & (track.status < VSC))
        return jnp.where(starting, clean + start + field.pending, in_traffic(field, clean))

    field = field._replace(noise=apart(lap, next_noise, field.noise))
    form = apart(lap, jnp.add, field.pace, field.noise)
    mismatch = apart(lap, lambda wetness: params.mismatch.T[:, wetness], track.wetness)
    clean = apart(lap, clean_air, field, form, mismatch)
    from_a_stand = (lap == 1) | restarts.any()
    return field, clean, jax.lax.cond(from_a_stand, from_the_grid, in_traffic, field, clean)


def _pass_threshold(params: RaceParams, track: Track, field: Field) -> Array:
    """f32[C, B]: the edge of clean pace, s, that the car needs on this lap to pass: the logistic of pass chance
    turned inside out, so that one draw a car decides against whichever car is ahead."""
    u = rng.uniform(rng.of_car(track.keys[rng.PASS], field.car))
    intercept, slope = params.pass_logit[0], params.pass_logit[1]
    return (approximate.log(u / (1.0 - u)) - intercept) * (1.0 / slope)


def overtake(params: RaceParams, luck: Luck, lap: Array, track: Track, field: Field, clean: Array, dt: Array) -> Field:
    """Field after the lap: who got past whom, who was held up, times at the line.

    A car within reach passes when its edge in clean pace beats its draw; one that does not is held at ``follow_gap``
    behind every car it could not pass, a running maximum over the slots ahead. Cars in the pit lane, out of order or
    retired neither block nor are held.
    """
    racing = (track.status < VSC) & (lap > 1) & ~standing_start(track)
    spacing = jnp.where(track.status >= SC, params.sc_gap, params.follow_gap)
    # numbers that the compiler knows would be worked out from its own wide counter, at half the lanes
    slot = jnp.arange(len(dt), dtype=jnp.int32)[:, None] + jnp.minimum(lap, 0)
    fight = apart(lap, _line_up, params, slot, lap, track, field, clean, dt)

    # the order is fought out between four arrays; the rest of a car's state follows once, in one move
    def exchange(_: Array, fight: _Fight) -> _Fight:
        for parity in (0, 1):
            swap = apart(lap, partial(_swaps, parity), racing, fight)
            fight = apart(lap, partial(_swapped, parity), fight, swap)
        return fight

    fight = jax.lax.fori_loop(0, _PASSES, exchange, fight)
    t, pace = fight.t, fight.pace
    # behind a safety car the order is settled first, then the queue closes up: who stops falls back before it does
    # in the pit lane under a red flag everyone does, those a lap down with their lap back
    catch = jnp.where(track.status == RED, params.base_lap, params.sc_catch)
    queue = jnp.where(t < RETIRED_AT, jnp.maximum(t - catch, over_slots(lap, jnp.minimum, t)), t)
    behind_sc = track.status >= SC
    t = _hold(lap, jnp.where(behind_sc, queue, t), lambda pace: (pace <= -_LOOSE) & ~behind_sc, pace, spacing)
    followers = field._replace(t=None, pending=None, pace=None, noise=None)
    moved = apart(lap, _take_seats, followers, apart(lap, _seat, fight.need))
    return moved._replace(t=t, pending=jnp.zeros_like(t), pace=field.pace, noise=field.noise)


def _line_up(
    params: RaceParams, slot: Array, lap: Array, track: Track, field: Field, clean: Array, dt: Array
) -> _Fight:
    """The cars as they would come to the line if nobody were in anybody's way, still in the order of the last lap."""
    retired_t = RETIRED_AT + (params.total_laps - lap).astype(jnp.float32) * _ONE_LAP_DOWN
    retires = (field.retires == lap) & running(field)
    t = jnp.where(retires, retired_t, jnp.where(running(field), field.t + dt, field.t))
    loose = (field.pending > 0) | (t >= RETIRED_AT) | (lap == 1) | standing_start(track)
    need = jnp.where(loose, _LOOSE, clean + _pass_threshold(params, track, field))
    marked = (jax.lax.bitcast_convert_type(need, jnp.int32) & ~_SLOT) | slot
    return _Fight(t, field.t, jnp.where(loose, -_LOOSE, clean), jax.lax.bitcast_convert_type(marked, jnp.float32))


def _swaps(parity: int, racing: Array, fight: _Fight) -> Array:
    """bool[C // 2 - parity, B]: pairs of neighbors, from slot ``parity`` on, that change places."""
    pairs = slice(parity, len(fight.t) - parity)
    t, start, pace, _ = (x[pairs][0::2] for x in fight)
    t_behind, start_behind, pace_behind, need_behind = (x[pairs][1::2] for x in fight)
    quicker = t_behind < t
    apart_before = start_behind - start
    out_of_order = (apart_before < 0) | (pace <= -_LOOSE) | (pace_behind <= -_LOOSE)
    beats = racing & (pace > need_behind) & ((apart_before < _REACH) | quicker)
    return quicker & out_of_order | beats


def _swapped(parity: int, fight: _Fight, swap: Array) -> _Fight:
    slot = np.arange(len(fight.t))
    partner = np.clip(slot + np.where(slot % 2 == parity, 1, -1), 0, len(slot) - 1)
    # a slot without a partner is its own: whatever any pair does leaves it alone
    swaps = of_slots(swap, np.clip((slot - parity) // 2, 0, len(swap) - 1))
    return jax.tree.map(lambda x: jnp.where(swaps, of_slots(x, partner), x), fight)


def _seat(need: Array) -> Array:
    """u32[C, B]: where among C x B the cars of ``_Fight.need`` stood."""
    return _at(jax.lax.bitcast_convert_type(need, jnp.int32) & _SLOT)


def _at(row: Array) -> Array:
    """u32[C, B]: which of C x B values is in each column's given row, i32[C, B]."""
    columns = row.shape[1]
    return row.astype(jnp.uint32) * np.uint32(columns) + np.arange(columns, dtype=np.uint32)


def _taken(x: Array, row: Array) -> Array:
    """Of each column of x [C, B] the given rows, i32[C, B]."""
    return _picked(x, _at(row))


def _take_seats(field: Field, seat: Array) -> Field:
    """Every car's state in the slot that it fought its way to."""
    return jax.tree.map(lambda x: _picked(x, seat), field)


def _picked(x: Array, at: Array) -> Array:
    """The values of x [C, B] at the places that ``at`` u32[C, B] counts among all of them."""
    return x.reshape(-1).at[at].get(mode="promise_in_bounds")


def _hold(lap: Array, t: Array, is_free: Callable[[Array], Array], pace: Array, spacing: Array) -> Array:
    """f32[C, B]: times at the line once everyone is held behind the cars ahead that it could not pass, but those whose
    ``_Fight.pace`` says that they are free."""
    index = jnp.arange(len(t), dtype=jnp.float32)[:, None] * spacing
    # a car with anyone behind it already ahead on time is still sinking through the order and blocks nobody
    behind_best = best_so_far(lap, t, of_those_behind=True)
    sinking = t > behind_best + 1.0
    blocking = jnp.where(is_free(pace) | sinking | (t >= RETIRED_AT), -jnp.inf, t - index)

    def held(t: Array, ahead: Array, pace: Array) -> Array:
        return jnp.where(is_free(pace) | (t >= RETIRED_AT), t, jnp.maximum(t, ahead + index))

    return apart(lap, held, t, best_so_far(lap, blocking), pace)
