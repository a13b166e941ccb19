"""Pit stops: who stops at the end of this lap, what it fits, and what the stop costs."""

from __future__ import annotations

from functools import reduce

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from shared.race.vocabulary import DRY_COMPOUNDS, Compound
from shared.simulation.lap import approximate, policy, rng
from shared.simulation.lap.field import (
    Field,
    Luck,
    Track,
    apart,
    by_compound,
    gap_ahead,
    of_slots,
    pack_card,
    pack_log,
    pack_stop,
    running,
)
from shared.simulation.lap.track import RED, SC, VSC
from shared.simulation.params import NO_FORECAST, RaceParams
from shared.simulation.types import MAX_STOPS

IN_LAP_SHARE = 0.15  # of the pit loss falls on the in-lap, the rest on the out-lap (3,204 stops, 2018-2024)
_DRY_MASK = 7
_WET_MASK = (1 << Compound.INTERMEDIATE) | (1 << Compound.WET)
_CHANGE_FOR_WEATHER = 0.6  # chance a lap to come in while the tires are wrong for the track
_LEAVES_DUTY_UNMET = 0.0067  # a compound that would leave the duty unmet weighs this much less, exp(-5)
_FORWARD = (0.15, 0.35)  # a planned stop is brought forward by up to this share of a tire's life under VSC, SC

_COUNT_BITS = 10
_COUNT_MASK = (1 << _COUNT_BITS) - 1
_DRAW_BITS = 16
_STOPS, _CHANGES, _BY_PLAN = 1, 2, 4  # what the pit wall calls
_CALL_BITS = 3


def owes_stop(params: RaceParams, field: Field) -> Array:
    """bool[C, B]: a stop is still required: one dry compound so far in a dry race, or too few for the event."""
    used = field.used
    dry = used & _DRY_MASK
    one_compound = params.owed_stop & ((dry & (dry - 1)) == 0) & ((used & _WET_MASK) == 0)
    return one_compound | (field.stops < params.min_stops)


def _right_for(wetness: Array, compound: Array) -> Array:
    dry_tire = compound <= Compound.HARD
    return jnp.where(wetness == 0, dry_tire, ~dry_tire)


def _terms(params: RaceParams, lap: Array, track: Track, count: Array) -> policy.Terms:
    """What the pit policy says of ``lap`` that is the same for all cars, [B] each; ``count`` as ``_count`` has it."""
    weights = policy.by_status(jnp, jnp.asarray(params.policy.hazard), jnp.asarray(params.policy.neutral))
    vsc, sc = track.status == VSC, track.status >= SC
    weights = jnp.where(sc, weights[2][:, None], jnp.where(vsc, weights[1][:, None], weights[0][:, None]))
    left = (params.total_laps - lap).astype(jnp.float32)
    mean_stops = (count & _COUNT_MASK).astype(jnp.float32) / _n_running(count)
    return policy.terms(jnp, weights, left, track.share_stopped, mean_stops, (~track.began).astype(jnp.float32))


def _stop_logit(
    params: RaceParams,
    lap: Array,
    track: Track,
    field: Field,
    told: Array,
    owed: Array,
    terms: policy.Terms,
    near_ahead: Array,
) -> Array:
    """f32[C, B]: logit of the chance that a car without a plan stops at the end of ``lap``; ``told`` as ``_told``."""
    drawn = policy.logit_of_car(
        jnp,
        terms,
        field.age + 1.0,
        by_compound(1.0 / jnp.asarray(params.policy.life), field.compound),
        (params.total_laps - lap).astype(jnp.float32),
        owed,
        of_slots(
            near_ahead, np.roll(np.arange(len(near_ahead)), -1)
        ),  # behind the last is nobody, as ahead of the first
        near_ahead,
        field.stops.astype(jnp.float32),
    )
    known = jax.lax.bitcast_convert_type(told, jnp.float32)
    return jnp.where((track.status < VSC) & (known < NO_FORECAST), known, drawn)


def _count(field: Field) -> Array:
    """i32[B]: running cars, above ``_COUNT_BITS`` bits that hold how many stops they have made."""
    return reduce(jnp.add, list(jnp.where(running(field), field.stops + (1 << _COUNT_BITS), 0)))


def _n_running(count: Array) -> Array:
    """f32[B]: running cars, at least 1."""
    return jnp.maximum(count >> _COUNT_BITS, 1).astype(jnp.float32)


def _choice_table(params: RaceParams, lap: Array) -> Array:
    """i32[256]: what a car without a plan fits on a dry track after ``lap``, by the compound that comes off (3 bits)
    and above it those used (5 bits): of 65536 equally likely draws the first that is no soft, and above ``_DRAW_BITS``
    bits the first that is a hard."""
    pol = params.policy
    left = (params.total_laps - lap).astype(jnp.float32)
    # the features know the car by one bit alone: whether it is the compound that comes off, [2]
    same = jnp.arange(2, dtype=jnp.float32)
    state = jnp.arange(256)
    compound, used = state & 7, state >> 3
    one_compound = params.owed_stop & ((used & _WET_MASK) == 0)
    weights = []
    for code in DRY_COMPOUNDS:
        features = policy.choice_features(jnp, pol.life[code], left, same, *pol.in_use[:, code])
        other, again = jnp.exp(policy.logit(pol.choice[code], features))
        weight = jnp.where(compound == code, again, other)
        # with one compound used and another owed, the same again would leave the duty unmet
        only = one_compound & ((used & _DRY_MASK) == (1 << code))
        weights.append(jnp.where(only, _LEAVES_DUTY_UNMET * weight, weight))
    soft, medium, hard = weights
    share = jnp.stack([soft, soft + medium]) / (soft + medium + hard)
    no_soft, a_hard = jnp.minimum(jnp.round(share * (1 << _DRAW_BITS)), (1 << _DRAW_BITS) - 1).astype(jnp.uint32)
    return no_soft | (a_hard << _DRAW_BITS)


def _chosen(track: Track, field: Field, table: Array, draw: Array) -> Array:
    """i32[C, B]: compound a car without a plan fits: for the weather, or by ``_choice_table`` and a draw u32 below
    65536."""
    shares = table.at[(field.card.astype(jnp.uint32) >> 5) & 0xFF].get(mode="promise_in_bounds")
    after_soft, hard = draw >= (shares & ((1 << _DRAW_BITS) - 1)), draw >= (shares >> _DRAW_BITS)
    dry = after_soft.astype(jnp.int32) + hard.astype(jnp.int32)
    return jnp.where(track.wetness == 0, dry, Compound.MEDIUM + 1 + track.wetness).astype(jnp.int32)


def _choose(params: RaceParams, lap: Array, track: Track, field: Field, u: Array) -> Array:
    """i32[C, B]: compound a car without a plan fits after ``lap``, by draws f32 in (0, 1)."""
    return _chosen(track, field, _choice_table(params, lap), (u * (1 << _DRAW_BITS)).astype(jnp.uint32))


def pack_plan(lap: Array, compound: Array) -> Array:
    """i32 of the stops of plans [..., MAX_STOPS]: a bit that there is a plan, compound, lap; 0 for plans whose first
    lap is below 0, which leave the stops to the policy."""
    return jnp.where(lap[..., :1] >= 0, 1 + (compound << 1) + (lap << 4), 0)


def pack_plans(params: RaceParams) -> Array:
    """i32[C, MAX_STOPS]: each car's planned stops, as ``pack_plan`` has them."""
    return pack_plan(jnp.where(params.has_plan[:, None], params.plan_lap, -1), params.plan_compound)


def plan_table(plans: Array) -> Array:
    """i32[..., C, 16] of plans [..., C, MAX_STOPS] as ``pack_plan`` has them: by stops made, no further lap in the
    end."""
    none = jnp.broadcast_to(plans[..., :1] & 1, (*plans.shape[:-1], 16 - MAX_STOPS))
    return jnp.concatenate([plans, none], axis=-1)


def _told(params: RaceParams, lap: Array, plan: Array) -> Array:
    """i32[P * C * 16]: ``Luck.plan`` with what is known of who has no plan: the bits of the f32 logit, the last of them
    0, with which a car that has not stopped from now on does at the end of ``lap``."""
    known = jnp.where(jnp.arange(16) == 0, jnp.asarray(params.next_stop)[:, lap, None], NO_FORECAST)
    bits = jax.lax.bitcast_convert_type(known, jnp.int32) & ~1
    plans = plan.reshape(-1, *bits.shape)
    return jnp.where((plans & 1) > 0, plans, bits).reshape(-1)


def next_planned(luck: Luck, field: Field) -> Array:
    """i32[C, B]: the next stop of each car's own plan as ``pack_plan`` has it, 0 for a car without one."""
    index = luck.plan_at + ((field.car << 4) | field.made)
    return luck.plan.at[index.astype(jnp.uint32)].get(mode="promise_in_bounds")


def _due(params: RaceParams, lap: Array, track: Track, field: Field, packed: Array) -> Array:
    """bool[C, B]: a car's own plan, as ``next_planned`` has it, has it stop now."""
    planned_lap = packed >> 4
    life = by_compound(params.policy.life, field.compound)
    early = jnp.where(track.status == VSC, _FORWARD[0], jnp.where(track.status >= SC, _FORWARD[1], 0.0)) * life
    early = jnp.where(params.script.on, 0.0, early)
    return (planned_lap > 0) & (lap >= planned_lap - jnp.minimum(early, field.age).astype(jnp.int32))


def pit_stops(params: RaceParams, luck: Luck, lap: Array, track: Track, field: Field) -> tuple[Track, Field]:
    """Stops at the end of ``lap``: tires change now, ``IN_LAP_SHARE`` of the loss falls on this lap, the rest is
    left ``pending`` for the next. Under a red flag every car changes tires for nothing and no stop is counted; that
    makes a planned stop that is due then."""
    told = luck._replace(plan=apart(lap, _told, params, lap, luck.plan))
    packed = apart(lap, next_planned, told, field)
    count = apart(lap, _count, field)
    terms = apart(lap, _terms, params, lap, track, count)
    near_ahead = apart(lap, lambda field: approximate.exp(-policy.NEARNESS * gap_ahead(field)), field)
    call = apart(lap, _called, params, lap, track, field, packed, terms, near_ahead)
    stopped = apart(lap, lambda call: reduce(jnp.add, list(call & _STOPS)), call)
    share = stopped.astype(jnp.float32) / _n_running(count)
    return track._replace(share_stopped=share), _change_tires(params, luck, lap, track, field, call)


def _called(
    params: RaceParams, lap: Array, track: Track, field: Field, packed: Array, terms: policy.Terms, near_ahead: Array
) -> Array:
    """i32[C, B]: what the pit wall calls at the end of ``lap``: ``_STOPS``, ``_CHANGES`` for new tires by a stop or
    under a new red flag, ``_BY_PLAN`` where the car's own plan has it stop now, and above ``_CALL_BITS`` bits the
    compound that the plan fits."""
    u = rng.uniform_low(rng.of_car(track.keys[rng.DECIDE], field.car))
    owed, has_plan = owes_stop(params, field), (packed & 1) > 0
    left = params.total_laps - lap
    logit = _stop_logit(params, lap, track, field, packed, owed, terms, near_ahead)
    # u < 1 / (1 + exp(-logit)), without the division
    by_policy = u * (1.0 + approximate.exp(-logit)) < 1.0
    wrong = ~_right_for(track.wetness, field.compound)
    by_plan = has_plan & _due(params, lap, track, field, packed)
    wants = jnp.where(wrong, by_plan | (u < _CHANGE_FOR_WEATHER), by_plan | (~has_plan & by_policy))
    must = (owed & ~has_plan & (left == 1)) | ((params.max_stint > 0) & (field.age + 1 >= params.max_stint))
    runs = running(field)
    can = runs & (left >= 1) & (field.pending == 0) & (track.status != RED)
    stops = jnp.where(params.script.on, runs & by_plan, can & (must | wants))
    changes = stops | (runs & (track.began & (track.status == RED) & ~params.script.on))
    flags = jnp.where(stops, _STOPS, 0) | jnp.where(changes, _CHANGES, 0) | jnp.where(by_plan, _BY_PLAN, 0)
    return flags | (((packed >> 1) & 0x7) << _CALL_BITS)


def _change_tires(params: RaceParams, luck: Luck, lap: Array, track: Track, field: Field, call: Array) -> Field:
    """Field with new sets on the cars that stop, and on all that run under a new red flag; the others' a lap older."""

    def fitted(field: Field, call: Array, table: Array) -> Array:
        chosen = _chosen(track, field, table, rng.of_car(track.keys[rng.DECIDE], field.car) >> 16)
        planned = call >> _CALL_BITS
        fits = _right_for(track.wetness, planned) | params.script.on
        return jnp.where(((call & _BY_PLAN) > 0) & fits, planned, chosen)

    compound = apart(lap, fitted, field, call, apart(lap, _choice_table, params, lap))
    loss = apart(lap, _pit_loss, params, luck, lap, track, field)

    def refit(field: Field, call: Array, compound: Array, loss: Array) -> dict[str, Array]:
        stop, changes = (call & _STOPS) > 0, (call & _CHANGES) > 0
        fortune = rng.of_car(track.keys[rng.FORTUNE], field.car)
        set_error = rng.normal(rng.of_car(track.keys[rng.STINT], field.car))
        wear_error = rng.normal(fortune * jnp.uint32(0x9E3779B9))
        offset = by_compound(luck.tire_offset, compound)
        wear = by_compound(luck.tire_wear, compound)
        first = jnp.where(
            stop & (field.first_stop == 0), pack_stop(lap, compound, track.status[None, :]), field.first_stop
        )
        used = field.used | (1 << compound)
        made = field.made + (stop | (changes & ((call & _BY_PLAN) > 0)))
        card = pack_card(field.car, compound, used, field.stops + stop, made, jnp.zeros_like(used))
        older = field.card + (((field.card >> 21) < 127).astype(jnp.int32) << 21)
        return {
            "t": field.t + jnp.where(stop, IN_LAP_SHARE * loss, 0.0),
            "stint": jnp.where(changes, offset + params.stint_sd * set_error, field.stint),
            "wear": jnp.where(changes, wear + params.wear_sd * wear_error, field.wear),
            "pending": jnp.where(stop, (1.0 - IN_LAP_SHARE) * loss, jnp.where(changes, 0.0, field.pending)),
            "card": jnp.where(changes, card, older),
            "log": pack_log(first, field.retires),
        }

    return field._replace(**apart(lap, refit, field, call, compound, loss))


def _pit_loss(params: RaceParams, luck: Luck, lap: Array, track: Track, field: Field) -> Array:
    """f32[C, B]: seconds that a stop at the end of ``lap`` costs."""
    fortune = rng.of_car(track.keys[rng.FORTUNE], field.car)
    u_slow, u_size = rng.uniform_low(fortune), rng.uniform_high(fortune)
    spread = params.pit_sd * rng.normal(fortune ^ jnp.uint32(0x5BD1E995))
    slow = jnp.where(u_slow < params.slow_prob, -params.slow_mean * approximate.log(u_size), 0.0)
    usual = jnp.where(
        track.status == VSC, params.pit_loss[1], jnp.where(track.status == SC, params.pit_loss[2], params.pit_loss[0])
    )
    loss = jnp.maximum(usual + luck.pit_loss_error + spread, 2.0) + slow
    return jnp.where(track.status == RED, 0.0, loss)
