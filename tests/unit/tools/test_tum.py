"""TUM's race as our parameters: the file is read whole, and what it implies comes out of the simulation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shared.simulation import Plans, simulate
from tools.tum import read_ini, spielberg_2019


def test_values_that_run_over_lines_are_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "some.ini"
    file.write_text('# a comment\n\n[A]\nx = {"y": [1,\n    # another\n    2], "z": null}\nw = 3\n[B]\nv = "=["\n')
    assert read_ini(file) == {"A": {"x": {"y": [1, 2], "z": None}, "w": 3}, "B": {"v": "=["}}


@pytest.mark.data
def test_the_race_comes_out_as_its_parameters_imply(data_dir: Path) -> None:
    params, names = spielberg_2019(data_dir / "tum")
    assert (int(params.n_cars), int(params.total_laps), names[:3]) == (20, 71, ["LEC", "VER", "BOT"])
    out = simulate(params, 0, Plans(params.plan_lap[:1], params.plan_compound[:1]), 2048, 7)
    implied = (1 - np.exp(-params.retire_rate * 71)).mean()
    assert abs(out.retired.mean() - implied) < 0.01
    # who finishes has made the stops that were driven, give or take one moved into a safety car's laps
    finished = ~out.retired[0]
    planned = np.broadcast_to((params.plan_lap > 0).sum(axis=1)[:, None], finished.shape)
    assert (out.stops_made[0][finished] == planned[finished]).mean() > 0.99
    means = dict(zip(names, out.place[0].mean(axis=-1), strict=True))
    assert set(sorted(means, key=means.__getitem__)[:5]) == {"HAM", "VER", "LEC", "BOT", "VET"}
    # the winner took 1 h 22 min 1 s; safety cars, which that race did not have, lengthen the mean
    assert 4850 < np.nanmedian(out.race_time) < 5150
