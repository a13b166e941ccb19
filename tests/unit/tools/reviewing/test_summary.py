"""Verdicts in words, their sums by car, and the page and picture made of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.race.state import Stop
from shared.race.vocabulary import Compound, TrackStatus
from tools.reviewing.decisions import Decision, Neutralization
from tools.reviewing.page import html_page
from tools.reviewing.plot import review_plot
from tools.reviewing.summary import COLUMNS, by_driver, rows
from tools.reviewing.verdicts import Verdict, worth

H = Compound.HARD


def verdict(driver: str, points: float, low: float, high: float, lap: int | None = 10, unseen: str = "") -> Verdict:
    decision = Decision(driver, "stop" if lap else "safety car", (lap or 10) - 1, None, lap, H if lap else None)
    return Verdict(decision, 3, "Box lap 12 for hards", points, low, high, 0.8, unseen=unseen)


MADE = [
    verdict("AAA", -1.0, -1.2, -0.8),
    verdict("AAA", -0.1, -0.3, 0.1, lap=None),
    verdict("BBB", 0.0, 0.0, 0.0),
    verdict("BBB", 0.4, 0.1, 0.7),
    verdict("CCC", 0.0, 0.0, 0.0, unseen="the weather <unseen>"),
]


def test_a_verdict_says_lost_or_gained_only_where_its_interval_does() -> None:
    assert [v.word for v in MADE] == ["lost", "too close to tell", "as advised", "gained", "not judged"]


def test_sums_come_worst_first_leave_out_the_unjudged_and_their_intervals_add_up() -> None:
    totals = by_driver(MADE)
    assert [(t.driver_id, round(t.points, 2), t.decisions, t.lost) for t in totals] == [
        ("AAA", -1.1, 2, 1),
        ("BBB", 0.4, 2, 0),
    ]
    assert totals[0].high - totals[0].low == pytest.approx((0.4**2 + 0.4**2) ** 0.5)


def test_a_stop_for_another_tire_than_advised_is_told_from_one_on_another_lap() -> None:
    softs = Verdict(Decision("AAA", "stop", 9, None, 10, Compound.SOFT), 3, "Box lap 12 for hards", -1, -2, -0.5, 0.8)
    assert softs.other_tire
    assert not MADE[0].other_tire


def test_every_verdict_is_a_row_with_all_columns() -> None:
    table = rows(MADE)
    assert [tuple(row) for row in table] == [COLUMNS] * len(MADE)
    assert table[0]["what the team did"] == "stopped on lap 10 for hards"
    assert table[1]["what the team did"] == "stayed out under the safety car"


def test_the_page_holds_everything_and_needs_nothing(tmp_path: Path) -> None:
    picture = tmp_path / "review.png"
    review_plot("Made & up", MADE, [Neutralization("safety car", TrackStatus.SC, 8, 11)], picture)
    page = html_page("Made & up", "Advice by <nobody>.", True, MADE, picture)
    assert picture.read_bytes()[:4] == b"\x89PNG"
    assert page.count("<tr") == 2 + 2 + len(MADE)
    assert "http" not in page
    assert "<script" not in page
    assert "Made &amp; up" in page
    assert "&lt;unseen&gt;" in page
    assert "&lt;nobody&gt;" in page
    assert "In sample" in page


def test_the_better_continuation_stands_for_the_teams_choice() -> None:
    def entry(lap: int, value: float) -> dict[str, object]:
        gap = {"value": value, "low": value - 0.1, "high": value + 0.1}
        return {"stops": [{"lap": lap, "compound": "HARD"}], "difference": gap}

    answer = {
        "pit_strategy": {"stops": [{"lap": 12, "compound": "HARD"}]},
        "alternatives": [entry(9, -2), entry(10, -1)],
    }
    plans = [(Stop(9, H),), (Stop(10, H),)]
    assert worth(answer, plans) == pytest.approx((-1.0, -1.1, -0.9))
    assert worth(answer, [(Stop(12, H),), (Stop(9, H),)]) == (0.0, 0.0, 0.0)
