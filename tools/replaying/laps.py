"""Messages from a race's laps: what a timing screen showed, as far as the laps tell.

Times at the line are the recorded ones. Reconstructed, and said so in the session's note: the clock time of the start
(the scheduled one), the moments within a lap at which the track status changed, pit entries (taken at the line), and
when a car retired (one lap after its last).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pandas as pd

from shared.race.vocabulary import track_status_of_digits
from shared.telemetry import (
    LapCompleted,
    PitVisit,
    RaceControlMessage,
    Retirement,
    SessionInfo,
    Starter,
    Telemetry,
    Timing,
    TrackStatusChange,
    WeatherSample,
)
from tools.replaying.recording import Recording, in_order

LEAD_SECONDS = 60.0
"""The session's message comes this long before lights out."""
NOTE = (
    "recorded: laps, times at the line, compounds, weather and race control where at hand. Reconstructed: the start's"
    " clock time (as scheduled), when within a lap the track status changed, pit entries (at the line), retirements"
    " (a lap after the last one)"
)


def from_laps(
    laps: pd.DataFrame,
    start: dt.datetime,
    name: str,
    timing: Timing = "recorded",
    note: str = NOTE,
    weather: pd.DataFrame | None = None,
    control: pd.DataFrame | None = None,
) -> Recording:
    """Messages of one race from its completed laps with the columns of ``clean_laps``.

    ``weather``: rows of ``raw_weather`` with ``elapsed`` s since lights out; ``control``: rows of ``raw_race_control``
    with ``at`` and ``driver_id``.
    """
    laps = laps.sort_values(["lap", "elapsed"], ignore_index=True)
    race_id = str(laps["race_id"].iloc[0])

    def at(seconds: float) -> dt.datetime:
        return start + dt.timedelta(seconds=float(seconds))

    starters = laps.sort_values(["grid", "position"]).drop_duplicates("driver_id")
    session = SessionInfo(
        race_id=race_id,
        sampled_at=at(-LEAD_SECONDS),
        circuit_id=str(laps["circuit_id"].iloc[0]),
        total_laps=int(laps["total_laps"].iloc[0]),
        name=name,
        timing=timing,
        note=note,
        starters=tuple(_starter(row) for row in _records(starters)),
    )
    messages: list[Telemetry] = [session]
    finish = float(laps.loc[laps["lap"] == laps["lap"].max(), "elapsed"].min())
    for _, own in laps.groupby("driver_id", sort=True):
        rows = list(_records(own))
        messages += (_lap(race_id, row, at(row["elapsed"])) for row in rows)
        messages += _visits(race_id, rows, at)
        last = rows[-1]
        if last["elapsed"] < finish:
            usual = float(own["lap_time"].median()) if own["lap_time"].notna().any() else 90.0
            gone = at(last["elapsed"] + usual)
            messages.append(
                Retirement(race_id=race_id, sampled_at=gone, driver_id=last["driver_id"], lap=int(last["lap"]))
            )
    messages += _status_changes(race_id, laps, at)
    messages += _weather(race_id, weather, at)
    messages += _control(race_id, control)
    return Recording(session, start, in_order(messages))


def _records(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Rows as dictionaries with None for what is missing."""
    for row in frame.to_dict("records"):
        yield {str(key): None if pd.isna(value) else value for key, value in row.items()}


def _starter(row: dict[str, Any]) -> Starter:
    age = row["tire_age"]
    return Starter(
        driver_id=row["driver_id"],
        team=row["team"],
        grid_position=None if row["grid"] is None else int(row["grid"]),
        tire_compound=row["compound"],
        tire_age=None if age is None else max(0, int(age) - int(row["lap"])),
    )


def _lap(race_id: str, row: dict[str, Any], at: dt.datetime) -> LapCompleted:
    return LapCompleted(
        race_id=race_id,
        sampled_at=at,
        driver_id=row["driver_id"],
        lap=int(row["lap"]),
        lap_time=row["lap_time"] if row["lap_time"] and row["lap_time"] > 0 else None,
        position=int(row["position"]) if row["position"] else None,
        gap_to_leader=row["gap_to_leader"],
        tire_compound=row["compound"],
        tire_age=int(row["tire_age"]) if row["tire_age"] is not None and row["tire_age"] >= 0 else None,
        pit_in=bool(row["pit_in"]),
        pit_out=bool(row["pit_out"]),
        pit_stops=None if row["pit_stops"] is None else int(row["pit_stops"]),
        track_status=None if row["status_digits"] is None else track_status_of_digits(row["status_digits"]).name,
        team=row["team"],
    )


def _visits(race_id: str, rows: list[dict[str, Any]], at: Any) -> Iterator[PitVisit]:
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        if not row["pit_in"]:
            continue
        who = {"race_id": race_id, "driver_id": row["driver_id"]}
        yield PitVisit(**who, sampled_at=at(row["elapsed"]), lap=int(row["lap"]), action="in")
        if following is not None and row["pit_lane_time"] is not None:
            age = following["tire_age"]
            yield PitVisit(
                **who,
                sampled_at=at(row["elapsed"] + row["pit_lane_time"]),
                lap=int(row["lap"]) + 1,
                action="out",
                tire_compound=following["compound"],
                tire_age=None if age is None or age < 1 else int(age) - 1,
            )


def _status_changes(race_id: str, laps: pd.DataFrame, at: Any) -> Iterator[TrackStatusChange]:
    """Changes spread over the leader's lap in the order of its digits; the last one stands at the line."""
    since, known = 0.0, "GREEN"
    for row in _records(laps.drop_duplicates("lap")):
        digits = row["status_digits"] or "1"
        for i, digit in enumerate(digits):
            status = track_status_of_digits(digit).name
            if status != known:
                moment = since + 0.001 + (row["elapsed"] - since - 0.001) * i / len(digits)
                yield TrackStatusChange(race_id=race_id, sampled_at=at(moment), status=status)
                known = status
        since = row["elapsed"]


def _weather(race_id: str, rows: pd.DataFrame | None, at: Any) -> Iterator[WeatherSample]:
    names = ("air_temp", "track_temp", "humidity", "pressure", "rainfall", "wind_speed", "wind_direction")
    for row in _records(rows) if rows is not None else ():
        yield WeatherSample(race_id=race_id, sampled_at=at(row["elapsed"]), **{name: row.get(name) for name in names})


def _control(race_id: str, rows: pd.DataFrame | None) -> Iterator[RaceControlMessage]:
    for row in _records(rows) if rows is not None else ():
        if row["message"]:
            yield RaceControlMessage(
                race_id=race_id,
                sampled_at=row["at"].to_pydatetime(),
                message=row["message"],
                category=row["category"],
                flag=row["flag"],
                scope=row["scope"],
                sector=None if row["sector"] is None else int(row["sector"]),
                driver_id=row.get("driver_id"),
                lap=None if row["lap"] is None else int(row["lap"]),
            )
