"""A stream of the timing service becomes telemetry messages; FastF1 itself reads the made stream alike."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import fastf1._api
import pytest
from fastf1.livetiming.data import LiveTimingData

from shared.ingest.live.lines import merged, moment_of, read_line
from shared.ingest.live.translate import Translator
from shared.race.calendars import circuit_of_event
from shared.telemetry import Telemetry
from tests.fakes import stream


def _translator(kept: dict[str, Any] | None = None) -> Translator:
    return Translator("2023_01", lambda name: circuit_of_event(name, 2023), "recorded", kept)


def _told(translator: Translator, lines: Iterable[str]) -> list[Telemetry]:
    return [message for line in lines for message in translator.messages(read_line(line))]


def _of(messages: list[Telemetry], kind: str, driver: str | None = None) -> list[Any]:
    return [m for m in messages if m.kind == kind and driver in (None, getattr(m, "driver_id", None))]


@pytest.fixture(scope="module")
def messages() -> list[Telemetry]:
    return _told(_translator(), [*stream.snapshot(), *stream.changes()])


def test_the_race_is_told_once_with_its_grid(messages: list[Telemetry]) -> None:
    (session,) = _of(messages, "session")
    assert (session.circuit_id, session.total_laps, session.name) == ("bahrain", 57, "Bahrain Grand Prix")
    assert [(s.driver_id, s.grid_position, s.team) for s in session.starters] == [
        ("VER", 1, "Team VER"), ("LEC", 2, "Team LEC"), ("RUS", 3, "Team RUS"),
    ]  # fmt: skip


def test_every_lap_is_told_when_it_ended_with_its_time_and_place(messages: list[Telemetry]) -> None:
    laps = _of(messages, "timing")
    assert len(laps) == 2 * stream.LAPS + stream.RETIRES_AFTER
    for i, driver in enumerate(stream.DRIVERS.values()):
        for lap in _of(messages, "timing", driver):
            assert (lap.sampled_at - stream.START).total_seconds() == pytest.approx(
                stream.line_at(i, lap.lap), abs=0.001
            )
            assert lap.lap_time == pytest.approx(stream.lap_time(i, lap.lap), abs=0.0006)
            assert (lap.position, lap.team) == (i + 1, f"Team {driver}")
    assert _of(messages, "timing", "VER")[0].gap_to_leader is None
    assert _of(messages, "timing", "LEC")[0].gap_to_leader == pytest.approx(0.5)


def test_a_stop_is_told_as_it_happens_and_in_the_laps_about_it(messages: list[Telemetry]) -> None:
    entry, leaving = _of(messages, "pit")
    assert (entry.driver_id, entry.action, entry.lap) == ("LEC", "in", stream.STOP_AFTER)
    assert (leaving.action, leaving.lap) == ("out", stream.STOP_AFTER + 1)
    assert (leaving.tire_compound, leaving.tire_age) == ("HARD", 3)
    laps = _of(messages, "timing", "LEC")
    assert [lap.pit_in for lap in laps] == [False, False, True, False, False, False]
    assert [lap.pit_out for lap in laps] == [False, False, False, True, False, False]
    assert [lap.pit_stops for lap in laps] == [0, 0, 1, 1, 1, 1]
    assert [(lap.tire_compound, lap.tire_age) for lap in laps] == [
        ("SOFT", 3), ("SOFT", 4), ("SOFT", 5), ("HARD", 4), ("HARD", 5), ("HARD", 6),
    ]  # fmt: skip


def test_retirement_status_weather_and_race_control_are_told(messages: list[Telemetry]) -> None:
    (retired,) = _of(messages, "retirement")
    assert (retired.driver_id, retired.lap) == ("RUS", stream.RETIRES_AFTER)
    assert [m.status for m in _of(messages, "track_status")] == ["GREEN", "SC", "GREEN"]
    (weather,) = _of(messages, "weather")
    assert (weather.air_temp, weather.rainfall, weather.wind_direction) == (27.4, False, 160)
    (control,) = _of(messages, "race_control")
    assert (control.message, control.lap, control.sampled_at) == (
        "SAFETY CAR DEPLOYED",
        2,
        moment_of(stream.stamp(120)),
    )


def test_car_samples_carry_the_last_position_and_leave_out_what_is_garbled(messages: list[Telemetry]) -> None:
    samples = _of(messages, "car", "VER")
    assert len(samples) == 39
    assert (samples[0].speed, samples[0].gear, samples[0].drs, samples[0].brake) == (281, 7, 12, False)
    assert (samples[0].x, samples[0].y, samples[0].lap) == (10, -5, 1)
    assert samples[4].gear is None
    assert samples[4].sampled_at == moment_of("2023-03-05T15:00:05.0501234Z")


def test_a_translator_goes_on_where_another_stopped() -> None:
    lines = [*stream.snapshot(), *stream.changes()]
    whole = _told(_translator(), lines)
    for cut in range(10, len(lines), 7):
        first = _translator()
        told = _told(first, lines[:cut])
        kept = json.loads(json.dumps(first.kept()))
        told += _told(_translator(kept), lines[cut:])
        positions = {"x", "y", "z"}  # of the second before the cut, which is not kept
        assert [m.model_dump(exclude=positions) for m in told] == [m.model_dump(exclude=positions) for m in whole]


def test_the_state_told_after_a_new_connection_repeats_nothing() -> None:
    lines = [*stream.snapshot(), *stream.changes()]
    first = _translator()
    _told(first, lines[: len(lines) // 2])
    state = first.kept()["topics"]
    again = [str([topic, json.dumps(data), ""]) for topic, data in state.items()]
    assert _told(_translator(json.loads(json.dumps(first.kept()))), again) == []


def test_laps_that_end_without_a_connection_are_not_told_with_a_wrong_time() -> None:
    translator = _translator()
    _told(translator, [*stream.snapshot(), *stream.changes()[:60]])
    state = {"Lines": {"1": {"NumberOfLaps": 5, "NumberOfPitStops": 1, "InPit": False}}}
    assert _told(translator, [str(["TimingData", json.dumps(state), ""])]) == []
    line = str(
        ["TimingData", {"Lines": {"1": {"NumberOfLaps": 6, "LastLapTime": {"Value": "1:35.006"}}}}, stream.stamp(571)]
    )
    (lap,) = _told(translator, [line])
    assert (lap.lap, lap.pit_stops) == (6, 1)


@pytest.mark.parametrize(
    "line",
    ["", "{}", "['TimingData']", "['CarData.z', 'nonsense', '2023-03-05T15:00:00Z']", "['TimingData', '{', '']",
     "['TimingData', {}, 'noon']", "__import__('os')"],
)  # fmt: skip
def test_what_is_no_line_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_line(line)


@pytest.mark.parametrize(
    ("state", "change", "then"),
    [
        ({"a": {"b": 1, "c": 2}}, {"a": {"c": 3}}, {"a": {"b": 1, "c": 3}}),
        ([{"x": 1}], {"0": {"y": 2}, "1": {"x": 5}}, {"0": {"x": 1, "y": 2}, "1": {"x": 5}}),
        ({}, [1], {"0": 1}),
        (1, 2, 2),
    ],
)
def test_changes_are_merged_into_the_state(state: Any, change: Any, then: Any) -> None:
    assert merged(state, change) == then


def test_fastf1_reads_the_made_stream_alike(messages: list[Telemetry], tmp_path: Path) -> None:
    path = tmp_path / "stream.txt"
    path.write_text("".join(f"{line}\n" for line in stream.changes()))
    data = LiveTimingData(str(path))
    cars = fastf1._api.car_data("", livedata=data)
    samples = _of(messages, "car", "VER")
    assert cars["1"]["Speed"].tolist() == [sample.speed for sample in samples]
    assert fastf1._api.position_data("", livedata=data)["1"]["X"].tolist() == [sample.x for sample in samples]
    status = fastf1._api.track_status_data("", livedata=data)
    assert status["Status"] == ["4", "1"]
