"""From updates of the timing service's stream to telemetry messages. What the stream told so far is kept as plain
values, so that a follower that stops can be followed by another: the state told after its connection then counts as a
change.

What the stream does not tell is left out: no distance of a car sample, and a lap's tire age counts from the pit exit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from shared.ingest.ergast import seconds
from shared.ingest.live.lines import Update, merged, moment_of
from shared.observability import fields, log
from shared.telemetry import (
    CarSample,
    LapCompleted,
    PitVisit,
    RaceControlMessage,
    Retirement,
    SessionInfo,
    Starter,
    Telemetry,
    TelemetryMessage,
    Timing,
    TrackStatusChange,
    WeatherSample,
)

STATUSES = {"1": "GREEN", "2": "YELLOW", "4": "SC", "5": "RED", "6": "VSC", "7": "VSC"}
COMPOUNDS = {"SOFT", "MEDIUM", "HARD", "INTERMEDIATE", "WET"}
LAP_TIME_WAIT = dt.timedelta(seconds=3)
"""A lap's time comes with its number or soon after; a lap without one is told after this long."""
POSITION_AGE = dt.timedelta(seconds=1)
"""A position older than this says nothing of a car sample."""
CHANNELS = {"rpm": ("0", 0, 25_000), "speed": ("2", 0, 450), "gear": ("3", 0, 9), "throttle": ("4", 0, 110),
            "drs": ("45", 0, 255)}  # fmt: skip
"""Channels of the car data, as FastF1 names them, and what can be a reading."""
KEPT = ("DriverList", "TimingData", "TimingAppData", "LapCount", "SessionInfo", "SessionStatus", "TrackStatus")

M = TypeVar("M", bound=TelemetryMessage)


class Translator:
    """Messages of one race. ``circuit_of``: Ergast's circuit id of an event by its name, the season known."""

    def __init__(
        self,
        race_id: str,
        circuit_of: Callable[[str], str | None],
        timing: Timing = "live",
        kept: Mapping[str, Any] | None = None,
    ) -> None:
        self._race_id = race_id
        self._circuit_of = circuit_of
        self._timing = timing
        kept = kept or {}
        self._topics: dict[str, Any] = dict(kept.get("topics", {}))
        self._cars: dict[str, dict[str, Any]] = {number: dict(car) for number, car in kept.get("cars", {}).items()}
        self._told: dict[str, str] = dict(kept.get("told", {}))
        self._last: dt.datetime | None = moment_of(kept["last"]) if kept.get("last") else None
        self._positions: dict[str, tuple[dt.datetime, dict[str, Any]]] = {}

    def kept(self) -> dict[str, Any]:
        """What another translator needs to go on, as values of JSON."""
        last = self._last.isoformat() if self._last else None
        return {"topics": self._topics, "cars": self._cars, "told": self._told, "last": last}

    @property
    def over(self) -> bool:
        """Whether the stream said that the session is."""
        return self._topics.get("SessionStatus", {}).get("Status") in ("Finalised", "Ends")

    def messages(self, update: Update) -> Iterator[Telemetry]:
        """What an update tells, in order. Parts that cannot be read are logged and passed over."""
        at = update.at or self._heartbeat(update) or self._last
        if update.topic in KEPT and isinstance(update.data, dict):
            self._topics[update.topic] = merged(self._topics.get(update.topic, {}), update.data)
        if at is None or not isinstance(update.data, dict):
            return
        self._last = at if self._last is None else max(self._last, at)
        yield from self._late_laps(at)
        if update.topic == "TimingData" and update.at is None:
            self._join(update.data)
        elif (tell := _TELL.get(update.topic)) is not None:
            yield from tell(self, update.data, at)

    def _join(self, data: Mapping[str, Any]) -> None:
        """Take over the state told after a connection. When the laps in it ended is not known: they are not told."""
        for number, line in data.get("Lines", {}).items():
            if not isinstance(line, dict):
                continue
            laps = _whole(line.get("NumberOfLaps")) or 0
            stint = self._stint(number)
            on_set = (_whole(stint.get("TotalLaps")) or 0) - (_whole(stint.get("StartLaps")) or 0)
            self._cars[number] = {
                "laps": laps,
                "exit_lap": max(0, laps - on_set),
                "stops": _whole(line.get("NumberOfPitStops")) or 0,
                "pit": line.get("InPit") is True,
                "out": line.get("PitOut") is True,
                "retired": line.get("Retired") is True,
            }

    def _heartbeat(self, update: Update) -> dt.datetime | None:
        """The state told after a connection has no time of its own; its heartbeat has."""
        if update.topic != "Heartbeat" or not isinstance(update.data, dict):
            return None
        return moment_of(update.data.get("Utc"))

    def _session(self, _: Any, at: dt.datetime) -> Iterator[Telemetry]:
        """Told when all of it is known, and again when any of it changes."""
        name = self._topics.get("SessionInfo", {}).get("Meeting", {}).get("Name")
        laps = _whole(self._topics.get("LapCount", {}).get("TotalLaps"))
        circuit = self._circuit_of(name) if name else None
        if circuit is None or laps is None or "DriverList" not in self._topics:
            return
        made = self._made(
            SessionInfo, at, circuit_id=circuit, total_laps=laps, name=name, timing=self._timing, starters=self._grid()
        )
        if made is not None and self._new("session", made):
            yield made

    def _grid(self) -> tuple[Starter, ...]:
        lines = self._topics.get("TimingAppData", {}).get("Lines", {})
        starters = []
        for number, driver in self._topics["DriverList"].items():
            if not isinstance(driver, dict) or not driver.get("Tla"):
                continue
            place = _whole(lines.get(number, {}).get("GridPos"))
            starters.append(
                Starter(
                    driver_id=driver["Tla"], team=driver.get("TeamName"), name=driver.get("FullName"),
                    grid_position=place,
                )
            )  # fmt: skip
        return tuple(sorted(starters, key=lambda s: (s.grid_position or 99, s.driver_id)))

    def _timing_data(self, data: Mapping[str, Any], at: dt.datetime) -> Iterator[Telemetry]:
        for number, change in data.get("Lines", {}).items():
            driver = self._driver(number)
            if driver is None or not isinstance(change, dict):
                continue
            car = self._cars.setdefault(number, {"laps": 0, "exit_lap": 0, "stops": 0, "pit": False, "out": False})
            yield from self._pit(number, driver, car, change, at)
            laps = _whole(change.get("NumberOfLaps"))
            if laps is not None and laps > car["laps"]:
                if car.get("waiting"):
                    yield from self._lap(number, driver, car, None)
                car["laps"] = laps
                car["waiting"] = {"lap": laps, "at": at.isoformat(), "pit_in": car["pit"], "pit_out": car["out"]}
                car["out"] = False
            time = change.get("LastLapTime")
            if car.get("waiting") and isinstance(time, dict) and time.get("Value"):
                yield from self._lap(number, driver, car, seconds(time["Value"]))
            if change.get("Retired") is True and not car.get("retired"):
                car["retired"] = True
                if car.get("waiting"):
                    yield from self._lap(number, driver, car, None)
                yield from self._some(Retirement, at, driver_id=driver, lap=car["laps"])

    def _pit(
        self, number: str, driver: str, car: dict[str, Any], change: Mapping[str, Any], at: dt.datetime
    ) -> Iterator[Telemetry]:
        in_pit = change.get("InPit")
        if in_pit is None or in_pit == car["pit"]:
            return
        car["pit"] = in_pit
        if not self._started:
            return
        lap = car["laps"] + 1
        if in_pit:
            car["stops"] += 1
            yield from self._some(PitVisit, at, driver_id=driver, lap=lap, action="in")
            return
        car["out"], car["exit_lap"] = True, car["laps"]
        compound, age = self._tires(number)
        yield from self._some(
            PitVisit, at, driver_id=driver, lap=lap, action="out", tire_compound=compound, tire_age=age
        )

    def _late_laps(self, at: dt.datetime) -> Iterator[Telemetry]:
        for number, car in self._cars.items():
            if car.get("waiting") and at - moment_of(car["waiting"]["at"]) > LAP_TIME_WAIT:
                yield from self._lap(number, self._driver(number) or number, car, None)

    def _lap(self, number: str, driver: str, car: dict[str, Any], time: float | None) -> Iterator[Telemetry]:
        done = car.pop("waiting")
        line = self._topics.get("TimingData", {}).get("Lines", {}).get(number, {})
        compound, age = self._tires(number)
        gap = str(line.get("GapToLeader") or "")
        yield from self._some(
            LapCompleted,
            moment_of(done["at"]),
            driver_id=driver,
            lap=done["lap"],
            lap_time=time,
            position=_whole(line.get("Position")),
            gap_to_leader=seconds(gap[1:]) if gap.startswith("+") else None,
            tire_compound=compound,
            tire_age=None if age is None else age + done["lap"] - car["exit_lap"],
            pit_in=done["pit_in"],
            pit_out=done["pit_out"],
            pit_stops=car["stops"],
            team=self._topics["DriverList"][number].get("TeamName"),
        )

    def _tires(self, number: str) -> tuple[str | None, int | None]:
        """Compound of the set on the car, and how old it was when fitted."""
        stint = self._stint(number)
        compound = stint.get("Compound")
        return (compound if compound in COMPOUNDS else None), _whole(stint.get("StartLaps"))

    def _stint(self, number: str) -> Mapping[str, Any]:
        stints = self._topics.get("TimingAppData", {}).get("Lines", {}).get(number, {}).get("Stints", {})
        stints = dict(enumerate(stints)) if isinstance(stints, list) else stints
        return stints[max(stints, key=int)] if stints else {}

    def _track_status(self, data: Mapping[str, Any], at: dt.datetime) -> Iterator[Telemetry]:
        status = STATUSES.get(str(data.get("Status")))
        if status is not None and self._told.get("status") != status:
            self._told["status"] = status
            yield from self._some(TrackStatusChange, at, status=status)

    def _weather(self, data: Mapping[str, Any], at: dt.datetime) -> Iterator[Telemetry]:
        read = {name: _number(data.get(key)) for name, key in (
            ("air_temp", "AirTemp"), ("track_temp", "TrackTemp"), ("humidity", "Humidity"), ("pressure", "Pressure"),
            ("wind_speed", "WindSpeed"), ("wind_direction", "WindDirection"),
        )}  # fmt: skip
        rain = _number(data.get("Rainfall"))
        yield from self._some(WeatherSample, at, rainfall=None if rain is None else rain > 0, **read)

    def _race_control(self, data: Mapping[str, Any], at: dt.datetime) -> Iterator[Telemetry]:
        told = data.get("Messages", {})
        for entry in told.values() if isinstance(told, dict) else told:
            if not isinstance(entry, dict) or not entry.get("Message"):
                continue
            made = self._made(
                RaceControlMessage,
                moment_of(entry["Utc"]) if entry.get("Utc") else at,
                message=entry["Message"],
                category=entry.get("Category"),
                flag=entry.get("Flag"),
                scope=entry.get("Scope"),
                sector=_whole(entry.get("Sector")),
                driver_id=self._driver(str(entry.get("RacingNumber"))),
                lap=_whole(entry.get("Lap")),
            )
            if made is not None:
                yield made

    def _car_data(self, data: Mapping[str, Any], _: dt.datetime) -> Iterator[Telemetry]:
        for entry in data.get("Entries", []):
            at = moment_of(entry.get("Utc"))
            for number, car in entry.get("Cars", {}).items():
                driver = self._driver(number)
                if driver is None:
                    continue
                channels = car.get("Channels", {})
                read = {name: _within(channels.get(key), low, high) for name, (key, low, high) in CHANNELS.items()}
                brake = _within(channels.get("5"), 0, 104)
                seen, place = self._positions.get(number, (None, {}))
                place = place if seen is not None and abs(at - seen) <= POSITION_AGE else {}
                lap = self._cars[number]["laps"] + 1 if number in self._cars else None
                yield from self._some(
                    CarSample,
                    at,
                    driver_id=driver,
                    lap=lap,
                    brake=None if brake is None else brake > 0,
                    **read,
                    **place,
                )

    def _position(self, data: Mapping[str, Any], _: dt.datetime) -> Iterator[Telemetry]:
        for entry in data.get("Position", []):
            at = moment_of(entry.get("Timestamp"))
            for number, place in entry.get("Entries", {}).items():
                self._positions[number] = (at, {axis.lower(): _number(place.get(axis)) for axis in "XYZ"})
        yield from ()

    @property
    def _started(self) -> bool:
        return self._topics.get("SessionStatus", {}).get("Status") == "Started"

    def _driver(self, number: str) -> str | None:
        driver = self._topics.get("DriverList", {}).get(number)
        return driver.get("Tla") if isinstance(driver, dict) else None

    def _new(self, what: str, message: TelemetryMessage) -> bool:
        text = message.model_dump_json(exclude={"sampled_at"})
        if self._told.get(what) == text:
            return False
        self._told[what] = text
        return True

    def _some(self, kind: type[M], at: dt.datetime, **values: Any) -> Iterator[M]:
        made = self._made(kind, at, **values)
        if made is not None:
            yield made

    def _made(self, kind: type[M], at: dt.datetime, **values: Any) -> M | None:
        try:
            return kind(race_id=self._race_id, sampled_at=at, **values)
        except ValidationError as error:
            log.warning("a part of the stream cannot be told", extra=fields(kind=kind.__name__, reason=str(error)))
            return None


_TELL: dict[str, Callable[[Translator, Any, dt.datetime], Iterator[Telemetry]]] = {
    "SessionInfo": Translator._session,
    "LapCount": Translator._session,
    "DriverList": Translator._session,
    "TimingAppData": Translator._session,
    "TimingData": Translator._timing_data,
    "TrackStatus": Translator._track_status,
    "WeatherData": Translator._weather,
    "RaceControlMessages": Translator._race_control,
    "CarData": Translator._car_data,
    "Position": Translator._position,
}


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _whole(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def _within(value: Any, low: float, high: float) -> float | None:
    """A reading, or None for what is garbled."""
    read = _number(value)
    return read if read is not None and low <= read <= high else None
