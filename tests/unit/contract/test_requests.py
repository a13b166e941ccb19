"""What a request may hold, and how it may contradict itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from pydantic_core import from_json

from shared.contract import scalars
from shared.contract.errors import MAX_PROBLEMS, ContractError
from shared.contract.openapi import FULL_EXAMPLE, MINIMAL_EXAMPLE
from shared.contract.requests import MINIMUM, RecommendRequest, parse_recommend, unknown_fields
from shared.simulation.types import MAX_CARS, MAX_STOPS
from tests.fakes.serving import field_car, request_body


def refused(body: Any) -> dict[str, str]:
    """Problems by path of the 422 for a body."""
    with pytest.raises(ContractError) as error:
        parse_recommend(body)
    assert error.value.status == 422
    return {problem.path: problem.problem for problem in error.value.fields}


def test_the_contract_has_room_for_what_the_simulation_has_room_for() -> None:
    assert (scalars.MAX_CARS, scalars.MAX_STOPS) == (MAX_CARS, MAX_STOPS)


def test_the_first_eight_fields_are_the_minimum() -> None:
    assert tuple(MINIMAL_EXAMPLE) == MINIMUM
    request = parse_recommend(MINIMAL_EXAMPLE)
    assert (request.objective, request.n_scenarios, request.track_status) == ("points", 10_000, "GREEN")
    assert (request.season, request.field, request.pit_stops) == (None, None, None)


def test_the_full_example_is_taken_as_it_stands() -> None:
    request = parse_recommend(FULL_EXAMPLE)
    assert request.field is not None
    assert request.field[0].recent_laps[0].lap_time == 98.1
    assert request.candidates[0][0].compound == "HARD"
    assert unknown_fields(request) == []


def test_a_request_is_the_same_after_a_round_trip() -> None:
    request = parse_recommend(FULL_EXAMPLE)
    assert parse_recommend(json.loads(request.model_dump_json())) == request


def test_a_whole_number_may_be_written_with_a_point_and_any_number_without_one() -> None:
    request = parse_recommend(request_body(lap=15.0, fuel_remaining=78, gap_to_leader=0))
    assert (request.lap, type(request.lap)) == (15, int)
    assert request.fuel_remaining == 78.0


def test_a_lap_time_may_be_unknown() -> None:
    laps = [{"lap": 14, "lap_time": None}]
    request = parse_recommend(request_body(field=[field_car("LEC", 2, recent_laps=laps)]))
    assert request.field is not None
    assert request.field[0].recent_laps[0].lap_time is None


@pytest.mark.parametrize(
    ("changes", "path", "text"),
    [
        ({"lap": 58, "total_laps": 57}, "lap", "given 58; allowed: at most total_laps, 57"),
        ({"tire_age": 46}, "tire_age", "given 46 on lap 15; allowed: at most 45"),
        ({"pit_stops": 16}, "pit_stops", "given 16 on lap 15"),
        ({"field": [field_car("LEC", 2, tire_age=46)]}, "field[0].tire_age", "at most 45"),
        ({"field": [field_car("LEC", 2, pit_stops=16)]}, "field[0].pit_stops", "one a lap"),
        ({"field": [field_car("LEC", 2, recent_laps=[{"lap": 16}])]}, "field[0].recent_laps[0].lap", "at most lap, 15"),
        (
            {"field": [field_car("LEC", 2, recent_laps=[{"lap": 14}, {"lap": 13}])]},
            "field[0].recent_laps[1].lap",
            "given 13 after 14",
        ),
        (
            {"field": [field_car("LEC", 2, recent_laps=[{"lap": 14}, {"lap": 14}])]},
            "field[0].recent_laps[1].lap",
            "each lap once",
        ),
        (
            {"field": [field_car("LEC", 2, recent_laps=[{"lap": 3, "tire_age": 34}])]},
            "field[0].recent_laps[0].tire_age",
            "at most 33",
        ),
        ({"field": [field_car("LEC", 2, recent_laps=[{"lap": 1}] * 11)]}, "field[0].recent_laps", "at most 10 entries"),
        ({"candidates": [[{"lap": 15, "compound": "HARD"}]]}, "candidates[0][0].lap", "after lap 15"),
        (
            {"candidates": [[], [{"lap": 20, "compound": "HARD"}, {"lap": 19, "compound": "SOFT"}]]},
            "candidates[1][1].lap",
            "given 19 after 20",
        ),
        (
            {"candidates": [[{"lap": 20, "compound": "HARD"}, {"lap": 20, "compound": "SOFT"}]]},
            "candidates[0][1].lap",
            "one a lap",
        ),
        ({"candidates": [[{"lap": 58, "compound": "HARD"}]], "total_laps": 57}, "candidates[0][0].lap", "56"),
        ({"rain": [{"from_lap": 58, "probability": 0.1}], "total_laps": 57}, "rain[0].from_lap", "at most total_laps"),
        ({"rain": [{"from_lap": 20, "probability": p} for p in (0.1, 0.2)]}, "rain[1].from_lap", "as in rain[0]"),
    ],
)
def test_a_contradiction_is_told_with_what_was_given_and_what_is_allowed(
    changes: dict[str, Any], path: str, text: str
) -> None:
    assert text in refused(request_body(**changes))[path]


def test_used_sets_may_be_older_than_the_race_by_thirty_laps() -> None:
    assert parse_recommend(request_body(lap=1, tire_age=31)).tire_age == 31
    assert "tire_age" in refused(request_body(lap=1, tire_age=32))


def test_the_last_lap_completed_may_be_the_last_of_the_race() -> None:
    assert parse_recommend(request_body(lap=57, total_laps=57)).lap == 57


def test_every_contradiction_is_told_at_once() -> None:
    found = refused(request_body(lap=58, total_laps=57, tire_age=99, pit_stops=50, rain=[]))
    assert set(found) == {"lap", "tire_age"}
    assert len(refused(request_body(tire_sets=[{"compound": "x"}] * 40))) == MAX_PROBLEMS


def test_a_model_made_in_python_is_checked_as_one_from_the_wire() -> None:
    with pytest.raises(ValidationError, match="at most total_laps"):
        RecommendRequest(**{**MINIMAL_EXAMPLE, "lap": 58, "total_laps": 57})


def test_a_race_id_with_the_minimum_missing_is_a_404_and_a_malformed_one_a_422() -> None:
    with pytest.raises(ContractError) as error:
        parse_recommend({"driver_id": "VER", "race_id": "2023_01"})
    assert error.value.status == 404
    assert "race_id" in refused({"driver_id": "VER", "race_id": "２０２３_01"})
    assert "race_id" in refused({"driver_id": "VER", "race_id": 2023})


def test_unknown_names_are_told_by_their_path_ten_at_most() -> None:
    request = parse_recommend(request_body(a=1, rain=[{"from_lap": 20, "probability": 0.5, "b": 2}], **{"x" * 99: 1}))
    assert unknown_fields(request) == ["a", "x" * 40, "rain[0].b"]
    many = parse_recommend(request_body(**{f"n{i}": i for i in range(50)}))
    assert len(unknown_fields(many)) == 10


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(sorted(RecommendRequest.model_fields))


@given(changes=st.dictionaries(NAMES, JSON, max_size=6), dropped=st.sets(NAMES, max_size=2))
def test_any_json_is_a_request_or_refused_in_the_envelope(changes: dict[str, Any], dropped: set[str]) -> None:
    body = {name: value for name, value in {**FULL_EXAMPLE, **changes}.items() if name not in dropped}
    try:
        request = parse_recommend(body)
    except ContractError as error:
        assert error.status in (404, 422)
        text = error.answer().model_dump_json()
        assert from_json(text)["error"]["message"]
        assert text.isascii()
        assert len(text) < 20_000
    else:
        assert parse_recommend(json.loads(request.model_dump_json())) == request


@given(value=st.floats() | st.integers() | st.booleans() | st.text())
def test_no_field_takes_a_value_outside_its_range(value: Any) -> None:
    for name, low, high in (
        ("lap", 1, 200),
        ("position", 1, 26),
        ("gap_to_leader", 0, 7200),
        ("fuel_remaining", 0, 300),
    ):
        try:
            taken = getattr(parse_recommend(request_body(**{"tire_age": 0, name: value})), name)
        except ContractError:
            continue
        assert low <= taken <= high
        assert taken == value
        assert type(value) is not bool
