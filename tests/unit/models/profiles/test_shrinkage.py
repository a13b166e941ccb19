"""Shrinkage: made observations with known traits come back, few races say little, noise alone says nothing."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest

from shared.models.profiles.shrinkage import estimates, normalised, spread
from shared.models.profiles.stability import stability


def made(between: float, races: int = 40, drivers: int = 30, seed: int = 1) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    traits = rng.normal(0.0, between, drivers)
    rows = [
        {
            "ergast_id": f"d{d:02d}",
            "race_id": f"{2000 + r // 20}_{r % 20 + 1:02d}",
            "season": 2000 + r // 20,
            "round": r % 20 + 1,
            "value": traits[d] + rng.normal(),
            "weight": 1.0,
        }
        for d in range(drivers)
        for r in range(races)
    ]
    return pd.DataFrame(rows), traits


def test_the_variance_between_drivers_is_found() -> None:
    observed, traits = made(0.6, drivers=200)
    found = spread(observed)
    assert found.between == pytest.approx(np.var(traits, ddof=1), rel=0.1)
    assert found.within == pytest.approx(1.0, rel=0.05)


def test_the_interval_covers_the_trait_of_nine_drivers_in_ten() -> None:
    observed, traits = made(0.6, races=10, drivers=300)
    told = estimates(observed)
    own = {f"d{d:02d}": trait for d, trait in enumerate(traits)}
    unit = NormalDist(0.0, 0.6)
    inside = [each["low"] <= unit.cdf(own[name]) <= each["high"] for name, each in told.items()]
    assert np.mean(inside) == pytest.approx(0.9, abs=0.06)


def test_fewer_races_give_a_wider_interval_and_four_none() -> None:
    observed, _ = made(0.6)
    few = observed[(observed["ergast_id"] != "d00") | (observed["season"].eq(2000) & observed["round"].le(6))]
    told = estimates(few)
    assert told["d00"]["high"] - told["d00"]["low"] > told["d01"]["high"] - told["d01"]["low"]
    assert told["d00"]["n"] == 6
    four = observed[(observed["ergast_id"] != "d00") | (observed["season"].eq(2000) & observed["round"].le(4))]
    assert "d00" not in estimates(four)


def test_an_era_of_larger_numbers_counts_like_any_other() -> None:
    observed, _ = made(0.6)
    scaled = observed.assign(value=observed["value"].where(observed["season"].eq(2000), 50 * observed["value"] + 7))
    pd.testing.assert_frame_equal(normalised(observed), normalised(scaled))


def test_a_real_trait_foretells_the_second_half_and_noise_does_not() -> None:
    real = stability(made(0.6)[0])
    noise = stability(made(0.0)[0])
    assert real is not None and noise is not None
    assert real["better_by"][1] > 0.0 and real["correlation"][1] > 0.3
    assert noise["better_by"][1] <= 0.0
