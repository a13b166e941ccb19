"""What each part of the model is worth: forecasts with one part taken out at a time, on the same races and luck.

A part is a switch over the parameters that the bundle gives a race, so that the table follows the models wherever they
go. Asked is the simulation alone; every variant meets the same scenarios.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from shared.models.build import build_params
from shared.models.bundle import Bundle
from shared.race.state import RaceState
from shared.scoring import measures
from shared.scoring.baselines import StintTable
from shared.scoring.scores import Past, score_stops, stop_rows
from shared.scoring.situations import Situation
from shared.simulation import simulate
from shared.simulation.params import NO_FORECAST, RaceParams
from shared.simulation.script import own_plan
from shared.simulation.types import Outcome
from shared.strategy.forecast import forecast
from tools.scoring.probes.races import PastRace
from tools.scoring.probes.replay import own_pace

WHOLE = "everything in"
ANSWERS = ("rps", "within_2", "mae_median", "none_brier")


class Moment:
    """One question to the models: the situation, its race, the bundle, and the parameters with everything in."""

    def __init__(self, situation: Situation, race: PastRace, bundle: Bundle) -> None:
        self.situation, self.race, self.bundle = situation, race, bundle
        self.params = build_params(situation.state, bundle)


Switch = Callable[[Moment], RaceParams]


def _without(**values: float | Callable[[RaceParams], Any]) -> Switch:
    """The parameters named set to a number, in their own shape and type, or to what a function of them says."""

    def switch(moment: Moment) -> RaceParams:
        params = moment.params
        new: dict[str, Any] = {}
        for name, value in values.items():
            old = np.asarray(getattr(params, name))
            told = np.asarray(value(params) if callable(value) else value, old.dtype)
            new[name] = np.array(np.broadcast_to(told, old.shape))
        return params._replace(**new)

    return switch


def _blind(state: RaceState) -> RaceState:
    return replace(state, cars=tuple(replace(car, recent_laps=()) for car in state.cars))


def _prior_pace(moment: Moment) -> RaceParams:
    before = build_params(_blind(moment.situation.state), moment.bundle)
    return moment.params._replace(pace_mean=before.pace_mean, pace_sd=before.pace_sd, pace_draws=before.pace_draws)


def _raw_pace(moment: Moment) -> RaceParams:
    """The race so far taken at its word: each car's own median, with no prior and no shrinkage."""
    state = moment.situation.state
    seen = own_pace(moment.race, [car.driver_id for car in state.cars], moment.params, until=state.lap)
    mean = np.array(moment.params.pace_mean)
    mean[: len(seen)] = np.where(np.isfinite(seen), seen, mean[: len(seen)])
    return moment.params._replace(pace_mean=mean.astype(np.float32))


def _no_more_stops(moment: Moment) -> RaceParams:
    params = moment.params
    return params._replace(
        has_plan=np.ones_like(params.has_plan), plan_lap=np.zeros_like(params.plan_lap), min_stops=np.int32(0)
    )


def _one_policy(moment: Moment) -> RaceParams:
    """The hazard of stopping without what it knows of the car: its age, its duty and its neighbors say nothing."""
    policy = moment.params.policy
    flat = np.zeros_like(policy.hazard)
    left = max(int(moment.params.total_laps) - int(moment.params.lap), 2)
    flat[0] = np.log(1.0 / left)
    none = np.full_like(moment.params.next_stop, NO_FORECAST)
    return moment.params._replace(policy=policy._replace(hazard=flat), next_stop=none)


def _free_passing(moment: Moment) -> RaceParams:
    """Nobody is ever held up: every car within reach passes, and cars may run as one."""
    logit = np.array([50.0, float(moment.params.pass_logit[1])], np.float32)
    return moment.params._replace(pass_logit=logit, follow_gap=np.float32(0.0))


def _usual_passing(moment: Moment) -> RaceParams:
    shift = moment.bundle.tables["passing"]["circuits"].get(moment.situation.state.circuit_id, 0.0)
    logit = np.array(moment.params.pass_logit) - np.array([shift, 0.0])
    return moment.params._replace(pass_logit=logit.astype(np.float32))


SWITCHES: dict[str, Switch] = {
    "differences of pace": _without(pace_mean=0.0),
    "pace seen in the race (prior alone)": _prior_pace,
    "prior and shrinkage of pace (race so far at its word)": _raw_pace,
    "the stint's own laps (set as the circuit's table has it)": _without(
        stint_offset=lambda p: np.asarray(p.tire_offset)[p.compound],
        stint_wear=lambda p: np.asarray(p.tire_wear)[p.compound],
    ),
    "wear of tires": _without(tire_wear=0.0, stint_wear=0.0, tire_wear_draws=0.0, tire_cliff=0.0),
    "tires altogether": _without(
        tire_wear=0.0, stint_wear=0.0, tire_wear_draws=0.0, tire_cliff=0.0, tire_offset=0.0, stint_offset=0.0,
        tire_offset_draws=0.0,
    ),
    "further stops": _no_more_stops,
    "forecast of the next stop (policy by lap instead)": _without(next_stop=NO_FORECAST),
    "pit policy (stops at random, one more a car)": _one_policy,
    "dirty air": _without(dirty_air=0.0),
    "blocking (free passing)": _free_passing,
    "the circuit's own passing": _usual_passing,
    "safety cars, VSCs and red flags": _without(sc_rate=0.0, vsc_rate=0.0, red_rate=0.0),
    "retirements": _without(retire_rate=0.0),
    "slow stops": _without(slow_prob=0.0),
    "rain": _without(rain_by_lap=0.0),
    "wet track now": _without(wetness=0.0, rain_by_lap=0.0),
    "error of pace kept to the flag": _without(pace_sd=0.0, pace_draws=0.0),
    "errors of sets and stints": _without(stint_sd=0.0, wear_sd=0.0),
    "noise by lap": _without(noise_sd=0.0),
    "correlation of noise": _without(noise_rho=0.0),
    "all noise of pace": _without(noise_sd=0.0, pace_sd=0.0, pace_draws=0.0, stint_sd=0.0, wear_sd=0.0),
    "errors of the models' own parameters": _without(
        tire_offset_draws=0.0, tire_wear_draws=0.0, pit_loss_draws=0.0,
        sc_rate=lambda p: np.mean(p.sc_rate), vsc_rate=lambda p: np.mean(p.vsc_rate),
        red_rate=lambda p: np.mean(p.red_rate),
    ),
}  # fmt: skip
"""The parts by name; each takes its own out."""


def rows(
    asked: Iterable[tuple[Situation, PastRace]], bundle: Bundle, baselines: Past, n: int, seed: int,
    parts: Sequence[str] = tuple(SWITCHES),
) -> list[dict[str, Any]]:  # fmt: skip
    """One row a question and variant: RPS, and the sums from which its measures of stops are pooled."""
    out = []
    for situation, race in asked:
        moment = Moment(situation, race, bundle)
        for part in (WHOLE, *parts):
            params = moment.params if part == WHOLE else SWITCHES[part](moment)
            told = forecast(outcome(params, n, seed), 0, situation.state)
            p = np.array([row["position_probabilities"] for row in told])
            out.append(
                {"race_id": situation.race_id, "season": situation.season, "fraction": situation.fraction,
                 "wet": situation.truth.race.wet, "part": part, "rps": measures.rps(p, situation.truth.place)}
                | _stops(situation, told, baselines.stints)
            )  # fmt: skip
    return out


def outcome(params: RaceParams, n: int, seed: int) -> Outcome:
    """The race with every car left to the pit policy, or to the plan that the parameters fix for it."""
    return simulate(params, 0, own_plan(params, 0) if params.has_plan[0] else None, n, seed)


def _stops(situation: Situation, told: list[dict[str, Any]], stints: StintTable) -> dict[str, float]:
    found = score_stops(pd.DataFrame(stop_rows(situation, told, stints)))
    return {name: found[name] for name in ("stops", "within_2", "mae_median", "none_brier")}


def figures(table: pd.DataFrame, repeats: int = 2000, seed: int = 1) -> dict[str, Any]:
    """{part: {rps, low, high, ...}}: what each measure gets worse by without the part (for ``WHOLE`` the measures
    themselves), RPS with its 90% interval from drawing whole races."""
    index = ["race_id", "fraction"]
    whole = table[table["part"] == WHOLE].set_index(index)
    names, group = np.unique(whole.index.get_level_values("race_id"), return_inverse=True)
    drawn = np.random.default_rng(seed).integers(0, len(names), (repeats, len(names)))
    count = np.bincount(group, minlength=len(names))
    out: dict[str, Any] = {WHOLE: _pooled(whole) | {"races": len(names), "questions": len(whole)}}
    wet = whole["wet"].to_numpy(dtype=bool)
    for part in table["part"].unique():
        if part == WHOLE:
            continue
        own = table[table["part"] == part].set_index(index).loc[whole.index]
        worse = (own["rps"] - whole["rps"]).to_numpy()
        total = np.bincount(group, worse, len(names))
        low, high = np.quantile(total[drawn].sum(axis=1) / count[drawn].sum(axis=1), [0.05, 0.95])
        mine = _pooled(own)
        out[str(part)] = {name: mine[name] - out[WHOLE][name] for name in ANSWERS}
        out[str(part)] |= {"low": float(low), "high": float(high)}
        out[str(part)]["rps_wet"] = float(worse[wet].mean()) if wet.any() else float("nan")
    return out


def _pooled(rows_of: pd.DataFrame) -> dict[str, float]:
    stops = rows_of["stops"].to_numpy()
    weighted = {name: float(np.nansum(rows_of[name] * stops) / stops.sum()) for name in ("within_2", "mae_median")}
    return {"rps": float(rows_of["rps"].mean()), "none_brier": float(np.nanmean(rows_of["none_brier"]))} | weighted
