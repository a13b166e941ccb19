"""A plain dry race with every effect at a middling value: what warms the compiled program up, and what tests and
benchmarks start from. Nothing that is served rests on it; races get their parameters from ``shared.models.build``."""

from __future__ import annotations

import numpy as np

from shared.simulation.lap.policy import CHOICE_FEATURES
from shared.simulation.params import MAX_LAPS, NO_FORECAST, PitPolicy, RaceParams
from shared.simulation.types import MAX_STOPS, N_DRAWS

_HAZARD = (-9.0, 2.0, 1.5, 1.0, 0.5, 0.5, 0.5, -1.0, 0.1, 0.1, 1.5, -1.0, 2.0)
_NEUTRAL = ((-4.0, 1.0, 0.5, 0.0, 0.5, -2.0), (-2.0, 2.0, 0.0, 0.5, 0.5, -2.0))


def plain_race(n_cars: int = 20, lap: int = 17, total_laps: int = 57) -> RaceParams:
    """Cars in the order of their index, each 0.05 s a lap slower than the last, all on softs since the start."""
    f32, i32 = np.float32, np.int32

    def real(value: float) -> np.ndarray:
        return np.asarray(value, f32)

    def whole(value: int) -> np.ndarray:
        return np.asarray(value, i32)

    def each(value: float) -> np.ndarray:
        return np.full(n_cars, value, f32)

    place = np.arange(n_cars)
    return RaceParams(
        n_cars=whole(n_cars),
        lap=whole(lap),
        total_laps=whole(total_laps),
        gap=(place * (2.5 if lap else 0.3)).astype(f32),
        penalty=each(0.0),
        pace_mean=(place * 0.05).astype(f32),
        pace_sd=each(0.2),
        gap_draws=np.zeros((n_cars, N_DRAWS), f32),
        age_draws=np.zeros((n_cars, N_DRAWS), i32),
        pace_draws=np.zeros((n_cars, N_DRAWS), f32),
        next_stop=np.full((n_cars, MAX_LAPS), NO_FORECAST, f32),
        compound=np.zeros(n_cars, i32),
        age=np.full(n_cars, lap, i32),
        used=np.ones(n_cars, i32),
        stops=np.zeros(n_cars, i32),
        in_pit=np.zeros(n_cars, bool),
        plan_lap=np.zeros((n_cars, MAX_STOPS), i32),
        plan_compound=np.zeros((n_cars, MAX_STOPS), i32),
        has_plan=np.zeros(n_cars, bool),
        tire_offset=np.array([-0.2, 0.0, 0.1, 3.0, 6.0], f32),
        tire_wear=np.array([0.06, 0.045, 0.03, 0.05, 0.05], f32),
        tire_offset_draws=np.zeros((N_DRAWS, 5), f32),
        tire_wear_draws=np.zeros((N_DRAWS, 5), f32),
        stint_offset=each(-0.2),
        stint_wear=each(0.06),
        tire_cliff=real(0.002),
        wear_sd=real(0.01),
        stint_sd=real(0.15),
        warmup=real(0.5),
        noise_sd=real(0.4),
        noise_rho=real(0.37),
        pit_loss=np.array([22.0, 17.0, 10.0], f32),
        pit_loss_draws=np.zeros(N_DRAWS, f32),
        pit_sd=real(1.0),
        slow_prob=real(0.1),
        slow_mean=real(5.0),
        policy=PitPolicy(
            hazard=np.array(_HAZARD, f32),
            choice=np.zeros((3, len(CHOICE_FEATURES)), f32),
            life=np.array([15.0, 22.0, 30.0, 25.0, 25.0], f32),
            neutral=np.array(_NEUTRAL, f32),
            in_use=np.zeros((2, 3), f32),
        ),
        owed_stop=np.asarray(True),
        min_stops=whole(0),
        max_stint=whole(0),
        follow_gap=real(0.5),
        dirty_air=real(0.7),
        dirty_air_decay=real(1.41),
        pass_logit=np.array([-2.6, 2.4], f32),
        sc_rate=np.full(N_DRAWS, 0.01, f32),
        vsc_rate=np.full(N_DRAWS, 0.0094, f32),
        red_rate=np.full(N_DRAWS, 0.001, f32),
        sc_first_lap=real(0.2),
        sc_laps=real(4.0),
        vsc_laps=real(2.0),
        sc_pace=real(1.49),
        vsc_pace=real(1.33),
        sc_gap=real(0.8),
        sc_catch=real(25.0),
        retire_rate=each(0.0015),
        retire_first_lap=real(0.024),
        status=whole(0),
        status_laps=real(0.0),
        forced_status_lap=whole(0),
        forced_status=whole(0),
        wetness=whole(0),
        rain_by_lap=np.zeros(MAX_LAPS, f32),
        dry_rate=real(0.05),
        mismatch=np.array([[0, 0, 0, 4, 8], [8, 8, 8, 0, 2], [20, 20, 20, 4, 0]], f32),
        start_sd=real(2.0),
        grid_gap=real(0.3),
        base_lap=real(95.0),
        fuel_effect=real(0.053),
        fuel_per_lap=real(1.8),
    )
