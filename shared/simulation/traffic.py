"""Lap times and the fight on the track: dirty air, passing, trains, and the queue behind a safety car."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from shared.simulation import rng
from shared.simulation.field import RETIRED_AT, Field, Luck, Track, gaps, running, shift_down, shift_up
from shared.simulation.params import RaceParams
from shared.simulation.track import GREEN, SC, VSC

_PASSES = 3  # pairs of compare-exchange passes a lap: a car can move this many slots either way, twice
_REACH = 1.2  # s: a car this close at the line may try to pass on the next lap
_ONE_LAP_DOWN = 1000.0

_Carried = tuple[Field, Array, Array, Array, Array]


def lap_times(params: RaceParams, luck: Luck, lap: Array, track: Track, field: Field) -> tuple[Field, Array, Array]:
    """(field with this lap's noise, clean f32[C, B], dt f32[C, B]): each car's time over the reference in clean air,
    and with dirty air and whatever the track status makes of it; an out-lap's pit loss is in ``dt`` alone."""
    h = rng.bits(luck.key, lap, field.car, rng.NOISE)
    rho = params.noise_rho
    noise = rho * field.noise + jnp.sqrt(1.0 - rho * rho) * params.noise_sd * rng.normal(h)
    mismatch = jnp.zeros_like(field.t)
    for wetness in range(3):
        for code in range(5):
            here = (track.wetness == wetness) & (field.compound == code)
            mismatch = jnp.where(here, params.mismatch[wetness, code], mismatch)
    clean = field.pace + field.stint + field.wear * (field.age + 1.0) + noise + mismatch
    clean = clean + jnp.where(field.age == 0, params.warmup, 0.0) * (lap > 1)
    ahead, _ = gaps(field)
    green = clean + params.dirty_air * jnp.exp(-ahead / params.dirty_air_decay)
    start = rng.normal(rng.bits(luck.key, lap, field.car, rng.SETUP)) * params.start_sd
    green = jnp.where(lap == 1, clean + start, green)
    leader = field.t <= jnp.min(field.t, axis=0)
    queue = jnp.where(leader, 0.0, -params.sc_catch)
    dt = jnp.where(track.status >= SC, queue, jnp.where(track.status == VSC, 0.0, green))
    return field._replace(noise=noise), clean, dt + field.pending


def _pass_threshold(params: RaceParams, luck: Luck, lap: Array, field: Field) -> Array:
    """f32[C, B]: the edge of clean pace, s, that the car needs on this lap to pass: the logistic of pass chance
    turned inside out, so that one draw a car decides against whichever car is ahead."""
    u = rng.uniform(rng.bits(luck.key, lap, field.car, rng.PASS))
    intercept, slope = params.pass_logit[0], params.pass_logit[1]
    return (jnp.log(u / (1.0 - u)) - intercept) / slope


def overtake(params: RaceParams, luck: Luck, lap: Array, track: Track, field: Field, clean: Array, dt: Array) -> Field:
    """Field after the lap: who got past whom, who was held up, times at the line.

    A car within reach passes when its edge in clean pace beats its draw; one that does not is held at ``follow_gap``
    behind every car it could not pass, a running maximum over the slots ahead. Cars in the pit lane, out of order or
    retired neither block nor are held.
    """
    racing = (track.status < VSC) & (lap > 1)
    spacing = jnp.where(track.status >= SC, params.sc_gap, params.follow_gap)
    retired_t = RETIRED_AT + (params.total_laps - lap).astype(jnp.float32) * _ONE_LAP_DOWN
    retires = (field.retires == lap) & running(field)
    start = field.t
    reached = jnp.where(retires, retired_t, jnp.where(running(field), start + dt, start))
    need = clean + _pass_threshold(params, luck, lap, field)
    loose = (field.pending > 0) | (reached >= RETIRED_AT) | (lap == 1)
    carried = (field._replace(t=reached), start, clean, need, loose)

    c = field.t.shape[0]
    parity = (jnp.arange(c) % 2)[:, None]
    last = (jnp.arange(c) == c - 1)[:, None]

    def exchange(k: int, carried: _Carried) -> _Carried:
        now, begin, pace, needs, free = carried
        # each slot against the car behind it
        quicker = shift_up(now.t) < now.t
        out_of_order = (shift_up(begin) < begin) | free | shift_up(free)
        close = shift_up(begin) - begin < _REACH
        beats = racing & (pace > shift_up(needs)) & (close | quicker)
        swap = (parity == k % 2) & ~last & (quicker & out_of_order | (beats & ~free & ~shift_up(free)))
        taken = shift_down(swap) & (parity != k % 2)
        return jax.tree.map(lambda x: jnp.where(swap, shift_up(x), jnp.where(taken, shift_down(x), x)), carried)

    # a loop and not unrolled code: XLA would fuse the passes and compute each neighbour anew, threefold a pass
    carried = jax.lax.fori_loop(0, 2 * _PASSES, exchange, carried)
    now, begin, _, _, free = carried
    return now._replace(t=_hold(now.t, begin, free, spacing), pending=jnp.zeros_like(now.t))


def _hold(t: Array, start: Array, free: Array, spacing: Array) -> Array:
    """f32[C, B]: times at the line once everyone is held behind the cars ahead that it could not pass."""
    c = t.shape[0]
    # a car with anyone behind it already ahead on time is still sinking through the order and blocks nobody
    behind_best = jax.lax.cummin(t, axis=0, reverse=True)
    sinking = t > behind_best + 1.0
    index = jnp.arange(c, dtype=jnp.float32)[:, None] * spacing
    blocking = jnp.where(free | sinking | (t >= RETIRED_AT), -jnp.inf, t - index)
    held = jax.lax.cummax(blocking, axis=0) + index
    return jnp.where(free | (t >= RETIRED_AT), t, jnp.maximum(t, held))
