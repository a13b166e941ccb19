"""Who may get past, how, how probably, and what to do about it.

Counted over the scenarios of the recommended plan: a rival that is behind now and ahead at the flag. How it came
past is read from the order of the next stops. Against an undercut the answer is tried out: the rival is made
to stop on the next lap, and the recommended plan is compared with covering it at once or one lap later.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from shared.race.state import RaceState
from shared.simulation.types import MAX_STOPS, NO_CAR, Outcome
from shared.strategy.plans.candidates import Candidates
from shared.strategy.plans.plan import Plan
from shared.strategy.search import objective
from shared.strategy.search.arena import Arena

N_SCENARIOS = 256
N_RIVALS = 6
N_THREATS = 4
MIN_PROBABILITY = 0.02
UNDERCUT_REACH = 5.0
"""Seconds behind within which stopping first may bring a car past; fresh tires are worth 1 to 3 s over the two or
three laps before the other answers."""


def threats(
    arena: Arena, candidates: Candidates, outcome: Outcome, row: int, best: Plan, state: RaceState
) -> list[dict[str, Any]]:
    """The answer's ``threats``: at most N_THREATS, the costliest first, one per rival."""
    found = []
    for rival in _rivals_behind(arena, state):
        for kind, mask in _ways_past(arena, outcome, row, rival).items():
            probability = float(mask.mean())
            if probability >= MIN_PROBABILITY:
                found.append((probability * _loss(arena, outcome, row, mask), probability, kind, rival, mask))
    found.sort(key=lambda entry: (-entry[0], -entry[1], entry[3], entry[2]))
    answer: list[dict[str, Any]] = []
    named: set[int] = set()
    for _, probability, kind, rival, mask in found:
        if rival in named or len(answer) == N_THREATS:
            continue
        named.add(rival)
        answer.append(
            {
                "driver_id": state.cars[rival].driver_id,
                "kind": kind,
                "probability": round(probability, 6),
                "loss_points": round(_loss(arena, outcome, row, mask), 3),
                "answer": _answer(arena, candidates, outcome, row, best, state, rival, kind),
            }
        )
    return answer


def _rivals_behind(arena: Arena, state: RaceState) -> list[int]:
    """The nearest cars behind, no farther than a pit stop takes."""
    me = state.cars[arena.ego]
    reach = float(arena.params.pit_loss[0]) + UNDERCUT_REACH
    behind = [
        (car.gap_to_leader - me.gap_to_leader, i)
        for i, car in enumerate(state.cars)
        if car.position > me.position and car.gap_to_leader - me.gap_to_leader <= reach
    ]
    return [i for _, i in sorted(behind)[:N_RIVALS]]


def _ways_past(arena: Arena, outcome: Outcome, row: int, rival: int) -> dict[str, np.ndarray]:
    """bool[S] by kind: scenarios in which the rival ends ahead of a car that is still running, by who stopped first."""
    place, ego = outcome.place[row], arena.ego
    past = (place[rival] < place[ego]) & ~outcome.retired[row, ego]
    theirs = outcome.next_stop_lap[row, rival].astype(np.int32)
    mine = outcome.next_stop_lap[row, ego].astype(np.int32)
    both = (theirs > 0) & (mine > 0)
    undercut = past & both & (theirs < mine)
    overcut = past & both & (theirs > mine)
    return {"undercut": undercut, "overcut": overcut, "pass": past & ~undercut & ~overcut}


def _loss(arena: Arena, outcome: Outcome, row: int, mask: np.ndarray) -> float:
    """Mean points in the scenarios outside the mask less those inside, retirements of ours left out; not below 0."""
    ego = arena.ego
    points = objective.points_of(outcome.place[row, ego], outcome.retired[row, ego], arena.season, arena.circuit_id)
    others = ~mask & ~outcome.retired[row, ego]
    if not others.any():
        return 0.0
    return max(0.0, float(points[others].mean() - points[mask].mean()))


def _answer(
    arena: Arena,
    candidates: Candidates,
    outcome: Outcome,
    row: int,
    best: Plan,
    state: RaceState,
    rival: int,
    kind: str,
) -> str:
    keep = f"keep to lap {best[0].lap}" if best else "stay out"
    gap = state.cars[rival].gap_to_leader - state.cars[arena.ego].gap_to_leader
    if kind != "undercut":
        return f"{keep}: no other plan tried loses less"
    if gap > UNDERCUT_REACH or not best or candidates.rules.in_pit:
        return f"{keep}: it is {gap:.1f} s behind, too far for an undercut to decide it alone"
    outline = candidates.outline_of(best)
    laps = [lap for lap in (state.lap + 1, state.lap + 2) if lap != best[0].lap]
    covers = [outline.plan_at(lap) for lap in laps if outline and np.isfinite(outline.time_at(lap))]
    judged = arena.judge([best, *covers], N_SCENARIOS, _stopping_next_lap(arena, outcome, row, state, rival))
    chosen = max(judged, key=lambda j: j.score)
    if chosen is judged[0]:
        return f"{keep}, even if it stops on lap {state.lap + 1}"
    return f"if it stops on lap {state.lap + 1}, pit on lap {chosen.plan[0].lap}"


def _stopping_next_lap(arena: Arena, outcome: Outcome, row: int, state: RaceState, rival: int) -> Any:
    """The parameters with the rival made to stop on the next lap, for the compound it fits most often."""
    params = arena.params
    fitted = outcome.next_stop_compound[row, rival]
    fitted = fitted[fitted != NO_CAR]
    compound = int(np.bincount(fitted).argmax()) if len(fitted) else int(state.cars[rival].compound)
    lap, compounds, has = params.plan_lap.copy(), params.plan_compound.copy(), params.has_plan.copy()
    lap[rival, :] = 0
    compounds[rival, :] = 0
    lap[rival, 0], compounds[rival, 0], has[rival] = state.lap + 1, compound, True
    assert lap.shape[1] == MAX_STOPS
    return params._replace(plan_lap=lap, plan_compound=compounds, has_plan=has)
