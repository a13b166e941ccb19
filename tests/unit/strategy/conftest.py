"""A race small enough to reason about: parameters by hand and a toy simulation with the real one's signature."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shared.race.state import CarState, LapRecord, RaceState
from shared.race.vocabulary import Compound, TrackStatus
from shared.simulation.params import MAX_LAPS, RaceParams
from shared.simulation.plain import plain_race
from shared.simulation.types import MAX_STOPS, NO_CAR, Outcome, Plans

N_CARS = 10


def make_state(**changes: Any) -> RaceState:
    """Ten cars two seconds apart on lap 15 of 57, all on 15-lap-old softs; ``ego_*`` changes the car in place 3."""
    ego_changes = {name[4:]: changes.pop(name) for name in list(changes) if name.startswith("ego_")}
    cars = [
        CarState(
            driver_id=f"D{i:02d}",
            team=f"T{i // 2}",
            position=i + 1,
            gap_to_leader=2.0 * i,
            compound=Compound.SOFT,
            tire_age=15,
            compounds_used=(Compound.SOFT,),
            recent_laps=(LapRecord(lap=15, lap_time=98.0),),
        )
        for i in range(N_CARS)
    ]
    if ego_changes:
        base = {field: getattr(cars[2], field) for field in CarState.__dataclass_fields__}
        cars[2] = CarState(**(base | ego_changes))
    settings: dict[str, Any] = {
        "season": 2023, "circuit_id": "bahrain", "lap": 15, "total_laps": 57, "track_status": TrackStatus.GREEN,
    }  # fmt: skip
    return RaceState(**(settings | changes), cars=tuple(cars))


def make_params(state: RaceState, **changes: Any) -> RaceParams:
    """Plain parameters of that race: softs wear fast, hards slowly, a stop costs 22 s and 11 s under a safety car."""
    n = len(state.cars)
    f32, i32 = np.float32, np.int32
    plain = plain_race(n_cars=n, lap=state.lap, total_laps=state.total_laps)
    life = np.array([18.0, 25.0, 35.0, 25.0, 25.0], f32)
    values: dict[str, Any] = {
        "n_cars": i32(n),
        "lap": i32(state.lap),
        "total_laps": i32(state.total_laps),
        "gap": np.array([car.gap_to_leader for car in state.cars], f32),
        "compound": np.array([int(car.compound) for car in state.cars], i32),
        "age": np.array([car.tire_age for car in state.cars], i32),
        "in_pit": np.array([car.in_pit for car in state.cars]),
        "pace_mean": np.linspace(-0.2, 0.2, n).astype(f32),
        "pace_sd": np.full(n, 0.1, f32),
        "plan_lap": np.zeros((n, MAX_STOPS), i32),
        "plan_compound": np.zeros((n, MAX_STOPS), i32),
        "has_plan": np.zeros(n, bool),
        "tire_offset": np.array([-0.3, 0.0, 0.2, 1.0, 3.0], f32),
        "tire_wear": np.array([0.09, 0.06, 0.04, 0.05, 0.05], f32),
        "stint_offset": np.full(n, -0.3, f32),
        "stint_wear": np.full(n, 0.09, f32),
        "warmup": f32(0.0),
        "pit_loss": np.array([22.0, 16.0, 11.0], f32),
        "policy": plain.policy._replace(life=life),
        "tire_cliff": f32(0.0),
        "sc_rate": np.full(32, 0.01, f32),
        "vsc_rate": np.full(32, 0.01, f32),
        "status": i32(state.track_status),
        "status_laps": f32(3.0 if state.track_status >= TrackStatus.VSC else 0.0),
        "forced_status_lap": i32(0),
        "forced_status": i32(0),
        "wetness": i32(0),
        "rain_by_lap": np.zeros(MAX_LAPS, f32),
        "dry_rate": f32(0.05),
        "mismatch": np.array([[0, 0, 0, 6, 10], [8, 8, 8, 0, 2], [15, 15, 15, 3, 0]], f32),
        "base_lap": f32(95.0),
        "fuel_per_lap": f32(1.8),
    }
    return plain._replace(**(values | changes))


def toy_simulate(params: RaceParams, ego: int, plans: Plans, n_scenarios: int, seed: int, first: int = 0) -> Outcome:
    """Every car runs against the clock: pace and luck drawn once, tires and stops added up, no traffic. Rivals stop
    once, near two thirds of a tire's life or when ``next_stop`` makes them. Scenario s is the same whatever the plans
    and the number of scenarios."""
    n, lap, total = int(params.n_cars), int(params.lap), int(params.total_laps)
    luck = np.random.default_rng(seed).standard_normal((first + n_scenarios, n, 3))[first:]
    pace = params.pace_mean[:n] + params.pace_sd[:n] * luck[:, :, 0]
    shape = (len(plans.lap), n, n_scenarios)
    time = np.empty(shape)
    next_lap = np.zeros(shape, np.uint8)
    next_compound = np.full(shape, NO_CAR, np.uint8)
    stop_lap = np.clip(np.rint(lap + 8 + 4 * luck[:, :, 1]), lap + 1, max(total - 1, lap + 1)).T
    retired = np.broadcast_to((luck[:, :, 2] > 2.0).T, shape).copy()
    for car in range(n):
        if params.has_plan[car] and car != ego:
            stop_lap[car] = params.plan_lap[car, 0]
        made = np.flatnonzero(params.next_stop[car] == 50.0)
        if len(made):
            stop_lap[car] = made[0]
        rest = params.gap[car] + pace[:, car] * (total - lap) + 0.3 * luck[:, car, 1]
        age = params.age[car] + np.arange(total - lap)
        time[:, car] = rest + 0.05 * age.sum() / 2 + params.pit_loss[0]
        next_lap[:, car] = stop_lap[car]
        next_compound[:, car] = 2
    for k in range(len(plans.lap)):
        time[k, ego] = (
            params.gap[ego] + pace[:, ego] * (total - lap) + 0.3 * luck[:, ego, 1] + _own_time(params, ego, plans, k)
        )
        planned = plans.lap[k, 0] > lap
        next_lap[k, ego] = plans.lap[k, 0] if planned else 0
        next_compound[k, ego] = plans.compound[k, 0] if planned else NO_CAR
    time += params.penalty[:n, None]
    time = np.where(retired, 1e6 + np.arange(n)[None, :, None], time)
    place = time.argsort(axis=1, kind="stable").argsort(axis=1).astype(np.uint8) + 1
    stops = plans.lap[:, 0] > 0
    rejoin = np.where(stops[:, None], np.minimum(place[:, ego] + 2, n), 0).astype(np.uint8)
    gap = np.where(stops[:, None], np.abs(luck[None, :, 0, 0]) + 1.0, np.inf).astype(np.float32)
    neighbor = np.full(gap.shape, (ego + 1) % n, np.uint8)
    own = np.where(retired[:, ego], np.nan, time[:, ego]).astype(np.float32)
    made = np.broadcast_to((plans.lap > 0).sum(axis=1)[:, None, None], shape).astype(np.uint8)
    return Outcome(
        place, retired, own, next_lap, next_compound, next_lap > 0, made, rejoin, gap, gap, neighbor, neighbor
    )


def _own_time(params: RaceParams, ego: int, plans: Plans, k: int) -> float:
    lap, total = int(params.lap), int(params.total_laps)
    offset, wear, age = float(params.stint_offset[ego]), float(params.stint_wear[ego]), int(params.age[ego])
    stops = {int(x): int(c) for x, c in zip(plans.lap[k], plans.compound[k], strict=True) if x > 0}
    time = 0.0
    for now in range(lap, total):
        if now in stops:
            compound = stops[now]
            offset, wear, age = float(params.tire_offset[compound]), float(params.tire_wear[compound]), 0
            since, status = now - int(params.forced_status_lap), int(params.forced_status)
            free = status == TrackStatus.RED and since == 0
            cheap = status in (TrackStatus.VSC, TrackStatus.SC) and 0 <= since < 4
            time += 0.0 if free else float(params.pit_loss[status - 1 if cheap else 0])
        time += offset + wear * age
        age += 1
    return time


@pytest.fixture(scope="session")
def state_of() -> Callable[..., RaceState]:
    """``make_state``."""
    return make_state


@pytest.fixture(scope="session")
def params_of() -> Callable[..., RaceParams]:
    """``make_params``."""
    return make_params


@pytest.fixture(scope="session")
def simulate() -> Callable[..., Outcome]:
    """``toy_simulate``."""
    return toy_simulate
