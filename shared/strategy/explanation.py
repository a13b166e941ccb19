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
    parts = (_margin, _tires, _stop_and_rejoin, _window, _safety_car, _threat, _rain, _confidence)
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
    runner_up = f.found.runner_up
    if runner_up is None:
        return f"{opening}; the rules leave no other plan."
    gap = difference(best, runner_up)
    interval = f"90% interval {_between(gap.low, gap.high, objective)}"
    if np.allclose([gap.value, gap.low, gap.high], 0.0):
        return f"{opening}, the same as the runner-up ({describe(runner_up.plan)}) in every scenario that counts."
    if gap.separable:
        return (
            f"{opening}, {_amount(gap.value, objective)} more than {describe(runner_up.plan)} ({interval})."
            if (objective != "position")
            else f"{opening}, {_amount(gap.value, objective)} better than {describe(runner_up.plan)} ({interval})."
        )
    return (
        f"{opening}; the runner-up ({describe(runner_up.plan)}) is within {_amount(gap.value, objective)}"
        f" and cannot be told from it (90% interval of its difference {_between(-gap.high, -gap.low, objective)})."
    )


def _tires(f: Findings) -> str | None:
    car, params, ego = f.state.cars[f.arena.ego], f.arena.params, f.arena.ego
    best = f.found.best.plan
    if car.in_pit or f.state.lap >= f.state.total_laps:
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
    if window is None or f.state.cars[f.arena.ego].in_pit:
        return None
    best = f.found.best.plan[0].lap
    if window.opens == window.closes:
        return f"The lap matters: no other stop lap near {best} comes within 0.1 of it."
    return f"Any stop from lap {window.opens} to lap {window.closes} does about as well as lap {best}."


def _safety_car(f: Findings) -> str | None:
    rate = float(np.mean(f.arena.params.sc_rate))
    best = f.found.best.plan
    end = best[0].lap if best else f.state.total_laps
    ahead = end - f.state.lap
    answer = f.contingency["safety_car_now"]
    if ahead <= 0 or f.state.track_status in (TrackStatus.SC, TrackStatus.RED):
        return None
    chance = 1.0 - (1.0 - rate) ** ahead
    odds = f"A safety car comes out by lap {end} in {100 * chance:.0f}% of the scenarios"
    if answer["pit"]:
        compound = answer["compound"].lower()
        return (
            f"{odds}; if it comes now, stop at once for {_plural(compound)}, worth {answer['gain_points']:.1f} points."
        )
    return f"{odds}; if it comes now, stay out."


def _plural(compound: str) -> str:
    return compound + "s"


def _threat(f: Findings) -> str | None:
    if not f.threats or f.threats[0]["loss_points"] * f.threats[0]["probability"] < 0.05:
        return None
    t = f.threats[0]
    how = {"undercut": "by an undercut", "overcut": "by staying out longer", "pass": "on the track"}[t["kind"]]
    return (
        f"{t['driver_id']} gets past {how} in {100 * t['probability']:.0f}% of the scenarios,"
        f" which costs {t['loss_points']:.1f} points each time."
    )


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
    return f"The call holds in {100 * f.confidence:.0f}% of the draws of the models' own parameters."
