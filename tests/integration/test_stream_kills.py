"""A stream of messages while the function is killed; the ten minutes are ``make soak SOAK=stream``."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.events import Envelope
from shared.live.handler import LiveHandler
from tools.soak.stream import _failures, soak
from tools.streambench import feed
from tools.streambench.instance import Instance


@pytest.mark.slow
def test_a_function_killed_while_messages_stream_loses_and_doubles_nothing(tmp_path: Path) -> None:
    outcome = soak(0.03, tmp_path, rate=100.0)
    assert outcome.failures == ()
    assert outcome.figures["messages published"] == 1800
    assert int(outcome.figures["kills"]) >= 1


def test_a_lost_and_a_doubled_message_would_be_noticed(tmp_path: Path) -> None:
    instance = Instance(tmp_path / "state")
    published = list(feed.mixed(60, 1))
    handler = LiveHandler(lambda: instance.ports.warehouse, lambda: instance.ports.objects)
    for n, message in enumerate(published[:-3]):
        data = message.model_dump_json(exclude_none=True).encode()
        for identity in (f"m{n}", f"m{n}"):
            handler.handle(Envelope(identity, data, {}, "", "", 1))
    instance.ports.warehouse.execute("INSERT INTO live_features SELECT * FROM live_features WHERE message_id = 'm7'")
    instance.ports.warehouse.close()  # type: ignore[attr-defined]
    found = _failures(instance, published)
    assert [line.split()[0] for line in found if "car" in line] == ["1", "3"]
