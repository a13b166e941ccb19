"""The fight on the track, against the same rules written car by car in plain Python."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from shared.simulation.lap import rng, traffic
from shared.simulation.lap.field import RETIRED_AT, Field, Luck, Track, best_so_far, pack_card, pack_log
from shared.simulation.plain import plain_race

CARS, SCENARIOS, LAP = 8, 64, 20
PARAMS = plain_race(CARS)


def _luck() -> Luck:
    nothing = jnp.zeros(SCENARIOS)
    key = rng.scenario_key(jnp.uint32(5), jnp.arange(SCENARIOS))
    tires = jnp.zeros((5, SCENARIOS))
    return Luck(
        key, jnp.arange(SCENARIOS) % 32, tires, tires, nothing, nothing, nothing, nothing, jnp.zeros(0), jnp.zeros(0)
    )


def _field(seed: int) -> tuple[Field, np.ndarray, np.ndarray]:
    """A close field, not quite in the order of its times, some on out-laps or retired; clean pace, lap time."""
    draw = np.random.default_rng(seed)
    shape = (CARS, SCENARIOS)
    t = np.cumsum(draw.exponential(0.9, shape), axis=0).astype(np.float32)
    t[1:] -= (draw.random((CARS - 1, SCENARIOS)) < 0.15) * np.float32(1.5)
    t = np.where(draw.random(shape) < 0.04, np.float32(RETIRED_AT + 7000.0), t)
    pending = np.where(draw.random(shape) < 0.1, 15.0, 0.0).astype(np.float32)
    clean = draw.normal(0.0, 1.0, shape).astype(np.float32)
    car = np.argsort(draw.random(shape), axis=0).astype(np.int32)
    retires = np.where(draw.random(shape) < 0.05, LAP, 200).astype(np.int32)
    zero = jnp.zeros(shape, jnp.int32)
    field = Field(
        t=jnp.asarray(t),
        pace=jnp.zeros(shape),
        stint=jnp.zeros(shape),
        wear=jnp.asarray(draw.normal(size=shape).astype(np.float32)),
        noise=jnp.zeros(shape),
        pending=jnp.asarray(pending),
        card=pack_card(jnp.asarray(car), zero, zero, zero, zero, zero),
        log=pack_log(zero, jnp.asarray(retires)),
    )
    return field, clean, clean + pending + draw.exponential(0.2, shape).astype(np.float32)


def _track(status: int) -> Track:
    zero = jnp.zeros(SCENARIOS, jnp.int32)
    keys = rng.lap_key(_luck().key, LAP, jnp.arange(rng.N_PURPOSES, dtype=jnp.uint32)[:, None])
    return Track(zero + status, zero, zero > 0, zero, jnp.zeros(SCENARIOS), zero, keys)


def _by_hand(field: Field, clean: np.ndarray, dt: np.ndarray, need: np.ndarray, status: int, s: int) -> list[dict]:
    """One scenario's lap, car by car: the cars in their new order."""
    cars = []
    for i in range(CARS):
        start = float(field.t[i, s])
        gone = start >= RETIRED_AT
        retires = int(field.retires[i, s]) == LAP and not gone
        retired_t = RETIRED_AT + (int(PARAMS.total_laps) - LAP) * 1000.0
        t = retired_t if retires else start if gone else float(np.float32(start) + dt[i, s])
        loose = float(field.pending[i, s]) > 0 or t >= RETIRED_AT
        cars.append(
            {
                "car": int(field.car[i, s]),
                "t": t,
                "start": start,
                "clean": clean[i, s],
                "need": need[i, s],
                "loose": loose,
            }
        )
    for k in range(6):
        for i in range(k % 2, CARS - 1, 2):
            ahead, behind = cars[i], cars[i + 1]
            free = ahead["loose"] or behind["loose"]
            quicker = behind["t"] < ahead["t"]
            close = np.float32(behind["start"]) - np.float32(ahead["start"]) < np.float32(1.2)
            beats = status < 2 and not free and ahead["clean"] > behind["need"] and (close or quicker)
            if (quicker and (behind["start"] < ahead["start"] or free)) or beats:
                cars[i], cars[i + 1] = behind, ahead
    gap = float(PARAMS.follow_gap)
    line = [c["t"] for c in cars]
    for i, c in enumerate(cars):
        if c["loose"] or c["t"] >= RETIRED_AT:
            continue
        for j in range(i):
            other = cars[j]
            sinking = line[j] > min(line[j:]) + 1.0
            if not (other["loose"] or line[j] >= RETIRED_AT or sinking):
                c["t"] = max(c["t"], line[j] + (i - j) * gap)
    return cars


@pytest.mark.parametrize("status", [0, 2], ids=["green", "vsc"])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_lap_of_traffic_agrees_with_the_rules_applied_car_by_car(status: int, seed: int) -> None:
    field, clean, dt = _field(seed)
    luck, lap = _luck(), jnp.int32(LAP)
    after = traffic.overtake(PARAMS, luck, lap, _track(status), field, jnp.asarray(clean), jnp.asarray(dt))
    need = clean + np.asarray(traffic._pass_threshold(PARAMS, _track(status), field))
    order, t = np.asarray(after.car), np.asarray(after.t)
    wear = {(int(c), s): float(field.wear[i, s]) for s in range(SCENARIOS) for i, c in enumerate(field.car[:, s])}
    moved = 0
    for s in range(SCENARIOS):
        expected = _by_hand(field, clean, dt, need, status, s)
        assert [c["car"] for c in expected] == order[:, s].tolist()
        np.testing.assert_allclose(t[:, s], [c["t"] for c in expected], atol=2e-3)
        assert [wear[c["car"], s] for c in expected] == np.asarray(after.wear)[:, s].tolist()
        moved += order[:, s].tolist() != np.asarray(field.car)[:, s].tolist()
    assert moved > SCENARIOS / 4, "the cases should see cars change places"


@pytest.mark.parametrize("cars", [2, 20, 26])
def test_best_so_far_is_the_running_extreme_from_either_end(cars: int) -> None:
    x = np.random.default_rng(cars).normal(size=(cars, 16)).astype(np.float32)
    lap = jnp.int32(1)
    assert (np.asarray(best_so_far(lap, jnp.asarray(x))) == np.maximum.accumulate(x)).all()
    behind = np.asarray(best_so_far(lap, jnp.asarray(x), of_those_behind=True))
    assert (behind == np.minimum.accumulate(x[::-1])[::-1]).all()


def test_packed_fields_come_back_as_they_went_in() -> None:
    draw = np.random.default_rng(3)
    limits = {"car": 26, "compound": 5, "used": 32, "stops": 16, "made": 16, "age": 128}
    values = {name: jnp.asarray(draw.integers(0, limit, (20, 64)), jnp.int32) for name, limit in limits.items()}
    first, retires = jnp.asarray(draw.integers(0, 2**15, (20, 64))), jnp.asarray(draw.integers(0, 256, (20, 64)))
    nothing = jnp.zeros((20, 64))
    field = Field(nothing, nothing, nothing, nothing, nothing, nothing, pack_card(**values), pack_log(first, retires))
    for name, value in values.items():
        assert (np.asarray(getattr(field, name)) == np.asarray(value)).all(), name
    assert (np.asarray(field.first_stop) == np.asarray(first)).all()
    assert (np.asarray(field.retires) == np.asarray(retires)).all()


def test_counts_too_large_for_their_bits_stay_at_the_largest() -> None:
    zero = jnp.zeros((2, 2), jnp.int32)
    card = pack_card(zero + 3, zero + 2, zero + 6, zero + 40, zero + 16, zero + 300)
    field = Field(*[zero.astype(jnp.float32)] * 6, card, pack_log(zero, zero + 999))
    assert (int(field.stops[0, 0]), int(field.made[0, 0]), float(field.age[0, 0])) == (15, 15, 127.0)
    assert (int(field.car[0, 0]), int(field.compound[0, 0]), int(field.used[0, 0])) == (3, 2, 6)
    assert int(field.retires[0, 0]) == 255
