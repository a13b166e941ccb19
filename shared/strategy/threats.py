"""Who may get past, how, how probably, what it costs, and what to do about it.

Counted over the scenarios of the recommended plan: a rival that is behind now and ahead at the flag. How it came
past is read from the order of the next stops. A cost is what the move itself takes: of an undercut that can be tried it
comes from paired simulation, the rival stopping first against not; of the others it is the one place
that this rival's being ahead takes, scenario by scenario. A teammate's stop on the same lap is a threat too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from shared.race.state import RaceState
from shared.simulation.params import RaceParams
from shared.simulation.types import Outcome
from shared.strategy.double_stack import double_stack
from shared.strategy.plans.candidates import Candidates
from shared.strategy.plans.plan import Plan
from shared.strategy.search import objective
from shared.strategy.search.arena import Arena, Judged
from shared.strategy.search.statistics import Difference, paired_difference

N_SCENARIOS = 256
N_RIVALS = 6
N_THREATS = 4
N_TRIED = 2
"""Undercuts that are simulated, the likeliest to cost most first."""
MIN_PROBABILITY = 0.02
MIN_PAIRED = 64
"""Fewest of the scenarios without the move that its cost is taken from."""
UNDERCUT_REACH = 5.0
"""Seconds behind within which stopping first may bring a car past; fresh tires are worth 1 to 3 s over the two or
three laps before the other answers."""
_SURELY = 50.0  # logit of a stop that is made to happen, or not to

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Scene:
    """The race under the recommended plan: row ``row`` of ``outcome``."""

    arena: Arena
    candidates: Candidates
    outcome: Outcome
    row: int
    best: Plan
    state: RaceState

    @property
    def keep(self) -> str:
        """The recommended plan as an order."""
        return f"keep to lap {self.best[0].lap}" if self.best else "stay out"


class Cost(NamedTuple):
    """Points lost, the 90% interval where it was simulated, what it rests on, and the answer to the move."""

    points: float
    interval: Difference | None
    rests_on: str
    answer: str


def threats(scene: Scene) -> list[dict[str, Any]]:
    """The answer's ``threats``: at most N_THREATS, the costliest first, one per rival, and a double stack."""
    found = []
    for rival in _rivals_behind(scene):
        for kind, mask in _ways_past(scene, rival).items():
            probability = float(mask.mean())
            if probability >= MIN_PROBABILITY:
                found.append((probability * _one_place(scene, mask), probability, kind, rival, mask))
    found.sort(key=lambda entry: (-entry[0], -entry[1], entry[3], entry[2]))
    answer: list[dict[str, Any]] = []
    named: set[int] = set()
    tried = 0
    for _, probability, kind, rival, mask in found:
        if rival in named or len(answer) == N_THREATS:
            continue
        named.add(rival)
        if kind == "undercut" and _can_be_tried(scene, rival) and tried < N_TRIED:
            tried += 1
            cost = _undercut(scene, rival)
        else:
            cost = Cost(
                _one_place(scene, mask),
                None,
                "one place in the scenarios in which it happens",
                _stated(scene, rival, kind),
            )
        answer.append(_entry(scene.state.cars[rival].driver_id, kind, probability, cost))
    stacked = double_stack(scene.arena, scene.outcome, scene.row, scene.best, scene.state)
    return answer + ([stacked] if stacked is not None else [])


def _entry(driver_id: str, kind: str, probability: float, cost: Cost) -> dict[str, Any]:
    return {
        "driver_id": driver_id,
        "kind": kind,
        "probability": round(probability, 6),
        "loss_points": round(cost.points, 3),
        "loss_low": None if cost.interval is None else round(cost.interval.low, 3),
        "loss_high": None if cost.interval is None else round(cost.interval.high, 3),
        "rests_on": cost.rests_on,
        "answer": cost.answer,
    }


def _gap_behind(scene: Scene, rival: int) -> float:
    cars = scene.state.cars
    return cars[rival].gap_to_leader - cars[scene.arena.ego].gap_to_leader


def _rivals_behind(scene: Scene) -> list[int]:
    """The nearest cars behind, no farther than a pit stop takes."""
    reach = float(scene.arena.params.pit_loss[0]) + UNDERCUT_REACH
    me = scene.state.cars[scene.arena.ego].position
    behind = [
        (_gap_behind(scene, i), i)
        for i, car in enumerate(scene.state.cars)
        if car.position > me and _gap_behind(scene, i) <= reach
    ]
    return [i for _, i in sorted(behind)[:N_RIVALS]]


def _ways_past(scene: Scene, rival: int) -> dict[str, Mask]:
    """bool[S] by kind: scenarios in which the rival ends ahead of a car that is still running, by who stopped first. A
    rival in the pit lane now stopped first, whenever it stops again."""
    outcome, row, ego = scene.outcome, scene.row, scene.arena.ego
    place = outcome.place[row]
    past = (place[rival] < place[ego]) & ~outcome.retired[row, ego]
    theirs = outcome.next_stop_lap[row, rival].astype(np.int32)
    mine = outcome.next_stop_lap[row, ego].astype(np.int32)
    if scene.state.cars[rival].in_pit and not scene.candidates.rules.in_pit:
        undercut, overcut = past & (mine > 0), np.zeros_like(past)
    else:
        both = (theirs > 0) & (mine > 0)
        undercut, overcut = past & both & (theirs < mine), past & both & (theirs > mine)
    return {"undercut": undercut, "overcut": overcut, "pass": past & ~undercut & ~overcut}


def _one_place(scene: Scene, mask: Mask) -> float:
    """Mean points over the scenarios of the mask that one place more would have brought: the rival that ended ahead
    gone from there, all else as it was."""
    if not mask.any():
        return 0.0
    ego, arena = scene.arena.ego, scene.arena
    place = scene.outcome.place[scene.row, ego][mask]
    running = np.zeros(len(place), bool)
    better = objective.points_of(np.maximum(place, 2) - 1, running, arena.season, arena.circuit_id)
    had = objective.points_of(place, running, arena.season, arena.circuit_id)
    return float((better - had).mean())


def _can_be_tried(scene: Scene, rival: int) -> bool:
    """Whether there is a lap left on which the rival, close enough, can stop first."""
    ours = scene.best[0].lap if scene.best else 0
    return (
        ours > scene.state.lap + 1
        and not scene.candidates.rules.in_pit
        and not scene.state.cars[rival].in_pit
        and _gap_behind(scene, rival) <= UNDERCUT_REACH
    )


def _undercut(scene: Scene, rival: int) -> Cost:
    """What the rival's stopping first costs, and whether to answer it on the lap after.

    The lap tried is the usual one of the scenarios in which it stops first. Without the move stand the scenarios of the
    forecast in which it does not stop before us; where it nearly always does, they are simulated with its stop held
    back.
    """
    arena, best, ours = scene.arena, scene.best, scene.best[0].lap
    n = min(N_SCENARIOS, scene.outcome.place.shape[-1])
    stops = scene.outcome.next_stop_lap[scene.row, rival].astype(np.int32)
    first = stops[(stops > 0) & (stops < ours)]
    lap = int(np.clip(np.median(first), scene.state.lap + 1, ours - 1))
    cover = _stopping(scene, lap + 1)
    plans = [best] if cover is None else [best, cover]
    judged = arena.under(_made_to_stop(arena.params, rival, scene.state.lap, lap)).judge(plans, n)
    spared = (stops[:n] == 0) | (stops[:n] >= ours)
    if spared.sum() >= MIN_PAIRED:
        without = arena.judge([best], n)[0].points
    else:
        without = arena.under(_made_to_stop(arena.params, rival, scene.state.lap, ours)).judge([best], n)[0].points
        spared = np.ones(n, bool)
    loss = paired_difference(without[spared], judged[0].points[spared])
    rests_on = f"paired simulation: it stops on lap {lap} against not before lap {ours}, the call kept"
    return Cost(max(0.0, loss.value), loss, rests_on, _covering(scene, judged, lap))


def _covering(scene: Scene, judged: list[Judged], now: int) -> str:
    if len(judged) < 2:
        return f"{scene.keep}, even if it stops on lap {now}: that answers it already"
    gain = paired_difference(judged[1].values, judged[0].values)
    unit = objective.UNIT[scene.arena.objective]
    interval = f"90% interval {gain.low:+.2f} to {gain.high:+.2f}"
    if gain.low > 0.0:
        return f"if it stops on lap {now}, pit on lap {now + 1}: {gain.value:+.2f} {unit} ({interval})"
    if gain.high < 0.0:
        worse = f"covering on lap {now + 1} is {gain.value:+.2f} {unit} ({interval})"
        return f"{scene.keep}, even if it stops on lap {now}: {worse}"
    return f"{scene.keep}: covering on lap {now + 1} makes no difference that can be told ({interval} {unit})"


def _stated(scene: Scene, rival: int, kind: str) -> str:
    """The answer where none was simulated: what is known, and no more."""
    gap = _gap_behind(scene, rival)
    if kind == "undercut" and scene.state.cars[rival].in_pit:
        return f"it is in the pits now; {scene.keep}, which is the best with that known"
    if kind == "undercut" and gap > UNDERCUT_REACH:
        return f"{scene.keep}: it is {gap:.1f} s behind, too far for an undercut to decide it alone"
    if kind == "undercut" and scene.best and scene.best[0].lap == scene.state.lap + 1:
        return f"stopping on lap {scene.best[0].lap} as called leaves it no lap to stop first"
    return f"{scene.keep}: the call weighs this already, and no other plan tried expects more"


def _stopping(scene: Scene, lap: int) -> Plan | None:
    """The plan of the same compounds with its first stop on ``lap``, None when that is the call or not legal."""
    outline = scene.candidates.outline_of(scene.best)
    if outline is None or lap == scene.best[0].lap or not np.isfinite(outline.time_at(lap)):
        return None
    return outline.plan_at(lap)


def _made_to_stop(params: RaceParams, rival: int, lap: int, stop: int) -> RaceParams:
    """The race in which the rival's next stop comes at the end of lap ``stop`` and none on the green laps after ``lap``
    and before it; all else it decides as ever."""
    logit = np.array(params.next_stop)
    logit[rival, lap + 1 : stop] = -_SURELY
    logit[rival, stop] = _SURELY
    return params._replace(next_stop=logit)
