"""The text of ``docs/scorecard.md``: first what it means, then goals, tables, and how it was measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.scoring.card.tables import goals
from tools.scoring.card.worth import parts, physics, sentences

ABLATION_FROM = 2022
"""The first season of the ablation: it costs two dozen simulations a question."""
ALONE = "the simulation alone"
"""How a run without strategy search is called in ``settings.how``."""

NOTES = f"""\
## How it was measured

* **Walk-forward.** Every season is forecast with models, and compared with baselines, that know earlier seasons
  alone. A dozen parameters of the simulation (`KNOBS` in `shared/models/fit.py`: spreads, and how much wear to add)
  are the same for all seasons and were chosen by the score of 2022 to 2024, which is in sample for them; 2020 and
  2021 are not.
* **Asked as a client asks.** Each question is the body of `POST /recommend` made from the laps completed so far, with
  the whole field and its last ten laps, answered by the function that serves HTTP. A test alters every later lap and
  finds the question unchanged. One convention of the contract looks ahead: a gap is taken at each car's own line, so
  a car a lap down is listed with the lap it completes after the leader has. No weather forecast and no sets of tires
  are sent.
* **Places** are the order at the flag among the cars still running when asked: laps completed, then time; a car that
  retires ranks by its laps; penalties given after the flag do not count. Lap data decide, cross-checked with the
  official times; where laps at the end are missing (Bahrain 2018, Austria 2020, Italy 2023, Monaco 2024) the official
  classification does. Belgium 2021, which ran behind the safety car, is left out.
* **RPS**: over cars and places the squared difference of the cumulative probabilities of place, divided by places
  less one. **CRPS**: the same in places, undivided. **Spearman**: of expected place. **Winner**, **podium**: share
  named by the highest probabilities. **Calibration**: win, podium and top-ten probabilities pooled in ten equal bins;
  a perfect forecaster's own error is simulated from these very probabilities.
* **Baselines.** Grid order and running order are certain of their places. The table is the share of each finish given
  place and distance in the seasons before, smoothed over neighboring places. Skill is 1 less the ratio of RPS to the
  table's; its interval is from drawing whole races with replacement, the same ones for both.
* **Next stop**: laps over all cars whose next tire stop was made under green or yellow, none declined; *no further
  stop* over the cars that finished. Entries to the pits to retire, drive-through penalties, and changes under a red
  flag are no stops. The stint-length baseline is the median age at such stops in the seasons before, by compound, as
  a share of the distance; climatology is the share of finishers that made none from that distance on.
* **Asked before the stop**: every green-flag stop, 3 and 6 laps before its in-lap, of the simulation with no
  strategy search. Only cars that are about to stop are asked about, which the forecast cannot know; its laps are
  late for it.
* **Rejoin**: at the end of the lap before each real in-lap (from lap 3), the stop prescribed; the place at the line
  after the out-lap, among the cars running. *Under green*: the track was green from that lap to the out-lap. The
  naive place counts who is less than the circuit's usual loss behind; cars in the pit lane lose as much. Stops of
  cars that did not complete the out-lap are left out, which is all that is left out. *Rivals' stops known*: the same
  with the stops, track status and retirements that came given, which no forecast can know.
* **The call**: dry races, cars that finished, asked at 25, 50 and 75% about the car named above. The plan advised,
  the stops that the team made and a rule of thumb (stop at the usual stint, fit the softest that lasts) are driven
  through the replay described next. Regret is what a plan lacks of the best of these and the answer's alternatives,
  in hindsight: the median in seconds, the mean in points. The team's stops answered to the safety cars that came;
  the plan did not.
* **Events** are counted from lap 2, over 1,000 scenarios from the end of lap 1; z is the real number less the
  simulated, in standard errors of the simulation's own spread.
* **Replay**: stops, track status and wetness by lap, and retirements as they were; chance is left in pace, tires,
  passing and the seconds of a stop. Finishers are ranked among themselves. Pace *from earlier seasons and the laps
  so far* is what the product knows; *each car's own over this race* is the median of its clean laps, less tires,
  which is in sample.
* **Taken out** ({ABLATION_FROM} on, 256 scenarios, the simulation alone): a switch over the parameters of each race;
  the same scenarios with and without. Positive is worse for RPS, Brier and laps of error; a negative share within
  two laps is worse.
* **Wet**: any car used a wet-weather tire. **Safety car**: at least one came out, whenever.
"""


def page(found: dict[str, Any], tables: Mapping[str, str], tried: str = "") -> str:
    """The scorecard as Markdown; sections without figures are left out. ``tried``: said below the goals."""
    shown = [_head(found), _section("What it means for a strategist", *sentences(found))]
    shown.append(_section("Goals, and where each stands", goals(found), tried.strip()))
    for title, names, before in SECTIONS:
        there = [tables[name] for name in names if name in tables]
        if there:
            text = before(found) if callable(before) else before
            shown.append(_section(title, text, *there, *PLOTS.get(title, ())))
    if found.get("tires"):
        shown.append(found["tires"].strip())
    return "\n\n".join([*shown, NOTES])


def _section(title: str, *paragraphs: str) -> str:
    return "\n\n".join([f"## {title}", *(text for text in paragraphs if text)])


def _head(found: dict[str, Any]) -> str:
    chosen = found.get("settings", {})
    seasons = chosen.get("seasons", [])
    span = f"{min(seasons)} to {max(seasons)}" if seasons else ""
    direct = chosen.get("how") == ALONE
    command = "python -m tools.backtest --direct --out docs" if direct else "make backtest"
    lines = [
        "# Scorecard",
        f"Written by `{command}`: {found['questions']} questions about {found['races']} races, {span}, "
        f"{chosen.get('n_scenarios', '')} scenarios each.",
    ]
    if direct:
        lines.append(
            "Forecast by the simulation alone: the pit policy decides for every car and no strategy is searched for."
        )
    else:
        who = {"random": "a car of the field drawn anew each time"}.get(
            str(chosen.get("asked_about")), f"the {chosen.get('asked_about', '')} car"
        )
        seconds = found.get("seconds")
        latency = (
            f" An answer took {seconds['p50']} s (P50), {seconds['p99']} s (P99) on a machine that had other work."
            if seconds
            else ""
        )
        lines.append(f"Asked {chosen.get('how', '')}, about {who}.{latency}")
    text = lines[0] + "\n\n" + "\n".join(lines[1:])
    if chosen.get("in_sample"):
        text += "\n\n**In sample:** one bundle answered for all seasons and may know the races."
    return text


SECTIONS: tuple[tuple[str, tuple[str, ...], Any], ...] = (
    ("Places at the flag", ("places",), ""),
    (
        "Gained on the table of past finishes",
        ("gains",),
        "90% intervals from drawing whole races; more is better throughout.",
    ),
    ("Skill over the table, and by kind of race", ("splits",), ""),
    (
        "The next stop",
        ("stops", "chances", "stop_splits"),
        "At every quarter; then by kind of race, asked at 25 and 50%.",
    ),
    ("The next stop, asked a few laps before it", ("approach",), ""),
    ("Rejoin on real stops", ("rejoin",), ""),
    ("The call in the race as it came", ("calls",), ""),
    ("Events, simulated and real", ("rates",), "Mean number a race, simulated / real."),
    ("Physics alone: replay with the events given", ("replay",), physics),
    ("What each part is worth", ("ablation",), parts),
)
PLOTS = {
    "Places at the flag": ("![Reliability of win, podium and points probabilities](scorecard.png)",),
    "The next stop": ("![Reliability of the chances of no further stop and of retiring](scorecard_stops.png)",),
}
