"""Pit stops: who stops at the end of this lap, what it fits, and what the stop costs."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from shared.race.vocabulary import DRY_COMPOUNDS, Compound
from shared.simulation.lap import approximate, policy, rng
from shared.simulation.lap.field import (
    Field,
    Luck,
    Track,
    apart,
    behind_of,
    by_compound,
    gap_ahead,
    n_running,
    over_slots,
    pack_card,
    pack_log,
    pack_stop,
    running,
)
from shared.simulation.lap.track import RED, SC, VSC
from shared.simulation.params import NO_FORECAST, RaceParams
from shared.simulation.types import MAX_STOPS

IN_LAP_SHARE = 0.15  # of the pit loss falls on the in-lap, the rest on the out-lap (3,204 stops, 2018-2024)
_WET_MASK = (1 << Compound.INTERMEDIATE) | (1 << Compound.WET)
_CHANGE_FOR_WEATHER = 0.6  # chance a lap to come in while the tires are wrong for the track
_LEAVES_DUTY_UNMET = 0.0067  # a compound that would leave the duty unmet weighs this much less, exp(-5)
_FORWARD = (0.15, 0.35)  # a planned stop is brought forward by up to this share of a tire's life under VSC, SC


def owes_stop(params: RaceParams, field: Field) -> Array:
    """bool[C, B]: a stop is still required: one dry compound so far in a dry race, or too few for the event."""
    used = field.used
    dry = (used & 1) + ((used >> 1) & 1) + ((used >> 2) & 1)
    one_compound = params.owed_stop & (dry < 2) & ((used & _WET_MASK) == 0)
    return one_compound | (field.stops < params.min_stops)


def _right_for(wetness: Array, compound: Array) -> Array:
    dry_tire = compound <= Compound.HARD
    return jnp.where(wetness == 0, dry_tire, ~dry_tire)


def _stop_logit(params: RaceParams, lap: Array, track: Track, field: Field, owed: Array) -> Array:
    """f32[C, B]: logit of the chance that a car without a plan stops at the end of ``lap``."""
    pol = params.policy
    left = (params.total_laps - lap).astype(jnp.float32)
    mean_stops = over_slots(lap, jnp.add, jnp.where(running(field), field.stops, 0)) / n_running(lap, field)
    near_ahead = apart(lap, lambda field: approximate.exp(-policy.NEARNESS * gap_ahead(field)), field)
    features = policy.hazard_features(
        jnp,
        field.age + 1.0,
        by_compound(pol.life, field.compound),
        left,
        owed.astype(jnp.float32),
        behind_of(near_ahead),
        near_ahead,
        track.share_stopped,
        field.stops.astype(jnp.float32) - mean_stops,
    )
    settled = (~track.began).astype(jnp.float32)
    drawn = policy.logit(jnp.moveaxis(apart(lap, _weights, params, track), 0, -1), (*features, settled))
    known = jnp.asarray(params.next_stop)[:, lap].at[field.car.astype(jnp.uint32)].get(mode="promise_in_bounds")
    return jnp.where((track.status < VSC) & (field.made == 0) & (known < NO_FORECAST), known, drawn)


def _weights(params: RaceParams, track: Track) -> Array:
    """f32[features, B]: the policy's weights under each scenario's track status."""
    weights = policy.by_status(jnp, jnp.asarray(params.policy.hazard), jnp.asarray(params.policy.neutral))
    vsc, sc = track.status == VSC, track.status >= SC
    return jnp.where(sc, weights[2][:, None], jnp.where(vsc, weights[1][:, None], weights[0][:, None]))


def _choose(params: RaceParams, lap: Array, track: Track, field: Field, u: Array) -> Array:
    """i32[C, B]: compound a car without a plan fits after ``lap``: for the weather, or drawn by fit to what is left."""
    pol = params.policy
    left = (params.total_laps - lap).astype(jnp.float32)
    one_compound = params.owed_stop & ((field.used & _WET_MASK) == 0)
    weights = []
    for code in DRY_COMPOUNDS:
        # the features know the car by one bit alone, so there are two weights a lap and no exponential a car
        other, again = (
            jnp.exp(
                policy.logit(
                    pol.choice[code],
                    policy.choice_features(jnp, pol.life[code], left, jnp.float32(same), *pol.in_use[:, code]),
                )
            )
            for same in (0, 1)
        )
        weight = jnp.where(field.compound == code, again, other)
        # with one compound used and another owed, the same again would leave the duty unmet
        only = one_compound & ((field.used & 7) == (1 << code))
        weights.append(jnp.where(only, _LEAVES_DUTY_UNMET * weight, weight))
    soft, medium, hard = weights
    point = u * (soft + medium + hard)
    dry = jnp.where(point < soft, 0, jnp.where(point < soft + medium, 1, 2))
    return jnp.where(track.wetness == 0, dry, Compound.MEDIUM + 1 + track.wetness).astype(jnp.int32)


class _Planned(NamedTuple):
    """What a car's own plan says of this lap, [C, B]: whether it has one, whether it stops now, for which compound."""

    has_plan: Array
    due: Array
    compound: Array


def pack_plan(lap: Array, compound: Array) -> Array:
    """i32 of the stops of plans [..., MAX_STOPS]: a bit that there is a plan, compound, lap; 0 for plans whose first
    lap is below 0, which leave the stops to the policy."""
    return jnp.where(lap[..., :1] >= 0, 1 + (compound << 1) + (lap << 4), 0)


def pack_plans(params: RaceParams) -> Array:
    """i32[C, MAX_STOPS]: each car's planned stops, as ``pack_plan`` has them."""
    return pack_plan(jnp.where(params.has_plan[:, None], params.plan_lap, -1), params.plan_compound)


def next_planned(luck: Luck, field: Field) -> Array:
    """i32[C, B]: the next stop of each car's own plan as ``pack_plan`` has it, 0 for a car without one."""
    index = luck.plan_at + field.car * MAX_STOPS + jnp.minimum(field.made, MAX_STOPS - 1)
    packed = luck.plan.at[index.astype(jnp.uint32)].get(mode="promise_in_bounds")
    return jnp.where(field.made < MAX_STOPS, packed, packed & 1)


def _planned(params: RaceParams, lap: Array, track: Track, field: Field, packed: Array) -> _Planned:
    planned_lap = packed >> 4
    life = by_compound(params.policy.life, field.compound)
    early = jnp.where(track.status == VSC, _FORWARD[0], jnp.where(track.status >= SC, _FORWARD[1], 0.0)) * life
    early = jnp.where(params.script.on, 0.0, early)
    due = lap >= planned_lap - jnp.minimum(early, field.age).astype(jnp.int32)
    return _Planned((packed & 1) > 0, (planned_lap > 0) & due, (packed >> 1) & 0x7)


def pit_stops(params: RaceParams, luck: Luck, lap: Array, track: Track, field: Field) -> tuple[Track, Field]:
    """Stops at the end of ``lap``: tires change now, ``IN_LAP_SHARE`` of the loss falls on this lap, the rest is
    left ``pending`` for the next. Under a red flag every car changes tires for nothing and no stop is counted; that
    makes a planned stop that is due then."""
    packed = apart(lap, next_planned, luck, field)
    stop = apart(lap, _stops, params, luck, lap, track, field, packed)
    share = over_slots(lap, jnp.add, stop.astype(jnp.int32)) / n_running(lap, field)
    return track._replace(share_stopped=share), _change_tires(params, luck, lap, track, field, packed, stop)


def _stops(params: RaceParams, luck: Luck, lap: Array, track: Track, field: Field, packed: Array) -> Array:
    """bool[C, B]: cars that come in at the end of ``lap``."""
    planned = _planned(params, lap, track, field, packed)
    u = rng.uniform_low(rng.of_car(track.keys[rng.DECIDE], field.car))
    owed = owes_stop(params, field)
    left = params.total_laps - lap
    logit = _stop_logit(params, lap, track, field, owed)
    # u < 1 / (1 + exp(-logit)), without the division
    by_policy = u * (1.0 + approximate.exp(-logit)) < 1.0
    wrong = ~_right_for(track.wetness, field.compound)
    planned_now = planned.has_plan & planned.due
    wants = jnp.where(wrong, planned_now | (u < _CHANGE_FOR_WEATHER), planned_now | (~planned.has_plan & by_policy))
    must = (owed & ~planned.has_plan & (left == 1)) | ((params.max_stint > 0) & (field.age + 1 >= params.max_stint))
    can = running(field) & (left >= 1) & (field.pending == 0) & (track.status != RED)
    return jnp.where(params.script.on, running(field) & planned_now, can & (must | wants))


def _change_tires(
    params: RaceParams, luck: Luck, lap: Array, track: Track, field: Field, packed: Array, stop: Array
) -> Field:
    """Field with new sets on the cars that stop, and on all that run under a new red flag; the others' a lap older."""
    free = running(field) & track.began & (track.status == RED) & ~params.script.on
    planned = _planned(params, lap, track, field, packed)

    def fitted(field: Field) -> Array:
        h = rng.of_car(track.keys[rng.DECIDE], field.car)
        chosen = _choose(params, lap, track, field, rng.uniform_high(h))
        fits = _right_for(track.wetness, planned.compound) | params.script.on
        return jnp.where(planned.has_plan & planned.due & fits, planned.compound, chosen)

    compound = apart(lap, fitted, field)
    loss = apart(lap, _pit_loss, params, luck, lap, track, field.car)

    def refit(field: Field, compound: Array, loss: Array) -> dict[str, Array]:
        changes = stop | free
        fortune = rng.of_car(track.keys[rng.FORTUNE], field.car)
        set_error = rng.normal(rng.of_car(track.keys[rng.STINT], field.car))
        wear_error = rng.normal(fortune * jnp.uint32(0x9E3779B9))
        offset = by_compound(luck.tire_offset, compound)
        wear = by_compound(luck.tire_wear, compound)
        first = jnp.where(
            stop & (field.first_stop == 0), pack_stop(lap, compound, track.status[None, :]), field.first_stop
        )
        used = field.used | (1 << compound)
        made = field.made + (stop | (free & planned.has_plan & planned.due))
        card = pack_card(field.car, compound, used, field.stops + stop, made, jnp.zeros_like(used))
        older = field.card + (((field.card >> 21) < 127).astype(jnp.int32) << 21)
        return {
            "t": field.t + jnp.where(stop, IN_LAP_SHARE * loss, 0.0),
            "stint": jnp.where(changes, offset + params.stint_sd * set_error, field.stint),
            "wear": jnp.where(changes, wear + params.wear_sd * wear_error, field.wear),
            "pending": jnp.where(stop, (1.0 - IN_LAP_SHARE) * loss, jnp.where(free, 0.0, field.pending)),
            "card": jnp.where(changes, card, older),
            "log": pack_log(first, field.retires),
        }

    return field._replace(**apart(lap, refit, field, compound, loss))


def _pit_loss(params: RaceParams, luck: Luck, lap: Array, track: Track, car: Array) -> Array:
    """f32[C, B]: seconds that a stop at the end of ``lap`` costs."""
    fortune = rng.of_car(track.keys[rng.FORTUNE], car)
    u_slow, u_size = rng.uniform_low(fortune), rng.uniform_high(fortune)
    spread = params.pit_sd * rng.normal(fortune ^ jnp.uint32(0x5BD1E995))
    slow = jnp.where(u_slow < params.slow_prob, -params.slow_mean * approximate.log(u_size), 0.0)
    usual = jnp.where(
        track.status == VSC, params.pit_loss[1], jnp.where(track.status == SC, params.pit_loss[2], params.pit_loss[0])
    )
    loss = jnp.maximum(usual + luck.pit_loss_error + spread, 2.0) + slow
    return jnp.where(track.status == RED, 0.0, loss)
