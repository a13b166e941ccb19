"""The field of a race that runs, from its documents: the ``RaceState`` that questions start from.

Gaps come from the times at the line, each at the car's own line. A car that has not come round yet is carried forward
from its last lap; one that retired, or is silent for ten minutes while others go on, is left out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from shared.live.documents import CarDocument, RaceDocument
from shared.race import rules
from shared.race.state import CarState, LapRecord, RaceState
from shared.race.vocabulary import Compound, TrackStatus
from shared.telemetry import LapCompleted, Starter

RECENT_LAPS = 10
MAX_GAP = 7_200.0
SILENT_SECONDS = 600.0
"""A car this long overdue while others complete laps is taken to be out; pit stops and damage cost 120 s at most."""


def race_state(race: RaceDocument, cars: Sequence[CarDocument], lap: int | None = None) -> RaceState | None:
    """The state at the end of ``lap``, or (None) now: at the end of the newest lap that any car has completed.

    For a ``lap`` that is named the cars are those that completed it, and the track status is the one at the leader's
    line then. None where the session is not known yet, or nobody has completed the lap. Before the first lap is
    complete the state now is the grid, at lap 0.
    """
    session = race.session
    if session is None:
        return None
    newest = max((max(car.laps) for car in cars if car.laps), default=0)
    if lap is None and newest == 0:
        return _grid(race)
    wanted = newest if lap is None else lap
    lines = {number: _head(cars, number) for number in {wanted, *(max(c.laps) for c in cars if c.laps)}}
    head = lines.get(wanted)
    if head is None:
        return None
    starters = {starter.driver_id: starter for starter in session.starters}
    now = max(entry.sampled_at for car in cars for entry in car.laps.values())
    found: list[tuple[float, CarDocument, list[LapCompleted]]] = []
    for car in cars:
        entries = [entry for number, entry in car.laps.items() if number <= wanted]
        if not entries:
            continue
        last = entries[-1]
        if last.lap == wanted:
            found.append(((last.sampled_at - head).total_seconds(), car, entries))
        elif lap is None and car.retired is None and (now - last.sampled_at).total_seconds() < SILENT_SECONDS:
            behind = (last.sampled_at - (lines[last.lap] or head)).total_seconds()
            found.append((max(behind, (now - head).total_seconds()), car, entries))
    found.sort(key=lambda item: (item[0], item[1].driver_id))
    usual = _usual([entries for _, _, entries in found if entries[-1].lap == wanted])
    season = int(race.race_id[:4])
    return RaceState(
        season=season,
        circuit_id=session.circuit_id,
        lap=wanted,
        total_laps=max(session.total_laps, wanted),
        track_status=status_at(race, None if lap is None else head),
        cars=tuple(
            _car(race, entries, place, gap, wanted, usual, starters.get(car.driver_id))
            for place, (gap, car, entries) in enumerate(found, start=1)
        ),
        min_stops=rules.min_stops(season, session.circuit_id),
        max_stint_laps=rules.max_stint_laps(season, session.circuit_id),
    )


def status_at(race: RaceDocument, at: dt.datetime | None = None) -> TrackStatus:
    """Status of the track at that moment, or the newest; green before the first message."""
    known = [status for since, status in race.track_status if at is None or since <= at]
    return TrackStatus[known[-1]] if known else TrackStatus.GREEN


def _head(cars: Sequence[CarDocument], lap: int) -> dt.datetime | None:
    """When the first car completed the lap."""
    return min((car.laps[lap].sampled_at for car in cars if lap in car.laps), default=None)


def _usual(laps: Sequence[Sequence[LapCompleted]]) -> Compound:
    """The compound that most cars are on, for one whose own was never told."""
    names = [
        next(name for name in (entry.tire_compound for entry in reversed(entries)) if name is not None)
        for entries in laps
        if entries[-1].tire_compound is not None
    ]
    return Compound[max(sorted(set(names)), key=names.count)] if names else Compound.MEDIUM


def _car(
    race: RaceDocument,
    entries: Sequence[LapCompleted],
    place: int,
    gap: float,
    lap: int,
    usual: Compound,
    starter: Starter | None,
) -> CarState:
    last = entries[-1]
    compounds = [Compound[entry.tire_compound] for entry in entries if entry.tire_compound is not None]
    fitted = compounds[-1] if compounds else usual
    carried = 0 if last.pit_in else lap - last.lap
    age = last.tire_age if last.tire_age is not None else _laps_since_stop(entries)
    team = next((entry.team for entry in reversed(entries) if entry.team), starter.team if starter else None)
    return CarState(
        driver_id=last.driver_id,
        team=team,
        position=place,
        gap_to_leader=round(min(gap, MAX_GAP), 3),
        compound=fitted,
        tire_age=age + carried,
        compounds_used=tuple(dict.fromkeys([*compounds, fitted])),
        pit_stops=last.pit_stops if last.pit_stops is not None else sum(entry.pit_in for entry in entries),
        in_pit=last.pit_in,
        time_penalty=last.time_penalty or 0.0,
        recent_laps=tuple(_record(race, entry, before) for entry, before in _with_previous(entries)[-RECENT_LAPS:]),
        grid_position=(starter.grid_position or None) if starter else None,
    )


def _with_previous(entries: Sequence[LapCompleted]) -> list[tuple[LapCompleted, LapCompleted | None]]:
    return list(zip(entries, [None, *entries[:-1]], strict=True))


def _record(race: RaceDocument, entry: LapCompleted, before: LapCompleted | None) -> LapRecord:
    return LapRecord(
        lap=entry.lap,
        lap_time=None if entry.lap_time is None else round(entry.lap_time, 3),
        compound=None if entry.tire_compound is None else Compound[entry.tire_compound],
        tire_age=entry.tire_age,
        track_status=TrackStatus[entry.track_status]
        if entry.track_status is not None
        else _worst(race, None if before is None else before.sampled_at, entry.sampled_at),
        pit_in=entry.pit_in,
        pit_out=entry.pit_out,
    )


def _worst(race: RaceDocument, since: dt.datetime | None, until: dt.datetime) -> TrackStatus:
    """Worst status between two moments, the one that reigned at the first included."""
    start = TrackStatus.GREEN if since is None else status_at(race, since)
    met = [TrackStatus[name] for at, name in race.track_status if (since is None or at > since) and at <= until]
    return max([start, *met])


def _laps_since_stop(entries: Sequence[LapCompleted]) -> int:
    """Age of a set whose age the feed does not give: laps since the last stop."""
    return entries[-1].lap - max((entry.lap for entry in entries[:-1] if entry.pit_in), default=0)


def _grid(race: RaceDocument) -> RaceState | None:
    """The grid before the first lap is complete; None where the starters are not known."""
    session = race.session
    if session is None or not session.starters:
        return None
    order = sorted(session.starters, key=lambda s: (s.grid_position or 99, s.driver_id))
    season = int(race.race_id[:4])
    return RaceState(
        season=season,
        circuit_id=session.circuit_id,
        lap=0,
        total_laps=session.total_laps,
        track_status=status_at(race),
        cars=tuple(
            CarState(
                driver_id=starter.driver_id,
                team=starter.team,
                position=place,
                gap_to_leader=0.0,
                compound=Compound[starter.tire_compound] if starter.tire_compound else Compound.MEDIUM,
                tire_age=starter.tire_age or 0,
                compounds_used=(Compound[starter.tire_compound],) if starter.tire_compound else (),
                grid_position=starter.grid_position or None,
            )
            for place, starter in enumerate(order, start=1)
        ),
        min_stops=rules.min_stops(season, session.circuit_id),
        max_stint_laps=rules.max_stint_laps(season, session.circuit_id),
    )
