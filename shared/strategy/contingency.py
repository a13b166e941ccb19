"""What to do if the race is neutralized or it rains: worked out before it happens, for this lap and the next five.

Each case is a small paired simulation from now with the event forced at its lap: stopping on that lap against
staying out through it. Until that lap the car keeps to the recommended plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from shared.race.state import Stop
from shared.race.vocabulary import WET_COMPOUNDS, Compound, TrackStatus
from shared.simulation.params import RaceParams
from shared.simulation.types import MAX_STOPS
from shared.strategy.plans.candidates import Candidates
from shared.strategy.plans.expected_time import Outline, outlines
from shared.strategy.plans.legality import Rules
from shared.strategy.plans.plan import Plan
from shared.strategy.search.arena import Arena
from shared.strategy.search.finals import HARDLY_ANYTHING
from shared.strategy.search.halving import Found
from shared.strategy.search.statistics import Difference, paired_difference, standard_error
from shared.strategy.search.together import together
from shared.strategy.search.window import BROUGHT_FORWARD, red_flag

LOOKS = (64, 128, 256)
"""Scenarios of a case: the first number, and the next where that leaves it open."""
LAPS_AHEAD = 6
COMPOUNDS_NOW, COMPOUNDS_LATER = 2, 1


@dataclass(frozen=True, slots=True)
class Response:
    """Whether to stop, the compound (the fitted one when not), and the points that stopping gains against staying out
    with their 90% interval: 0 where it is not advised, and no interval where the rules left nothing to compare."""

    pit: bool
    compound: Compound
    gain_points: float
    interval: Difference | None = None

    def answer(self) -> dict[str, Any]:
        """As in the contract."""
        return {
            "pit": self.pit,
            "compound": self.compound.name,
            "gain_points": round(self.gain_points, 3),
            "low": None if self.interval is None else round(self.interval.low, 3),
            "high": None if self.interval is None else round(self.interval.high, 3),
        }


def contingencies(found: Found, candidates: Candidates) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The answer's ``contingency`` and ``contingency_by_lap``: laps lap + 1 to lap + 6, while a stop makes sense. Under
    a status that is out already the answer is the call itself; under a red flag there is none before the restart."""
    arena, best, rules = found.arena, found.best.plan, candidates.rules
    red = red_flag(arena.params)
    laps = range(rules.lap + 1, 1 + (rules.lap if red else min(rules.lap + LAPS_AHEAD, rules.last_lap)))
    cases = [(lap, status) for lap in laps for status in (TrackStatus.SC, TrackStatus.VSC)]
    if not cases:
        nothing = Response(False, best[0].compound if rules.in_pit and best else rules.compound, 0.0).answer()
        return {"safety_car_now": nothing, "vsc_now": nothing, "rain_now": nothing}, []
    out_now = (rules.lap + 1, TrackStatus(int(arena.params.status)))
    asked = {case: partial(neutralized, arena, candidates, best, *case) for case in cases if case != out_now}
    rain, *answers = together([partial(rained_on, arena, candidates, best), *asked.values()])
    responses = dict(zip(asked, answers, strict=True))
    if out_now in cases:
        responses[out_now] = as_called(found, candidates)
    by_lap = [
        {
            "lap": lap,
            "safety_car": responses[lap, TrackStatus.SC].answer(),
            "vsc": responses[lap, TrackStatus.VSC].answer(),
        }
        for lap in laps
    ]
    now = {"safety_car_now": by_lap[0]["safety_car"], "vsc_now": by_lap[0]["vsc"], "rain_now": rain.answer()}
    return now, by_lap


def as_called(found: Found, candidates: Candidates) -> Response:
    """The answer to a neutralization that is out now: what the search found, against staying out."""
    arena, best, rules = found.arena, found.best, candidates.rules
    stops = bool(best.plan) and best.plan[0].lap <= rules.lap + 1
    if not stops:
        return Response(False, best.plan[0].compound if rules.in_pit and best.plan else rules.compound, 0.0)
    after = rules.lap + 2 + _margin(arena, rules.compound)
    judged = [j for j in (*found.finalists, *found.others) if not j.plan or j.plan[0].lap >= after]
    if not judged:
        stay = None if rules.in_pit else _staying_out(candidates.outlines, after)
        judged = [] if stay is None else arena.judge([stay], LOOKS[-1])
    if not judged:
        return Response(True, best.plan[0].compound, 0.0)
    staying = max(judged, key=lambda j: j.score)
    n = min(staying.n_scenarios, best.n_scenarios)
    gain = paired_difference(best.points[:n], staying.points[:n])
    return Response(True, best.plan[0].compound, gain.value, gain)


def neutralized(arena: Arena, candidates: Candidates, best: Plan, lap: int, status: TrackStatus) -> Response:
    """The answer to ``status`` coming out on ``lap``: a stop where it is better by more than the standard error."""
    made = tuple(stop for stop in best if stop.lap < lap)
    fitted = made[-1].compound if made else candidates.rules.compound
    legal = _outlines_after(arena, candidates, made)
    n = COMPOUNDS_NOW if lap == candidates.rules.lap + 1 else COMPOUNDS_LATER
    stops = [made + plan for plan in _stopping_on(legal, lap) if len(made + plan) <= MAX_STOPS][:n]
    stay = _staying_out(legal, lap + 1 + _margin(arena, fitted))
    if not stops or stay is None or len(made + stay) > MAX_STOPS:
        # the rules leave no choice: there is nothing to gain against
        return Response(bool(stops), stops[0][len(made)].compound if stops else fitted, 0.0)
    params = arena.params._replace(
        forced_status_lap=np.array(lap, np.int32),
        forced_status=np.array(status, np.int32),
    )
    return _compare(arena, params, stops, made + stay, fitted, len(made))


def rained_on(arena: Arena, candidates: Candidates, best: Plan) -> Response:
    """The answer to rain that wets the track on the next lap."""
    rules = candidates.rules
    fitted = best[0].compound if rules.in_pit and best else rules.compound
    if fitted in WET_COMPOUNDS:
        return Response(False, fitted, 0.0)
    made = best[:1] if rules.in_pit else ()
    params = arena.params._replace(wetness=np.maximum(arena.params.wetness, np.int32(1)))
    stops: list[Plan] = [(*made, Stop(rules.lap + 1, compound)) for compound in WET_COMPOUNDS]
    later = tuple(stop for stop in best if stop.lap > rules.lap + 1)
    return _compare(arena, params, stops, made + later, fitted, len(made))


def _compare(
    arena: Arena, params: RaceParams, stops: Sequence[Plan], stay: Plan, fitted: Compound, made: int
) -> Response:
    event = arena.under(params)
    for n in LOOKS:
        staying, *stopping = event.judge([stay, *stops], n)
        best = max(stopping, key=lambda j: j.score)
        better = best.scores - staying.scores
        if paired_difference(best.scores, staying.scores).settled(HARDLY_ANYTHING):
            break
    gain = paired_difference(best.points, staying.points)
    if better.mean() <= standard_error(better):
        return Response(False, fitted, 0.0, gain)
    return Response(True, best.plan[made].compound, gain.value, gain)


def _outlines_after(arena: Arena, candidates: Candidates, made: Plan) -> Sequence[Outline]:
    """Legal sequences from the moment after the stops already made; those from now when there are none."""
    if not made:
        return candidates.outlines
    rules = rules_after(candidates.rules, made)
    offset, wear = arena.params.stint_offset.copy(), arena.params.stint_wear.copy()
    offset[arena.ego] = arena.params.tire_offset[made[-1].compound]
    wear[arena.ego] = arena.params.tire_wear[made[-1].compound]
    return outlines(arena.params._replace(stint_offset=offset, stint_wear=wear), arena.ego, rules)


def rules_after(rules: Rules, made: Plan) -> Rules:
    """The rules as they bind once these stops are made."""
    sets = rules.sets
    for stop in made:
        if sets is not None:
            youngest = min((s for s in sets if s[0] == stop.compound), key=lambda s: s[1], default=None)
            sets = tuple(s for i, s in enumerate(sets) if youngest is None or i != sets.index(youngest))
    return replace(
        rules,
        lap=made[-1].lap,
        compound=made[-1].compound,
        tire_age=0,
        compounds_used=rules.compounds_used | {stop.compound for stop in made},
        stops_owed=max(0, rules.stops_owed - len(made)),
        in_pit=False,
        sets=sets,
    )


def _stopping_on(legal: Sequence[Outline], lap: int) -> list[Plan]:
    """For every compound the fastest plan that first stops on ``lap``, fastest compound first."""
    best: dict[Compound, tuple[float, Plan]] = {}
    for outline in legal:
        time = outline.time_at(lap) if outline.sequence else float("inf")
        if time < best.get(outline.sequence[0] if outline.sequence else Compound.SOFT, (float("inf"), ()))[0]:
            best[outline.sequence[0]] = (time, outline.plan_at(lap))
    return [plan for _, plan in sorted(best.values(), key=lambda entry: entry[0])]


def _staying_out(legal: Sequence[Outline], not_before: int) -> Plan | None:
    """The fastest plan without a stop before that lap; None when the rules allow none. Where only earlier ones are
    legal, the latest of them."""
    later = [(outline.fastest_since(not_before), i) for i, outline in enumerate(legal)]
    found = [(time, i, lap) for ((time, lap), i) in later if np.isfinite(time)]
    if found:
        _, i, lap = min(found)
        return legal[i].plan_at(lap)
    latest = [(outline.legal_laps()[-1], -i) for i, outline in enumerate(legal) if outline.sequence]
    return legal[-max(latest)[1]].plan_at(max(latest)[0]) if latest else None


def _margin(arena: Arena, fitted: Compound) -> int:
    """Laps by which the next stop must come later not to be brought forward by a safety car."""
    return int(np.ceil(BROUGHT_FORWARD * float(arena.params.policy.life[fitted])))
