"""Tire degradation: features that know no future, truth by hand, a model that finds what made laps hide."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import xgboost

from shared.models.grid import grid_of_state
from shared.models.recorded import RecordedRace
from shared.models.tires.baselines import PERSISTENCE, REVERSION, SLOPE, baseline_errors
from shared.models.tires.examples import Examples, examples, outcome, sets
from shared.models.tires.features import NAMES, Context, clean, recent_features
from shared.models.tires.forecast import HORIZONS, change, predict
from shared.models.tires.model import covered, fit_tire_model
from shared.models.tires.stint import stint_surprise
from shared.models.trees import evaluate, export_trees
from shared.race.state import CarState, LapRecord, RaceState
from shared.race.vocabulary import Compound, TrackStatus
from tests.fakes.races import drivers, race

CARS = drivers(10, 0.05)
STOPS = {name: {18 + i: "HARD"} for i, name in enumerate(CARS)}


def noisy(recorded: RecordedRace, seed: int, sd: float = 0.3) -> RecordedRace:
    """The race with noise on its lap times, the times at the line unchanged."""
    noise = np.random.default_rng(seed).normal(0.0, sd, recorded.grid.lap_time.shape)
    return recorded._replace(grid=recorded.grid._replace(lap_time=recorded.grid.lap_time + noise))


def at(recorded: RecordedRace, lap: int) -> Any:
    return recent_features(recorded.grid, Context(lap, recorded.total_laps))


@pytest.mark.parametrize("lap", [4, 12, 21])
def test_features_know_nothing_of_later_laps(lap: int) -> None:
    recorded = noisy(race(CARS, 40, stops=STOPS, wear=0.03), 1)
    grid = recorded.grid
    later = grid.lap > lap
    other = grid._replace(
        lap_time=np.where(later, 200.0, grid.lap_time),
        line=np.where(later, np.nan, grid.line),
        compound=np.where(later, 3, grid.compound),
        age=np.where(later, 99.0, grid.age),
        status=np.where(later, 4, grid.status),
        pit_in=grid.pit_in ^ later,
        pit_out=grid.pit_out ^ later,
        ran=grid.ran & ~later,
    )
    told, changed = at(recorded, lap), recent_features(other, Context(lap, recorded.total_laps))
    np.testing.assert_array_equal(told.x, changed.x)
    np.testing.assert_array_equal(told.pace, changed.pace)
    assert np.isfinite(told.pace).sum() >= 4
    earlier = grid._replace(
        lap_time=np.where(grid.lap == lap, grid.lap_time + 0.4 * np.arange(10)[:, None], grid.lap_time)
    )
    assert not np.array_equal(told.x, recent_features(earlier, Context(lap, recorded.total_laps)).x)


def test_a_request_gives_the_features_of_the_recorded_race() -> None:
    recorded = noisy(race(CARS, 40, stops=STOPS, wear=0.03), 2)
    lap = 22
    # the line that a request implies is the sum of lap times
    line = np.cumsum(recorded.grid.lap_time, axis=1) + 8.0 * np.arange(10)[:, None]
    grid = recorded.grid._replace(line=line)
    order = np.argsort(line[:, lap - 1])
    state = RaceState(2023, "bahrain", lap, recorded.total_laps, TrackStatus.GREEN, tuple(
        CarState(
            recorded.drivers[i], None, k + 1, float(line[i, lap - 1] - line[order[0], lap - 1]),
            Compound(int(grid.compound[i, lap - 1])), int(grid.age[i, lap - 1]),
            recent_laps=tuple(
                LapRecord(j + 1, float(grid.lap_time[i, j]), Compound(int(grid.compound[i, j])), int(grid.age[i, j]),
                          TrackStatus(int(grid.status[i, j])), bool(grid.pit_in[i, j]), bool(grid.pit_out[i, j]))
                for j in range(lap - 10, lap)
            ),
        )
        for k, i in enumerate(order)
    ))  # fmt: skip
    asked = recent_features(grid_of_state(state), Context(lap, recorded.total_laps))
    known = recent_features(grid.take(order), Context(lap, recorded.total_laps))
    np.testing.assert_allclose(asked.x, known.x, atol=2e-4)
    np.testing.assert_allclose(asked.pace, known.pace)


def test_the_order_of_the_cars_does_not_matter() -> None:
    recorded = noisy(race(CARS, 40, stops=STOPS), 3)
    turned = np.arange(9, -1, -1)
    told = recent_features(recorded.grid, Context(20, 40))
    other = recent_features(recorded.grid.take(turned), Context(20, 40))
    np.testing.assert_allclose(told.x[turned], other.x, atol=2e-4)


def test_a_car_fresh_from_the_pits_cannot_be_told() -> None:
    recorded = race(CARS, 40, stops={next(iter(CARS)): {18: "HARD"}})
    assert np.isnan(at(recorded, 20).pace[0])
    assert np.isfinite(at(recorded, 20).pace[1:]).all()
    assert np.isfinite(at(recorded, 22).pace[0])


def test_what_the_whole_field_lost_is_told_from_what_one_car_lost() -> None:
    recorded = race(CARS, 40)
    times = recorded.grid.lap_time.copy()
    times[:, 15:18] += 0.5
    times[4, 17] += 0.6
    x = recent_features(recorded.grid._replace(lap_time=times), Context(18, 40)).x
    field, own = x[:, NAMES.index("field_3")], x[:, NAMES.index("own_last")]
    assert (field > 0.25).all()
    assert own[4] > 0.3 > 0.1 > np.abs(np.delete(own, 4)).max()


def test_truth_is_the_mean_of_the_clean_laps_of_the_stint() -> None:
    recorded = race(CARS, 40, wear=0.1)
    found = outcome(recorded, clean(recorded.grid), sets(recorded), np.array([0, 3]), 10)
    # ages 11..15, 11..20, 11..25: the middle lap's time
    np.testing.assert_allclose(found[0], [90 + 1.3, 90 + 1.55, 90 + 1.8])
    np.testing.assert_allclose(found[1], found[0] + 0.15)


def test_a_stint_that_ends_within_the_horizon_has_no_truth() -> None:
    recorded = race(CARS, 40, stops={"A00": {18: "HARD"}}, last={"B01": 22})
    found = outcome(recorded, clean(recorded.grid), sets(recorded), np.array([0, 1, 2]), 10)
    assert np.isfinite(found).tolist() == [[True, False, False], [True, True, False], [True, True, True]]
    before = outcome(recorded, clean(recorded.grid), sets(recorded), np.array([0]), 13)
    assert np.isnan(before).all(), "an in-lap is no lap of pace"


def test_a_neutralized_lap_is_left_out_and_two_leave_no_truth() -> None:
    yellow = race(CARS, 40, status={14: "YELLOW"})
    found = outcome(yellow, clean(yellow.grid), sets(yellow), np.array([0]), 10)[0]
    assert np.isnan(found[0]) and found[1:] == pytest.approx(90.0)  # 4 of 5, 9 of 10, 14 of 15
    car = race(CARS, 40, status={14: "SC", 15: "SC"})
    assert np.isnan(outcome(car, clean(car.grid), sets(car), np.array([0]), 10)).all()


def by_hand(recent: list[float], stint_mean: list[float], y: list[float], compound: list[int]) -> Examples:
    n = len(recent)
    x = np.zeros((n, len(NAMES)))
    x[:, NAMES.index("mean_5")] = -0.1
    whole = np.zeros(n, np.int64)
    truth = np.repeat(np.array(y)[:, None], 3, axis=1)
    scale, dry = np.full(n, 1.1), np.ones(n, bool)
    return Examples(
        x, np.array(recent), np.array(stint_mean), scale, truth, whole, whole, whole, np.array(compound), dry
    )


def test_baselines_by_hand() -> None:
    past = by_hand([90.0, 90.0], [91.0, 92.0], [1.1 * 90.5, 1.1 * 91.0], [0, 1])
    rows = by_hand([80.0], [81.0], [88.0], [1])
    found = baseline_errors(past, rows)
    np.testing.assert_allclose(found[PERSISTENCE][0], 0.0)
    np.testing.assert_allclose(found[REVERSION][0], 1.1 * 0.5, err_msg="half of the way to the stint's mean")
    slope = np.median([1.1 / reach for reach in (5.0, 7.5, 10.0)])
    np.testing.assert_allclose(found[SLOPE][0], [1.1 * (-0.1 + slope * reach) for reach in (5.0, 7.5, 10.0)])


@pytest.fixture(scope="module")
def races() -> list[RecordedRace]:
    """Twelve races of cars whose tires lose .12 s a lap: more than any baseline without a slope can see."""
    made = []
    for k in range(12):
        stops = {name: {22 + (3 * i + k) % 9: "HARD"} for i, name in enumerate(CARS)}
        made.append(noisy(race(CARS, 60, number=k + 1, stops=stops, wear=0.12), 10 + k, 0.2))
    return made


@pytest.fixture(scope="module")
def table(races: list[RecordedRace]) -> dict[str, Any]:
    fitted = fit_tire_model(races)
    assert fitted is not None
    return fitted


def test_what_tires_lose_is_found_on_races_held_out(table: dict[str, Any]) -> None:
    report = table["report"]
    assert table["beats_baselines"] and report["metrics"]["beats_baselines"]
    for h in map(str, HORIZONS):
        others = [errors[h] for errors in report["baseline"]["mae_s"].values()]
        assert report["metrics"]["mae_s"][h] < min(others)
    # two laps to the middle of the next five from the middle of the last three, and two more
    assert report["baseline"]["mae_s"][PERSISTENCE]["5"] == pytest.approx(0.12 * 4, abs=0.06)
    assert report["metrics"]["mae_s"]["5"] < 0.2
    assert "newest 4 races" in report["truth"]


def test_a_forecast_of_the_next_laps_of_a_race_never_seen(table: dict[str, Any]) -> None:
    fresh = noisy(race(CARS, 60, number=30, wear=0.12), 99, 0.2)
    told = predict(json.loads(json.dumps(table)), fresh.grid, Context(20, 60))
    expected = [0.12 * ((h + 1) / 2 + 1) for h in HORIZONS]
    np.testing.assert_allclose(np.median(told.change, axis=0), expected, atol=0.3)
    assert (told.low < told.change).all() and (told.change < told.high).all()
    truth = outcome(fresh, clean(fresh.grid), sets(fresh), np.arange(10), 20)
    np.testing.assert_allclose(told.recent[:, None] + told.change, truth, atol=0.8)


def test_no_forecast_behind_the_safety_car(table: dict[str, Any]) -> None:
    recorded = race(CARS, 60, status={20: "SC"})
    assert np.isnan(predict(table, recorded.grid, Context(20, 60)).change).all()


def test_intervals_hold_about_the_share_they_name(table: dict[str, Any]) -> None:
    rows = examples([noisy(race(CARS, 60, number=k, wear=0.12), 200 + k, 0.2) for k in range(31, 35)], 3)
    inside, width = covered(table, rows)
    told = np.isfinite(rows.y)
    share = (inside & told).sum(axis=0) / told.sum(axis=0)
    assert ((share > 0.6) & (share < 0.95)).all(), share
    assert (width > 0).all()


def test_the_same_races_give_the_same_model(races: list[RecordedRace], table: dict[str, Any]) -> None:
    assert fit_tire_model(races) == table


def test_too_few_races_give_no_model(races: list[RecordedRace]) -> None:
    assert fit_tire_model(races[:7]) is None
    assert fit_tire_model([]) is None


def test_arrays_answer_as_the_library_does(races: list[RecordedRace]) -> None:
    known = examples(races, 1)
    told = np.isfinite(known.y[:, 0])
    x, y = known.x[told], known.y[told, 0] / known.scale[told] - known.recent[told]
    data = xgboost.DMatrix(x, label=y, feature_names=list(NAMES))
    params = {
        "objective": "reg:pseudohubererror",
        "max_depth": 5,
        "eta": 0.1,
        "max_bin": 64,
        "base_score": 0.0,
        "nthread": 1,
    }
    booster = xgboost.train(params, data, 100)
    assert len(x) > 3000
    ours = evaluate(json.loads(json.dumps(export_trees(booster, NAMES))), x)
    np.testing.assert_allclose(ours, booster.predict(data), atol=1e-5)


def test_what_is_forecast_is_linear_part_and_trees(table: dict[str, Any]) -> None:
    model = table["horizons"][0]
    x = np.array(model["center"])[None, :]
    both = change(table, x)[0, 0]
    assert both == pytest.approx(model["weights"][-1] + evaluate(model["trees"], x)[0])


def test_a_set_better_than_the_parameters_say_is_a_surprise_of_that_size(table: dict[str, Any]) -> None:
    fresh = noisy(race(CARS, 60, number=30, wear=0.12), 98, 0.1)
    paces = np.array(list(CARS.values()))
    agreed = stint_surprise(table, fresh.grid, Context(20, 60), paces)
    other = stint_surprise(table, fresh.grid, Context(20, 60), paces + 0.5 * (np.arange(10) == 9))
    assert np.abs(agreed).max() < 0.3
    np.testing.assert_allclose(other - agreed, -0.5 * (np.arange(10) == 9), atol=1e-9)


def test_a_model_that_loses_to_a_baseline_surprises_nobody(table: dict[str, Any]) -> None:
    fresh = race(CARS, 60, number=30, wear=0.12)
    for model in (None, {**table, "beats_baselines": False}):
        assert not stint_surprise(model, fresh.grid, Context(20, 60), np.arange(10.0)).any()
    assert stint_surprise(table, fresh.grid, Context(20, 60), np.arange(10.0)).any()
