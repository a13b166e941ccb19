"""Scores of the tire degradation model, by numbers made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tests.fakes.races import drivers, race
from tools.scoring.tires import MODEL, SeasonScore, coverage, gain_interval, mean_absolute_error, page, walk_forward

NAN = np.nan
ERRORS = np.array([[0.1, -0.4, NAN], [-0.3, NAN, NAN]])
INSIDE = np.array([[True, True, True], [False, True, True]])


def season(model: float, other: float, n_races: int = 4) -> SeasonScore:
    errors = {MODEL: np.full((2 * n_races, 3), model), "last_three_laps": np.full((2 * n_races, 3), -other)}
    held = np.zeros((2 * n_races, 3), bool)
    held[:n_races] = True
    return SeasonScore(2023, errors, held, np.full((2 * n_races, 3), 0.9), np.repeat(np.arange(n_races), 2))


def test_mean_absolute_error_counts_what_has_a_truth() -> None:
    np.testing.assert_allclose(mean_absolute_error(ERRORS), [0.2, 0.4, NAN])


def test_coverage_counts_what_has_a_truth() -> None:
    np.testing.assert_allclose(coverage(ERRORS, INSIDE), [0.5, 1.0, NAN])


def test_the_gain_on_a_baseline_is_the_difference_of_their_errors() -> None:
    np.testing.assert_allclose(gain_interval([season(0.3, 0.4)], "last_three_laps"), [[0.1, 0.1]] * 3)


def test_the_gain_is_uncertain_where_races_differ() -> None:
    mixed = season(0.3, 0.4)
    mixed.errors[MODEL][:2] = 0.6  # one race of four, 0.2 worse
    low, high = gain_interval([mixed], "last_three_laps")[0]
    assert low < 0.0 < high


def test_the_page_tells_model_baselines_and_goals() -> None:
    told = page([season(0.3, 0.4)])
    assert "| model | 0.300 | 0.300 | 0.300 |" in told
    assert "| last three laps | 0.400 | 0.400 | 0.400 |" in told
    assert "| goal | 0.310 | 0.325 | 0.360 |" in told
    assert "| 80% interval: covered | 0.500 | 0.500 | 0.500 |" in told
    assert "| 2023 | 0.300, 0.400, 0.50 |" in told


def test_a_season_without_enough_before_it_is_not_scored() -> None:
    cars = drivers(8, 0.1)
    made = [race(cars, 40, season=2022, number=k) for k in range(1, 4)] + [race(cars, 40, season=2023)]
    assert walk_forward(made) == []


@pytest.mark.slow
def test_a_season_is_forecast_by_the_ones_before_it_alone() -> None:
    cars = drivers(10, 0.05)
    past = [race(cars, 60, season=2022, number=k, wear=0.12) for k in range(1, 13)]
    other = race(cars, 60, season=2023, wear=0.5)
    (scored,) = walk_forward([*past, other])
    assert scored.season == 2023
    # tires that lose four times what past ones did surprise the model
    assert (mean_absolute_error(scored.errors[MODEL]) > 0.5).all()
