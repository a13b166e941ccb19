"""Pit stops: who stops at the end of this lap, what it fits, and what the stop costs."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from shared.race.vocabulary import DRY_COMPOUNDS, Compound
from shared.simulation import policy, rng
from shared.simulation.field import Field, Luck, Track, by_compound, gaps, pack_stop, running
from shared.simulation.params import RaceParams
from shared.simulation.track import GREEN, RED, SC, VSC
from shared.simulation.types import MAX_STOPS

IN_LAP_SHARE = 0.15  # of the pit loss falls on the in-lap, the rest on the out-lap (3,204 stops, 2018-2024)
_WET_MASK = (1 << Compound.INTERMEDIATE) | (1 << Compound.WET)
_CHANGE_FOR_WEATHER = 0.6  # chance a lap to come in while the tires are wrong for the track
_FORWARD = (0.15, 0.35)  # a planned stop is brought forward by up to this share of a tire's life under VSC, SC


def owes_stop(params: RaceParams, field: Field) -> Array:
    """bool[C, B]: a stop is still required: one dry compound so far in a dry race, or fewer than the event's minimum."""
    used = field.used
    dry = (used & 1) + ((used >> 1) & 1) + ((used >> 2) & 1)
    one_compound = params.owed_stop & (dry < 2) & ((used & _WET_MASK) == 0)
    return one_compound | (field.stops < params.min_stops)


def _right_for(wetness: Array, compound: Array) -> Array:
    dry_tire = compound <= Compound.HARD
    return jnp.where(wetness == 0, dry_tire, ~dry_tire)


def _stop_probability(params: RaceParams, lap: Array, track: Track, field: Field, owed: Array) -> Array:
    """f32[C, B]: chance that a car without a plan stops at the end of ``lap``."""
    pol = params.policy
    left = (params.total_laps - lap).astype(jnp.float32)
    life = by_compound(pol.life, field.compound)
    age = field.age + 1.0
    owed_f = owed.astype(jnp.float32)
    alive = running(field)
    n = jnp.maximum(alive.sum(axis=0), 1).astype(jnp.float32)
    mean_stops = jnp.where(alive, field.stops, 0).sum(axis=0) / n
    ahead, behind = gaps(field)
    green = policy.logit(
        pol.hazard,
        policy.hazard_features(
            jnp, age, life, left, owed_f, behind, ahead, track.share_stopped, field.stops.astype(jnp.float32) - mean_stops
        ),
    )
    settled = (~track.began).astype(jnp.float32)
    neutral = policy.logit(
        jnp.where((track.status >= SC)[:, None], pol.neutral[1], pol.neutral[0]),
        policy.neutral_features(jnp, age, life, left, owed_f, settled),
    )
    return jax.nn.sigmoid(jnp.where(track.status >= VSC, neutral, green) + field.eager)


def _choose(params: RaceParams, lap: Array, track: Track, field: Field, u: Array) -> Array:
    """i32[C, B]: compound a car without a plan fits after ``lap``: for the weather, else drawn by fit to what is left."""
    pol = params.policy
    left = (params.total_laps - lap).astype(jnp.float32)
    one_compound = params.owed_stop & ((field.used & _WET_MASK) == 0)
    weights = []
    for code in DRY_COMPOUNDS:
        same = (field.compound == code).astype(jnp.float32)
        score = policy.logit(pol.choice[code], policy.choice_features(jnp, pol.life[code], left, same))
        # with one compound used and another owed, the same again would leave the duty unmet
        only = one_compound & ((field.used & 7) == (1 << code))
        weights.append(jnp.exp(jnp.where(only, score - 5.0, score)))
    soft, medium, hard = weights
    point = u * (soft + medium + hard)
    dry = jnp.where(point < soft, 0, jnp.where(point < soft + medium, 1, 2))
    return jnp.where(track.wetness == 0, dry, Compound.MEDIUM + 1 + track.wetness).astype(jnp.int32)


def _planned(params: RaceParams, lap: Array, track: Track, field: Field) -> tuple[Array, Array, Array]:
    """(has plan bool, stops now bool, compound i32), [C, B]: what a car's own plan says of this lap."""
    index = field.car * MAX_STOPS + jnp.minimum(field.made, MAX_STOPS - 1)
    table = params.plan_lap + (params.plan_compound << 8) + (params.has_plan.astype(jnp.int32) << 12)[:, None]
    packed = jnp.take(table.reshape(-1), index, mode="clip")
    planned_lap = jnp.where(field.made < MAX_STOPS, packed & 0xFF, 0)
    compound, has_plan = (packed >> 8) & 0xF, (packed >> 12) > 0
    life = by_compound(params.policy.life, field.compound)
    early = jnp.where(track.status == VSC, _FORWARD[0], jnp.where(track.status >= SC, _FORWARD[1], 0.0)) * life
    due = lap >= planned_lap - jnp.minimum(early, field.age).astype(jnp.int32)
    return has_plan, (planned_lap > 0) & due, compound


def pit_stops(params: RaceParams, luck: Luck, lap: Array, track: Track, field: Field) -> tuple[Track, Field]:
    """Stops at the end of ``lap``: tires change now, ``IN_LAP_SHARE`` of the loss falls on this lap, the rest is
    left ``pending`` for the next. Under a red flag every car changes tires for nothing and no stop is counted."""
    h = rng.bits(luck.key, lap, field.car, rng.DECIDE)
    fortune = rng.bits(luck.key, lap, field.car, rng.FORTUNE)
    owed = owes_stop(params, field)
    left = params.total_laps - lap
    probability = _stop_probability(params, lap, track, field, owed)
    has_plan, due, planned_compound = _planned(params, lap, track, field)
    wrong = ~_right_for(track.wetness, field.compound)
    probability = jnp.where(wrong, _CHANGE_FOR_WEATHER, jnp.where(has_plan, jnp.where(due, 1.0, 0.0), probability))
    must = (owed & ~has_plan & (left == 1)) | ((params.max_stint > 0) & (field.age + 1 >= params.max_stint))
    probability = jnp.where(must, 1.0, probability)
    can = running(field) & (left >= 1) & (field.pending == 0)
    stop = can & (rng.uniform_low(h) < probability) & (track.status != RED)
    chosen = _choose(params, lap, track, field, rng.uniform_high(h))
    free = running(field) & track.began & (track.status == RED)
    compound = jnp.where(has_plan & due & ~wrong & ~free, planned_compound, chosen)

    u_slow, u_size = rng.uniform_low(fortune), rng.uniform_high(fortune)
    spread = params.pit_sd * rng.normal(fortune ^ jnp.uint32(0x5BD1E995))
    slow = jnp.where(u_slow < params.slow_prob, -params.slow_mean * jnp.log(u_size), 0.0)
    usual = jnp.where(
        track.status == VSC, params.pit_loss[1], jnp.where(track.status == SC, params.pit_loss[2], params.pit_loss[0])
    )
    loss = jnp.maximum(usual + params.pit_loss_draws[luck.draw] + spread, 2.0) + slow

    changes = stop | free
    set_error = rng.normal(rng.bits(luck.key, lap, field.car, rng.STINT))
    offset = by_compound(params.tire_offset[:, None] + params.tire_offset_draws[luck.draw].T, compound)
    wear = by_compound(params.tire_wear[:, None] + params.tire_wear_draws[luck.draw].T, compound)
    wear_error = rng.normal(fortune * jnp.uint32(0x9E3779B9))
    first = pack_stop(lap, compound, track.status[None, :])
    new = field._replace(
        t=field.t + jnp.where(stop, IN_LAP_SHARE * loss, 0.0),
        stint=jnp.where(changes, offset + params.stint_sd * set_error, field.stint),
        wear=jnp.where(changes, wear + params.wear_sd * wear_error, field.wear),
        eager=jnp.where(stop, 0.0, field.eager),
        age=jnp.where(changes, 0.0, field.age + 1.0),
        compound=jnp.where(changes, compound, field.compound),
        used=jnp.where(changes, field.used | (1 << compound), field.used),
        stops=field.stops + stop,
        made=field.made + stop,
        pending=jnp.where(stop, (1.0 - IN_LAP_SHARE) * loss, jnp.where(free, 0.0, field.pending)),
        first_stop=jnp.where(stop & (field.first_stop == 0), first, field.first_stop),
    )
    n = jnp.maximum(running(field).sum(axis=0), 1)
    return track._replace(share_stopped=stop.sum(axis=0) / n), new
