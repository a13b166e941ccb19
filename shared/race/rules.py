"""Sporting rules by season and event: points, tire rules, distances, size of the field.

Source of every rule: the FIA Formula One Sporting Regulations of the season named, and event notes of the race director
for the two Qatar stint limits (2023, 2025). An unknown circuit or a season to come is served by the newest rule that
applies.
"""

from __future__ import annotations

from shared.race.circuits import EVENT_LAPS, RACE_LAPS

# First season of each table of points, winner first. Before 1991 only a driver's best results counted; not modelled.
_POINTS: tuple[tuple[int, tuple[int, ...]], ...] = (
    (1950, (8, 6, 4, 3, 2)),
    (1960, (8, 6, 4, 3, 2, 1)),
    (1961, (9, 6, 4, 3, 2, 1)),
    (1991, (10, 6, 4, 3, 2, 1)),
    (2003, (10, 8, 6, 5, 4, 3, 2, 1)),
    (2010, (25, 18, 15, 12, 10, 8, 6, 4, 2, 1)),
)
_DOUBLE_POINTS = {(2014, "yas_marina")}

# First season of each size of the field: cars entered in a full race (Ergast results, median over the season's races).
_CARS: tuple[tuple[int, int], ...] = (
    (1950, 22),
    (1960, 20),
    (1970, 24),
    (1976, 26),
    (1993, 26),
    (1995, 24),
    (1996, 22),
    (2003, 20),
    (2006, 22),
    (2008, 20),
    (2010, 24),
    (2013, 22),
    (2015, 20),
    (2016, 22),
    (2017, 20),
    (2026, 22),
)

_MIN_STOPS = {(2025, "monaco"): 2}
_MAX_STINT_LAPS = {(2023, "losail"): 18, (2025, "losail"): 25}
FIRST_TWO_COMPOUND_SEASON = 2007
RACE_DISTANCE_M = 305_000
RACE_FUEL = 110.0
"""kg allowed for a race since 2019 (105 in 2018; 2026 limits energy); what is filled is secret."""
_NEW_CARS = (1983, 1989, 1998, 2009, 2014, 2017, 2022, 2026)
"""Seasons whose technical regulations made cars anew: what the old ones showed tells less of the order."""
_TYPICAL_LAPS = 57


def _since(table: tuple[tuple[int, object], ...], season: int) -> object:
    value = table[0][1]
    for first, entry in table:
        if season >= first:
            value = entry
    return value


def points(season: int, circuit_id: str | None = None) -> tuple[int, ...]:
    """Points by finishing place, winner first; places past the end score none. Half points of short races are not
    foreseen. ``circuit_id`` matters only for the double points of Abu Dhabi 2014."""
    table = _since(_POINTS, season)
    assert isinstance(table, tuple)
    return tuple(2 * p for p in table) if (season, circuit_id) in _DOUBLE_POINTS else table


def fastest_lap_point(season: int) -> bool:
    """Whether the fastest lap scores a point: 1950-59 for anyone, 2019-24 for a finisher in the top ten."""
    return 1950 <= season <= 1959 or 2019 <= season <= 2024


def fastest_lap_needs_top_ten(season: int) -> bool:
    """Whether that point is given only to a finisher in the top ten (2019-24)."""
    return 2019 <= season <= 2024


def min_stops(season: int, circuit_id: str | None = None) -> int:
    """Stops that the event itself demands: two at Monaco 2025 (three sets of tires), else none. The stop that the
    two-compound rule implies in a dry race is a matter of ``needs_two_dry_compounds``, because rain lifts it."""
    return _MIN_STOPS.get((season, circuit_id or ""), 0)


def max_stint_laps(season: int, circuit_id: str | None = None) -> int | None:
    """Laps a set of tires may do at this event, used laps included; None without a limit (Qatar 2023: 18, 2025: 25)."""
    return _MAX_STINT_LAPS.get((season, circuit_id or ""))


def needs_two_dry_compounds(season: int) -> bool:
    """Whether a car must use two dry compounds unless it used a wet-weather tire (since 2007)."""
    return season >= FIRST_TWO_COMPOUND_SEASON


def known_laps(season: int, circuit_id: str | None, number: int | None = None) -> int | None:
    """Scheduled laps of a race, or None for a circuit with no race on record. The latest season not after ``season``
    counts, else the first one on record."""
    event = EVENT_LAPS.get((season, number or 0))
    if event is not None:
        return event
    history = RACE_LAPS.get(circuit_id or "")
    if not history:
        return None
    return next((laps for first, laps in reversed(history) if season >= first), history[0][1])


def scheduled_laps(season: int, circuit_id: str | None, number: int | None = None) -> int:
    """Scheduled laps of a race: what was known before it started, not what it came to. ``number`` is the round, needed
    where two races at one circuit differ (Bahrain and Sakhir 2020). An unknown circuit gets the typical distance."""
    return known_laps(season, circuit_id, number) or _TYPICAL_LAPS


def new_cars_between(known: int, season: int) -> bool:
    """Whether cars were made to new technical regulations after season ``known``, up to and with ``season``."""
    return any(known < first <= season for first in _NEW_CARS)


def n_cars(season: int) -> int:
    """Cars in a full field: 20 in 2017-25, 22 from 2026; earlier seasons by what was usual."""
    cars = _since(_CARS, season)
    assert isinstance(cars, int)
    return cars
