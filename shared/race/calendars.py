"""Which circuit an event is held at, and the calendars of seasons that the stored Ergast tables may not cover yet.

Lap files name the event ("São Paulo Grand Prix"), Ergast names the circuit; a lap file may come before Ergast's rows.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from typing import NamedTuple


class Event(NamedTuple):
    """A race of a calendar: the event's name as the timing service writes it, circuit and date (of the race)."""

    season: int
    round: int
    name: str
    circuit_id: str
    date: dt.date


# What the timing service calls an event, where it was always held at one circuit in the years that lap data cover
# (Ergast races 2018 to 2024); the calendars below come first.
_CIRCUIT_OF_EVENT = {
    "70th anniversary": "silverstone",
    "abu dhabi": "yas_marina",
    "australian": "albert_park",
    "austrian": "red_bull_ring",
    "azerbaijan": "baku",
    "bahrain": "bahrain",
    "barcelona-catalunya": "catalunya",
    "belgian": "spa",
    "brazilian": "interlagos",
    "british": "silverstone",
    "canadian": "villeneuve",
    "chinese": "shanghai",
    "dutch": "zandvoort",
    "eifel": "nurburgring",
    "emilia romagna": "imola",
    "french": "ricard",
    "german": "hockenheimring",
    "hungarian": "hungaroring",
    "italian": "monza",
    "japanese": "suzuka",
    "las vegas": "vegas",
    "mexican": "rodriguez",
    "mexico city": "rodriguez",
    "miami": "miami",
    "monaco": "monaco",
    "portuguese": "portimao",
    "qatar": "losail",
    "russian": "sochi",
    "sakhir": "bahrain",
    "saudi arabian": "jeddah",
    "singapore": "marina_bay",
    "spanish": "catalunya",
    "styrian": "red_bull_ring",
    "sao paulo": "interlagos",
    "turkish": "istanbul",
    "tuscan": "mugello",
    "united states": "americas",
}

# Seasons whose calendar the stored Ergast tables may lack: (event's name without "Grand Prix", race day).
# Source: FIA Formula One World Championship calendars for 2025 and 2026.
_CALENDARS = {
    2025: """Australian 03-16, Chinese 03-23, Japanese 04-06, Bahrain 04-13, Saudi Arabian 04-20, Miami 05-04,
        Emilia Romagna 05-18, Monaco 05-25, Spanish 06-01, Canadian 06-15, Austrian 06-29, British 07-06, Belgian 07-27,
        Hungarian 08-03, Dutch 08-31, Italian 09-07, Azerbaijan 09-21, Singapore 10-05, United States 10-19,
        Mexico City 10-26, São Paulo 11-09, Las Vegas 11-22, Qatar 11-30, Abu Dhabi 12-07""",
    2026: """Australian 03-08, Chinese 03-15, Japanese 03-29, Bahrain 04-12, Saudi Arabian 04-19, Miami 05-03,
        Canadian 05-24, Monaco 06-07, Barcelona-Catalunya 06-14, Austrian 06-28, British 07-05, Belgian 07-19,
        Hungarian 07-26, Dutch 08-23, Italian 09-06, Spanish 09-13, Azerbaijan 09-26, Singapore 10-11,
        United States 10-25, Mexico City 11-01, São Paulo 11-08, Las Vegas 11-21, Qatar 11-29, Abu Dhabi 12-06""",
}
_MOVED = {(2026, "spanish"): "madring"}


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return plain.lower().replace("grand prix", "").strip()


def circuit_of_event(name: str, season: int) -> str | None:
    """Ergast circuit id of an event by its name ("São Paulo Grand Prix"); None for one never heard of."""
    key = _fold(name)
    return _MOVED.get((season, key)) or _CIRCUIT_OF_EVENT.get(key)


def _calendar(season: int, text: str) -> tuple[Event, ...]:
    events = []
    for number, entry in enumerate(text.split(","), start=1):
        name, day = entry.strip().rsplit(" ", 1)
        month, day_of_month = (int(part) for part in day.split("-"))
        circuit_id = circuit_of_event(name, season)
        if circuit_id is None:
            raise ValueError(f"calendar {season}: no circuit known for {name!r}")
        events.append(Event(season, number, f"{name} Grand Prix", circuit_id, dt.date(season, month, day_of_month)))
    return tuple(events)


CALENDARS: dict[int, tuple[Event, ...]] = {season: _calendar(season, text) for season, text in _CALENDARS.items()}


def event_of(season: int, number: int, name: str | None = None) -> Event | None:
    """The event of a calendar known here: by name where one is given (rounds move when a race is cancelled), else by
    round; None where neither is known."""
    events = CALENDARS.get(season, ())
    if name is not None:
        key = _fold(name)
        return next((event for event in events if _fold(event.name) == key), None)
    return next((event for event in events if event.round == number), None)
