"""Push, save or neither until the next stop: each mode simulated, and the one advised that serves the objective.

A mode trades pace now for the life of the fitted set. What it trades was measured on what teams did
(``tools.modes``), so BALANCED, the pace of the recent laps, is the prior, and another mode has to beat it
in the simulation by more than chance and by more than the measurement's own error explains.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Literal, NamedTuple

import numpy as np

from shared.race.state import RaceState
from shared.race.vocabulary import TrackStatus
from shared.simulation.params import RaceParams
from shared.strategy.plans.legality import Rules
from shared.strategy.search.arena import Arena, Judged
from shared.strategy.search.statistics import Difference, paired_difference, standard_error
from shared.strategy.search.together import together

Mode = Literal["PUSH", "BALANCED", "CONSERVE"]
OTHERS: tuple[Mode, ...] = ("PUSH", "CONSERVE")


class Measured(NamedTuple):
    """A measured figure and its standard error."""

    value: float
    error: float


PACE = Measured(0.083, 0.020)
"""Seconds on a 90 s lap between BALANCED and either other mode: 1,485 stints of 88 dry races, 2018 to 2024 round 12."""
WEAR = Measured(0.086, 0.047)
"""Share of the wear per lap between them, from the same stints."""
STEP_LAPS = 5.7
"""A mode is one standard deviation of what teams did: the stint ran this many laps longer (CONSERVE) or shorter
(PUSH) than others did on that compound in that race."""
REFERENCE_LAP = 90.0
DOUBT = 0.52
"""Standard errors by which both figures are made worse to try a mode adversely. They err together (correlation 0.46: a
saving overrated goes with a cost overrated), so where both weigh alike this is one standard error of the balance."""

N_SCENARIOS = 256

_SIGN: dict[Mode, float] = {"PUSH": -1.0, "BALANCED": 0.0, "CONSERVE": 1.0}


class Trial(NamedTuple):
    """What a mode is worth against BALANCED in the same scenarios. value: in the objective, 90% interval. seconds:
    mean race time less that under BALANCED. serves: better than BALANCED by more than the scenarios' standard error.
    adverse: score against BALANCED if the mode does worse than measured by ``DOUBT``; None where that was not tried."""

    value: Difference
    seconds: float
    serves: bool
    adverse: float | None = None
    tied: bool = False
    """Whether the scenarios' standard error explains all that it differs from BALANCED by."""


class Chosen(NamedTuple):
    """The mode advised, the race under it, and the trials by mode: none where a rule decides or nothing is known of a
    mode's effect, said in ``reason``."""

    mode: Mode
    params: RaceParams
    trials: dict[Mode, Trial]
    reason: str = ""
    prior: Mapping[str, float] | None = None
    """What the driver's last laps make likely, where a tie went by it."""


def under(params: RaceParams, ego: int, mode: Mode, doubt: float = 0.0) -> RaceParams:
    """The race with car ``ego`` driven in ``mode`` until it next changes tires.

    Pace changes from now on; wear changes from the present age on, so that what the set has lost so far stays lost.
    ``doubt``: standard errors by which the mode does worse than measured: gives less and costs more.
    """
    sign = _SIGN[mode]
    if sign == 0.0:
        return params
    pace = max(0.0, PACE.value + sign * doubt * PACE.error) * float(params.base_lap) / REFERENCE_LAP
    share = max(0.0, WEAR.value - sign * doubt * WEAR.error)
    offset, wear = np.array(params.stint_offset), np.array(params.stint_wear)
    saved = sign * share * max(float(wear[ego]), 0.0)
    offset[ego] += sign * pace + saved * float(params.age[ego])
    wear[ego] -= saved
    return params._replace(stint_offset=offset, stint_wear=wear)


def decide(arena: Arena, leader: Judged, rules: Rules, prior: Mapping[str, float] | None = None) -> Chosen:
    """The mode for the plan that leads: by simulation, unless a mode can change nothing or one lap is left."""
    reason = without_effect(rules)
    if reason:
        return Chosen("BALANCED", arena.params, {}, reason)
    until = leader.plan[0].lap if leader.plan else rules.total_laps
    if until - rules.lap > 1:
        return choose(arena, leader, prior)
    if int(arena.params.status) >= TrackStatus.VSC or int(arena.params.forced_status_lap) == rules.lap + 1:
        return Chosen("BALANCED", arena.params, {}, "on the one lap left on the set there is no pace to gain")
    params = under(arena.params, arena.ego, "PUSH")
    return Chosen("PUSH", params, {}, "rule: one lap is left on the set, and nothing to save it for")


def choose(arena: Arena, leader: Judged, prior: Mapping[str, float] | None = None) -> Chosen:
    """The mode judged on the leading plan's first N_SCENARIOS scenarios under every mode.

    PUSH or CONSERVE is advised when it beats BALANCED by more than the scenarios' standard error, and still beats it if
    the mode does worse than measured by ``DOUBT``. What counts is the search's score: the objective, and a little of
    the place where the objective hardly varies. Of modes that the scenarios cannot tell apart the one that ``prior``
    holds likeliest is advised, BALANCED where there is none.
    """
    params, ego = arena.params, arena.ego
    plan, n = leader.plan, min(N_SCENARIOS, leader.n_scenarios)
    balanced = leader.first(n)
    trials: dict[Mode, Trial] = {}
    tried = together([partial(arena.under(under(params, ego, mode)).judge, [plan], n) for mode in OTHERS])
    for mode, (judged,) in zip(OTHERS, tried, strict=True):
        gain = judged.scores - balanced.scores
        trials[mode] = Trial(
            paired_difference(judged.values, balanced.values),
            _seconds(judged, balanced),
            bool(gain.mean() > standard_error(gain)),
            tied=bool(abs(gain.mean()) <= standard_error(gain)),
        )
    best = max(trials, key=lambda mode: (trials[mode].value.value, -trials[mode].seconds))
    if trials[best].serves:
        worse = arena.under(under(params, ego, best, DOUBT)).judge([plan], n)[0]
        adverse = float((worse.scores - balanced.scores).mean())
        trials[best] = trials[best]._replace(adverse=adverse)
        if adverse > 0.0:
            return Chosen(best, under(params, ego, best), trials)
    tied: list[Mode] = ["BALANCED", *(mode for mode in OTHERS if trials[mode].tied)]
    if prior is not None and len(tied) > 1:
        likeliest = max(tied, key=lambda mode: prior.get(mode, 0.0))
        return Chosen(likeliest, under(params, ego, likeliest), trials, prior=prior)
    return Chosen("BALANCED", params, trials)


def without_effect(rules: Rules) -> str:
    """Why no mode is tried: nothing that it could change, or nothing known of it; empty where there is none."""
    if rules.in_pit:
        return "the car is in the pits; the set now fitted runs no further lap"
    if not rules.compound.is_dry:
        return "nothing was measured on wet tires"
    if rules.lap >= rules.total_laps:
        return "no lap is left"
    return ""


def basis(chosen: Chosen, state: RaceState, until: str, objective: str) -> str:
    """What the mode rests on, in words: the measurement, and what the simulation made of it."""
    measured = (
        f"measured: stints run {STEP_LAPS:g} laps longer than others on their tire (one standard deviation; 1,485"
        f" stints, 88 races, 2018-2024) were {PACE.value:.2f} s +- {PACE.error:.2f} a 90 s lap slower and wore"
        f" {100 * WEAR.value:.0f}% +- {100 * WEAR.error:.0f}% less"
    )
    if not chosen.trials:
        pace = ", the pace of the recent laps" if chosen.mode == "BALANCED" else ""
        return f"{chosen.mode}{pace}: {chosen.reason}"
    unit = {"points": "points", "position": "places"}.get(objective, "percentage points")
    scale = 1.0 if objective in ("points", "position") else 100.0
    tried = ", ".join(
        f"{mode} {scale * trial.value.value:+.2f} {unit}"
        f" ({scale * trial.value.low:+.2f} to {scale * trial.value.high:+.2f}), {trial.seconds:+.1f} s"
        for mode, trial in chosen.trials.items()
    )
    if chosen.prior is not None:
        likely = ", ".join(f"{mode} {chosen.prior[mode]:.0%}" for mode in chosen.trials | {"BALANCED": None})
        return (
            f"{measured}; simulated until {until} against BALANCED: {tried}; a tie within the scenarios' noise, which"
            f" goes to what the driver's last laps make likeliest ({likely}; by telemetry, labels by a rule, no public"
            " truth)"
        )
    verdict = (
        "and it stays ahead if it does a standard error worse than measured"
        if chosen.mode != "BALANCED"
        else "neither beats the pace of the recent laps by more than chance and the measurement's error"
    )
    status = state.track_status
    note = f"; under {status.name} itself there is no pace to gain" if status >= TrackStatus.VSC else ""
    return f"{measured}; simulated until {until} against BALANCED: {tried}; {verdict}{note}"


def _seconds(judged: Judged, balanced: Judged) -> float:
    both = ~judged.retired & ~balanced.retired
    if not both.any():
        return 0.0
    return float((judged.race_time[both].astype(np.float64) - balanced.race_time[both]).mean())
