"""Everything the answer says, from a race state, its parameters and any simulation of the right signature."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from shared.contract.requests import RecommendRequest
from shared.models.fuel.serve import next_lap
from shared.models.style.serve import prior
from shared.models.tflite.interpreter import NO_EVALUATORS, Evaluate
from shared.race.state import RaceState, Stop
from shared.race.vocabulary import Compound, TrackStatus
from shared.simulation.params import RaceParams
from shared.simulation.types import Outcome
from shared.strategy.contingency import contingencies
from shared.strategy.explanation import Findings, explain
from shared.strategy.forecast import DIGITS, forecast, rejoin
from shared.strategy.guidance import guidance
from shared.strategy.plans.candidates import Candidates, generate
from shared.strategy.plans.legality import rules_of
from shared.strategy.plans.plan import Plan, compounds_of
from shared.strategy.search.arena import Arena, Judged, Simulate, difference
from shared.strategy.search.confidence import confidence
from shared.strategy.search.halving import Found, search
from shared.strategy.search.modes import basis as mode_basis
from shared.strategy.search.objective import PODIUM, POINTS_PLACES
from shared.strategy.search.statistics import probability_best, standard_error
from shared.strategy.search.together import beside
from shared.strategy.threats import Scene, threats

N_ALTERNATIVES = 6
CALL = 0
"""Row of the call in the outcome that is of it alone."""


def advise(
    request: RecommendRequest,
    state: RaceState,
    ego: int,
    params: RaceParams,
    simulator: Simulate,
    circuit: Mapping[str, Any] | None = None,
    tables: Mapping[str, Any] | None = None,
    evaluators: Mapping[str, Evaluate] = NO_EVALUATORS,
) -> dict[str, Any]:
    """The answer's fields, all but ``model_version``, from any simulation with the signature of ``simulate``.
    ``circuit``: the entry of the bundle's circuits; ``tables``: the bundle's, of which the models of telemetry are
    asked, by ``evaluators`` (the bundle's) where they have one."""
    circuit, tables = circuit or {}, tables or {}
    asked: list[Plan] = [tuple(Stop(s.lap, Compound[s.compound]) for s in plan) for plan in request.candidates]
    params = at_the_restart(params, state)
    candidates = generate(params, ego, rules_of(state, ego), asked)
    arena = Arena(params, ego, state.season, state.circuit_id, request.objective, request.seed, simulator)
    age, style = state.cars[ego].tire_age, evaluators.get("driving_style")
    likely = prior(tables.get("driving_style"), state.driven, state.total_laps, age, style)
    found = search(arena, candidates, request.n_scenarios, likely)
    arena, best = found.arena, found.best
    # what does not rest on the last scenarios of the call is worked out beside them
    in_full = beside(partial(_in_full, arena, candidates, best.plan, request.n_scenarios, state))
    chances = chances_of_being_best(found, request.seed)
    certain = confidence(found)
    fuel = Fuel(state, params, next_lap(tables.get("fuel"), state.driven, evaluators.get("fuel")))
    drive = guidance(params, ego, state, fuel.now, found.mode.mode, circuit, tables, evaluators)
    others = [alternative(j, best, chances[j.plan], fuel) for j in chosen_alternatives(found, candidates)]
    now, by_lap = contingencies(found, candidates)
    outcome, told, dangers = in_full.result()
    found = found.seen_in(outcome)
    best = found.best
    first = best.plan[0] if best.plan else None
    # of a stop under way, and of a change of tires under a red flag, the simulation tells no rejoin
    rejoins = first is not None and not state.cars[ego].in_pit and first.lap not in free_laps(state)
    out = rejoin(outcome, CALL, state) if rejoins else None
    until = f"the stop on lap {first.lap}" if first else "the flag"
    window = found.window
    runner_up = found.runner_up
    return {
        "pit_strategy": {
            "recommended_lap": first.lap if first else None,
            "compound": first.compound.name if first else None,
            "win_probability": _share(best.place == 1),
            "stops": fuel.stops(best.plan),
            "window": {"opens": window.opens, "closes": window.closes} if window else None,
            "rejoin": out,
            "probability_best": round(chances[best.plan], DIGITS),
        },
        "too_close_to_call": runner_up is not None and not difference(runner_up, best).separable,
        "driving_mode": found.mode.mode,
        "brake_bias": drive.brake_bias,
        "throttle_guidance": drive.throttle_guidance,
        "basis": {
            "driving_mode": mode_basis(found.mode, state, until, arena.objective),
            **drive.basis,
            "fuel_at_stop": fuel.basis,
        },
        "confidence": round(certain, 4),
        "alternatives": others,
        "contingency": now,
        "contingency_by_lap": by_lap,
        "threats": dangers,
        "forecast": told,
        "explanation": explain(Findings(arena, found, state, out, now, dangers, certain)),
        "warnings": [*state.warnings, *candidates.warnings],
        "n_scenarios": request.n_scenarios,
        "seed": request.seed,
    }


def _in_full(
    arena: Arena, candidates: Candidates, plan: Plan, n_scenarios: int, state: RaceState
) -> tuple[Outcome, list[dict[str, Any]], list[dict[str, Any]]]:
    """The outcome of the call on all the scenarios asked for, and what rests on them: the forecast, the threats."""
    outcome = arena.run([plan], n_scenarios)
    scene = Scene(arena, candidates, outcome, CALL, plan, state)
    return outcome, forecast(outcome, CALL, state), threats(scene)


def at_the_restart(params: RaceParams, state: RaceState) -> RaceParams:
    """Under a red flag, the race as it goes on: every car changes tires for nothing at the end of the next lap, behind
    the safety car, whoever plans a stop then by its plan. Else the parameters as they are."""
    if state.track_status != TrackStatus.RED or state.lap >= state.total_laps:
        return params
    return params._replace(
        status=np.int32(TrackStatus.GREEN),
        forced_status=np.int32(TrackStatus.RED),
        forced_status_lap=np.int32(state.lap + 1),
    )


def free_laps(state: RaceState) -> range:
    """Laps at whose end tires are changed for nothing: the next one under a red flag."""
    return range(state.lap + 1, state.lap + 2) if state.track_status == TrackStatus.RED else range(0)


def chances_of_being_best(found: Found, seed: int) -> dict[Plan, float]:
    """Probability of every contender to have the best objective; the plans that fell before the semifinal, and
    those that break a rule, count 0."""
    best = found.best
    contenders = found.contenders
    finalists = [best, *(j for j in found.finalists[1:] if j in contenders)]
    others = [j for j in found.others if j in contenders]
    deciding = min(j.n_scenarios for j in finalists)
    blocks = [np.stack([j.values[:deciding] for j in finalists])]
    groups = [[j for j in others if j.n_scenarios == n] for n in sorted({j.n_scenarios for j in others})]
    blocks += [np.stack([best.values[: group[0].n_scenarios], *(j.values for j in group)]) for group in groups]
    shares = probability_best(blocks, seed)
    chances = dict.fromkeys((j.plan for j in (*found.finalists, *found.others)), 0.0)
    chances |= {j.plan: float(p) for j, p in zip(finalists, shares[0], strict=True)}
    for group, of_group in zip(groups, shares[1:], strict=True):
        chances |= {j.plan: float(p) for j, p in zip(group, of_group[1:], strict=True)}
    return chances


def chosen_alternatives(found: Found, candidates: Candidates) -> list[Judged]:
    """What else could be done, best first: the runner-up and the other finalists, then the best plan of every
    other sequence of compounds, then shifts of laps, up to N_ALTERNATIVES; and whatever the caller asked to have
    judged, plans that break a rule last."""
    contenders = found.contenders
    chosen = contenders[:1] + [j for j in found.finalists[1:] if j in contenders[1:]]
    have = {compounds_of(j.plan) for j in (found.best, *chosen)}
    for judged in contenders:
        if compounds_of(judged.plan) not in have and len(chosen) < N_ALTERNATIVES:
            have.add(compounds_of(judged.plan))
            chosen.append(judged)
    for judged in contenders:
        if judged not in chosen and len(chosen) < N_ALTERNATIVES:
            chosen.append(judged)
    chosen += [j for j in found.others if j.plan in candidates.asked and j not in chosen]
    order = {j.plan: i for i, j in enumerate(contenders)}
    return sorted(chosen, key=lambda j: order.get(j.plan, len(order)))


def alternative(judged: Judged, best: Judged, chance: float, fuel: Fuel) -> dict[str, Any]:
    """One entry of the answer's ``alternatives``, compared with ``best`` over the scenarios both have seen."""
    low, high = (int(x) for x in np.quantile(judged.place, [0.1, 0.9], method="inverted_cdf"))
    gap = difference(judged, best)
    return {
        "stops": fuel.stops(judged.plan),
        "win_probability": _share(judged.place == 1),
        "podium_probability": _share(judged.place <= PODIUM),
        "points_probability": _share(judged.place <= POINTS_PLACES),
        "expected_position": round(float(judged.place.mean()), DIGITS),
        "position_p10": low,
        "position_p90": high,
        "expected_points": round(float(judged.points.mean()), DIGITS),
        "expected_points_stderr": round(standard_error(judged.points), DIGITS),
        "time_delta": _time_delta(judged, best.first(judged.n_scenarios)),
        "probability_best": round(chance, DIGITS),
        "difference": {name: round(value, DIGITS) for name, value in gap._asdict().items()},
        "n_scenarios": judged.n_scenarios,
    }


class Fuel:
    """Fuel of the car asked about over the laps ahead, kg. ``next_lap``: what the fuel model says the lap under way
    burns, as a ratio to an even one; None without telemetry: then every lap burns the same."""

    def __init__(self, state: RaceState, params: RaceParams, next_lap: float | None = None) -> None:
        self._lap = state.lap
        self._next_lap = next_lap
        self._per_lap = float(params.fuel_per_lap)
        self.now = state.fuel if state.fuel is not None else self._per_lap * (state.total_laps - state.lap)

    def at(self, lap: int) -> float:
        """Fuel left at the end of ``lap``, not below 0."""
        laps = float(lap - self._lap)
        if self._next_lap is not None and laps >= 1.0:
            laps += self._next_lap - 1.0
        return round(max(0.0, self.now - self._per_lap * laps), 2)

    @property
    def basis(self) -> str:
        """What the fuel at the stops rests on."""
        if self._next_lap is None:
            return "rule: 110 kg burned evenly over the scheduled distance; no telemetry of this car's last laps"
        return (
            f"LSTM over the last ten laps' telemetry for the next lap ({self._next_lap:.2f} of an even one), even burn"
            " after it; its truth is derived from physics (the fuel-flow rule), no public truth"
        )

    def stops(self, plan: Plan) -> list[dict[str, Any]]:
        """The plan's stops as the contract has them."""
        return [{"lap": s.lap, "compound": s.compound.name, "fuel_at_stop": self.at(s.lap)} for s in plan]


def _share(mask: np.ndarray) -> float:
    return round(float(mask.mean()), DIGITS)


def _time_delta(judged: Judged, best: Judged) -> float | None:
    """Difference of the median race times, seconds; None when either always retires."""
    ours, theirs = judged.race_time[~judged.retired], best.race_time[~best.retired]
    return round(float(np.median(ours) - np.median(theirs)), 3) if len(ours) and len(theirs) else None
