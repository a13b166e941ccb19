"""From what is known of a race and the tables of a bundle to the parameters of the simulation."""

from __future__ import annotations

from typing import Any

import numpy as np

from shared.models.bundle import Bundle
from shared.models.events import place_factors, rate_to_the_flag
from shared.models.grid import DIRTY_AIR, DIRTY_AIR_DECAY, REFERENCE_LAP, FloatArray, LapGrid, base_lap, grid_of_state
from shared.models.pace import features as pace_features
from shared.models.pace.ratings import rating_age, ratings_of
from shared.models.stops.features import Moment, rows
from shared.models.stops.pits import life_laps, owes_stop, shares_in_use
from shared.models.tires.features import Context
from shared.models.tires.stint import AHEAD, stint_surprise
from shared.models.tires.table import correction
from shared.models.trees import evaluate
from shared.models.unknowns import input_draws
from shared.race import rules
from shared.race.state import RaceState
from shared.race.teams import team_line
from shared.race.vocabulary import N_COMPOUNDS, Compound, TrackStatus
from shared.simulation.params import MAX_LAPS, NO_FORECAST, PitPolicy, RaceParams
from shared.simulation.types import MAX_STOPS, N_DRAWS

_USUAL_BASE_LAP = 90.0
_RAIN_WITHOUT_FORECAST = 0.0008  # chance a lap that rain starts when nothing is said of it
_RAIN_SPREAD = 5  # laps over which a forecast shower may begin
_DRY_RATE = 0.035
_RESERVE_PLACES = 3.0  # places over which the reserve of those in front fades
_MISMATCH = ((0.0, 0.0, 0.0, 2.0, 5.0), (8.0, 9.0, 10.0, 0.0, 2.0), (20.0, 21.0, 22.0, 4.0, 0.0))
_NEW_CARS_WIDER = 1.4  # first races of 2019, 2020 and 2022 against 2021, 2023 and 2024: errors of .70 s and .39 s a lap
_WARM_DRAWS = 20_240_707


def build_params(state: RaceState, bundle: Bundle) -> RaceParams:
    """Parameters of the race as the bundle's models see it. Cars stand in the order of ``state.cars``."""
    tables = bundle.tables
    c = len(state.cars)
    grid = grid_of_state(state)
    base = _base_lap(state, tables, base_lap(grid))
    scale = base / REFERENCE_LAP
    tires = tables["tires"]
    entry = tires["circuits"].get(state.circuit_id, tires["all"])
    pits, events, passing = tables["pits"], tables["events"], tables["passing"]
    mean, sd = _pace(state, bundle, grid, scale)
    compound = np.array([int(car.compound) for car in state.cars], np.int32)
    age = np.array([car.tire_age for car in state.cars], np.int32)
    offset = np.array(entry["offset"]) * scale
    # measured wear is what drivers who nurse their tires show, on the tire that suits the stint: what they avoid shows
    # in when their teams stop and in what they fit
    measured = np.array(entry["wear"]) * scale
    wear = measured * tables["knobs"]["wear_scale"]
    next_wear = measured * np.array(tables["knobs"]["next_wear_scale"])
    expected = mean * scale + offset[compound] + wear[compound] * (age + (AHEAD + 1) / 2)
    context = Context(state.lap, state.total_laps)
    evaluator = bundle.evaluators.get("tire_degradation")
    surprise = stint_surprise(tables.get("tire_model"), grid, context, expected, evaluator)
    draws = np.random.default_rng(_WARM_DRAWS).standard_normal((4, N_DRAWS, N_COMPOUNDS))
    unknown = input_draws(state)
    loss = float(pits["loss"]["circuits"].get(state.circuit_id, pits["loss"]["all"]))
    rates = events["circuits"].get(state.circuit_id, {})
    f = np.float32

    def event_rate(kind: str) -> FloatArray:
        rate = rates.get(kind, events["all"][kind]["rate"])
        return np.maximum(rate * np.exp(0.25 * draws[2, :, {"sc": 0, "vsc": 1, "red": 2}[kind]]), 0.0)

    shift = passing["circuits"].get(state.circuit_id, 0.0)
    plan_lap, plan_compound = np.zeros((c, MAX_STOPS), np.int32), np.zeros((c, MAX_STOPS), np.int32)
    for i, car in enumerate(state.cars):
        for k, stop in enumerate((car.plan or ())[:MAX_STOPS]):
            plan_lap[i, k], plan_compound[i, k] = stop.lap, int(stop.compound)
    return RaceParams(
        n_cars=np.int32(c),
        lap=np.int32(state.lap),
        total_laps=np.int32(state.total_laps),
        gap=np.array([car.gap_to_leader for car in state.cars], f),
        penalty=np.array([car.time_penalty for car in state.cars], f),
        pace_mean=(mean * scale).astype(f),
        pace_sd=(sd * scale).astype(f),
        gap_draws=unknown.gap.astype(f),
        age_draws=unknown.age.astype(np.int32),
        pace_draws=(unknown.pace * scale).astype(f),
        next_stop=_next_stop(state, bundle, grid, base).astype(f),
        compound=compound,
        age=age,
        used=np.array([_mask(car.compounds_used) | 1 << int(car.compound) for car in state.cars], np.int32),
        stops=np.array([car.pit_stops for car in state.cars], np.int32),
        in_pit=np.array([car.in_pit for car in state.cars]),
        plan_lap=plan_lap,
        plan_compound=plan_compound,
        has_plan=np.array([car.plan is not None for car in state.cars]),
        tire_offset=offset.astype(f),
        tire_wear=next_wear.astype(f),
        tire_offset_draws=(draws[0] * np.array(entry["offset_sd"]) * scale).astype(f),
        tire_wear_draws=(draws[1] * np.array(entry["wear_sd"]) * scale).astype(f),
        stint_offset=(offset[compound] + tables["knobs"].get("stint_level", 0.0) * surprise).astype(f),
        stint_wear=wear[compound].astype(f),
        tire_cliff=f(tables["knobs"]["tire_cliff"] * scale),
        wear_sd=f(tables["knobs"]["wear_sd"] * scale),
        stint_sd=f(tables["knobs"]["stint_sd"] * scale),
        warmup=f(0.0),
        noise_sd=f(tables["knobs"]["noise_sd"] * scale),
        noise_rho=f(tables["knobs"]["noise_rho"]),
        pit_loss=np.array([loss, loss * pits["loss"]["vsc"], loss * pits["loss"]["sc"]], f),
        pit_loss_draws=(0.5 * draws[3, :, 0]).astype(f),
        pit_sd=f(pits["loss"]["sd"]),
        slow_prob=f(pits["loss"]["slow_prob"]),
        slow_mean=f(pits["loss"]["slow_mean"]),
        policy=PitPolicy(
            hazard=np.array(pits["hazard"], f),
            choice=np.array(pits["choice"], f),
            in_use=shares_in_use(compound, np.array([car.pit_stops for car in state.cars])).astype(f),
            life=life_laps(pits["life"], state.circuit_id, state.total_laps).astype(f),
            neutral=np.array(pits["neutral"], f),
        ),
        owed_stop=np.bool_(rules.needs_two_dry_compounds(state.season)),
        min_stops=np.int32(state.min_stops),
        max_stint=np.int32(state.max_stint_laps or 0),
        follow_gap=f(tables["knobs"]["follow_gap"]),
        dirty_air=f(DIRTY_AIR * scale),
        dirty_air_decay=f(DIRTY_AIR_DECAY),
        pass_logit=np.array(
            [passing["intercept"] + shift + tables["knobs"]["pass_shift"], passing["slope"] / scale], f
        ),
        sc_rate=event_rate("sc").astype(f),
        vsc_rate=event_rate("vsc").astype(f),
        red_rate=event_rate("red").astype(f),
        sc_first_lap=f(events["all"]["sc_first_lap"]),
        sc_laps=f(events["all"]["sc_laps"]),
        vsc_laps=f(events["all"]["vsc_laps"]),
        sc_pace=f(1.49),
        vsc_pace=f(1.33),
        sc_gap=f(0.8),
        sc_catch=f(25.0),
        retire_rate=(
            rate_to_the_flag(events["retire"], state.lap / state.total_laps) * place_factors(events["retire"], c)
        ).astype(f),
        retire_first_lap=f(events["retire"]["first_lap"]),
        status=np.int32(state.track_status),
        status_laps=f(events["all"]["sc_laps"] * 0.6 if state.track_status >= TrackStatus.SC else 1.0),
        forced_status_lap=np.int32(0),
        forced_status=np.int32(0),
        wetness=np.int32(_wetness(state)),
        rain_by_lap=_rain(state).astype(f),
        dry_rate=f(_DRY_RATE),
        mismatch=np.array(_MISMATCH, f),
        start_sd=f(1.5),
        grid_gap=f(0.3),
        base_lap=f(base),
        fuel_effect=f(0.053 * scale),
        fuel_per_lap=f(rules.RACE_FUEL / state.total_laps),
    )


def _base_lap(state: RaceState, tables: Any, seen: float) -> float:
    known = tables["pace"]["base_lap"]
    if np.isfinite(seen):
        return seen
    return float(known.get(state.circuit_id, np.median(list(known.values())) if known else _USUAL_BASE_LAP))


def _pace(state: RaceState, bundle: Bundle, grid: LapGrid, scale: float) -> tuple[FloatArray, FloatArray]:
    """(mean, standard error) f64[C] of every car's pace on the reference lap, s."""
    tables = bundle.tables
    table, knobs = tables["pace"], tables["knobs"]
    lines = [team_line(car.team) for car in state.cars]
    x = pace_features.rows(
        pace_features.PaceMoment(
            lap=max(state.lap, 1),
            total_laps=state.total_laps,
            rating=ratings_of(table, (car.driver_id for car in state.cars), lines),
            rating_age=rating_age(table, state.season),
            gap=np.array([car.gap_to_leader for car in state.cars]),
            stops=np.array([car.pit_stops for car in state.cars]),
            compound=np.array([int(car.compound) for car in state.cars]),
            age=np.array([float(car.tire_age) for car in state.cars]),
            life=life_laps(tables["pits"]["life"], state.circuit_id, state.total_laps),
            teams=lines,
            recent=grid,
            scale=1.0 / scale,
            tires=correction(tables["tires"], state.circuit_id),
        )
    )  # fmt: skip
    mean, sd = pace_features.estimate(table["weights"], x, state.lap / state.total_laps, bundle.evaluators.get("pace"))
    teams = table["ratings"]["teams"]
    unknown = np.array([car.assumed or line not in teams for line, car in zip(lines, state.cars, strict=True)])
    new_season = 1.1 if state.season > table["season"] else 1.0
    if rules.new_cars_between(table["season"], state.season):
        new_season = _NEW_CARS_WIDER
    wider = np.where(unknown, 1.3, 1.0) * new_season * (knobs["wet_sd"] if _wetness(state) else 1.0)
    told = knobs["wet_pace"] if _wetness(state) else 1.0  # what dry pace tells of pace on a wet track
    # who leads drives as fast as it must: what the laps do not show comes out when it is attacked
    past_half = max(0.0, state.lap / state.total_laps - 0.5)
    held_back = knobs["reserve"] + knobs.get("reserve_late", 0.0) * past_half
    reserve = held_back * np.exp(-np.arange(len(mean)) / _RESERVE_PLACES)
    return mean * knobs["pace_scale"] * told - reserve, np.full(len(mean), sd) * knobs["pace_sd_scale"] * wider


def _next_stop(state: RaceState, bundle: Bundle, grid: LapGrid, base: float) -> FloatArray:
    """f64[C, MAX_LAPS]: logit of each car's next stop by lap, ``NO_FORECAST`` where only the policy knows: on wet
    tires, for cars in the pit lane, beyond the flag."""
    out = np.full((len(state.cars), MAX_LAPS), NO_FORECAST)
    tables = bundle.tables
    model, evaluator = tables.get("stops"), bundle.evaluators.get("next_stop")
    laps = np.arange(state.lap + 1, min(state.total_laps, MAX_LAPS))
    if model is None or len(laps) == 0:
        return out
    compound = np.array([int(car.compound) for car in state.cars])
    used = np.array([_mask(car.compounds_used) | 1 << int(car.compound) for car in state.cars])
    stops = np.array([car.pit_stops for car in state.cars])
    in_pit = np.array([car.in_pit for car in state.cars])
    moment = Moment(
        lap=state.lap,
        total_laps=state.total_laps,
        compound=compound,
        stops=stops,
        used=used,
        age=np.array([float(car.tire_age) for car in state.cars]),
        gap=np.array([car.gap_to_leader for car in state.cars]),
        owed=owes_stop(state.season, used, stops, state.min_stops),
        in_pit=in_pit,
        teams=tuple(team_line(car.team) for car in state.cars),
        recent=grid,
        life=life_laps(tables["pits"]["life"], state.circuit_id, state.total_laps),
        usual_stops=float(model["usual_stops"]["circuits"].get(state.circuit_id, model["usual_stops"]["all"])),
        base=base,
    )
    x = rows(moment, correction(tables["tires"], state.circuit_id), laps)
    flat = x.reshape(-1, x.shape[-1])
    logit = (evaluate(model["trees"], flat) if evaluator is None else evaluator(flat)).reshape(len(state.cars), -1)
    known = (compound <= Compound.HARD) & ~in_pit
    out[np.ix_(known, laps)] = logit[known]
    return out


def _mask(compounds: Any) -> int:
    return sum(1 << int(c) for c in set(compounds))


def _wetness(state: RaceState) -> int:
    """0, 1 or 2: what most of the field's tires say of the track."""
    wet = [int(car.compound) - 2 for car in state.cars if not car.compound.is_dry]
    return round(float(np.mean(wet))) if len(wet) * 2 > len(state.cars) else 0


def _rain(state: RaceState) -> FloatArray:
    """f64[MAX_LAPS]: chance a lap that rain starts."""
    rate = np.full(MAX_LAPS, _RAIN_WITHOUT_FORECAST if not state.rain else 0.0)
    for from_lap, probability in state.rain:
        end = min(from_lap + _RAIN_SPREAD, MAX_LAPS)
        rate[from_lap:end] = 1.0 - (1.0 - probability) ** (1.0 / _RAIN_SPREAD)
    return rate
