"""Sequential halving over plans with paired scenarios (Karnin, Koren and Somekh 2013).

Every round gives the survivors more scenarios, those only that more can still tell from the leader. After the first the
driving mode is chosen for the plan that leads, and all that follows is simulated under it. Between the rounds the laps
around the leader join, because the question is rarely whether to stop and mostly when. The last round decides between
the two best; whoever then still looks better than the second of them is called up as well. Budgets are counted in
scenarios, never in seconds, so the same request gives the same answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from shared.race.state import Stop
from shared.race.vocabulary import Compound
from shared.simulation.types import Outcome
from shared.strategy.plans.candidates import Candidates, around
from shared.strategy.plans.plan import Plan, compounds_of, sort_key
from shared.strategy.search.arena import Arena, Judged, difference, same_race
from shared.strategy.search.finals import HARDLY_ANYTHING, Finals, called_up, said_plainly
from shared.strategy.search.modes import Chosen, decide
from shared.strategy.search.statistics import paired_difference
from shared.strategy.search.window import Window, brought_forward, pit_window, same_call

SCREENING = (64, 128, 256)
SEMIFINAL = (256, 512)
"""Scenarios of a round's plans: all get the first number, those still open against the leader the next, and so on."""
DECIDING, DECIDING_SHARE = 4096, 0.4
"""Scenarios of the last round where its first look leaves it open: this many, or of a large request this share, so that
more of them tell plans apart."""
FIRST_LOOK = 8
"""The last round's first look is at this part of its scenarios."""
N_SEMIFINALISTS = 6
N_FINALISTS = 2
N_CALLED_UP = 1


@dataclass(frozen=True, slots=True)
class Found:
    """What the search found.

    ``best``: recommended. ``finalists``: ``best`` first, then those that it was decided against in the last round;
    ``others``: those that reached the semifinal only; both by how they compare with ``best`` on the scenarios they were
    given. ``window``: None for staying out.
    ``n_considered``: plans simulated at all. ``mode``: how the car is driven until its next stop, and why. ``arena``:
    the race under that mode, in which all of this was found. ``blind``: laps whose stops are made on the next lap.
    """

    best: Judged
    finalists: tuple[Judged, ...]
    others: tuple[Judged, ...]
    window: Window | None
    n_considered: int
    mode: Chosen
    arena: Arena
    blind: range = range(0)

    @property
    def contenders(self) -> list[Judged]:
        """All others that may be recommended, by their paired difference from the best. A plan that comes to the
        same race as the best in every scenario is no other plan."""
        others = [j for j in (*self.finalists[1:], *self.others) if j.eligible and not same_race(j, self.best)]
        return sorted(others, key=lambda j: (-difference(j, self.best).value, sort_key(j.plan)))

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

    def seen_in(self, outcome: Outcome) -> Found:
        """The same with ``best`` on all the scenarios of ``outcome``, which is of that plan alone."""
        best = self.arena.read([self.best.plan], outcome)[0]
        return replace(self, best=best, finalists=(best, *self.finalists[1:]))


def search(arena: Arena, candidates: Candidates, n_scenarios: int, prior: Mapping[str, float] | None = None) -> Found:
    """The best plan, and how far it is ahead. ``prior``: probability of each driving mode, for a tie between them."""
    screened = _round(arena, [], dict(zip(candidates.plans, candidates.eligible, strict=True)), SCREENING, n_scenarios)
    mode = decide(arena, _leader(screened), candidates.rules, prior)
    arena = arena.under(mode.params)
    blind = brought_forward(arena.params, candidates.rules)
    semifinalists = _survivors(screened, N_SEMIFINALISTS, set(candidates.asked), blind)
    seen = set(candidates.plans)
    pool = _round(arena, [], {j.plan: j.eligible for j in semifinalists}, SEMIFINAL, n_scenarios)
    pool, seen = _join_neighbors(arena, candidates, pool, _leader(pool), seen, n_scenarios)
    leader = _leader(pool)
    deciding = max(DECIDING, round(DECIDING_SHARE * n_scenarios))
    others = [j.plan for j in _by_lead(pool, leader) if j.eligible and j is not leader]
    finals = Finals(arena, min(n_scenarios, deciding // FIRST_LOOK))
    finals.play([leader.plan, *others[: N_FINALISTS - 1]])
    for _ in range(N_CALLED_UP):
        finals.play(called_up(finals, pool))
    finals.go_on(min(n_scenarios, deciding))
    best = said_plainly(finals, candidates, blind)
    if compounds_of(best.plan) != compounds_of(leader.plan):
        pool, seen = _join_neighbors(arena, candidates, pool, best, seen, n_scenarios)
    rest = [j for j in pool if all(j.plan != f.plan for f in finals.judged)]
    against = [j for j in _by_lead(finals.judged, best) if j is not best]
    return Found(
        best=best,
        finalists=(best, *against),
        others=tuple(_by_lead(rest, best)),
        window=pit_window(best, [*finals.judged, *rest], blind),
        n_considered=len(seen),
        mode=mode,
        arena=arena,
        blind=blind,
    )


def _leader(judged: Sequence[Judged]) -> Judged:
    """The best that may be recommended, of those on the most scenarios."""
    eligible = [j for j in judged if j.eligible]
    n = max(j.n_scenarios for j in eligible)
    return min((j for j in eligible if j.n_scenarios == n), key=lambda j: (-round(j.score, 12), sort_key(j.plan)))


def _survivors(judged: Sequence[Judged], n: int, always: set[Plan], blind: range) -> list[Judged]:
    """The n best: while the race is neutralized (``blind``) first the best plan that stays out, which is the question
    then; the best with fewer stops than the leader where it cannot be told from it; the best of each of the n / 2 best
    sequences, so that the alternatives differ in more than a lap; then by score. Plans in ``always`` go on besides."""
    leader = _leader(judged)
    ranked = _by_lead(judged, leader)
    kept: dict[Plan, Judged] = {}
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
    return list(kept.values())


def _round(
    arena: Arena, pool: Sequence[Judged], plans: Mapping[Plan, bool], looks: Sequence[int], n_scenarios: int
) -> list[Judged]:
    """The pool and these plans (whether each may be recommended). At every look those go on that are not settled to be
    no better than the leader of them all."""
    judged: dict[Plan, Judged] = {}
    going_on = list(plans)
    for look in looks:
        told = arena.judge(going_on, min(look, n_scenarios), eligible=[plans[plan] for plan in going_on])
        judged |= {j.plan: j for j in told}
        leader = _leader([*pool, *judged.values()])
        going_on = [j.plan for j in told if j is leader or not _behind(j, leader)]
    return [*pool, *judged.values()]


def _behind(judged: Judged, leader: Judged) -> bool:
    """Whether it is settled that the plan is no better than the leader."""
    n = min(judged.n_scenarios, leader.n_scenarios)
    gap = paired_difference(judged.scores[:n], leader.scores[:n])
    return gap.settled(HARDLY_ANYTHING) and gap.value <= HARDLY_ANYTHING


def _by_lead(judged: Iterable[Judged], leader: Judged) -> list[Judged]:
    """By what the score is above the leader's on the same scenarios."""
    return sorted(judged, key=lambda j: (round(leader.first(j.n_scenarios).score - j.score, 12), sort_key(j.plan)))


def _join_neighbors(
    arena: Arena, candidates: Candidates, pool: list[Judged], centre: Judged, seen: set[Plan], n_scenarios: int
) -> tuple[list[Judged], set[Plan]]:
    """The pool with the laps around ``centre`` judged as well."""
    have = {j.plan for j in pool}
    new = [plan for plan in around(candidates, centre.plan) if plan not in have]
    return _round(arena, pool, dict.fromkeys(new, True), SEMIFINAL, n_scenarios), seen | set(new)
