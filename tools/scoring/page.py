"""The text of ``docs/scorecard.md`` around its tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

ALONE = "the simulation alone"
"""How a run without strategy search is called in ``settings.how``."""

NOTES = """\
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
* **Wet**: any car used a wet-weather tire. **Safety car**: at least one came out, whenever.
"""


def page(found: dict[str, Any], tables: Sequence[str]) -> str:
    """The scorecard as Markdown."""
    places, stops, splits, goals = tables
    chosen = found.get("settings", {})
    seasons = chosen.get("seasons", [])
    span = f"{min(seasons)} to {max(seasons)}" if seasons else ""
    warning = (
        "\n**In sample:** one bundle answered for all seasons and may know the races.\n"
        if chosen.get("in_sample")
        else ""
    )
    seconds = found.get("seconds")
    latency = (
        f" An answer took {seconds['p50']} s (P50), {seconds['p99']} s (P99); the machine had other work."
        if seconds
        else ""
    )
    direct = chosen.get("how") == ALONE
    command = "python -m tools.backtest --direct --out docs" if direct else "make backtest"
    asked = f"{found['questions']} questions about {found['races']} races, {span}"
    asked += f", {chosen.get('n_scenarios', '')} scenarios each"
    how = (
        "Forecast by the simulation alone: the pit policy decides for every car and no strategy is searched for."
        if direct
        else f"Asked {chosen.get('how', '')}, about the {chosen.get('asked_about', '')}.{latency}"
    )
    return f"""# Scorecard

Written by `{command}`: {asked}.
{how}
{warning}
## Goals, and where each stands

{goals}

## Places at the flag

{places}

![Reliability of win, podium and points probabilities](scorecard.png)

## Skill over the table, and by kind of race

{splits}

## The next stop

{stops}

{NOTES}"""
