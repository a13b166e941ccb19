"""Which messages a subscription wants."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from shared import events
from shared.adapters.embedded.event_bus import SqliteBus
from shared.adapters.subscriptions import Subscription
from shared.telemetry import CarSample, LapCompleted

NOW = dt.datetime(2023, 3, 5, 15, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("words", "attributes", "wanted"),
    [
        ("", {}, True),
        ('attributes.kind = "car"', {"kind": "car"}, True),
        ('attributes.kind = "car"', {"kind": "pit"}, False),
        ('attributes.kind = "car"', {}, False),
        ('NOT attributes.kind = "car"', {"kind": "car"}, False),
        ('NOT attributes.kind = "car"', {"kind": "pit"}, True),
        ('NOT attributes.kind = "car"', {}, True),
    ],
)
def test_a_filter_takes_what_pubsub_takes(words: str, attributes: dict[str, str], wanted: bool) -> None:
    assert Subscription("s", "t", "/s", filter=words).wants(attributes) is wanted


def test_a_filter_that_is_not_understood_is_told() -> None:
    with pytest.raises(ValueError, match="not understood"):
        Subscription("s", "t", "/s", filter='hasPrefix(attributes.kind, "c")').wants({})


def test_every_telemetry_message_goes_one_way_and_samples_their_own(tmp_path: Path) -> None:
    bus = SqliteBus(tmp_path / "queue.sqlite")
    events.publish(bus, CarSample(race_id="2023_01", driver_id="VER", sampled_at=NOW))
    events.publish(bus, LapCompleted(race_id="2023_01", driver_id="VER", sampled_at=NOW, lap=1))
    bus.publish("telemetry", b"of no kind")
    assert bus.waiting() == {"stream-samples": 1, "stream-features": 2}
