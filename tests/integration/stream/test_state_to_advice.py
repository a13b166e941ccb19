"""A whole recorded race through the function, then every question about it: the state that advice starts from is the
one that the recorded laps give, on every lap, for every car."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from shared.contract.requests import RecommendRequest
from shared.events import Envelope
from shared.live.answer import complete
from shared.live.handler import EVENT_ID, LiveHandler
from shared.live.keeper import StateKeeper
from shared.live.reader import LiveRace, LiveReader
from shared.models.bundle import SHIPPED, Bundle
from shared.race.state import RaceState
from shared.scoring.situations import request_body, state_at
from shared.strategy.names import Names
from shared.strategy.situation import situation
from shared.telemetry import Telemetry, event_id
from tests.fakes.objects import MemoryStore
from tools.replaying import sources


class Rows:
    """A warehouse that keeps the ids of rows alone."""

    def __init__(self) -> None:
        self.ids: set[str] = set()

    def append(self, table: str, rows: Sequence[Mapping[str, Any]], ids: Sequence[str]) -> int:
        assert table == "live_features", rows
        self.ids |= set(ids)
        return len(ids)

    def query(self, sql: str, params: object) -> pa.Table:
        """No sample has come of any lap."""
        return pa.table({"lap": pa.array([], pa.int64())})


def told(messages: Sequence[Telemetry], seed: int) -> tuple[LiveRace, Rows]:
    """The race's state after these messages, shuffled within a minute and every third doubled, have been handled by
    three instances of the function, eight messages at a time."""
    rng = random.Random(seed)
    delivered = sorted([*messages, *messages[::3]], key=lambda m: m.sampled_at.timestamp() + rng.uniform(0, 60))
    store, rows = MemoryStore(), Rows()
    instances = [
        LiveHandler(lambda: rows, lambda: store, StateKeeper(lambda: store, spacing=0.0))  # type: ignore[arg-type, return-value]
        for _ in range(3)
    ]

    def handle(numbered: tuple[int, Telemetry]) -> None:
        n, message = numbered
        data = message.model_dump_json(exclude_none=True).encode()
        rng.choice(instances).handle(Envelope(f"m{n}", data, {EVENT_ID: event_id(message)}, "", "", 1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(handle, enumerate(delivered)))
    race = LiveReader(lambda: store).race(messages[0].race_id)
    assert race is not None
    return race, rows


def without_words(state: RaceState) -> RaceState:
    """The state without its warnings, the fuel, which each side has from a rule of its own, and the grid, which lap
    tables do not hold."""
    cars = tuple(replace(car, grid_position=None) for car in state.cars)
    return replace(state, warnings=(), fuel=None, cars=cars)


@pytest.mark.slow
def test_every_question_of_a_race_starts_from_the_state_that_its_laps_say(data_dir: Path) -> None:
    """Bahrain 2023, up to the last lap, after which there is nothing to ask."""
    recording, laps = sources.recorded_with_laps(data_dir, 2023, 1)
    live, rows = told(recording.messages, seed=3)
    laps_told = {event_id(m) for m in recording.messages if m.kind == "timing"}
    assert rows.ids == laps_told, "a row a completed lap, each once"
    bundle = Bundle.load(SHIPPED)
    names = Names(bundle.tables, bundle.manifest)
    questions = 0
    for lap in range(1, int(laps["lap"].max())):
        recorded = state_at(laps[laps["lap"] <= lap], lap)
        for index, car in enumerate(recorded.cars):
            question = {"driver_id": car.driver_id, "race_id": recording.race_id, "lap": lap}
            body, _ = complete(question, live, names.driver)
            ours, ego = situation(RecommendRequest.model_validate(body), bundle)
            theirs, same = situation(RecommendRequest.model_validate(request_body(recorded, index)), bundle)
            assert (ego, without_words(ours)) == (same, without_words(theirs)), f"{car.driver_id} on lap {lap}"
            questions += 1
    assert questions > 800
