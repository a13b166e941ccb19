"""State to advice on whole races: what messages build is what the laps say, every lap and every car."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pytest

from shared.live import documents
from shared.live.documents import CarDocument, RaceDocument
from shared.live.field import race_state
from shared.race.state import RaceState
from shared.scoring.situations import state_at
from shared.telemetry import Telemetry, decode
from tools.replaying import sources
from tools.replaying.recording import Recording


def built(messages: Iterable[Telemetry]) -> tuple[RaceDocument, list[CarDocument]]:
    """Documents after these messages, each through the wire and each document through its bytes at the end."""
    kept: dict[str, documents.Document] = {}
    for message in messages:
        over = decode(message.model_dump_json(exclude_none=True).encode())
        name = documents.object_name(over)
        if name is not None:
            kept[name] = documents.apply(kept.get(name) or documents.read(name, None), over)
    read = [documents.read(name, documents.write(document, document.updated_at)) for name, document in kept.items()]  # type: ignore[arg-type]
    (race,) = [document for document in read if isinstance(document, RaceDocument)]
    return race, [document for document in read if isinstance(document, CarDocument)]


def laps_of(recording: Recording, laps: pd.DataFrame) -> pd.DataFrame:
    return laps[laps["race_id"] == recording.race_id]


def differences(ours: RaceState | None, theirs: RaceState) -> list[str]:
    assert ours is not None
    found = [
        f"{name}: {getattr(ours, name)} is not {getattr(theirs, name)}"
        for name in ("season", "circuit_id", "lap", "total_laps", "track_status", "min_stops", "max_stint_laps")
        if getattr(ours, name) != getattr(theirs, name)
    ]
    if [car.driver_id for car in ours.cars] != [car.driver_id for car in theirs.cars]:
        return [*found, "the cars, or their order"]
    for mine, other in zip(ours.cars, theirs.cars, strict=True):
        found += [
            f"{mine.driver_id}.{name}: {getattr(mine, name)} is not {getattr(other, name)}"
            for name in ("team", "position", "gap_to_leader", "compound", "tire_age", "compounds_used", "pit_stops",
                         "in_pit", "time_penalty", "recent_laps")
            if getattr(mine, name) != getattr(other, name)
        ]  # fmt: skip
    return found


def check_every_lap(recording: Recording, laps: pd.DataFrame, seed: int) -> int:
    """Compare after each lap, the messages so far having come shuffled within a minute and doubled."""
    rng = random.Random(seed)
    # Disorder of up to a minute, and every third message twice.
    delivered = sorted(
        [*recording.messages, *recording.messages[::3]], key=lambda m: m.sampled_at.timestamp() + rng.uniform(0, 60)
    )
    race, cars = built(delivered)
    for lap in range(1, int(laps["lap"].max()) + 1):
        theirs = state_at(laps[laps["lap"] <= lap], lap)
        assert differences(race_state(race, cars, lap), theirs) == [], f"lap {lap}"
    return int(laps["lap"].max())


def test_a_simulated_race_builds_the_state_that_its_laps_say() -> None:
    recording, laps = sources.simulated_with_laps(seed=5)
    assert check_every_lap(recording, laps, seed=1) > 40


@pytest.mark.parametrize(
    ("year", "number"), [(2023, 1), (2022, 10), (2021, 2)], ids=["Bahrain 2023", "Britain 2022", "Imola 2021"]
)
def test_a_recorded_race_builds_the_state_that_its_laps_say(data_dir: Path, year: int, number: int) -> None:
    """A plain race, one with a red flag on lap 1, and a wet one with a red flag at half distance."""
    recording, laps = sources.recorded_with_laps(data_dir, year, number)
    assert check_every_lap(recording, laps, seed=2) > 40


def test_the_state_is_the_same_however_the_messages_come() -> None:
    recording = sources.simulated(seed=2)
    messages = list(recording.messages)
    expected = built(messages)
    for seed in range(3):
        shuffled = messages * 2
        random.Random(seed).shuffle(shuffled)
        race, cars = built(shuffled)
        assert race.model_copy(update={"written_at": None}) == expected[0].model_copy(update={"written_at": None})
        strip = {"written_at": None}
        assert sorted((c.model_copy(update=strip) for c in cars), key=lambda c: c.driver_id) == sorted(
            (c.model_copy(update=strip) for c in expected[1]), key=lambda c: c.driver_id
        )


def test_after_each_message_every_running_car_is_in_the_field_once_in_order_of_gap() -> None:
    recording = sources.simulated(seed=3)
    kept: dict[str, documents.Document] = {}
    seen = 0
    for message in recording.messages:
        name = documents.object_name(message)
        assert name is not None
        kept[name] = documents.apply(kept.get(name) or documents.read(name, None), message)
        races = [d for d in kept.values() if isinstance(d, RaceDocument)]
        cars = [d for d in kept.values() if isinstance(d, CarDocument)]
        state = race_state(races[0], cars) if races else None
        if state is None or state.lap == 0:
            continue
        running = {car.driver_id for car in cars if car.laps and car.retired is None}
        assert {car.driver_id for car in state.cars} >= running - {"?"}
        assert [car.position for car in state.cars] == list(range(1, len(state.cars) + 1))
        gaps = [car.gap_to_leader for car in state.cars]
        assert gaps == sorted(gaps)
        assert gaps[0] == 0.0
        seen += 1
    assert seen > 500
