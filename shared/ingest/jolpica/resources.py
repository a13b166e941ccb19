"""What there is to fetch: Jolpica's lists, by season and by race, the raw table each fills, and since when it
exists."""

from __future__ import annotations

from typing import NamedTuple


class Resource(NamedTuple):
    """A kind of page: its name in the path, the raw table it fills, and the first season that has any."""

    name: str
    table: str
    first_season: int = 1950


class Wanted(NamedTuple):
    """Pages to fetch: of a resource, by path; ``race_id`` where they are of one race."""

    resource: Resource
    path: str
    race_id: str | None = None


LISTS = (
    Resource("circuits", "raw_circuits"),
    Resource("drivers", "raw_drivers"),
    Resource("constructors", "raw_constructors"),
    Resource("status", "raw_status"),
)
"""Of all seasons at once: each is replaced as a whole."""
RACES = Resource("races", "raw_races")
BY_SEASON = (
    Resource("results", "raw_results"),
    Resource("qualifying", "raw_qualifying", 1994),
    Resource("sprint", "raw_sprint_results", 2021),
)
"""A season in a few pages, or one race of it."""
BY_RACE = (
    Resource("laps", "raw_laps_ergast", 1996),
    Resource("pitstops", "raw_pit_stops", 2011),
    Resource("driverstandings", "raw_driver_standings"),
    Resource("constructorstandings", "raw_constructor_standings", 1958),
)
"""Jolpica gives these a race at a time only (standings of a season are those after its last race)."""


def lists() -> list[Wanted]:
    """Pages of the lists."""
    return [Wanted(resource, resource.name) for resource in LISTS]


def calendar(season: int) -> Wanted:
    """Pages of a season's calendar."""
    return Wanted(RACES, f"{season}/races")


def of_season(season: int, run: list[int], chosen: tuple[int, ...] | None) -> list[Wanted]:
    """Pages of a season whose rounds ``run`` were raced; ``chosen``: of these rounds only."""
    rounds = run if chosen is None else [number for number in run if number in chosen]
    if not rounds:
        return []
    by_season = [resource for resource in BY_SEASON if season >= resource.first_season]
    if chosen is None:
        wanted = [Wanted(resource, f"{season}/{resource.name}") for resource in by_season]
    else:
        wanted = [_of_race(season, number, resource) for number in rounds for resource in by_season]
    by_race = [resource for resource in BY_RACE if season >= resource.first_season]
    return wanted + [_of_race(season, number, resource) for number in rounds for resource in by_race]


def _of_race(season: int, number: int, resource: Resource) -> Wanted:
    return Wanted(resource, f"{season}/{number}/{resource.name}", f"{season}_{number:02d}")
