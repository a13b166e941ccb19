"""A famous race reviewed from the laps known then, with the bundle that ships."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from shared.config import ROOT
from shared.errors import F1Error
from shared.models.bundle import Bundle
from tools.review import Race, find_race, review, write
from tools.reviewing.decisions import decisions
from tools.reviewing.verdicts import Asking, Verdict
from tools.scoring.recorded import load


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle.load(ROOT / "shared/bundle")


@pytest.fixture(scope="module")
def laps(data_dir: Path) -> pd.DataFrame:
    return load(data_dir).laps


@pytest.fixture(scope="module")
def abu_dhabi(laps: pd.DataFrame) -> Race:
    """Yas Marina 2021: a VSC on lap 36, a safety car from lap 53 on, under which Hamilton stayed out."""
    return find_race(laps, 2021, 22)


@pytest.fixture(scope="module")
def done(abu_dhabi: Race, bundle: Bundle) -> list[Verdict]:
    return review(abu_dhabi, Asking(bundle, 1000, 1, 0), ["HAM", "VER"], lambda text: None)


@pytest.mark.slow
def test_the_race_is_all_there(abu_dhabi: Race) -> None:
    asked = [(d.driver_id, d.kind, d.stop) for d in decisions(abu_dhabi.laps) if d.driver_id in ("HAM", "VER")]
    assert ("HAM", "safety car", None) in asked
    assert ("VER", "safety car", 53) in asked
    assert ("VER", "VSC", 36) in asked


@pytest.mark.slow
def test_staying_out_under_the_last_safety_car_lost_far_more_than_stopping(done: list[Verdict]) -> None:
    by_car = {v.decision.driver_id: v for v in done if v.decision.kind == "safety car"}
    assert by_car["HAM"].word == "lost"
    assert by_car["HAM"].points < -0.3
    assert by_car["VER"].points > by_car["HAM"].points + 1.0


@pytest.mark.slow
def test_table_picture_and_page_are_written(
    abu_dhabi: Race, bundle: Bundle, done: list[Verdict], tmp_path: Path
) -> None:
    table, picture, page = write(abu_dhabi, bundle, done, tmp_path / "new")
    assert len(table.read_text().splitlines()) == len(done) + 1
    assert picture.stat().st_size > 10_000
    assert "In sample" in page.read_text()


@pytest.mark.slow
def test_later_laps_change_no_verdict(abu_dhabi: Race, bundle: Bundle, done: list[Verdict]) -> None:
    first = min((v for v in done if v.decision.kind == "stop"), key=lambda v: v.decision.known)
    laps = abu_dhabi.laps.copy()
    laps.loc[laps["lap"] > first.decision.known + 2, "lap_time"] += 7.0
    again = review(
        abu_dhabi._replace(laps=laps), Asking(bundle, 1000, 1, 0), [first.decision.driver_id], lambda _: None
    )
    assert again[0] == first


@pytest.mark.slow
def test_a_race_that_was_not_recorded_is_named_with_those_that_were(laps: pd.DataFrame) -> None:
    with pytest.raises(F1Error, match=r"given 2023, 40; recorded are rounds 01, 02"):
        find_race(laps, 2023, 40)
    with pytest.raises(F1Error, match=r"given 1999, 1; recorded are seasons 2018, 2019"):
        find_race(laps, 1999, 1)
