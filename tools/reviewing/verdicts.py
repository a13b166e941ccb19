"""What the product would have advised at a decision, and the expected points that the team's choice gained or lost.

The question is the body of ``POST /recommend`` that a client could have sent then, with the team's choice among its
``candidates``: its stop followed by the best continuation that could be planned at that moment, so that later luck and
later mistakes are not held against it. Both are simulated on the same scenarios.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from shared.contract.requests import parse_recommend
from shared.models.build import build_params
from shared.models.bundle import Bundle
from shared.race.state import RaceState
from shared.race.vocabulary import Compound
from shared.scoring.situations import request_body, state_at
from shared.simulation.params import RaceParams
from shared.strategy.advice import at_the_restart
from shared.strategy.plans.candidates import Candidates, generate
from shared.strategy.plans.legality import rules_of
from shared.strategy.plans.plan import Plan
from shared.strategy.recommend import recommend
from shared.strategy.search.window import BROUGHT_FORWARD
from shared.strategy.situation import situation
from tools.present import call
from tools.reviewing.decisions import Decision

N_CONTINUATIONS = 2
"""Ways to go on after the team's choice that are judged, the fastest on paper; the best of them stands for it."""

Word = Literal["as advised", "too close to tell", "lost", "gained", "not judged"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision and its worth. ``points``, ``low``, ``high``: expected points of the team's choice less those of the
    advice, with the 90% interval over scenarios. ``advice`` in words; ``confidence`` as answered. ``earlier``: the same
    for the question asked some laps before a green stop, whether waiting for it was right; None where not asked.
    ``unseen``: what the team knew and the question could not, which leaves the choice without a verdict."""

    decision: Decision
    place: int
    advice: str
    points: float
    low: float
    high: float
    confidence: float
    earlier: Verdict | None = None
    unseen: str = ""

    @property
    def word(self) -> Word:
        """The verdict in words."""
        if self.unseen:
            return "not judged"
        if self.low == self.high == 0.0:
            return "as advised"
        if self.high < 0.0:
            return "lost"
        return "gained" if self.low > 0.0 else "too close to tell"

    @property
    def other_tire(self) -> bool:
        """Whether the advice was to stop too, but for another compound than the team fitted."""
        fitted = self.decision.compound
        return fitted is not None and self.advice.startswith("Box") and not self.advice.endswith(_plural(fitted))


@dataclass(frozen=True, slots=True)
class Asking:
    """How to ask: bundle, scenarios, seed, and how many laps before a green stop to ask as well (0: not)."""

    bundle: Bundle
    n_scenarios: int
    seed: int
    earlier: int = 5


def verdicts(laps: pd.DataFrame, found: Sequence[Decision], asking: Asking) -> Iterator[Verdict]:
    """The verdict on each decision of a race, in their order; a car that did not complete the lap before is left out.

    ``laps``: completed laps of the race, of which each question sees only those up to its own.
    """
    for decision in found:
        verdict = _verdict(laps, decision, asking)
        if verdict is None:
            continue
        before = decision.known - asking.earlier
        if asking.earlier and decision.kind == "stop" and before >= _stint_start(found, decision):
            verdict = replace(verdict, earlier=_verdict(laps, replace(decision, known=before), asking))
        yield verdict


def _stint_start(found: Iterable[Decision], decision: Decision) -> int:
    """First lap that the question about waiting may be asked on: one lap into the stint."""
    own = (d.stop for d in found if d.driver_id == decision.driver_id and d.stop is not None)
    return 2 + max((lap for lap in own if lap <= decision.known), default=0)


def _verdict(laps: pd.DataFrame, decision: Decision, asking: Asking) -> Verdict | None:
    state = state_at(laps[laps["lap"] <= decision.known], decision.known)
    if decision.status is not None:
        state = replace(state, track_status=decision.status)
    ego = next((i for i, car in enumerate(state.cars) if car.driver_id == decision.driver_id), None)
    if ego is None or (state.cars[ego].in_pit and decision.stop is not None):
        return None
    body = request_body(state, ego, asking.n_scenarios, asking.seed)
    plans = team_plans(state, ego, asking.bundle, decision)
    if not plans:
        return None
    body["candidates"] = [[{"lap": s.lap, "compound": s.compound.name} for s in plan] for plan in plans]
    request = parse_recommend(body)
    known, index = situation(request, asking.bundle)
    answer = recommend(request, known, index, asking.bundle).model_dump()
    unseen = weather_unseen(state, decision)
    points, low, high = (0.0, 0.0, 0.0) if unseen else worth(answer, plans)
    place, sure = state.cars[ego].position, float(answer["confidence"])
    return Verdict(decision, place, call(answer), points, low, high, sure, unseen=unseen)


def weather_unseen(state: RaceState, decision: Decision) -> str:
    """Why a change between dry and wet-weather tires has no verdict: the track as the team saw it is in no lap time yet
    while most of the field is on the other kind. Empty for all other choices."""
    if decision.compound is None:
        return ""
    wet_field = sum(not car.compound.is_dry for car in state.cars) * 2 > len(state.cars)
    if decision.compound.is_dry != wet_field:
        return ""
    return "the weather that the team saw is not in the laps yet"


def team_plans(state: RaceState, ego: int, bundle: Bundle, decision: Decision) -> list[Plan]:
    """The team's choice with its best continuations as far as the rules allow any; a choice that no legal plan begins
    with stands alone."""
    params = at_the_restart(build_params(state, bundle), state)
    candidates = generate(params, ego, rules_of(state, ego))
    if decision.stop is None:
        return _staying_out(params, candidates)
    fits = [
        outline
        for outline in candidates.outlines
        if outline.sequence
        and decision.compound in (None, outline.sequence[0])
        and np.isfinite(outline.time_at(decision.stop))
    ]
    fits.sort(key=lambda outline: outline.time_at(decision.stop or 0))
    return [outline.plan_at(decision.stop) for outline in fits[:N_CONTINUATIONS]]


def _staying_out(params: RaceParams, candidates: Candidates) -> list[Plan]:
    """The fastest plans whose first stop comes too late to be brought forward into the neutralization."""
    life = float(params.policy.life[candidates.rules.compound])
    after = candidates.rules.lap + 2 + int(np.ceil(BROUGHT_FORWARD * life))
    later = sorted((outline.fastest_since(after), i) for i, outline in enumerate(candidates.outlines))
    return [candidates.outlines[i].plan_at(lap) for (time, lap), i in later[:N_CONTINUATIONS] if np.isfinite(time)]


def worth(answer: dict[str, Any], plans: Sequence[Plan]) -> tuple[float, float, float]:
    """(points, low, high) of the best of the team's plans against the call; all 0 where it is the call, or comes to the
    same race in every scenario."""
    called = _stops(answer["pit_strategy"]["stops"])
    judged = {_stops(entry["stops"]): entry["difference"] for entry in answer["alternatives"]}
    keys = [tuple((stop.lap, stop.compound.name) for stop in plan) for plan in plans]
    if called in keys or any(key not in judged for key in keys):
        return 0.0, 0.0, 0.0
    best = max((judged[key] for key in keys), key=lambda difference: float(difference["value"]))
    return float(best["value"]), float(best["low"]), float(best["high"])


def _stops(stops: Iterable[dict[str, Any]]) -> tuple[tuple[int, str], ...]:
    return tuple((int(stop["lap"]), str(stop["compound"])) for stop in stops)


def choice(decision: Decision) -> str:
    """The team's choice in words."""
    if decision.stop is None:
        return f"stayed out under the {decision.kind}"
    fitted = _plural(decision.compound)
    under = "" if decision.kind == "stop" else f" under the {decision.kind}"
    return f"stopped on lap {decision.stop} for {fitted}{under}"


def _plural(compound: Compound | None) -> str:
    return "tires not recorded" if compound is None else f"{compound.name.lower()}s"
