"""Messages on the topic telemetry, as a feed sends them."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from shared import telemetry
from shared.errors import EventError

AT = dt.datetime(2023, 3, 5, 15, 10, 0, 250_000, tzinfo=dt.UTC)
EACH = (
    telemetry.SessionInfo(
        race_id="2023_01",
        sampled_at=AT,
        circuit_id="bahrain",
        total_laps=57,
        starters=(telemetry.Starter(driver_id="VER", grid_position=1),),
    ),
    telemetry.CarSample(race_id="2023_01", sampled_at=AT, driver_id="VER", speed=301.0, throttle=104.0, drs=12),
    telemetry.LapCompleted(race_id="2023_01", sampled_at=AT, driver_id="VER", lap=3, lap_time=98.1, tire_age=3),
    telemetry.PitVisit(race_id="2023_01", sampled_at=AT, driver_id="VER", lap=14, action="in"),
    telemetry.Retirement(race_id="2023_01", sampled_at=AT, driver_id="LEC", lap=38),
    telemetry.TrackStatusChange(race_id="2023_01", sampled_at=AT, status="VSC"),
    telemetry.WeatherSample(race_id="2023_01", sampled_at=AT, air_temp=27.1, rainfall=False),
    telemetry.RaceControlMessage(race_id="2023_01", sampled_at=AT, message="GREEN LIGHT - PIT EXIT OPEN"),
)


@pytest.mark.parametrize("message", EACH, ids=lambda message: message.kind)
def test_every_kind_survives_the_wire(message: telemetry.Telemetry) -> None:
    assert telemetry.decode(message.model_dump_json(exclude_none=True).encode()) == message
    assert message.TOPIC == "telemetry"


def test_a_newer_sender_may_add_fields() -> None:
    body = json.loads(EACH[1].model_dump_json(exclude_none=True)) | {"ers": 4.0}
    assert telemetry.decode(json.dumps(body).encode()) == EACH[1]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"version": 2}, "version"),
        ({"kind": "tweet"}, "kind"),
        ({"race_id": "bahrain"}, "race_id"),
        ({"speed": -1}, "speed"),
        ({"driver_id": "../x"}, "driver_id"),
        ({"sampled_at": "2023-03-05T15:10:00"}, "sampled_at"),
    ],
)
def test_what_cannot_be_read_is_named(change: dict[str, Any], named: str) -> None:
    body = json.loads(EACH[1].model_dump_json(exclude_none=True)) | change
    with pytest.raises(EventError, match=named):
        telemetry.decode(json.dumps(body).encode())
