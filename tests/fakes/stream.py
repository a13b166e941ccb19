"""A made stream of a short race in the form in which FastF1's live timing client records the timing service's."""

from __future__ import annotations

import base64
import datetime as dt
import json
import zlib
from typing import Any

START = dt.datetime(2023, 3, 5, 15, 0, tzinfo=dt.UTC)
DRIVERS = {"1": "VER", "16": "LEC", "63": "RUS"}
LAPS = 6
STOP_AFTER = 3
"""LEC stops at the end of this lap."""
RETIRES_AFTER = 4
"""RUS does not complete the lap after."""


def compressed(data: Any) -> str:
    """As the feed sends car data and positions."""
    press = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return base64.b64encode(press.compress(json.dumps(data).encode()) + press.flush()).decode()


def stamp(seconds: float) -> str:
    """A time of the feed, ``seconds`` after the start."""
    return f"{START + dt.timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"


def lap_time(i: int, lap: int) -> float:
    """Car i's time of a lap, s: 20 s more on LEC's out-lap."""
    return 95.0 + 0.5 * i + 0.001 * lap + (20.0 if i == 1 and lap == STOP_AFTER + 1 else 0.0)


def line_at(i: int, lap: int) -> float:
    """When car i completes a lap, s after the start."""
    return sum(lap_time(i, n) for n in range(1, lap + 1))


def text(seconds: float) -> str:
    """ "1:35.001" """
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}:{rest:06.3f}"


def stint(compound: str, age: int) -> dict[str, Any]:
    """A set of tires that is fitted, ``age`` laps old."""
    return {"Compound": compound, "New": str(not age).lower(), "TotalLaps": age, "StartLaps": age}


def snapshot() -> list[str]:
    """The lines that tell the state after a connection, before the start."""
    told: dict[str, Any] = {
        "Heartbeat": {"Utc": stamp(-60)},
        "DriverList": {n: {"Tla": t, "TeamName": f"Team {t}", "FullName": t.title()} for n, t in DRIVERS.items()},
        "SessionInfo": {"Meeting": {"Name": "Bahrain Grand Prix"}, "Type": "Race"},
        "SessionStatus": {"Status": "Inactive"},
        "TrackStatus": {"Status": "1", "Message": "AllClear"},
        "TimingAppData": {"Lines": {
            n: {"GridPos": str(i + 1), "Stints": [stint("SOFT", 2 * i)]} for i, n in enumerate(DRIVERS)
        }},
        "TimingData": {"Lines": {n: {"InPit": False, "PitOut": False} for n in DRIVERS}},
        "LapCount": {"CurrentLap": 1, "TotalLaps": 57},
    }  # fmt: skip
    return [str([topic, json.dumps(data), ""]) for topic, data in told.items()]


def changes() -> list[str]:
    """The lines of the race, in order of time."""
    found: list[tuple[float, str, Any]] = [
        (-0.001, "SessionData", {"StatusSeries": {"0": {"Utc": stamp(0), "SessionStatus": "Started"}}}),
        (0.0, "SessionStatus", {"Status": "Started"}),
        (30.0, "WeatherData", {"AirTemp": "27.4", "TrackTemp": "31.0", "Humidity": "22.0", "Pressure": "1016.8",
                               "Rainfall": "0", "WindDirection": "160", "WindSpeed": "0.8"}),
        (120.0, "TrackStatus", {"Status": "4", "Message": "SCDeployed"}),
        (121.0, "RaceControlMessages", {"Messages": {"7": {
            "Utc": stamp(120.5)[:-5], "Lap": 2, "Category": "SafetyCar", "Status": "DEPLOYED",
            "Message": "SAFETY CAR DEPLOYED",
        }}}),
        (230.0, "TrackStatus", {"Status": "1", "Message": "AllClear"}),
    ]  # fmt: skip
    for i, number in enumerate(DRIVERS):
        last = RETIRES_AFTER if number == "63" else LAPS
        for lap in range(1, last + 1):
            line = {
                "NumberOfLaps": lap,
                "Position": str(i + 1),
                "GapToLeader": f"+{line_at(i, lap) - line_at(0, lap):.3f}",
            }
            if i == 0:
                line["GapToLeader"] = f"LAP {lap}"
            time = {"LastLapTime": {"Value": text(lap_time(i, lap))}}
            at = line_at(i, lap)
            if lap % 2:  # the time comes with the number, or a moment later
                found.append((at, "TimingData", {"Lines": {number: line | time}}))
            else:
                found.append((at, "TimingData", {"Lines": {number: line}}))
                found.append((at + 0.4, "TimingData", {"Lines": {number: time}}))
        if number == "63":
            found.append((line_at(i, last) + 40, "TimingData", {"Lines": {number: {"Retired": True}}}))
    stop = line_at(1, STOP_AFTER)
    found += [
        (stop - 4, "TimingData", {"Lines": {"16": {"InPit": True}}}),
        (stop + 17, "TimingAppData", {"Lines": {"16": {"Stints": {"1": stint("HARD", 3)}}}}),
        (stop + 18, "TimingData", {"Lines": {"16": {"InPit": False, "PitOut": True}}}),
    ]  # fmt: skip
    for second in range(1, 40):
        position = {"Timestamp": stamp(second), "Entries": {n: {"X": 10 * second, "Y": -5, "Z": 1} for n in DRIVERS}}
        found.append((second + 0.1, "Position.z", compressed({"Position": [position]})))
        channels = {"0": 10_500, "2": 280 + second % 5, "3": 128 if second == 5 else 7, "4": 100, "5": 0, "45": 12}
        cars = {n: {"Channels": channels} for n in DRIVERS}
        entry = {"Utc": stamp(second + 0.05)[:-1] + "1234Z", "Cars": cars}
        found.append((second + 0.2, "CarData.z", compressed({"Entries": [entry]})))
    end = line_at(1, LAPS) + 30
    found.append((end, "SessionStatus", {"Status": "Finalised"}))
    return [str([topic, data, stamp(at)]) for at, topic, data in sorted(found, key=lambda each: each[0])]
