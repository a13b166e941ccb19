"""The last round of the search: who is in it, on how many scenarios, and what is called after it."""

from __future__ import annotations

from collections.abc import Sequence

from shared.race.state import Stop
from shared.simulation.types import Outcome
from shared.strategy.plans.candidates import Candidates
from shared.strategy.plans.legality import plan_problems
from shared.strategy.plans.plan import Plan, sort_key
from shared.strategy.search.arena import Arena, Judged, difference
from shared.strategy.search.window import red_flag

HARDLY_ANYTHING = 0.01
"""Points, places or chance that a plan of fewer stops may give away and still be called as good."""


class Finals:
    """The plans that the last round decides between, and where each one's outcome is. They begin on ``n_scenarios``;
    those that more can tell from the best go on (``go_on``)."""

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

    def go_on(self, n_scenarios: int) -> None:
        """Runs the best, and what is not settled against it, on ``n_scenarios``."""
        best = self.best
        open_ = [j.plan for j in self.judged if j is not best and not difference(j, best).settled(HARDLY_ANYTHING)]
        if not open_:
            return
        self.n_scenarios = n_scenarios
        self.judged = [j for j in self.judged if j is not best and j.plan not in open_]
        self.play([best.plan, *open_])

    @property
    def best(self) -> Judged:
        """The best of those on the most scenarios; of plans as good, the one of fewest stops."""
        top = max((j for j in self.judged if j.n_scenarios == self.n_scenarios), key=_final_order)
        simpler = [j for j in self.judged if _simpler(j, top)]
        return max(simpler, key=lambda j: (-len(j.plan), _final_order(j))) if simpler else top


def called_up(finals: Finals, pool: Sequence[Judged]) -> list[Plan]:
    """The plan of the pool that, on its fewer scenarios, is as good as the best with fewer stops, or does better
    against it than the finals' second and is not separably worse; at most one."""
    best = finals.best
    simple = [j for j in pool if j.eligible and j.plan not in finals.where and _simpler(j, best)]
    if simple:
        return [max(simple, key=lambda j: (-len(j.plan), j.score)).plan]
    second = max((difference(j, best).value for j in finals.judged if j is not best), default=float("-inf"))
    waiting = [(difference(j, best).value, j) for j in pool if j.eligible and j.plan not in finals.where]
    better = [(value, j) for value, j in waiting if value > second and difference(j, best).high >= 0.0]
    return [max(better, key=lambda entry: (entry[0], sort_key(entry[1].plan)))[1].plan] if better else []


def said_plainly(finals: Finals, candidates: Candidates, blind: range) -> Judged:
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


def _simpler(judged: Judged, best: Judged) -> bool:
    """Whether a plan with fewer stops is as good as the best: not separably worse, nor by more than hardly anything in
    the objective and in place. A stop that gains nothing is not advised."""
    if len(judged.plan) >= len(best.plan):
        return False
    n = min(judged.n_scenarios, best.n_scenarios)
    places = float(judged.place[:n].mean()) - float(best.place[:n].mean())
    gap = difference(judged, best)
    return gap.value >= -HARDLY_ANYTHING and gap.high >= 0.0 and places <= HARDLY_ANYTHING


def _final_order(judged: Judged) -> tuple[float, float, tuple[tuple[int, int], ...]]:
    """By objective; a tie goes to the better place, then to the later stop, which keeps more options."""
    return round(judged.mean, 12), -round(float(judged.place.mean()), 12), sort_key(judged.plan)
