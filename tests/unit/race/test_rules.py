"""Rules by season and event, against the regulations and against what real winners covered."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import pytest

from shared.race import rules
from shared.race.calendars import CALENDARS, circuit_of_event, event_of
from shared.race.circuits import CIRCUITS, RACE_LAPS

# Races since 2018 that did not cover their scheduled distance, and why.
SHORTENED = {
    (2018, 7): "the flag fell early",
    (2019, 11): "formation laps behind the safety car",
    (2019, 17): "result taken a lap early",
    (2021, 1): "an extra formation lap",
    (2021, 12): "rain",
    (2022, 7): "two hours",
    (2022, 17): "two hours",
    (2022, 18): "three hours",
    (2023, 14): "extra formation laps",
}


@pytest.mark.parametrize(
    ("season", "table"),
    [
        (1950, (8, 6, 4, 3, 2)),
        (1988, (9, 6, 4, 3, 2, 1)),
        (1991, (10, 6, 4, 3, 2, 1)),
        (2002, (10, 6, 4, 3, 2, 1)),
        (2009, (10, 8, 6, 5, 4, 3, 2, 1)),
        (2010, (25, 18, 15, 12, 10, 8, 6, 4, 2, 1)),
        (2026, (25, 18, 15, 12, 10, 8, 6, 4, 2, 1)),
    ],
)
def test_points_follow_the_season(season: int, table: tuple[int, ...]) -> None:
    assert rules.points(season) == table


def test_the_last_race_of_2014_scored_double() -> None:
    assert rules.points(2014, "yas_marina")[0] == 50
    assert rules.points(2015, "yas_marina")[0] == 25


def test_the_fastest_lap_scored_until_1959_and_from_2019_to_2024() -> None:
    seasons = [season for season in range(1950, 2027) if rules.fastest_lap_point(season)]
    assert seasons == [*range(1950, 1960), *range(2019, 2025)]
    assert not rules.fastest_lap_needs_top_ten(1955)
    assert rules.fastest_lap_needs_top_ten(2024)


def test_two_dry_compounds_are_needed_since_2007() -> None:
    assert not rules.needs_two_dry_compounds(2006)
    assert rules.needs_two_dry_compounds(2007)


def test_events_with_rules_of_their_own() -> None:
    assert (rules.min_stops(2025, "monaco"), rules.min_stops(2024, "monaco"), rules.min_stops(2025, "spa")) == (2, 0, 0)
    assert (rules.max_stint_laps(2023, "losail"), rules.max_stint_laps(2025, "losail")) == (18, 25)
    assert rules.max_stint_laps(2024, "losail") is None
    assert (rules.n_cars(2016), rules.n_cars(2024), rules.n_cars(2026)) == (22, 20, 22)


@pytest.mark.parametrize(
    ("season", "circuit_id", "number", "laps"),
    [
        (2020, "bahrain", 15, 57),
        (2020, "bahrain", 16, 87),
        (2020, "yas_marina", None, 55),
        (2021, "yas_marina", None, 58),
        (2022, "marina_bay", None, 61),
        (2023, "marina_bay", None, 62),
        (2019, "hockenheimring", None, 67),
        (2021, "spa", None, 44),
        (2030, "monaco", None, 78),
        (2026, "madring", None, 57),
        (1900, "monza", None, 80),
    ],
)
def test_the_scheduled_distance_is_that_of_season_and_event(
    season: int, circuit_id: str, number: int | None, laps: int
) -> None:
    assert rules.scheduled_laps(season, circuit_id, number) == laps


def test_an_unknown_circuit_has_no_known_distance_but_a_typical_one() -> None:
    assert rules.known_laps(2024, "nowhere") is None
    assert 40 <= rules.scheduled_laps(2024, "nowhere") <= 78
    assert rules.scheduled_laps(2024, None) == rules.scheduled_laps(2024, "nowhere")


def test_every_distance_belongs_to_a_named_circuit() -> None:
    assert set(RACE_LAPS) == set(CIRCUITS)


def test_the_calendars_of_2025_and_2026_are_whole_and_in_order() -> None:
    for season, events in CALENDARS.items():
        assert len(events) == 24
        assert all(event.date.year == season for event in events)
        assert [event.date for event in events] == sorted(event.date for event in events)
        assert len({event.circuit_id for event in events}) == 24
    assert event_of(2025, 9) == CALENDARS[2025][8]
    assert CALENDARS[2025][8].circuit_id == "catalunya"
    monaco = event_of(2025, 1, "Monaco Grand Prix")
    assert monaco is not None
    assert (monaco.round, monaco.date) == (8, dt.date(2025, 5, 25))


def test_event_names_find_their_circuit_with_or_without_accents() -> None:
    assert (
        circuit_of_event("São Paulo Grand Prix", 2023) == circuit_of_event("Sao Paulo Grand Prix", 2025) == "interlagos"
    )
    assert circuit_of_event("Spanish Grand Prix", 2025) == "catalunya"
    assert circuit_of_event("Spanish Grand Prix", 2026) == "madring"
    assert circuit_of_event("Moon Grand Prix", 2024) is None


def test_winners_since_2018_covered_the_scheduled_distance_unless_something_happened(data_dir: Path) -> None:
    def rows(name: str) -> list[dict[str, str]]:
        with (data_dir / "ergast" / f"{name}.csv").open(encoding="utf-8") as file:
            return list(csv.DictReader(file))

    circuit = {row["circuitId"]: row["circuitRef"] for row in rows("circuits")}
    races = {row["raceId"]: row for row in rows("races")}
    short = set()
    for row in rows("results"):
        race = races[row["raceId"]]
        if row["positionOrder"] != "1" or int(race["year"]) < 2018:
            continue
        season, number = int(race["year"]), int(race["round"])
        if int(row["laps"]) != rules.scheduled_laps(season, circuit[race["circuitId"]], number):
            short.add((season, number))
    assert short == set(SHORTENED)


def test_event_names_since_2018_agree_with_the_circuits_they_were_held_at(data_dir: Path) -> None:
    with (data_dir / "ergast" / "circuits.csv").open(encoding="utf-8") as file:
        circuit = {row["circuitId"]: row["circuitRef"] for row in csv.DictReader(file)}
    with (data_dir / "ergast" / "races.csv").open(encoding="utf-8") as file:
        for race in csv.DictReader(file):
            if int(race["year"]) >= 2018:
                assert circuit_of_event(race["name"], int(race["year"])) == circuit[race["circuitId"]], race["name"]


def test_cars_made_anew_lie_between_the_seasons_before_and_after_new_regulations() -> None:
    assert rules.new_cars_between(2025, 2026)
    assert rules.new_cars_between(2021, 2024)
    assert not rules.new_cars_between(2022, 2025)
    assert not rules.new_cars_between(2024, 2024)
