"""What the demonstration shows: a timing tower, the call for one car, its odds as they move, race control."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from shared.telemetry import SessionInfo

COLORS = {"SOFT": "red", "MEDIUM": "yellow", "HARD": "white", "INTERMEDIATE": "green", "WET": "blue"}
STATUS = {"GREEN": "green", "YELLOW": "yellow", "VSC": "dark_orange", "SC": "dark_orange", "RED": "red"}
BARS = " ▁▂▃▄▅▆▇█"


class Odds(NamedTuple):
    """One car's odds after a lap."""

    lap: int
    win: float
    podium: float
    points: float


def screen(
    session: SessionInfo,
    live: dict[str, Any] | None,
    answer: dict[str, Any] | None,
    driver: str | None,
    odds: Sequence[Odds],
) -> RenderableType:
    """All of it; what has not come yet is left out."""
    if live is None:
        return Text(f"{session.name}: waiting for the first messages")
    parts: list[RenderableType] = [_call(answer, driver), _odds(odds)] if answer is not None else []
    told = [message["message"] for message in live["race_control"][-3:]]
    if told:
        parts.append(Panel("\n".join(told), title="race control", width=62))
    return Group(_head(session, live), Columns([tower(live, driver), Group(*parts)]))


def _head(session: SessionInfo, live: dict[str, Any]) -> Text:
    status = live["track_status"]
    head = Text(f"{session.name}, lap {live['lap']} of {live['total_laps']}  ")
    head.append(f" {status} ", style=f"bold reverse {STATUS[status]}")
    weather = live["weather"]
    if weather is not None and weather["air_temp"] is not None:
        rain = ", rain" if weather["rainfall"] else ""
        head.append(f"  air {weather['air_temp']:.0f} °C, track {weather['track_temp'] or 0:.0f} °C{rain}")
    return head


def tower(live: dict[str, Any], driver: str | None) -> Table:
    """The field in order: gap, tire and its age, stops."""
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for name in ("", "car", "gap", "tire", "age", "stops", "last"):
        table.add_column(name, justify="left" if name in ("car", "tire") else "right")
    in_lane = {car["driver_id"] for car in live["cars"] if car["in_pit_lane"]}
    for car in live["field"]:
        laps = car["recent_laps"]
        last = laps[-1]["lap_time"] if laps else None
        gap = "leader" if car["position"] == 1 else f"+{car['gap_to_leader']:.1f}"
        pit = car["in_pit"] or car["driver_id"] in in_lane
        table.add_row(
            str(car["position"]),
            car["driver_id"],
            "PIT" if pit else gap,
            Text(car["tire_compound"][0], style=COLORS[car["tire_compound"]]),
            str(car["tire_age"]),
            str(car["pit_stops"]),
            f"{last:.3f}" if last else "",
            style="bold reverse" if car["driver_id"] == driver else "",
        )
    return table


def _call(answer: dict[str, Any] | None, driver: str | None) -> Panel:
    assert answer is not None
    strategy = answer["pit_strategy"]
    stops = strategy["stops"]
    call = (
        "Stay out to the end"
        if not stops
        else "Box " + ", then ".join(f"lap {stop['lap']} for {stop['compound'].lower()}s" for stop in stops)
    )
    lines = [Text(call, style="bold")]
    if strategy["window"]:
        lines.append(Text(f"window: laps {strategy['window']['opens']} to {strategy['window']['closes']}"))
    close = ", too close to call" if answer["too_close_to_call"] else ""
    lines.append(Text(f"best plan {strategy['probability_best']:.0%}, confidence {answer['confidence']:.0%}{close}"))
    safety = answer["contingency"]["safety_car_now"]
    lines.append(Text("safety car now: " + (f"box for {safety['compound'].lower()}s" if safety["pit"] else "stay out")))
    lines += [Text(f"- {reason}", style="dim") for reason in answer["explanation"][:2]]
    return Panel(Group(*lines), title=f"{driver}: the call", width=62)


def _odds(odds: Sequence[Odds]) -> Panel:
    lines = [
        Text(f"{name:7}{values[-1]:4.0%}  {spark(values)}")
        for name, values in (
            ("win", [o.win for o in odds]),
            ("podium", [o.podium for o in odds]),
            ("points", [o.points for o in odds]),
        )
    ]
    return Panel(Group(*lines), title=f"odds, laps {odds[0].lap} to {odds[-1].lap}", width=62)


def spark(values: Sequence[float]) -> str:
    """Shares of one as bars."""
    return "".join(BARS[min(len(BARS) - 1, round(value * (len(BARS) - 1)))] for value in values)
