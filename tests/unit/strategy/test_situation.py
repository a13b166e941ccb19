"""From a request to the state of a race."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contract.errors import ContractError
from shared.contract.requests import parse_recommend
from shared.race.state import CarState, RaceState
from shared.race.vocabulary import Compound, TrackStatus
from shared.strategy.situation import situation
from tests.fakes.serving import bundle, field_car, request_body

BUNDLE = bundle()


def asked(**changes: Any) -> tuple[RaceState, CarState]:
    """State and the car asked about, for the minimal request with changes (season 2023: 20 cars)."""
    state, ego = situation(parse_recommend(request_body(**{"season": 2023, **changes})), BUNDLE)
    return state, state.cars[ego]


def warned(state: RaceState, words: str) -> bool:
    return any(words in warning for warning in state.warnings)


def refused(**changes: Any) -> dict[str, str]:
    with pytest.raises(ContractError) as error:
        asked(**changes)
    assert error.value.status == 422
    return {problem.path: problem.problem for problem in error.value.fields}


def test_without_a_field_the_grid_is_filled_with_assumed_cars_around_the_one_given() -> None:
    state, ego = asked(position=4, gap_to_leader=9.0)
    assert len(state.cars) == 20
    assert [car.position for car in state.cars] == list(range(1, 21))
    assert [car.assumed for car in state.cars].count(False) == 1
    assert state.cars[3] is ego
    assert ego.gap_to_leader == 9.0
    assert warned(state, "field was not given: 19 rivals")


def test_assumed_drivers_are_those_of_the_season_fastest_first_then_unnamed_cars() -> None:
    state, _ = asked(driver_id="LEC", position=2, gap_to_leader=2.0)
    assert [car.driver_id for car in state.cars[:4]] == ["VER", "LEC", "HAM", "CAR_03"]
    assert [car.team for car in state.cars[:4]] == ["Red Bull Racing", "Ferrari", "Mercedes", None]


def test_a_season_long_past_is_not_filled_with_todays_drivers() -> None:
    state, _ = asked(season=1988, driver_id="senna")
    assert all(car.driver_id.startswith("CAR_") for car in state.cars if car.assumed)
    assert warned(state, "season 1988")
    assert warned(state, "senna")


@given(
    position=st.integers(1, 26),
    gap=st.floats(0, 7200),
    lap=st.integers(1, 57),
    status=st.sampled_from(["GREEN", "SC", "RED", "VSC"]),
    compound=st.sampled_from(["SOFT", "HARD", "INTERMEDIATE", "WET"]),
)
def test_an_assumed_field_is_in_order_and_holds_the_car_as_given(
    position: int, gap: float, lap: int, status: str, compound: str
) -> None:
    state, ego = asked(
        position=position, gap_to_leader=gap, lap=lap, tire_age=lap, track_status=status, tire_compound=compound
    )
    gaps = [car.gap_to_leader for car in state.cars]
    assert gaps == sorted(gaps)
    assert gaps[0] == 0.0
    assert ego.position == position
    assert ego.gap_to_leader == (gap if position > 1 else 0.0)
    assert len({car.driver_id for car in state.cars}) == len(state.cars) == max(20, position)
    for car in state.cars:
        assert 0 <= car.pit_stops <= lap
        assert 0 <= car.tire_age <= lap
        assert car.compound in car.compounds_used
        assert car.compound.is_dry == ego.compound.is_dry


def test_behind_the_safety_car_the_assumed_field_is_bunched() -> None:
    green, _ = asked()
    bunched, _ = asked(track_status="SC")
    assert bunched.cars[-1].gap_to_leader == pytest.approx(1.2 * 19)
    assert bunched.cars[-1].gap_to_leader < green.cars[-1].gap_to_leader


def test_assumed_tires_are_shared_out_as_usual() -> None:
    state, _ = asked()
    hards = [car for car in state.cars if car.assumed and car.compound == Compound.HARD]
    assert 7 <= len(hards) <= 8
    assert all(car.pit_stops == 1 and car.compounds_used == (Compound.MEDIUM, Compound.HARD) for car in hards)


def test_a_field_given_is_the_whole_field() -> None:
    state, ego = asked(field=[field_car("LEC", 2), field_car("HAM", 3)])
    assert [car.driver_id for car in state.cars] == ["VER", "LEC", "HAM"]
    assert not any(car.assumed for car in state.cars)
    assert ego.position == 1
    assert not warned(state, "field was not given")


def test_an_empty_field_is_a_race_of_one() -> None:
    state, ego = asked(field=[], position=7, gap_to_leader=30.0)
    assert state.cars == (ego,)
    assert (ego.position, ego.gap_to_leader) == (1, 0.0)


def test_the_ego_s_entry_gives_its_laps_and_the_request_overrides_the_rest() -> None:
    entry = field_car(
        "max_verstappen", 9, gap_to_leader=99.0, tire_compound="HARD", tire_age=2, team="Ferrari", in_pit=True,
        time_penalty=5, recent_laps=[{"lap": 15, "lap_time": 97.5}],
    )  # fmt: skip
    _, ego = asked(field=[entry, field_car("LEC", 2)])
    assert (ego.driver_id, ego.position, ego.gap_to_leader) == ("VER", 1, 0.0)
    assert (ego.compound, ego.tire_age) == (Compound.SOFT, 15)
    assert (ego.team, ego.in_pit, ego.time_penalty) == ("Ferrari", True, 5.0)
    assert ego.recent_laps[0].lap_time == 97.5


def test_a_driver_may_be_named_by_code_or_ergast_id_in_any_case() -> None:
    for name in ("VER", "ver", "max_verstappen", "MAX_VERSTAPPEN"):
        state, ego = asked(driver_id=name)
        assert ego.driver_id == "VER"
        assert not warned(state, "drivers not known")


def test_two_cars_of_one_driver_are_refused_even_under_two_names() -> None:
    found = refused(field=[field_car("LEC", 2), field_car("leclerc", 3)])
    assert "who already stands at field[0]" in found["field[1].driver_id"]


def test_two_cars_in_one_place_are_refused_the_one_asked_about_included() -> None:
    assert "the place of the car asked about" in refused(field=[field_car("LEC", 1)])["field[0].position"]
    assert "field[0]" in refused(field=[field_car("LEC", 2), field_car("HAM", 2)])["field[1].position"]


def test_twenty_six_rivals_are_one_too_many() -> None:
    cars = [field_car(f"D{i}", i % 25 + 2) for i in range(26)]
    assert "26 cars in all" in refused(field=cars)["field"]


def test_a_lap_past_the_circuits_own_distance_is_refused() -> None:
    assert "at most total_laps, 57" in refused(lap=58)["lap"]
    assert "56" in refused(candidates=[[{"lap": 57, "compound": "HARD"}]])["candidates[0][0].lap"]
    assert asked(lap=58, total_laps=60)[0].total_laps == 60


def test_position_rules_over_gap_and_the_contradiction_is_told() -> None:
    state, _ = asked(field=[field_car("LEC", 2, gap_to_leader=9.0), field_car("HAM", 3, gap_to_leader=4.0)])
    assert [car.driver_id for car in state.cars] == ["VER", "LEC", "HAM"]
    assert [car.gap_to_leader for car in state.cars] == [0.0, 9.0, 9.0]
    assert warned(state, "gap_to_leader contradicts position for HAM")


def test_places_with_holes_keep_their_order_and_a_leader_with_a_gap_is_put_at_zero() -> None:
    state, _ = asked(
        position=3,
        gap_to_leader=5.0,
        field=[field_car("LEC", 7, gap_to_leader=9.0), field_car("HAM", 9, gap_to_leader=20)],
    )
    assert [(car.driver_id, car.position, car.gap_to_leader) for car in state.cars] == [
        ("VER", 1, 0.0), ("LEC", 2, 4.0), ("HAM", 3, 15.0),
    ]  # fmt: skip
    assert warned(state, "do not run from 1 to 3")
    assert warned(state, "was 5, not 0")


def test_the_fitted_compound_is_added_to_those_used_with_a_warning() -> None:
    state, ego = asked(compounds_used=["HARD"], field=[field_car("LEC", 2, compounds_used=["SOFT"])])
    assert ego.compounds_used == (Compound.HARD, Compound.SOFT)
    assert state.cars[1].compounds_used == (Compound.SOFT, Compound.MEDIUM)
    assert warned(state, "does not hold the fitted SOFT")
    assert warned(state, "compounds_used of LEC")


def test_a_tire_younger_than_the_race_means_a_stop_and_a_second_compound() -> None:
    state, ego = asked(tire_age=4)
    assert (ego.pit_stops, ego.compounds_used) == (1, (Compound.HARD, Compound.SOFT))
    assert warned(state, "pit_stops was not given")
    _, fresh = asked(tire_age=18)
    assert (fresh.pit_stops, fresh.compounds_used) == (0, (Compound.SOFT,))


def test_what_is_given_is_not_inferred() -> None:
    state, ego = asked(tire_age=4, pit_stops=3, compounds_used=["SOFT"])
    assert (ego.pit_stops, ego.compounds_used) == (3, (Compound.SOFT,))
    assert not warned(state, "was not given: the tire")


def test_compounds_seen_in_recent_laps_count_as_used() -> None:
    laps = [{"lap": 10, "tire_compound": "INTERMEDIATE", "pit_in": True}, {"lap": 11, "tire_compound": "MEDIUM"}]
    state, _ = asked(field=[field_car("LEC", 2, tire_age=4, recent_laps=laps)])
    assert state.cars[1].compounds_used == (Compound.INTERMEDIATE, Compound.MEDIUM)
    assert state.cars[1].pit_stops == 1


def test_rules_of_the_event_hold_unless_given() -> None:
    assert asked(season=2025, circuit_id="monaco")[0].min_stops == 2
    assert asked(season=2025, circuit_id="monaco", min_stops=1)[0].min_stops == 1
    assert asked(season=2023, circuit_id="losail")[0].max_stint_laps == 18
    assert asked(max_stint_laps=12)[0].max_stint_laps == 12
    assert warned(asked(max_stint_laps=12)[0], "past the stint limit of 12")


def test_the_season_is_the_newest_one_known_and_the_distance_the_circuits() -> None:
    state, _ = situation(parse_recommend(request_body(circuit_id="Monaco")), BUNDLE)
    assert (state.season, state.circuit_id, state.total_laps) == (2023, "monaco", 78)


def test_what_is_not_known_is_served_from_the_priors_with_a_note() -> None:
    state, _ = asked(circuit_id="nowhere", season=2031, driver_id="XYZ", field=[field_car("ABC", 2, team="Nobody")])
    for words in ("circuit 'nowhere'", "total_laps is not known", "season 2031", "ABC, XYZ", "teams not known"):
        assert warned(state, words)


def test_status_rain_tires_and_fuel_arrive_as_given() -> None:
    state, ego = asked(
        track_status="VSC",
        rain=[{"from_lap": 40, "probability": 0.5}, {"from_lap": 20, "probability": 0.1}],
        tire_sets=[{"compound": "HARD", "age": 0}, {"compound": "SOFT"}],
    )
    assert state.track_status == TrackStatus.VSC
    assert state.rain == ((20, 0.1), (40, 0.5))
    assert ego.tire_sets == ((Compound.HARD, 0), (Compound.SOFT, 0))
    assert state.fuel == 78.5
    assert asked()[1].tire_sets is None


def test_the_same_request_gives_the_same_state() -> None:
    assert asked(position=5, gap_to_leader=8.0) == asked(position=5, gap_to_leader=8.0)
