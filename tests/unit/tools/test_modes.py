"""The measured trade of pace for wear comes back from laps in which it is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shared.errors import F1Error
from shared.features.frames import load_frames
from shared.strategy.search import modes
from tools.modes import trade


def made_laps(pace: float, saved: float, races: int = 12, seed: int = 0) -> pd.DataFrame:
    """Laps of fourteen cars in dry races, three stints each on tires in any order, of lengths that differ by up to
    twelve laps. A stint a lap longer than others is ``pace`` s a lap slower and wears ``saved`` s/lap less, over .06
    s/lap of wear and .05 s a lap of fuel."""
    rng = np.random.default_rng(seed)
    rows = []
    for race in range(races):
        for car in range(14):
            level, lap = 90.0 + 0.1 * car, 0
            for stint, compound in enumerate(rng.permutation(["SOFT", "MEDIUM", "HARD"]), start=1):
                longer = int(rng.integers(-6, 7))
                for age in range(1, 21 + longer):
                    lap += 1
                    time = level + pace * longer + (0.06 - saved * longer) * (age - 5) - 0.05 * lap
                    noise = 0.05 * rng.standard_normal()
                    rows.append(
                        (f"2023_{race:02d}", f"D{car}", lap, time + noise, lap * 90 + 5 * car, compound, age, stint)
                    )
    names = ["race_id", "driver_id", "lap", "lap_time", "elapsed", "compound", "tire_age", "stint"]
    return pd.DataFrame(rows, columns=names).assign(track_status="GREEN", is_clean=True)


def test_a_known_trade_is_found_within_its_own_error() -> None:
    found = trade(made_laps(pace=0.015, saved=0.0008))
    assert found.pace / found.step == pytest.approx(0.015, abs=0.002)
    assert found.saved / found.step == pytest.approx(0.0008, abs=0.0002)
    assert found.races == 12


def test_where_long_stints_are_driven_like_others_nothing_is_found() -> None:
    found = trade(made_laps(pace=0.0, saved=0.0, seed=1))
    assert abs(found.pace) < 4 * found.pace_error + 1e-3
    assert abs(found.saved) < 4 * found.saved_error + 1e-4


def test_one_race_is_too_little() -> None:
    with pytest.raises(F1Error, match="two dry races"):
        trade(made_laps(0.01, 0.001, races=1))


@pytest.mark.slow
def test_the_constants_are_those_of_the_recorded_races(data_dir: Path) -> None:
    found = trade(load_frames(data_dir).laps)
    assert found.pace == pytest.approx(modes.PACE.value, abs=modes.PACE.error)
    assert found.saved / found.wear == pytest.approx(modes.WEAR.value, abs=modes.WEAR.error)
    assert found.step == pytest.approx(modes.STEP_LAPS, abs=0.3)
