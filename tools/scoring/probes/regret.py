"""What the call was worth in the race as it came: replayed with the rivals' real stops, safety cars and retirements.

The plan advised, the team's own stops and a rule of thumb are driven through the same scenarios of that replay. The
plan is held to the end, however the race turns; the team's stops answered to what came. The replay's physics are the
product's own, so this tells of decisions, not of physics.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from shared.models.build import build_params
from shared.models.bundle import Bundle
from shared.race.state import Stop
from shared.race.vocabulary import DRY_COMPOUNDS, Compound, TrackStatus
from shared.scoring.baselines import StintTable
from shared.scoring.measures import paired_mean
from shared.scoring.situations import Situation
from shared.simulation import simulate
from shared.simulation.types import MAX_STOPS
from shared.strategy.plans.plan import Plan, to_arrays
from shared.strategy.search.objective import points_of
from tools.scoring.probes.races import PastRace, replayed, status_by_lap, stops_after

ADVISED, TEAM, RULE = "advised", "the team's own", "rule of thumb"


def row(
    race: PastRace, situation: Situation, ego: int, answer: dict[str, Any], bundle: Bundle, stints: StintTable,
    n: int, seed: int,
) -> dict[str, Any] | None:  # fmt: skip
    """Points, place and seconds of each plan in the replay; None where the car did not reach the flag, where it rained
    at any time, and where a plan reaches beyond what was run."""
    state = replace(situation.state, total_laps=race.grid.laps_run)
    car = state.cars[ego]
    if race.truth.wet or car.driver_id in race.truth.retired:
        return None
    advised: Plan = tuple(Stop(s["lap"], Compound[s["compound"]]) for s in answer["pit_strategy"]["stops"])
    plans = {ADVISED: advised, TEAM: tuple(stops_after(race, car.driver_id, state.lap)[:MAX_STOPS]),
             RULE: rule_of_thumb(situation, ego, stints)}  # fmt: skip
    others = [
        tuple(Stop(s["lap"], Compound[s["compound"]]) for s in other["stops"]) for other in answer["alternatives"]
    ]
    every = list(dict.fromkeys([*plans.values(), *others]))
    if any(stop.lap >= state.total_laps for plan in plans.values() for stop in plan):
        return None
    params = replayed(race, state, build_params(state, bundle))
    outcome = simulate(params, ego, to_arrays(every, len(every)), n, seed)
    points = points_of(outcome.place[:, ego], outcome.retired[:, ego], state.season, state.circuit_id).mean(axis=1)
    place = outcome.place[:, ego].mean(axis=1)
    seconds = np.median(outcome.race_time, axis=1)
    best = int(np.argmin(seconds))
    later = status_by_lap(race)[state.lap :]
    out = race.labels | {
        "fraction": situation.fraction,
        "driver_id": car.driver_id,
        "place_now": ego + 1,
        "neutralized_later": any(s >= TrackStatus.VSC for s in later),
        "same_call": _same_call(plans[ADVISED], plans[TEAM]),
        "best_seconds": float(seconds[best]),
        "best_points": float(points.max()),
    }
    for name, plan in plans.items():
        k = every.index(plan)
        out |= {f"points {name}": float(points[k]), f"place {name}": float(place[k]),
                f"seconds {name}": float(seconds[k])}  # fmt: skip
    return out


def rule_of_thumb(situation: Situation, ego: int, stints: StintTable) -> Plan:
    """Stops when each set has reached the usual stint of its compound, fitting the softest that then lasts to the flag
    (else the hardest), another than the one that comes off while a change of compound is owed."""
    state = situation.state
    car = state.cars[ego]
    life = {c: stints.length.get(c, 0.4) * state.total_laps for c in DRY_COMPOUNDS}
    lap, fitted, used = int(stints.next_stop(situation)[ego]), car.compound, set(car.compounds_used) | {car.compound}
    out: list[Stop] = []
    while lap < state.total_laps - 1 and len(out) < 3:
        left = state.total_laps - lap
        owed = len({c for c in used if c in DRY_COMPOUNDS}) < 2
        if not owed and left <= 0.2 * life[Compound.SOFT]:
            break
        fits = [c for c in DRY_COMPOUNDS if not (owed and c == fitted)]
        fitted = next((c for c in fits if life[c] >= left), fits[-1])
        used.add(fitted)
        out.append(Stop(lap, fitted))
        lap += max(round(life[fitted]), 1)
    return tuple(out)


def _same_call(advised: Sequence[Stop], team: Sequence[Stop]) -> bool:
    """Whether both stop next within two laps of each other, or both not at all."""
    if not advised or not team:
        return not advised and not team
    return abs(advised[0].lap - team[0].lap) <= 2


def figures(table: pd.DataFrame) -> dict[str, Any]:
    """{part: {questions, rival: {points, seconds: {value, low, high}}, regret}}: what the advised plan gains on the
    others, paired over the same scenarios and races with 90% intervals, and what it lacks of the best in hindsight."""
    parts = {
        "all": table,
        "nothing but green after": table[~table["neutralized_later"]],
        "safety car, VSC or red flag after": table[table["neutralized_later"]],
    } | {f"at {fraction:.0%}": own for fraction, own in table.groupby("fraction")}
    return {name: _measures(own) for name, own in parts.items() if len(own)}


def _measures(part: pd.DataFrame) -> dict[str, Any]:
    races = part["race_id"].to_numpy(dtype=object)
    out: dict[str, Any] = {"questions": len(part), "same_call": float(part["same_call"].mean())}
    for rival in (TEAM, RULE):
        points = part[f"points {ADVISED}"] - part[f"points {rival}"]
        seconds = part[f"seconds {rival}"] - part[f"seconds {ADVISED}"]
        out[rival] = {
            "points": paired_mean(points.to_numpy(), races),
            "seconds": paired_mean(seconds.clip(-60, 60).to_numpy(), races),
        }
    out["regret"] = {
        name: {
            "points": float((part["best_points"] - part[f"points {name}"]).mean()),
            "seconds": float((part[f"seconds {name}"] - part["best_seconds"]).median()),
        }
        for name in (ADVISED, TEAM, RULE)
    }
    return out
