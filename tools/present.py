"""A recommendation in the terminal, readable at a glance: the call first, then what it rests on.

``render(answer, request)`` takes the two JSON bodies as dictionaries, as a client has them; rich prints the result.
``python -m tools.present REQUEST.json ANSWER.json`` shows two files.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

COLORS = {"SOFT": "red", "MEDIUM": "yellow", "HARD": "white", "INTERMEDIATE": "green", "WET": "blue"}
UNITS = {"points": "points", "win": "chance to win", "podium": "chance of a podium", "position": "places"}

Json = Mapping[str, Any]


def render(answer: Json, request: Json) -> RenderableType:
    """The recommendation as something rich can print."""
    parts: list[RenderableType] = [
        Panel(_headline(answer, request), title=_situation(request), title_align="left", border_style="bold"),
        _odds(answer, request),
        _indented(Text("\n".join(f"- {sentence}" for sentence in answer["explanation"]))),
        _alternatives(answer, request),
        _contingencies(answer),
    ]
    if answer["threats"]:
        parts.append(_threats(answer))
    parts.append(_field(answer, request))
    if answer["warnings"]:
        parts.append(_indented(Text("\n".join(f"! {warning}" for warning in answer["warnings"]), style="yellow")))
    parts.append(
        Text(
            f"{answer['n_scenarios']:,} scenarios, seed {answer['seed']}, model {answer['model_version']},"
            f" {answer['latency_ms']:.0f} ms",
            style="dim",
        )
    )
    return Group(*parts)


def call(answer: Json) -> str:
    """The call in words: "Box lap 18 for hards", "Stay out to the end"."""
    strategy = answer["pit_strategy"]
    if strategy["recommended_lap"] is None:
        return "Stay out to the end"
    return f"Box lap {strategy['recommended_lap']} for {strategy['compound'].lower()}s"


def _situation(request: Json) -> str:
    season = f" {request['season']}" if request.get("season") else ""
    of = f" of {request['total_laps']}" if request.get("total_laps") else ""
    circuit = str(request.get("circuit_id", "")).replace("_", " ").title()
    status = request.get("track_status", "GREEN")
    status = "" if status == "GREEN" else f", {status}"
    return f"{request.get('driver_id', '')}, {circuit}{season}, lap {request.get('lap', '?')}{of}{status}"


def _headline(answer: Json, request: Json) -> Text:
    strategy = answer["pit_strategy"]
    text = Text(call(answer), style="bold")
    if strategy["compound"]:
        text.stylize(COLORS[strategy["compound"]], len(text) - len(strategy["compound"]) - 1)
    later = strategy["stops"][1:]
    if later:
        text.append(", then " + ", ".join(f"lap {s['lap']} for {s['compound'].lower()}s" for s in later))
    if strategy["window"]:
        text.append(f"\nPit window: laps {strategy['window']['opens']} to {strategy['window']['closes']}")
    if answer["too_close_to_call"]:
        first = answer["alternatives"][0]
        text.append(f"\nToo close to call against: {stops(first['stops'])}", style="yellow")
    return text


def _odds(answer: Json, request: Json) -> Text:
    strategy = answer["pit_strategy"]
    mine = next((row for row in answer["forecast"] if row["driver_id"] == request.get("driver_id")), None)
    odds = [f"win {_percent(strategy['win_probability'])}"]
    if mine is not None:
        odds += [f"podium {_percent(mine['podium_probability'])}", f"points {_percent(mine['points_probability'])}"]
        odds += [f"expected place {mine['expected_position']:.1f}", f"retires {_percent(mine['dnf_probability'])}"]
    sure = [f"P(best plan) {_percent(strategy['probability_best'])}", f"confidence {_percent(answer['confidence'])}"]
    drive = [f"mode {answer['driving_mode']}"]
    if answer["brake_bias"] is not None:
        drive.append(f"brake bias {answer['brake_bias']:.1f}%")
    lines = [odds, sure + drive]
    if strategy["rejoin"]:
        lines.append([_rejoin(strategy["rejoin"])])
    return Text("\n".join("  " + "   ".join(line) for line in lines) + "\n", style="cyan")


def _rejoin(rejoin: Json) -> str:
    spread = f" ({rejoin['position_p10']}-{rejoin['position_p90']})"
    traffic = f" among {', '.join(rejoin['traffic'])}" if rejoin["traffic"] else ""
    return f"rejoins in place {rejoin['position']}{spread}{traffic}"


def _alternatives(answer: Json, request: Json) -> RenderableType:
    if not answer["alternatives"]:
        return Text("  No other plan is legal.", style="dim")
    unit = UNITS[request.get("objective") or "points"]
    numbers = ("difference", "interval", "P(best)", "time", "place")
    title = f"Alternatives (difference in {unit} from the call, 90% interval)"
    table = _table(title, "plan", *numbers, right=numbers)
    for a in answer["alternatives"]:
        gap = a["difference"]
        time = "" if a["time_delta"] is None else f"{a['time_delta']:+.1f} s"
        digits = 2 if max(abs(gap["low"]), abs(gap["high"])) >= 0.01 else 3
        table.add_row(
            stops(a["stops"]),
            f"{gap['value']:+.{digits}f}",
            f"{gap['low']:+.{digits}f} to {gap['high']:+.{digits}f}",
            _percent(a["probability_best"]),
            time,
            f"{a['expected_position']:.1f}",
        )
    return table


def _contingencies(answer: Json) -> RenderableType:
    now = answer["contingency"]
    table = _table("If it happens, and the points gained", "on", "safety car", "VSC", "rain")
    rain = _reaction(now["rain_now"])
    entries = answer["contingency_by_lap"]
    if not entries:
        table.add_row("now", _reaction(now["safety_car_now"]), _reaction(now["vsc_now"]), rain)
    for i, entry in enumerate(entries):
        table.add_row(
            f"lap {entry['lap']}", _reaction(entry["safety_car"]), _reaction(entry["vsc"]), rain if i == 0 else ""
        )
    return table


def _reaction(reaction: Json) -> Text:
    if not reaction["pit"]:
        return Text("stay out", style="dim")
    compound = str(reaction["compound"])
    return Text(f"box, {compound.lower()}s {reaction['gain_points']:+.1f}", style=COLORS[compound])


def _threats(answer: Json) -> Table:
    table = _table("Threats", "car", "how", "probability", "costs", "answer")
    for t in answer["threats"]:
        table.add_row(
            t["driver_id"], t["kind"], _percent(t["probability"]), f"{t['loss_points']:.1f} points", t["answer"]
        )
    return table


def _field(answer: Json, request: Json, n: int = 6) -> Table:
    """The cars expected in front, and the one asked about."""
    rows = sorted(answer["forecast"], key=lambda row: row["expected_position"])
    shown = rows[:n] + [row for row in rows[n:] if row["driver_id"] == request.get("driver_id")]
    numbers = ("place", "win", "podium", "points")
    table = _table("Forecast", "car", *numbers, "next stop", right=numbers)
    for row in shown:
        style = "bold" if row["driver_id"] == request.get("driver_id") else None
        table.add_row(
            row["driver_id"],
            f"{row['expected_position']:.1f}",
            _percent(row["win_probability"]),
            _percent(row["podium_probability"]),
            _percent(row["points_probability"]),
            _next_stop(row["next_stop"]),
            style=style,
        )
    return table


def _next_stop(stop: Json) -> str:
    if stop["lap_median"] is None or stop["none_probability"] > 0.5:
        return f"none ({_percent(stop['none_probability'])})"
    laps = f"lap {stop['lap_median']}"
    if stop["lap_p10"] != stop["lap_p90"]:
        laps += f" ({stop['lap_p10']}-{stop['lap_p90']})"
    return f"{laps} for {stop['compound'].lower()}s"


def stops(plan: Sequence[Json]) -> str:
    """ "lap 18 hards, 38 mediums"; "stay out"."""
    if not plan:
        return "stay out"
    return "lap " + ", ".join(f"{stop['lap']} {stop['compound'].lower()}s" for stop in plan)


def _percent(share: float) -> str:
    """Whole percent; what is neither impossible nor certain does not look so."""
    if 0.0 < share < 0.01:
        return "<1%"
    if 0.99 < share < 1.0:
        return ">99%"
    return f"{100 * share:.0f}%"


def _indented(what: RenderableType) -> Padding:
    return Padding(what, (0, 0, 0, 2))


def _table(title: str, *columns: str, right: Sequence[str] = ()) -> Table:
    table = Table(title=f"\n{title}", title_justify="left", title_style="bold", box=None, header_style="dim")
    for name in columns:
        table.add_column(name, justify="right" if name in right else "left", no_wrap=name not in ("plan", "answer"))
    return table


def main(arguments: Sequence[str]) -> int:
    """Shows a request and its answer from two files."""
    if len(arguments) != 2:
        sys.stderr.write("usage: python -m tools.present REQUEST.json ANSWER.json\n")
        return 2
    request, answer = (json.loads(Path(name).read_text(encoding="utf-8")) for name in arguments)
    Console().print(render(answer, request))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
