"""The plans worth simulating: a few dozen out of many thousands, diverse and around the best.

The deterministic pass (``expected_time``) knows neither traffic nor chance, so what it drops must be clearly slow and
what it keeps must cover what those could turn over: other compounds, other numbers of stops, a range of laps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.simulation.params import RaceParams
from shared.strategy.plans.expected_time import Outline, outlines
from shared.strategy.plans.legality import Rules, plan_problems, relaxations
from shared.strategy.plans.plan import Plan, compounds_of, describe

N_CANDIDATES = 24
N_SEQUENCES = 8
LEADER_SHIFTS = (-1, 1, -2, 2, -3, 3, -5, 5, -8, 8)
OTHER_SHIFTS = (-3, 3)
WINDOW_SHIFTS = (-1, 1, -3, 3, -6, 6)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Plans to judge. ``asked``: those the caller named, which are judged to the end whatever they are worth.
    ``eligible``: may be recommended; a caller's plan that breaks a rule is judged but never recommended.
    ``outlines``: every legal sequence, fastest first. ``rules``: those kept to, after what had to be relaxed.
    """

    plans: tuple[Plan, ...]
    eligible: tuple[bool, ...]
    asked: tuple[Plan, ...]
    outlines: tuple[Outline, ...]
    rules: Rules
    warnings: tuple[str, ...]

    def outline_of(self, plan: Plan) -> Outline | None:
        """The outline of the plan's compounds, None when these compounds are not legal."""
        wanted = compounds_of(plan)
        return next((outline for outline in self.outlines if outline.sequence == wanted), None)


def generate(params: RaceParams, ego: int, rules: Rules, asked: Sequence[Plan] = ()) -> Candidates:
    """Candidates for car ``ego``: at most N_CANDIDATES of our own and all of ``asked`` that can be run."""
    warnings: list[str] = []
    for relaxed, warning in relaxations(rules):
        legal = outlines(params, ego, relaxed)
        if legal:
            rules = relaxed
            warnings += [warning] if warning else []
            break
    else:
        raise ValueError("there is no lap left to plan for")
    own = _narrow(legal)
    plans, eligible = list(own), [True] * len(own)
    named: list[Plan] = []
    for plan in asked:
        problems = plan_problems(rules, plan)
        runnable = all(rules.first_lap <= stop.lap <= rules.total_laps for stop in plan)
        if problems:
            fate = "it is judged but not recommended" if runnable else "it is left out"
            warnings.append(f"candidate '{describe(plan)}': {'; '.join(problems)}; {fate}")
        if runnable:
            named.append(plan)
        if runnable and plan not in plans:
            plans.append(plan)
            eligible.append(not problems)
    return Candidates(tuple(plans), tuple(eligible), tuple(dict.fromkeys(named)), tuple(legal), rules, tuple(warnings))


def around(candidates: Candidates, plan: Plan, shifts: Sequence[int] = WINDOW_SHIFTS) -> list[Plan]:
    """Plans of the same compounds with the first stop moved, each with its best continuation. Where one side has
    no legal lap left, the other is not stretched."""
    outline = candidates.outline_of(plan)
    if outline is None or not plan:
        return []
    legal = set(outline.legal_laps())
    moved = (plan[0].lap + shift for shift in shifts)
    return [outline.plan_at(lap) for lap in moved if lap in legal]


def _narrow(legal: Sequence[Outline]) -> list[Plan]:
    """The choice, in this order until N_CANDIDATES are found: out to the end; now, for every compound; the best
    laps of the fastest sequences; laps around the leaders; then whatever is next fastest."""
    chosen: dict[Plan, None] = {}
    for plan in _by_worth(legal):
        chosen.setdefault(plan)
        if len(chosen) == N_CANDIDATES:
            break
    return list(chosen)


def _by_worth(legal: Sequence[Outline]) -> Iterator[Plan]:
    stopping = [outline for outline in legal if outline.sequence]
    yield from (outline.plan_at(0) for outline in legal if not outline.sequence)
    if not stopping:
        return
    now = min(min(outline.legal_laps()) for outline in stopping)
    by_compound: dict[int, Outline] = {}
    for outline in sorted(stopping, key=lambda o: o.time_at(now)):
        if outline.time_at(now) < float("inf"):
            by_compound.setdefault(int(outline.sequence[0]), outline)
    yield from (outline.plan_at(now) for outline in by_compound.values())
    for outline in _diverse(stopping)[:N_SEQUENCES]:
        yield outline.plan_at(outline.best_lap)
    for rank, outline in enumerate(_diverse(stopping)[:4]):
        laps = set(outline.legal_laps())
        for shift in LEADER_SHIFTS if rank == 0 else OTHER_SHIFTS:
            if outline.best_lap + shift in laps:
                yield outline.plan_at(outline.best_lap + shift)
    rest = sorted((o.time_at(lap), i, lap) for i, o in enumerate(stopping) for lap in o.legal_laps())
    yield from (stopping[i].plan_at(lap) for _, i, lap in rest)


def _diverse(stopping: Sequence[Outline]) -> list[Outline]:
    """Fastest first, but a sequence that differs from a faster one only after its first compound with the same
    number of stops waits until each such kind has had its turn."""
    seen: set[tuple[int, int]] = set()
    first: list[Outline] = []
    later: list[Outline] = []
    for outline in stopping:
        kind = (len(outline.sequence), int(outline.sequence[0]))
        (later if kind in seen else first).append(outline)
        seen.add(kind)
    return first + later
