"""Parameters of one race, ready for the simulation: everything it knows of cars, track and chance.

Built by ``shared.models.build`` from a race state and a bundle; all arrays are numpy float32 or int32. C is the
padded number of cars: rows from ``n_cars`` on are empty slots. Compound tables run over the five compounds of
``shared.race.vocabulary.Compound``. D = ``N_DRAWS`` draws of the models' own parameters: scenario s uses draw s % D.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np

from shared.simulation.types import MAX_CARS

Scalar: TypeAlias = Any
"""A NumPy scalar, or JAX's tracer of one: what a mypy type of either would deny the other."""

MAX_LAPS = 128
CLIFF_AT = 1.5  # usual lives after which a tire falls off: one stop in twenty comes later (2021-2024, n = 2,270)
NO_FORECAST = 99.0
NO_RETIREMENT = 255


class PitPolicy(NamedTuple):
    """Rivals' pit policy: logistic hazard of stopping on a lap, and the compound fitted (see ``lap/policy.py``).

    hazard f32[N_HAZARD]: weights of the features of ``policy.hazard_features``.
    choice f32[3, N_CHOICE]: weights by dry compound of the features of ``policy.choice_features``.
    in_use f32[2, 3]: share of the field on each dry compound now, and among the cars that have stopped.
    life f32[5]: usual stint length by compound at this circuit, laps.
    neutral f32[2, N_NEUTRAL]: weights of ``policy.neutral_features`` under VSC and under SC.
    """

    hazard: np.ndarray
    choice: np.ndarray
    in_use: np.ndarray
    life: np.ndarray
    neutral: np.ndarray


class Script(NamedTuple):
    """Events that are given instead of drawn (see ``script.py``).

    on bool: whether anything is given; stops are then the cars' plans, to the letter. status, wetness i32[MAX_LAPS]: by
    lap (index 0 unused). retires i32[MAX_CARS]: lap that a car begins and does not complete, or ``NO_RETIREMENT``.
    """

    on: Scalar
    status: np.ndarray
    wetness: np.ndarray
    retires: np.ndarray


UNSCRIPTED = Script(
    np.bool_(False),
    np.zeros(MAX_LAPS, np.int32),
    np.zeros(MAX_LAPS, np.int32),
    np.full(MAX_CARS, NO_RETIREMENT, np.int32),
)


class RaceParams(NamedTuple):
    """One race as the simulation sees it. Times in seconds, laps counted from 1.

    Field. n_cars, lap (last completed), total_laps i32 scalars.
    gap f32[C]: seconds behind the leader at the own line. penalty f32[C]: seconds not yet served.
    pace_mean, pace_sd f32[C]: clean-air pace on fresh mediums against the field's, s/lap, and its standard error,
    which stays with a car to the flag. gap_draws, age_draws, pace_draws [C, D]: draws of what is not known of gap, age
    and pace (errors added to them, f32 s, i32 laps, f32 s/lap). next_stop f32[C, MAX_LAPS]: logit of
    stopping at the end of a green lap for a car that has not stopped from now on (``NO_FORECAST``: the policy decides).
    compound, age, used (bit mask by compound), stops i32[C]; in_pit bool[C]; plan_lap, plan_compound
    i32[C, MAX_STOPS] and has_plan bool[C]: stops of cars whose caller fixed them.

    Tires. tire_offset, tire_wear f32[5]: fresh tire against the fresh medium, s, and loss per lap of age, s/lap.
    tire_offset_draws, tire_wear_draws f32[D, 5]: their draws (errors added to the tables). stint_offset, stint_wear
    f32[C]: the set now fitted. tire_cliff: s per lap squared past ``CLIFF_AT`` usual lives of the compound
    (``policy.life``), over the linear wear. wear_sd: spread of wear between sets, s/lap. stint_sd: spread of pace
    between stints, s. warmup: loss of an out-lap, s.

    Noise. noise_sd: s a lap; noise_rho: its autocorrelation at one lap.

    Pit lane. pit_loss f32[3]: seconds lost by a stop under green, VSC, SC; pit_loss_draws f32[D] errors of it;
    pit_sd: spread of a stop, s; slow_prob, slow_mean: heavy tail (chance, mean extra seconds).
    policy: PitPolicy of every car without a plan. owed_stop: whether two dry compounds are required;
    min_stops i32; max_stint i32 (0: none).

    Traffic. follow_gap: closest two cars run at the line, s. dirty_air, dirty_air_decay: loss s/lap at gap 0 and its
    scale in s. pass_logit f32[2]: intercept and slope (per s of pace edge) of a pass within reach, a lap.

    Events, chances by lap. sc_rate, vsc_rate, red_rate f32[D]; sc_laps, vsc_laps: mean lengths; sc_pace, vsc_pace: lap
    time against green; sc_gap: s between bunched cars; sc_catch: s a lap a car gains on the queue. sc_first_lap: chance
    that lap 1 brings one. retire_rate f32[C] a lap; retire_first_lap: chance to do no lap. status, status_laps: the
    status now and the laps it still lasts. forced_status_lap, forced_status i32: status forced to start at a lap (0:
    none), for contingencies.

    Rain. wetness i32: 0 dry, 1 intermediates, 2 wets, now; rain_by_lap f32[MAX_LAPS]: chance a lap that rain starts;
    dry_rate: chance a lap that a wet track dries. mismatch f32[3, 5]: loss s/lap by wetness and compound.

    start_sd: s, spread of the first lap (used when lap is 0); grid_gap: s a place on the grid.
    base_lap: s, a lap in clean air on fresh mediums; fuel_effect: s/lap gained as fuel burns; fuel_per_lap: kg.

    script: events given instead of drawn; by default none.
    """

    n_cars: Scalar
    lap: Scalar
    total_laps: Scalar
    gap: np.ndarray
    penalty: np.ndarray
    pace_mean: np.ndarray
    pace_sd: np.ndarray
    gap_draws: np.ndarray
    age_draws: np.ndarray
    pace_draws: np.ndarray
    next_stop: np.ndarray
    compound: np.ndarray
    age: np.ndarray
    used: np.ndarray
    stops: np.ndarray
    in_pit: np.ndarray
    plan_lap: np.ndarray
    plan_compound: np.ndarray
    has_plan: np.ndarray
    tire_offset: np.ndarray
    tire_wear: np.ndarray
    tire_offset_draws: np.ndarray
    tire_wear_draws: np.ndarray
    stint_offset: np.ndarray
    stint_wear: np.ndarray
    tire_cliff: Scalar
    wear_sd: Scalar
    stint_sd: Scalar
    warmup: Scalar
    noise_sd: Scalar
    noise_rho: Scalar
    pit_loss: np.ndarray
    pit_loss_draws: np.ndarray
    pit_sd: Scalar
    slow_prob: Scalar
    slow_mean: Scalar
    policy: PitPolicy
    owed_stop: Scalar
    min_stops: Scalar
    max_stint: Scalar
    follow_gap: Scalar
    dirty_air: Scalar
    dirty_air_decay: Scalar
    pass_logit: np.ndarray
    sc_rate: np.ndarray
    vsc_rate: np.ndarray
    red_rate: np.ndarray
    sc_first_lap: Scalar
    sc_laps: Scalar
    vsc_laps: Scalar
    sc_pace: Scalar
    vsc_pace: Scalar
    sc_gap: Scalar
    sc_catch: Scalar
    retire_rate: np.ndarray
    retire_first_lap: Scalar
    status: Scalar
    status_laps: Scalar
    forced_status_lap: Scalar
    forced_status: Scalar
    wetness: Scalar
    rain_by_lap: np.ndarray
    dry_rate: Scalar
    mismatch: np.ndarray
    start_sd: Scalar
    grid_gap: Scalar
    base_lap: Scalar
    fuel_effect: Scalar
    fuel_per_lap: Scalar
    script: Script = UNSCRIPTED


class Itself:
    """Parameters known by their identity, a key for ``lru_cache``. Nobody may write to their arrays; the key holds
    them, so that no other object can have their identity."""

    def __init__(self, params: RaceParams) -> None:
        self.params = params

    def __hash__(self) -> int:
        return id(self.params)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Itself) and other.params is self.params
