"""Counter-based random numbers: a 32-bit integer hash of (seed, scenario, lap, car, purpose).

No state to carry and no order to keep: a car of a scenario meets the same luck on the same lap whatever plan is
simulated, which is what makes candidates comparable scenario by scenario. The finalizer is MurmurHash3's
(Appleby, public domain); the tests check uniformity, independence and the tails that the race needs.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

_GOLDEN = 0x9E3779B9
_LAP = 0x85EBCA6B
_CAR = 0xC2B2AE35
_PURPOSE = 0x27D4EB2F

NOISE, DECIDE, FORTUNE, TRACK, SETUP, STINT, PASS = range(7)
N_PURPOSES = 7


def _mix(x: Array) -> Array:
    x = (x ^ (x >> 16)) * jnp.uint32(0x85EBCA6B)
    x = (x ^ (x >> 13)) * jnp.uint32(0xC2B2AE35)
    return x ^ (x >> 16)


def scenario_key(seed: Array, scenario: Array) -> Array:
    """u32 of the shape of ``scenario``: the root of everything random in that scenario."""
    return _mix(_mix(scenario.astype(jnp.uint32) * jnp.uint32(_GOLDEN) + jnp.uint32(1)) ^ seed.astype(jnp.uint32))


def lap_key(key: Array, lap: Array | int, purpose: Array | int) -> Array:
    """u32 by broadcasting ``key`` (scenario_key) with lap and purpose: the root of a lap's draws for it."""
    by_lap = jnp.asarray(lap).astype(jnp.uint32) * jnp.uint32(_LAP)
    return _mix(key + by_lap + jnp.asarray(purpose).astype(jnp.uint32) * jnp.uint32(_PURPOSE))


def of_car(lap_key: Array, car: Array | int) -> Array:
    """u32 by broadcasting a lap's root with car."""
    return _mix(lap_key + (jnp.asarray(car).astype(jnp.uint32) + jnp.uint32(1)) * jnp.uint32(_CAR))


def bits(key: Array, lap: Array | int, car: Array | int, purpose: int) -> Array:
    """u32 by broadcasting ``key`` (scenario_key) with lap and car; another purpose is an independent draw."""
    return of_car(lap_key(key, lap, purpose), car)


def uniform(h: Array) -> Array:
    """f32 in (0, 1) from the upper 24 bits."""
    return ((h >> 8).astype(jnp.int32).astype(jnp.float32) + 0.5) * (1.0 / 16777216.0)


def uniform_low(h: Array) -> Array:
    """f32 in (0, 1) from the lower 16 bits, for a second draw from the same word."""
    return ((h & 0xFFFF).astype(jnp.int32).astype(jnp.float32) + 0.5) * (1.0 / 65536.0)


def uniform_high(h: Array) -> Array:
    """f32 in (0, 1) from the upper 16 bits, independent of ``uniform_low`` of the same word."""
    return ((h >> 16).astype(jnp.int32).astype(jnp.float32) + 0.5) * (1.0 / 65536.0)


def normal(h: Array) -> Array:
    """f32, mean 0, variance 1: the sum of the word's four bytes (Irwin-Hall; bounded at 3.45)."""
    pairs = (h & 0x00FF00FF) + ((h >> 8) & 0x00FF00FF)
    total = (pairs * jnp.uint32(0x00010001)) >> 16
    return (total.astype(jnp.int32).astype(jnp.float32) - 510.0) * (1.0 / 147.8)
