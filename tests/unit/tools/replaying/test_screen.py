"""What the demonstration shows of a race."""

from __future__ import annotations

import io

from rich.console import Console

from shared.live import documents
from shared.live.answer import live_answer
from shared.live.documents import CarDocument, RaceDocument
from shared.live.reader import LiveRace
from tools.replaying import sources
from tools.replaying.screen import Odds, screen, spark


def test_the_tower_has_every_running_car_in_order_and_the_odds_move() -> None:
    recording = sources.simulated(seed=8)
    kept: dict[str, documents.Document] = {}
    for message in recording.messages[:600]:
        name = documents.object_name(message)
        assert name is not None
        kept[name] = documents.apply(kept.get(name) or documents.read(name, None), message)
    race = next(d for d in kept.values() if isinstance(d, RaceDocument))
    answer = live_answer(LiveRace(race, tuple(d for d in kept.values() if isinstance(d, CarDocument))))
    assert answer is not None
    console = Console(width=140, record=True, file=io.StringIO())
    told = answer.model_dump(mode="json")
    console.print(screen(recording.session, told, None, "SAC", []))
    text = console.export_text()
    places = [text.index(car.driver_id) for car in answer.field]
    assert places == sorted(places)
    assert f"lap {answer.lap} of {answer.total_laps}" in text
    assert spark([Odds(1, 0.0, 0.5, 1.0).win, 0.5, 1.0]) == " ▄█"


def test_before_anything_has_come_it_waits() -> None:
    recording = sources.simulated(seed=8)
    assert "waiting" in str(screen(recording.session, None, None, None, []))
