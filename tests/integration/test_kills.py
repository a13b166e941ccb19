"""Killed at random points and delivered again, ingest and preprocess come to what they come to when left alone.

The long count is ``make soak SOAK=kills``.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from shared.bootstrap import Ports
from shared.config import settings
from tools.soak.kills import Kills, Scenario, environment, killed, look, undisturbed


@pytest.mark.slow
@pytest.mark.parametrize("one_by_one", [False, True], ids=["backfill", "race by race"])
def test_a_process_killed_at_random_points_loses_and_doubles_nothing(tmp_path: Path, one_by_one: bool) -> None:
    scenario = Scenario(tmp_path, one_by_one)
    reference, seconds = undisturbed(scenario, tmp_path / "left alone")
    assert reference.tables["lap_features"][0] > 3000
    assert len(reference.announced) == (3 if one_by_one else 1)
    kills = Kills()
    killed(scenario, tmp_path / "killed", reference, seconds, random.Random(one_by_one), 5, kills)
    assert kills.differences == []
    assert kills.total > 0, "every process came to its end before the kill"


@pytest.mark.slow
def test_a_lost_and_a_doubled_row_would_be_noticed(tmp_path: Path) -> None:
    scenario = Scenario(tmp_path, False)
    reference, _ = undisturbed(scenario, tmp_path / "state")
    with environment(tmp_path / "state"):
        opened = Ports(settings())
        opened.warehouse.execute("DELETE FROM stint_features WHERE stint = 1")
        opened.warehouse.execute("INSERT INTO driver_features SELECT * FROM driver_features WHERE round = 1")
        opened.warehouse.execute("UPDATE clean_laps SET lap_time = lap_time + 0.001 WHERE lap = 7")
        opened.objects.delete("races", "2018_02/laps.json")
        opened.warehouse.close()  # type: ignore[attr-defined]
    found = look(tmp_path / "state").differences(reference)
    assert [line.split(":")[0] for line in found[:3]] == ["clean_laps", "stint_features", "driver_features"]
    assert found[3:] == ["object races/2018_02/laps.json is missing"]
