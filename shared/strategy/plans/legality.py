"""Which plans the rules of the event allow the car asked about.

The two-dry-compound rule with its wet exception, mandatory stops, stint limits, the sets that are left, and
a stop that is already under way. What a legal plan is worth is not decided here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from shared.race.rules import needs_two_dry_compounds
from shared.race.state import RaceState
from shared.race.vocabulary import DRY_COMPOUNDS, WET_COMPOUNDS, Compound, TrackStatus
from shared.simulation.types import MAX_STOPS
from shared.strategy.plans.plan import Plan, compounds_of

MAX_FREE_STOPS = 3
"""More stops than this are considered only where the rules force them."""

RAIN_WORTH_A_PLAN = 0.05
"""Below this probability of rain no plan is built around wet tires; the simulation still knows the rain."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What binds the rest of one car's race.

    ``stops_owed``: stops still to make, one under way included. ``in_pit``: the first stop of every plan is the
    one under way, at lap ``lap``. ``sets``: (compound, age) of the sets left, None when any dry compound may be
    fitted new; wet tires are always at hand. ``wet_from``: first lap at whose end wet tires may be wanted, None
    when no rain is in sight.
    """

    lap: int
    total_laps: int
    compound: Compound
    tire_age: int
    compounds_used: frozenset[Compound]
    stops_owed: int
    in_pit: bool
    max_stint_laps: int | None
    two_dry_compounds: bool
    sets: tuple[tuple[Compound, int], ...] | None
    wet_from: int | None

    @property
    def first_lap(self) -> int:
        """First lap at whose end the car can stop."""
        return self.lap if self.in_pit else self.lap + 1

    @property
    def last_lap(self) -> int:
        """Last lap at whose end a stop makes sense: the one before the last."""
        return self.total_laps - 1


def rules_of(state: RaceState, ego: int) -> Rules:
    """The rules that bind car ``ego`` from this state on."""
    car = state.cars[ego]
    counted = car.pit_stops - (1 if car.in_pit else 0)
    wet_laps = [lap for lap, probability in state.rain if probability >= RAIN_WORTH_A_PLAN]
    wet_from: int | None = max(min(wet_laps), state.lap) if wet_laps else None
    if not car.compound.is_dry or any(not other.compound.is_dry for other in state.cars):
        wet_from = state.lap
    return Rules(
        lap=state.lap,
        total_laps=state.total_laps,
        compound=car.compound,
        tire_age=car.tire_age,
        compounds_used=frozenset(car.compounds_used) | {car.compound},
        stops_owed=max(0, state.min_stops - counted),
        in_pit=car.in_pit,
        max_stint_laps=state.max_stint_laps,
        two_dry_compounds=needs_two_dry_compounds(state.season),
        sets=car.tire_sets,
        wet_from=wet_from,
    )


def fittable(rules: Rules) -> tuple[Compound, ...]:
    """Compounds of which a set is at hand and that the weather in sight can want."""
    dry = DRY_COMPOUNDS if rules.sets is None else tuple(c for c in DRY_COMPOUNDS if any(s[0] == c for s in rules.sets))
    return dry + (WET_COMPOUNDS if rules.wet_from is not None else ())


def set_ages(rules: Rules, sequence: tuple[Compound, ...]) -> tuple[int, ...] | None:
    """Age of the set fitted at each stop, the youngest of each compound first; None when the sets run out."""
    if rules.sets is None:
        return (0,) * len(sequence)
    left = {c: sorted(age for compound, age in rules.sets if compound == c) for c in Compound}
    ages = []
    for compound in sequence:
        if left[compound]:
            ages.append(left[compound].pop(0))
        elif not compound.is_dry:
            ages.append(0)
        else:
            return None
    return tuple(ages)


def sequence_problems(rules: Rules, sequence: tuple[Compound, ...]) -> list[str]:
    """What the rules have against these compounds in this number of stops, whatever the laps."""
    problems = []
    if len(sequence) < rules.stops_owed:
        problems.append(f"{rules.stops_owed} more stops are mandatory, the plan has {len(sequence)}")
    if rules.in_pit and not sequence:
        problems.append("the car is in the pits, so a compound must be fitted")
    used = rules.compounds_used | set(sequence)
    if rules.two_dry_compounds and all(c.is_dry for c in used) and len(used) < 2:
        problems.append(f"two dry compounds must be used, the plan uses {next(iter(used)).name} alone")
    if set_ages(rules, sequence) is None:
        problems.append("there are not enough sets left")
    return problems


def plan_problems(rules: Rules, plan: Plan) -> list[str]:
    """Why the plan is not legal; empty when it is."""
    problems = sequence_problems(rules, compounds_of(plan))
    laps = [stop.lap for stop in plan]
    if any(b <= a for a, b in pairwise(laps)):
        problems.append("its stops are not in order of lap")
    if any(not rules.first_lap <= lap <= rules.last_lap for lap in laps):
        problems.append(f"a stop is outside laps {rules.first_lap} to {rules.last_lap}")
    if rules.in_pit and laps and laps[0] != rules.lap:
        problems.append(f"the car is in the pits on lap {rules.lap}, the plan's first stop is on lap {laps[0]}")
    ages = set_ages(rules, compounds_of(plan))
    if rules.max_stint_laps is not None and ages is not None:
        starts, ends = [rules.lap, *laps], [*laps, rules.total_laps]
        limits = [stint_limit(rules, rules.tire_age, current=True)] + [stint_limit(rules, age) for age in ages]
        for start, end, limit in zip(starts, ends, limits, strict=True):
            if limit is not None and end - start > limit:
                problems.append(f"a stint of {end - start} laps passes the limit of {rules.max_stint_laps} laps a set")
    return problems


def stint_limit(rules: Rules, age: int, *, current: bool = False) -> int | None:
    """Laps a set of this age may still run, None without a limit. A set that is fitted and already past its limit
    has one lap: the way to the pits."""
    if rules.max_stint_laps is None:
        return None
    return max(rules.max_stint_laps - age, 1 if current else 0)


def sequences(rules: Rules) -> Iterator[tuple[Compound, ...]]:
    """Every sequence of compounds that the rules allow, fewest stops first."""
    most = min(MAX_STOPS, max(MAX_FREE_STOPS, rules.stops_owed))
    if rules.max_stint_laps:
        laps_left = rules.total_laps - rules.lap
        most = min(MAX_STOPS, max(most, laps_left // rules.max_stint_laps + 1))
    most = min(most, max(0, rules.last_lap - rules.first_lap + 1))
    fewest = max(rules.stops_owed, 1 if rules.in_pit else 0)
    partial: list[tuple[Compound, ...]] = [()]
    choices = fittable(rules)
    for n in range(most + 1):
        if n >= fewest:
            yield from (s for s in partial if not sequence_problems(rules, s))
        partial = [
            (*s, c) for s in partial for c in choices if n + 1 <= MAX_FREE_STOPS or c == s[-1] or n + 1 <= fewest
        ]


def relaxations(rules: Rules) -> Iterator[tuple[Rules, str | None]]:
    """The rules as they are, then ever looser, each with the warning to give where no plan meets the tighter ones."""
    yield rules, None
    rules = replace(rules, sets=None)
    yield rules, "no plan is legal with the tire sets left: new sets of any dry compound are assumed"
    rules = replace(rules, max_stint_laps=None)
    yield rules, "no plan can keep to the stint limit any more: it is left aside"
    rules = replace(rules, two_dry_compounds=False, stops_owed=0, in_pit=rules.in_pit and rules.lap < rules.total_laps)
    yield rules, "too few laps are left to meet the rule on mandatory stops and compounds"


def is_neutralized(status: TrackStatus) -> bool:
    """Whether stops are cheap under this status."""
    return status in (TrackStatus.VSC, TrackStatus.SC, TrackStatus.RED)
