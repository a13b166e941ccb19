"""Safety car, virtual safety car, red flag and rain: what happens to all cars of a scenario at once."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from shared.race.vocabulary import TrackStatus
from shared.simulation.lap import rng
from shared.simulation.lap.field import Luck, Track
from shared.simulation.params import RaceParams

GREEN, VSC, SC, RED = TrackStatus.GREEN, TrackStatus.VSC, TrackStatus.SC, TrackStatus.RED


def initial_track(params: RaceParams, luck: Luck) -> Track:
    """The track as the question finds it; a status that lasts gets a random remainder around ``status_laps``."""
    shape = luck.key.shape
    u = rng.uniform(rng.bits(luck.key, 0, 0, rng.TRACK))
    left = jnp.where(params.status >= VSC, jnp.ceil(params.status_laps * 2.0 * u), 0.0).astype(jnp.int32)
    status = jnp.where(left > 0, params.status, GREEN)
    return Track(
        status.astype(jnp.int32),
        left,
        jnp.zeros(shape, bool),
        jnp.full(shape, params.wetness, jnp.int32),
        jnp.zeros(shape, jnp.float32),
        jnp.zeros(shape, jnp.int32),
        _keys(luck, params.lap),
    )


def advance_track(params: RaceParams, luck: Luck, lap: Array, track: Track) -> Track:
    """Status and wetness on ``lap``: a running neutralisation goes on, ends, or a new one begins."""
    h = rng.bits(luck.key, lap, 1, rng.TRACK)
    u, u_length = rng.uniform(h), rng.uniform(rng.bits(luck.key, lap, 2, rng.TRACK))
    sc = jnp.where(lap == 1, params.sc_first_lap, luck.sc_rate)
    red = sc + jnp.where(lap == 1, 0.0, luck.red_rate)
    vsc = red + luck.vsc_rate
    new = jnp.where(u < sc, SC, jnp.where(u < red, RED, jnp.where(u < vsc, VSC, GREEN)))
    # lengths are 1 + geometric-like around the mean: the exponential's quantile, at least one lap
    mean = jnp.where(new == VSC, params.vsc_laps, params.sc_laps)
    length = jnp.clip(jnp.round(mean * (0.5 + 0.5 * -jnp.log(u_length))), 1.0, 12.0).astype(jnp.int32)
    forced = lap == params.forced_status_lap
    new = jnp.where(forced, params.forced_status, jnp.where(track.left > 0, GREEN, new))
    began = new != GREEN
    # after a red flag the field goes round behind the safety car once, and starts from the grid
    length = jnp.where(new == RED, 2, length)
    left = jnp.where(began, length, jnp.maximum(track.left, 0))
    going_on = jnp.where(track.status == RED, SC, track.status)
    status = jnp.where(began, new, jnp.where(track.left > 0, going_on, GREEN)).astype(jnp.int32)
    drawn = track._replace(
        status=status,
        left=jnp.maximum(left - 1, 0),
        began=began,
        wetness=_weather(params, luck, lap, track.wetness),
        restart=jnp.where(began & (new == RED), 3, jnp.maximum(track.restart - 1, 0)),
    )
    told = jax.tree.map(
        lambda given, drawn: jnp.where(params.script.on, given, drawn), _given(params, lap, track), drawn
    )
    return told._replace(keys=_keys(luck, lap))


def _keys(luck: Luck, lap: Array) -> Array:
    purpose = jnp.arange(rng.N_PURPOSES, dtype=jnp.uint32)[:, None]
    return rng.lap_key(luck.key, lap, purpose)


def standing_start(track: Track) -> Array:
    """bool[B]: whether the cars start this lap from a stand after a red flag."""
    return (track.restart == 1) & (track.status == GREEN)


def _given(params: RaceParams, lap: Array, track: Track) -> Track:
    """The track on ``lap`` as the script has it."""
    status = jnp.broadcast_to(jnp.asarray(params.script.status)[lap], track.status.shape)
    wetness = jnp.broadcast_to(jnp.asarray(params.script.wetness)[lap], track.status.shape)
    began = (status != GREEN) & (status != track.status)
    return track._replace(status=status, left=jnp.zeros_like(track.left), began=began, wetness=wetness)


def _weather(params: RaceParams, luck: Luck, lap: Array, wetness: Array) -> Array:
    u = rng.uniform(rng.bits(luck.key, lap, 3, rng.TRACK))
    starts = (wetness == 0) & (u < params.rain_by_lap[lap])
    worsens = (wetness == 1) & (u > 1.0 - 0.25 * params.rain_by_lap[lap])
    dries = (wetness > 0) & (u < params.dry_rate)
    return jnp.where(starts | worsens, wetness + 1, jnp.where(dries, wetness - 1, wetness))
