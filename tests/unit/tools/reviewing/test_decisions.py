"""The decisions of a race made up lap by lap: who stopped, who stayed out, and what was known then."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from shared.race.vocabulary import Compound, TrackStatus
from tools.reviewing.decisions import decisions, neutralizations

TOTAL = 20
S, M, H = Compound.SOFT, Compound.MEDIUM, Compound.HARD


def race(
    stops: Mapping[str, Mapping[int, Compound]], status: Mapping[int, str] | None = None, last: int = TOTAL
) -> pd.DataFrame:
    """Completed laps of cars that start on mediums and stop as told; ``status``: digits by lap, else clear."""
    rows = []
    for driver, own in stops.items():
        compound, age, stint = M, 0, 1
        for lap in range(1, last + 1):
            age += 1
            digits = (status or {}).get(lap, "1")
            known = "RED" if "5" in digits else "SC" if "4" in digits else "VSC" if "6" in digits else "GREEN"
            rows.append((driver, lap, compound.name, age, stint, lap in own, digits, known))
            if lap in own:
                compound, age, stint = own[lap], 0, stint + 1
    names = ["driver_id", "lap", "compound", "tire_age", "stint", "pit_in", "status_digits", "track_status"]
    return pd.DataFrame(rows, columns=names).assign(total_laps=TOTAL)


def test_a_green_stop_is_a_choice_made_with_the_lap_before_known() -> None:
    (found,) = decisions(race({"AAA": {9: H}, "BBB": {}}))
    assert (found.driver_id, found.kind, found.known, found.stop, found.compound) == ("AAA", "stop", 8, 9, H)
    assert found.status is None


def test_every_car_answers_a_safety_car_once() -> None:
    found = decisions(race({"AAA": {9: H}, "BBB": {8: S}, "CCC": {}}, {8: "14", 9: "4", 10: "41"}))
    assert [(d.driver_id, d.known, d.stop, d.compound) for d in found] == [
        ("BBB", 7, 8, S),
        ("AAA", 8, 9, H),
        ("CCC", 8, None, None),
    ]
    assert {d.status for d in found} == {TrackStatus.SC}


def test_a_vsc_that_becomes_a_safety_car_is_one_neutralization_each_on_its_own_laps() -> None:
    laps = race({"AAA": {}, "BBB": {}}, {5: "16", 6: "64", 7: "4", 12: "67"})
    assert [(n.kind, n.first, n.last) for n in neutralizations(laps)] == [
        ("VSC", 5, 5),
        ("safety car", 6, 7),
        ("VSC", 12, 12),
    ]


def test_laps_under_a_red_flag_and_stops_there_are_no_decisions() -> None:
    assert decisions(race({"AAA": {6: H}, "BBB": {6: S}}, {6: "45"})) == []


def test_a_status_that_only_the_last_car_met_is_none_of_the_fields() -> None:
    laps = race({"AAA": {}, "BBB": {}, "CCC": {}})
    laps.loc[(laps["driver_id"] == "CCC") & (laps["lap"] == 7), "status_digits"] = "14"
    assert neutralizations(laps) == []


def test_nothing_is_asked_before_lap_one_or_when_no_lap_is_left() -> None:
    found = decisions(race({"AAA": {1: H}, "BBB": {19: S}}, {20: "4"}))
    assert [(d.driver_id, d.stop) for d in found] == [("BBB", 19)]
