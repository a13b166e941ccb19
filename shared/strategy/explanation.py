"""Three to six plain sentences from the numbers that decided.

Each function looks at one thing that may have mattered and says it with its numbers, or says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from shared.race.state import RaceState
from shared.race.vocabulary import TrackStatus
from shared.strategy.plans.expected_time import tire_time
from shared.strategy.plans.plan import PLURAL, describe
from shared.strategy.search.arena import Arena, Judged, difference
from shared.strategy.search.halving import Found

MAX_SENTENCES = 6
OUT_OF_REACH = 0.05
"""Points or chance below which the objective hardly tells plans apart."""
WORTH_SAYING = 0.03
"""A safety car less likely than this before the stop is left out."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What the sentences are made of; the mappings are parts of the answer as it goes out."""

    arena: Arena
    found: Found
    state: RaceState
    rejoin: Mapping[str, Any] | None
    contingency: Mapping[str, Any]
    threats: list[dict[str, Any]]
    confidence: float


def explain(findings: Findings) -> list[str]:
    """Three to six sentences, the most important first."""
    parts = (_margin, _neutralized, _tires, _stop_and_rejoin, _rain, _window, _safety_car, _threat, _mode, _confidence)
    sentences = [sentence for part in parts if (sentence := part(findings))]
    return sentences[:MAX_SENTENCES]


def _amount(value: float, objective: str) -> str:
    """A difference in the objective, in words."""
    if objective in ("win", "podium"):
        return f"{abs(100 * value):.1f} percentage points"
    if abs(value) < 0.01:
        return f"less than 0.01 {'points' if objective == 'points' else 'places'}"
    number = f"{abs(value):.2f}"
    unit = "point" if objective == "points" else "place"
    return f"{number} {unit if number == '1.00' else unit + 's'}"


def _between(low: float, high: float, objective: str) -> str:
    """An interval with as many decimals as ``_amount`` has, three where two would show nothing."""
    if objective in ("win", "podium"):
        return f"{100 * low:+.1f} to {100 * high:+.1f}"
    digits = 2 if max(abs(low), abs(high)) >= 0.01 else 3
    return f"{low:+.{digits}f} to {high:+.{digits}f}"


def _level(judged: Judged, objective: str) -> str:
    if objective == "win":
        return f"a {100 * judged.mean:.1f}% chance to win"
    if objective == "podium":
        return f"a {100 * judged.mean:.1f}% chance of a podium"
    if objective == "position":
        return f"an expected place of {-judged.mean:.2f}"
    return f"{judged.mean:.2f} expected points"


def laps(n: int) -> str:
    """ "1 lap", "5 laps"."""
    return f"{n} lap" if n == 1 else f"{n} laps"


def _margin(f: Findings) -> str:
    best, objective = f.found.best, f.arena.objective
    call = describe(best.plan)
    opening = f"{call[0].upper()}{call[1:]} gives {_level(best, objective)}"
    if objective != "position" and best.mean < OUT_OF_REACH:
        opening += f", out of reach, and an expected place of {float(best.place.mean()):.1f}"
    runner_up = f.found.runner_up
    if runner_up is None:
        left = f.state.total_laps - f.state.lap > 1
        return f"{opening}; {'the rules leave' if left else 'there is time for'} no other plan."
    gap = difference(runner_up, best)
    name = describe(runner_up.plan)
    if np.allclose([gap.value, gap.low, gap.high], 0.0):
        return f"{opening}, the same as the runner-up ({name}) in every scenario that counts."
    interval = f"90% interval {_between(gap.low, gap.high, objective)}"
    if gap.separable and gap.value < 0.0:
        return f"{opening}; next is {name}, {_amount(gap.value, objective)} worse ({interval})."
    side = "worse" if gap.value < 0.0 else "better"
    said = f"{opening}; {name} is {_amount(gap.value, objective)} {side} and cannot be told from it ({interval})"
    rival = next(iter(f.found.rivals), None)
    if rival is None or rival is runner_up:
        return f"{said}."
    other = difference(rival, best)
    side = "worse" if other.value < 0.0 else "better"
    told = "" if other.separable else ", which is too close to tell"
    least = f"the best other one, {describe(rival.plan)}, is {_amount(other.value, objective)} {side}{told}"
    return f"{said}, but both are the same call: {least}."


def _neutralized(f: Findings) -> str | None:
    """What stopping now is worth against staying out, while the race is neutralized."""
    status = f.state.track_status
    if status == TrackStatus.RED:
        plan = f.found.best.plan
        ours = f"fit {PLURAL[plan[0].compound]}" if plan and plan[0].lap == f.state.lap + 1 else "any set will do"
        return f"Under the red flag all cars may change tires for nothing before the restart: {ours}."
    if status not in (TrackStatus.VSC, TrackStatus.SC):
        return None
    now = f.contingency["safety_car_now" if status == TrackStatus.SC else "vsc_now"]
    if not now["pit"] or now["low"] is None:
        return None
    interval = f"90% interval {_between(now['low'], now['high'], 'points')}"
    return (
        f"Stopping under the {status.name} gains {_amount(now['gain_points'], 'points')} on staying out ({interval})."
    )


def _tires(f: Findings) -> str | None:
    car, params, ego = f.state.cars[f.arena.ego], f.arena.params, f.arena.ego
    best = f.found.best.plan
    if car.in_pit or f.state.lap >= f.state.total_laps or f.state.track_status == TrackStatus.RED:
        return None
    end = best[0].lap if best else f.state.total_laps
    run = end - f.state.lap
    wear = float(params.stint_wear[ego])
    age = np.array([float(car.tire_age + run)])
    state = f"The {PLURAL[car.compound]} are {laps(car.tire_age)} old and lose {wear:.3f} s with every further lap"
    if not best:
        lost = float(tire_time(params, ego, car.compound, age, current=True)[0]) - float(
            tire_time(params, ego, car.compound, np.array([float(car.tire_age)]), current=True)[0]
        )
        return f"{state}: {lost:.1f} s a lap more than now after the {laps(run)} to the flag."
    fresh = best[0].compound
    gain = float(tire_time(params, ego, car.compound, age, current=True)[0]) - float(
        tire_time(params, ego, fresh, np.array([0.0]), current=False)[0]
    )
    compared = f"{abs(gain):.1f} s a lap {'slower' if gain >= 0 else 'faster'} than new {PLURAL[fresh]}"
    return f"{state}; by lap {end} they are {compared}."


def _stop_and_rejoin(f: Findings) -> str | None:
    green = float(f.arena.params.pit_loss[0])
    status = f.state.track_status
    cost = f"A stop costs about {green:.1f} s under green"
    if status in (TrackStatus.VSC, TrackStatus.SC):
        now = float(f.arena.params.pit_loss[1 if status == TrackStatus.VSC else 2])
        cost = f"A stop costs about {now:.1f} s under the {status.name} now, {green:.1f} s under green"
    if not f.found.best.plan:
        return f"{cost}, which staying out saves."
    if f.rejoin is None:
        return f"{cost}."
    r = f.rejoin
    place = f"brings the car out in place {r['position']}"
    if r["position_p10"] != r["position_p90"]:
        place += f" (places {r['position_p10']} to {r['position_p90']} in eight of ten scenarios)"
    gaps = []
    if r["gap_ahead"] is not None:
        gaps.append(f"{r['gap_ahead']:.1f} s behind the next car")
    if r["gap_behind"] is not None:
        gaps.append(f"{r['gap_behind']:.1f} s ahead of the one behind")
    return f"{cost} and {place}{', ' + ' and '.join(gaps) if gaps else ''}."


def _window(f: Findings) -> str | None:
    window = f.found.window
    if window is None or f.state.cars[f.arena.ego].in_pit or f.state.track_status == TrackStatus.RED:
        return None
    best = f.found.best.plan[0].lap
    if window.opens == window.closes:
        return f"The lap matters: no other stop lap near {best} comes within 0.1 of it."
    return f"No lap from {window.opens} to {window.closes} is clearly worse for the stop than lap {best}."


def _safety_car(f: Findings) -> str | None:
    rate = float(np.mean(f.arena.params.sc_rate))
    best = f.found.best.plan
    end = best[0].lap if best else f.state.total_laps
    ahead = end - f.state.lap
    answer = f.contingency["safety_car_now"]
    if ahead <= 0 or f.state.track_status in (TrackStatus.SC, TrackStatus.RED):
        return None
    chance = 1.0 - (1.0 - rate) ** ahead
    if chance < WORTH_SAYING:
        return None
    odds = f"A safety car comes out by lap {end} with a chance of {100 * chance:.0f}%"
    if answer["pit"] and answer["gain_points"] >= 0.05:
        compound = answer["compound"].lower()
        return (
            f"{odds}; if it comes now, stop at once for {_plural(compound)}, worth {answer['gain_points']:.1f} points"
            f" on staying out."
        )
    return f"{odds}; if it comes now, {'a stop is worth next to nothing' if answer['pit'] else 'stay out'}."


def _plural(compound: str) -> str:
    return compound + "s"


def _threat(f: Findings) -> str | None:
    if not f.threats or f.threats[0]["loss_points"] * f.threats[0]["probability"] < 0.05:
        return None
    t = f.threats[0]
    chance = f"{100 * t['probability']:.0f}% of the scenarios"
    if t["kind"] == "double_stack":
        return (
            f"{t['driver_id']}, the teammate ahead, stops on the same lap in {chance}: {t['loss_points']:.1f} points."
        )
    how = {"undercut": "by stopping first", "overcut": "by stopping later", "pass": "on the track"}[t["kind"]]
    past = f"{t['driver_id']} gets past {how} in {chance}"
    if t["loss_low"] is not None:
        took = f"made to stop first in all of them, it takes {t['loss_points']:.1f} points off the call"
        return f"{past}; {took} ({_between(t['loss_low'], t['loss_high'], 'points')})."
    return f"{past}, a place that is worth {t['loss_points']:.1f} points there."


def _mode(f: Findings) -> str | None:
    mode = f.found.mode
    if mode.mode not in mode.trials:
        return None
    trial, objective = mode.trials[mode.mode], f.arena.objective
    best = f.found.best.plan
    until = f"lap {best[0].lap}" if best else "the flag"
    verb = "Pushing" if mode.mode == "PUSH" else "Saving the tires"
    time = f"{abs(trial.seconds):.1f} s {'gained' if trial.seconds < 0 else 'lost'}"
    return f"{verb} until {until} is worth {_amount(trial.value.value, objective)} on the recent pace ({time})."


def _rain(f: Findings) -> str | None:
    if not f.state.rain:
        return None
    lap, probability = max(f.state.rain, key=lambda entry: entry[1])
    answer = f.contingency["rain_now"]
    do = f"stop for {_plural(answer['compound'].lower())}" if answer["pit"] else "stay out at first"
    return f"Rain is given a {100 * probability:.0f}% chance from lap {lap}; if it starts now, {do}."


def _confidence(f: Findings) -> str | None:
    if any(car.assumed for car in f.state.cars):
        rest = "rivals that were not given are filled in from what is typical, and that counts against it"
        return f"The call holds in {100 * f.confidence:.0f}% of the draws of what is not known: {rest}."
    if not all(car.recent_laps for car in f.state.cars):
        rest = "the models' own parameters, and the pace of cars whose recent laps were not given"
        return f"The call holds in {100 * f.confidence:.0f}% of the draws of what is not known: {rest}."
    return f"The call holds in {100 * f.confidence:.0f}% of the draws of the models' own parameters."
