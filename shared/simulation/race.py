"""One block of scenarios of one race under one plan: the loop that reads like a lap.

Everything here is pure and traced by JAX; ``run.py`` compiles it and deals out the work. Axes: C slots, B scenarios.
"""

from __future__ import annotations

from functools import partial, reduce
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from shared.simulation.lap import rng
from shared.simulation.lap.field import (
    NEVER,
    RETIRED_AT,
    Field,
    Luck,
    Rejoin,
    Track,
    apart,
    pack_card,
    pack_log,
    running,
)
from shared.simulation.lap.pit import IN_LAP_SHARE, _choose, next_planned, pack_plans, pit_stops, plan_table
from shared.simulation.lap.track import VSC, advance_track, initial_track
from shared.simulation.lap.traffic import lap_times, overtake
from shared.simulation.params import RaceParams
from shared.simulation.types import N_DRAWS, NO_CAR


class BlockOutcome(NamedTuple):
    """What the flag settles, as ``types.Outcome`` has it without its axis of plans: [C, B] by car, [B] for the car
    asked about; small integers as u8 so that little is carried off the device."""

    place: Array
    retired: Array
    race_time: Array
    next_stop_lap: Array
    next_stop_compound: Array
    next_stop_green: Array
    stops_made: Array
    rejoin_place: Array
    rejoin_ahead: Array
    rejoin_behind: Array
    rejoin_ahead_car: Array
    rejoin_behind_car: Array


def initial_field(params: RaceParams, luck: Luck, track: Track) -> Field:
    """The field as the question finds it, in track order, with each scenario's own errors of pace, tires and
    reliability drawn. Cars that are in the pit lane now get their new set here."""
    c, b = params.gap.shape[0], luck.key.shape[0]
    car = jnp.broadcast_to(jnp.arange(c, dtype=jnp.int32)[:, None], (c, b))
    spread = partial(jnp.broadcast_to, shape=(c, b))
    h = rng.bits(luck.key, 0, car, rng.SETUP)
    u = rng.uniform(rng.bits(luck.key, 0, car, rng.FORTUNE))
    survives = -jnp.log(u) / jnp.maximum(params.retire_rate[:, None], 1e-9)
    retires = params.lap + 1 + jnp.minimum(survives, float(NEVER)).astype(jnp.int32)
    at_start = (params.lap == 0) & (rng.uniform(rng.bits(luck.key, 0, car, rng.DECIDE)) < params.retire_first_lap)
    given = jnp.asarray(params.script.retires)[:c, None]
    absent = car >= params.n_cars
    wear_error = params.wear_sd * rng.normal(rng.bits(luck.key, 0, car, rng.STINT))
    # the error of the fitted set's wear turns about the present age: what is known of its pace now stays known
    age = spread((params.age[:, None] + params.age_draws[:, luck.draw]).astype(jnp.float32))
    field = Field(
        t=jnp.where(absent, RETIRED_AT * 2.0, params.gap[:, None] + params.gap_draws[:, luck.draw]),
        pace=params.pace_mean[:, None] + params.pace_draws[:, luck.draw] + params.pace_sd[:, None] * rng.normal(h),
        stint=params.stint_offset[:, None] - wear_error * age,
        wear=params.stint_wear[:, None] + wear_error,
        noise=params.noise_sd * rng.normal(rng.bits(luck.key, 0, car, rng.NOISE)),
        pending=jnp.zeros((c, b)),
        card=pack_card(car, params.compound[:, None], params.used[:, None], params.stops[:, None], jnp.int32(0), age),
        log=pack_log(jnp.int32(0), jnp.where(params.script.on, given, jnp.where(at_start, 1, retires))),
    )
    return _fit_cars_in_pit(params, luck, track, field)


def _fit_cars_in_pit(params: RaceParams, luck: Luck, track: Track, field: Field) -> Field:
    in_pit = jnp.broadcast_to(params.in_pit[:, None], field.t.shape)
    stop = next_planned(luck, field)
    planned = ((stop & 1) > 0) & (stop >> 4 == params.lap) & in_pit
    u = rng.uniform(rng.bits(luck.key, params.lap, field.car, rng.DECIDE))
    drawn = _choose(params, params.lap, track, field, u)
    compound = jnp.where(planned, (stop >> 1) & 0x7, drawn)
    loss = (1.0 - IN_LAP_SHARE) * params.pit_loss[0]
    used = jnp.where(in_pit, field.used | (1 << compound), field.used)
    made = jnp.where(planned, 1, 0)
    return field._replace(
        stint=jnp.where(in_pit, params.tire_offset[compound], field.stint),
        wear=jnp.where(in_pit, params.tire_wear[compound], field.wear),
        pending=jnp.where(in_pit, loss, 0.0),
        card=pack_card(
            field.car,
            jnp.where(in_pit, compound, field.compound),
            used,
            field.stops,
            made,
            jnp.where(in_pit, 0.0, field.age),
        ),
    )


def _look_at_rejoin(ego: Array, lap: Array, field: Field, rejoin: Rejoin) -> Rejoin:
    """Notes where the car asked about stands if this was the out-lap of its first stop."""
    alive = running(field)
    mine = field.car == ego
    t = jnp.where(mine, field.t, 0.0).sum(axis=0)
    first = jnp.where(mine, field.first_stop & 0xFF, 0).sum(axis=0)
    now = (first > 0) & (first == lap - 1) & (rejoin.place == 0) & (mine & alive).any(axis=0)
    ahead_gap = jnp.where(alive & ~mine & (field.t <= t), t - field.t, jnp.inf)
    behind_gap = jnp.where(alive & ~mine & (field.t > t), field.t - t, jnp.inf)
    ahead, behind = ahead_gap.min(axis=0), behind_gap.min(axis=0)

    def who(gap: Array, best: Array) -> Array:
        found = jnp.where((gap == best) & jnp.isfinite(gap), field.car, NO_CAR)
        return found.min(axis=0)

    seen = Rejoin(
        (jnp.isfinite(ahead_gap)).sum(axis=0) + 1, ahead, behind, who(ahead_gap, ahead), who(behind_gap, behind)
    )
    return jax.tree.map(lambda new, old: jnp.where(now, new, old), seen, rejoin)


def _on_out_lap(ego: Array, lap: Array, field: Field) -> Array:
    """bool[B]: ``lap`` was the out-lap of the first stop of the car asked about."""
    out_laps = (field.car == ego) & ((field.first_stop & 0xFF) == lap - 1) & (field.first_stop > 0)
    return reduce(jnp.logical_or, list(out_laps))


def luck_of(params: RaceParams, seed: Array, scenario: Array, plans: Array | None = None) -> Luck:
    """What scenarios i32[B] keep to the flag. plans i32[P, C, MAX_STOPS]: those of their first, second, ... P-th part;
    by default the parameters' own."""
    draw = scenario % N_DRAWS
    plans = plan_table(pack_plans(params)[None] if plans is None else plans)
    part = jnp.repeat(jnp.arange(len(plans), dtype=jnp.int32), len(scenario) // len(plans))
    return Luck(
        rng.scenario_key(seed, scenario),
        draw,
        params.tire_offset[:, None] + params.tire_offset_draws.T[:, draw],
        params.tire_wear[:, None] + params.tire_wear_draws.T[:, draw],
        params.pit_loss_draws[draw],
        params.sc_rate[draw],
        params.vsc_rate[draw],
        params.red_rate[draw],
        plans.reshape(-1),
        part * plans[0].size,
    )


def to_the_line(params: RaceParams, luck: Luck, lap: Array, track: Track, field: Field) -> tuple[Track, Field]:
    """Track and field once every car has completed ``lap``, before whoever stops at its end has."""
    track = apart(lap, advance_track, params, luck, lap, track)
    field, clean, dt = lap_times(params, luck, lap, track, field)
    return track, overtake(params, luck, lap, track, field, clean, dt)


def reference_lap(params: RaceParams, lap: Array, track: Track) -> Array:
    """f32[B]: seconds of the lap that ``Field.t`` is counted from."""
    slow = jnp.where(track.status >= 3, params.sc_pace, jnp.where(track.status == 2, params.vsc_pace, 1.0))
    return params.base_lap * slow - params.fuel_effect * lap.astype(jnp.float32)


def race(params: RaceParams, ego: Array, seed: Array, scenario: Array, plans: Array) -> BlockOutcome:
    """Simulates scenarios i32[B] to the flag, in equal parts under ``plans`` i32[P, C, MAX_STOPS]."""
    n_scenarios = len(scenario)
    luck = luck_of(params, seed, scenario, plans)
    track = initial_track(params, luck)
    field = initial_field(params, luck, track)
    nobody = jnp.full((n_scenarios,), NO_CAR, jnp.int32)
    far = jnp.full((n_scenarios,), jnp.inf, jnp.float32)
    rejoin = Rejoin(jnp.zeros((n_scenarios,), jnp.int32), far, far, nobody, nobody)

    def one_lap(lap: Array, state: tuple[Track, Field, Rejoin, Array]) -> tuple[Track, Field, Rejoin, Array]:
        track, field, rejoin, clock = state
        track, field = to_the_line(params, luck, lap, track, field)
        out_lap = apart(lap, _on_out_lap, ego, lap, field).any()
        rejoin = jax.lax.cond(out_lap, lambda r: _look_at_rejoin(ego, lap, field, r), lambda r: r, rejoin)
        track, field = pit_stops(params, luck, lap, track, field)
        return track, field, rejoin, clock + reference_lap(params, lap, track)

    clock = jnp.zeros((n_scenarios,), jnp.float32)
    state = jax.lax.fori_loop(params.lap + 1, params.total_laps + 1, one_lap, (track, field, rejoin, clock))
    return _finish(params, ego, *state)


def _finish(params: RaceParams, ego: Array, track: Track, field: Field, rejoin: Rejoin, clock: Array) -> BlockOutcome:
    """Places at the flag by car: order of the times with unserved penalties added; the retired by their laps."""
    c = len(field.t)
    t = apart(
        params.total_laps, lambda t, car: t + jnp.where(t < RETIRED_AT, params.penalty[car], 0.0), field.t, field.car
    )

    # slot by slot and written out, because reductions over a third axis do not vectorize
    def place(t: Array) -> Array:
        slot = jnp.arange(c)[:, None]
        return sum(((t[j] < t) | ((t[j] == t) & (j < slot))).astype(jnp.int32) for j in range(c)) + 1

    def by_car(x: Array, car: Array) -> Array:
        index = jnp.arange(c)[:, None]
        return sum(jnp.where(car[j] == index, x[j], 0) for j in range(c))

    places = apart(params.total_laps, place, t)
    summary = (places | (field.made << 5) | ((t >= RETIRED_AT).astype(jnp.int32) << 9)) | (field.first_stop << 10)
    summary = apart(params.total_laps, by_car, summary, field.car)
    first = summary >> 10
    own = jnp.where(field.car == ego, t, 0.0).sum(axis=0)
    time = clock + own - params.gap[ego]
    return BlockOutcome(
        place=(summary & 0x1F).astype(jnp.uint8),
        retired=((summary >> 9) & 1) > 0,
        race_time=jnp.where(own >= RETIRED_AT, jnp.nan, time),
        next_stop_lap=(first & 0xFF).astype(jnp.uint8),
        next_stop_compound=jnp.where(first == 0, NO_CAR, (first >> 8) & 0xF).astype(jnp.uint8),
        next_stop_green=(first > 0) & ((first >> 12) < VSC),
        stops_made=((summary >> 5) & 0xF).astype(jnp.uint8),
        rejoin_place=rejoin.place.astype(jnp.uint8),
        rejoin_ahead=rejoin.ahead,
        rejoin_behind=rejoin.behind,
        rejoin_ahead_car=rejoin.ahead_car.astype(jnp.uint8),
        rejoin_behind_car=rejoin.behind_car.astype(jnp.uint8),
    )
