"""Sequential halving over plans with paired scenarios (Karnin, Koren and Somekh 2013).

Every round gives the survivors more scenarios. After the first the driving mode is chosen for the plan that leads, and
all that follows is simulated under it. Between the rounds the laps around the leader join, because
the question is rarely whether to stop and mostly when. The last round decides between the two best; whoever then still
looks better than the second of them on fewer scenarios is called up as well. The plan that is called goes on to all the
scenarios of the request, which the forecast rests on. Budgets are counted in scenarios, never in seconds, so the same
request gives the same answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from shared.race.state import Stop
from shared.race.vocabulary import Compound, TrackStatus
from shared.simulation.params import RaceParams
from shared.simulation.types import Outcome
from shared.strategy.plans.candidates import Candidates, around
from shared.strategy.plans.legality import Rules, plan_problems
from shared.strategy.plans.plan import Plan, compounds_of
from shared.strategy.search.arena import Arena, Judged, difference, same_race
from shared.strategy.search.modes import Chosen, decide

SCREENING = 256
SEMIFINAL = 1024
DECIDING, DECIDING_SHARE = 4096, 0.4
"""Scenarios of the last round: this many, or of a large request this share, so that more of them tell plans apart."""
N_SEMIFINALISTS = 6
N_FINALISTS = 2
N_CALLED_UP = 1
WINDOW_TOLERANCE = 0.1
HARDLY_ANYTHING = 0.01
"""Points, places or chance that a plan of fewer stops may give away and still be called as good."""
BROUGHT_FORWARD = 0.35
"""The simulation brings a planned stop forward by up to this share of a tire's life under a safety car."""


@dataclass(frozen=True, slots=True)
class Window:
    """First and last lap on which the stop is as good as the best, or not to be told from it."""

    opens: int
    closes: int

    def __contains__(self, lap: int) -> bool:
        return self.opens <= lap <= self.closes


@dataclass(frozen=True, slots=True)
class Found:
    """What the search found.

    ``best``: recommended, on all scenarios, as are all cars in ``outcome``. ``finalists``: ``best`` first, then those
    that it was decided against, on the scenarios of the last round, by objective. ``others``: those that reached the
    semifinal only, by objective. ``window``: None for staying out.
    ``n_considered``: plans simulated at all. ``mode``: how the car is driven until its next stop, and why. ``arena``:
    the race under that mode, in which all of this was found. ``blind``: laps whose stops are made on the next lap.
    """

    best: Judged
    finalists: tuple[Judged, ...]
    others: tuple[Judged, ...]
    window: Window | None
    outcome: Outcome
    n_considered: int
    mode: Chosen
    arena: Arena
    blind: range = range(0)

    @property
    def contenders(self) -> list[Judged]:
        """All others that may be recommended, by their paired difference from the best. A plan that comes to the
        same race as the best in every scenario is no other plan."""
        others = [j for j in (*self.finalists[1:], *self.others) if j.eligible and not same_race(j, self.best)]
        return sorted(others, key=lambda j: (-difference(j, self.best).value, _key(j.plan)))

    @property
    def runner_up(self) -> Judged | None:
        """The next best plan that may be recommended, None when there is no other."""
        return next(iter(self.contenders), None)

    @property
    def rivals(self) -> list[Judged]:
        """Plans that may be recommended and are another call than the best."""
        return [j for j in self.contenders if not self.same_call(j.plan)]

    def same_call(self, plan: Plan) -> bool:
        """Whether the plan is the same call: no stop for no stop, else the same compound next, within the window or
        on a lap whose stop is brought forward into it."""
        if plan and plan[0].lap in self.blind and self.blind.start - 1 in (self.window or ()):
            plan = (Stop(self.blind.start - 1, plan[0].compound), *plan[1:])
        return same_call(plan, self.best.plan, self.window)


def same_call(plan: Plan, call: Plan, window: Window | None) -> bool:
    """Whether two plans come to the same instruction now: both stay out to the end, or fit the same compound next
    with the first stop of ``plan`` inside the pit window of ``call``."""
    if not plan or not call or window is None:
        return not plan and not call
    return plan[0].compound == call[0].compound and plan[0].lap in window


def search(arena: Arena, candidates: Candidates, n_scenarios: int, prior: Mapping[str, float] | None = None) -> Found:
    """The best plan, and how far it is ahead. ``prior``: probability of each driving mode, for a tie between them."""
    screened = arena.judge(candidates.plans, min(SCREENING, n_scenarios), eligible=candidates.eligible)
    mode = decide(arena, _leader(screened), candidates.rules, prior)
    arena = arena.under(mode.params)
    blind = brought_forward(arena.params, candidates.rules)
    semifinalists = _survivors(screened, N_SEMIFINALISTS, set(candidates.asked), blind)
    seen = set(candidates.plans)
    n = min(SEMIFINAL, n_scenarios)
    pool = _by_score(arena.judge([j.plan for j in semifinalists], n, eligible=[j.eligible for j in semifinalists]))
    pool, seen = _join_neighbors(arena, candidates, pool, _leader(pool), seen, n)
    leader = _leader(pool)
    finals = _Finals(arena, min(n_scenarios, max(DECIDING, round(DECIDING_SHARE * n_scenarios))))
    finals.play([leader.plan, *[j.plan for j in pool if j.eligible and j is not leader][: N_FINALISTS - 1]])
    for _ in range(N_CALLED_UP):
        finals.play(_called_up(finals, pool))
    called = _said_plainly(finals, candidates, blind)
    outcome = arena.run([called.plan], n_scenarios)
    best = arena.read([called.plan], outcome)[0]
    if compounds_of(best.plan) != compounds_of(leader.plan):
        pool, seen = _join_neighbors(arena, candidates, pool, best, seen, n)
    others = [j for j in pool if all(j.plan != f.plan for f in finals.judged)]
    ranked = [best, *sorted((j for j in finals.judged if j is not called), key=_final_order, reverse=True)]
    return Found(
        best=best,
        finalists=tuple(ranked),
        others=tuple(sorted(others, key=_final_order, reverse=True)),
        window=pit_window(best, [*finals.judged, *others], blind),
        outcome=outcome,
        n_considered=len(seen),
        mode=mode,
        arena=arena,
        blind=blind,
    )


class _Finals:
    """The plans that the last round decides between, on ``n_scenarios`` each, and where each one's outcome is."""

    def __init__(self, arena: Arena, n_scenarios: int) -> None:
        self.arena, self.n_scenarios = arena, n_scenarios
        self.judged: list[Judged] = []
        self.where: dict[Plan, tuple[Outcome, int]] = {}

    def play(self, plans: Sequence[Plan]) -> None:
        """Runs these plans, all of which may be recommended, as well."""
        if not plans:
            return
        outcome = self.arena.run(plans, self.n_scenarios)
        self.judged += self.arena.read(plans, outcome)
        self.where |= {plan: (outcome, row) for row, plan in enumerate(plans)}

    @property
    def best(self) -> Judged:
        """The best of them that may be recommended; of plans as good, the one of fewest stops."""
        top = max(self.judged, key=_final_order)
        simpler = [j for j in self.judged if _simpler(j, top)]
        return max(simpler, key=lambda j: (-len(j.plan), _final_order(j))) if simpler else top


def _said_plainly(finals: _Finals, candidates: Candidates, blind: range) -> Judged:
    """The best plan, as "stop now" if that is what it comes to.

    While the race is neutralized the simulation brings a stop planned for one of the next laps forward. A plan that
    mostly stops on the next lap is called by that lap, unless stopping there come what may is separably worse.
    """
    best, now = finals.best, candidates.rules.lap + 1
    if not best.plan or best.plan[0].lap <= now:
        return best
    outcome, row = finals.where[best.plan]
    plain: Plan = (Stop(now, best.plan[0].compound), *best.plan[1:])
    stops_now = float((outcome.next_stop_lap[row, finals.arena.ego] == now).mean())
    free = red_flag(finals.arena.params) and best.plan[0].lap in blind
    if (stops_now <= 0.5 and not free) or plan_problems(candidates.rules, plain):
        return best
    if plain not in finals.where:
        finals.play([plain])
    said = next(j for j in finals.judged if j.plan == plain)
    return said if difference(said, best).high >= 0.0 else best


def _called_up(finals: _Finals, pool: Sequence[Judged]) -> list[Plan]:
    """The plan of the pool that, on its fewer scenarios, is as good as the best with fewer stops, or does better
    against it than the finals' second and is not separably worse; at most one."""
    best = finals.best
    simple = [j for j in pool if j.eligible and j.plan not in finals.where and _simpler(j, best)]
    if simple:
        return [max(simple, key=lambda j: (-len(j.plan), j.score)).plan]
    second = max((difference(j, best).value for j in finals.judged if j is not best), default=float("-inf"))
    waiting = [(difference(j, best).value, j) for j in pool if j.eligible and j.plan not in finals.where]
    better = [(value, j) for value, j in waiting if value > second and difference(j, best).high >= 0.0]
    return [max(better, key=lambda entry: (entry[0], _key(entry[1].plan)))[1].plan] if better else []


def _simpler(judged: Judged, best: Judged) -> bool:
    """Whether a plan with fewer stops is as good as the best: not separably worse, nor by more than hardly anything in
    the objective and in place. A stop that gains nothing is not advised."""
    if len(judged.plan) >= len(best.plan):
        return False
    n = min(judged.n_scenarios, best.n_scenarios)
    places = float(judged.place[:n].mean()) - float(best.place[:n].mean())
    gap = difference(judged, best)
    return gap.value >= -HARDLY_ANYTHING and gap.high >= 0.0 and places <= HARDLY_ANYTHING


def red_flag(params: RaceParams) -> bool:
    """Whether a red flag is about to let every car change tires for nothing."""
    return bool(int(params.forced_status) == TrackStatus.RED and int(params.forced_status_lap) == int(params.lap) + 1)


def brought_forward(params: RaceParams, rules: Rules) -> range:
    """Laps for which a planned stop is really made on the next lap: while the race is neutralized the simulation brings
    near stops forward, so plans for these laps say nothing of stopping there. Empty under green."""
    if int(params.status) not in (TrackStatus.VSC, TrackStatus.SC) and not red_flag(params):
        return range(0)
    life = float(params.policy.life[rules.compound])
    return range(rules.lap + 2, rules.lap + 2 + int(np.ceil(BROUGHT_FORWARD * life)))


def pit_window(best: Judged, judged: Iterable[Judged], blind: range = range(0)) -> Window | None:
    """The laps around the best first stop that are within WINDOW_TOLERANCE of it in the objective or not separable
    from it, as far as plans of the same compounds were judged; laps between two judged ones that pass pass too.
    ``blind``: laps whose plans are made earlier than they say, and so tell nothing."""
    if not best.plan:
        return None
    passes: dict[int, bool] = {}
    for other in judged:
        if (
            other.plan
            and other is not best
            and other.plan[0].lap not in blind
            and compounds_of(other.plan) == compounds_of(best.plan)
        ):
            gap = difference(other, best)
            close = gap.value >= -WINDOW_TOLERANCE or not gap.separable
            passes[other.plan[0].lap] = passes.get(other.plan[0].lap, False) or close
    lap = best.plan[0].lap
    opens = closes = lap
    for earlier in sorted((x for x in passes if x < lap), reverse=True):
        if not passes[earlier]:
            break
        opens = earlier
    for later in sorted(x for x in passes if x > lap):
        if not passes[later]:
            break
        closes = later
    return Window(opens, closes)


def _final_order(judged: Judged) -> tuple[float, float, tuple[tuple[int, int], ...]]:
    """By objective; a tie goes to the better place, then to the later stop, which keeps more options."""
    return (
        round(judged.mean, 12),
        -round(float(judged.place.mean()), 12),
        tuple((stop.lap, int(stop.compound)) for stop in judged.plan),
    )


def _by_score(judged: Iterable[Judged]) -> list[Judged]:
    return sorted(judged, key=lambda j: (-round(j.score, 12), _key(j.plan)))


def _key(plan: Plan) -> tuple[tuple[int, int], ...]:
    return tuple((stop.lap, int(stop.compound)) for stop in plan)


def _leader(judged: Sequence[Judged]) -> Judged:
    return next(j for j in _by_score(judged) if j.eligible)


def _survivors(judged: Sequence[Judged], n: int, always: set[Plan], blind: range) -> list[Judged]:
    """The n best: while the race is neutralized (``blind``) first the best plan that stays out, which is the question
    then; the best with fewer stops than the leader where it cannot be told from it; the best of each of the n / 2 best
    sequences, so that the alternatives differ in more than a lap; then by score. Plans in ``always`` go on besides."""
    ranked = _by_score(judged)
    kept: dict[Plan, Judged] = {}
    leader = _leader(ranked)
    staying = (j for j in ranked if j.eligible and (not j.plan or j.plan[0].lap >= blind.stop))
    if blind and (stays := next(staying, None)) is not None:
        kept[stays.plan] = stays
    fewer = (j for j in ranked if j.eligible and len(j.plan) < len(leader.plan))
    if (simple := next(fewer, None)) is not None and not difference(simple, leader).separable:
        kept[simple.plan] = simple
    sequences: set[tuple[Compound, ...]] = set()
    for j in ranked:
        if compounds_of(j.plan) not in sequences and len(sequences) < n // 2:
            sequences.add(compounds_of(j.plan))
            kept[j.plan] = j
    for j in ranked:
        if len(kept) < n:
            kept.setdefault(j.plan, j)
    for j in ranked:
        if j.plan in always:
            kept.setdefault(j.plan, j)
    return _by_score(kept.values())


def _join_neighbors(
    arena: Arena, candidates: Candidates, pool: list[Judged], centre: Judged, seen: set[Plan], n: int
) -> tuple[list[Judged], set[Plan]]:
    """The pool with the laps around ``centre`` judged as well."""
    have = {j.plan for j in pool}
    new = [plan for plan in around(candidates, centre.plan) if plan not in have]
    return _by_score([*pool, *arena.judge(new, n)]), seen | set(new)
