"""Which comparison of a new bundle with the one that serves can be made without a leak, and what it says.

A race may speak for or against a side only if neither side was fitted on it. So:

* **recipe** - the knobs differ and the code is the same: both recipes are fitted again in every fold, on the races
  before it, and asked about its races.
* **after** - the code that fits differs: the old code is not here to fit again, so the champion stands as it is and is
  asked about races after its data, and the new recipe is fitted again on data that end where the champion's do.
* **data** - the same recipe on more data: there is nothing to compare without a leak, since fitted on the champion's
  data it is the champion. The champion is asked about the races after its data, which shows what the recipe is worth
  on races it has not seen; the challenger, which has seen them, must not be worse on them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from shared.features.frames import Frames
from shared.features.telemetry.race import TelemetryFrames
from shared.models.bundle import Bundle
from shared.models.evidence.guards import LEAST_RACES, Guard, compare, reasons
from shared.models.evidence.questions import FRACTIONS, Scored, joined, score
from shared.models.evidence.recipe import recipe
from shared.models.recorded import RecordedRace, recorded_races
from shared.models.training import train_bundle
from shared.scoring.alone import Answer, simulation_alone
from shared.scoring.situations import Situation, situations

Kind = Literal["recipe", "after", "data", "none"]


@dataclass(frozen=True)
class Effort:
    """How much is asked: folds of ``races`` each, the newest; scenarios a question."""

    folds: int = 2
    races: int = 12
    scenarios: int = 1000
    seed: int = 1


@dataclass(frozen=True)
class Evidence:
    """What was compared (``kind``), how (``said``), on which races, what came of it, and why to refuse, if at all."""

    kind: Kind
    said: str
    races: tuple[str, ...] = ()
    guards: tuple[Guard, ...] = ()
    reasons: tuple[str, ...] = ()


def kind_of(challenger: Bundle, champion: Bundle) -> Kind:
    """Which comparison there is to make of two bundles of the same sort of races."""
    new, old = challenger.manifest.get("recipe") or {}, champion.manifest.get("recipe") or {}
    if bool(challenger.manifest["synthetic"]) != bool(champion.manifest["synthetic"]):
        return "none"
    if new.get("code") != old.get("code"):
        return "after"
    return "data" if new.get("knobs") == old.get("knobs") else "recipe"


def judge(
    challenger: Bundle, champion: Bundle, frames: Frames, scratch: Path, effort: Effort,
    progress: Callable[[str], None] = lambda _: None,
) -> Evidence:  # fmt: skip
    """What recorded races in ``frames`` say of ``challenger`` beside ``champion``; bundles fitted on the way go to
    ``scratch``."""
    kind = kind_of(challenger, champion)
    if kind == "none":
        return Evidence(kind, "one is of simulated races, the other of real ones: nothing to compare")
    if kind == "recipe":
        return _refitted(challenger, champion, frames, scratch, effort, progress)
    until = str(champion.manifest["data"]["until"])
    days = frames.laps.groupby("race_id", sort=False)["race_date"].first().sort_values(kind="stable")
    later = [str(race) for race, day in days.items() if str(day)[:10] > until][-effort.folds * effort.races :]
    if not later:
        return _no_race_after(kind, until)
    ask = Asker(frames, later, effort)
    if kind == "after":
        progress(f"evidence: the new recipe on data until {until}")
        rival = train_bundle(until_day(frames, until), scratch / "refitted", progress)
        said = f"the recipe's code differs: it was fitted again until {until}, where the champion's data end"
    else:
        rival, said = (
            challenger,
            "the same recipe on more data: the challenger knows these races, the champion does not",
        )
    progress(f"evidence: {len(later)} races after {until}")
    guards = compare(ask(champion), ask(rival))
    if len(later) < LEAST_RACES:
        said += f"; {len(later)} races are too few for an interval"
    return Evidence(kind, said, tuple(later), tuple(guards), tuple(reasons(guards)))


def _no_race_after(kind: Kind, until: str) -> Evidence:
    if kind == "data":
        return Evidence(kind, f"the same recipe, and no race after {until}, where the champion's data end")
    wanted = (
        f"the recipe's code differs and no race lies after {until}, where the champion's data end: compare both codes "
        "with `python -m tools.models evidence`, then promote by hand"
    )
    return Evidence(kind, "nothing could be compared", reasons=(wanted,))


def _refitted(
    challenger: Bundle, champion: Bundle, frames: Frames, scratch: Path, effort: Effort, progress: Callable[[str], None]
) -> Evidence:
    """The fits do not depend on the knobs, so one fit a fold serves both recipes."""
    mine, theirs = [], []
    for number, (until, asked) in enumerate(folds(frames.laps, effort)):
        progress(f"evidence: fold {number + 1} of {effort.folds}, fitted until {until}")
        fitted = train_bundle(until_day(frames, until), scratch / f"fold-{number}", progress)
        asker = Asker(frames, asked, effort)
        mine.append(asker(with_knobs(fitted, challenger.tables["knobs"])))
        theirs.append(asker(with_knobs(fitted, champion.tables["knobs"])))
    if not mine:
        return Evidence("recipe", "too few races to hold a fold out", reasons=("too few races to compare recipes",))
    guards = compare(joined(theirs), joined(mine))
    said = f"the knobs differ: both recipes were fitted again in {len(mine)} folds, on the races before each"
    return Evidence("recipe", said, joined(mine).races, tuple(guards), tuple(reasons(guards)))


class Asker:
    """Asks one bundle after another about the same races."""

    def __init__(self, frames: Frames, chosen: Sequence[str], effort: Effort) -> None:
        rows = frames.laps[frames.laps["race_id"].isin(list(chosen))]
        self.asked: list[Situation] = situations(replace(frames, laps=rows), FRACTIONS)
        self.races: list[RecordedRace] = recorded_races(rows)
        self.effort = effort

    def __call__(self, bundle: Bundle, answer: Answer | None = None) -> Scored:
        answer = answer or simulation_alone(bundle, self.effort.scenarios, self.effort.seed)
        return score(answer, bundle.tables, self.asked, self.races, self.effort.scenarios)


def folds(laps: pd.DataFrame, effort: Effort) -> list[tuple[str, list[str]]]:
    """(day of the last race before the fold, its races), the oldest first: blocks of the newest races. A fold that
    would leave fewer races to fit on than it holds is left out."""
    days = laps.groupby("race_id", sort=False)["race_date"].first().sort_values(kind="stable")
    names, out = [str(name) for name in days.index], []
    for back in range(effort.folds, 0, -1):
        start = len(names) - back * effort.races
        if start >= effort.races:
            until = days.iloc[start - 1].date().isoformat()
            out.append((until, names[start : start + effort.races]))
    return out


def until_day(frames: Frames, until: str) -> Frames:
    """Frames with nothing dated after ``until``."""
    day = pd.Timestamp(dt.date.fromisoformat(until))

    def before(rows: pd.DataFrame) -> pd.DataFrame:
        return rows[pd.to_datetime(rows["race_date"]) <= day].reset_index(drop=True)

    return replace(
        frames, laps=before(frames.laps), results=before(frames.results), races=before(frames.races),
        pit_stops=before(frames.pit_stops), telemetry=_telemetry_until(frames.telemetry, day),
    )  # fmt: skip


def _telemetry_until(telemetry: TelemetryFrames | None, day: pd.Timestamp) -> TelemetryFrames | None:
    """None where no race is left; a circuit whose newest corners are of a later race has none."""
    if telemetry is None:
        return None
    laps = telemetry.laps[pd.to_datetime(telemetry.laps["race_date"]) <= day].reset_index(drop=True)
    known = set(laps["race_id"])
    corners = {circuit: table for circuit, table in telemetry.corners.items() if table["race_id"] in known}
    return TelemetryFrames(laps, corners) if known else None


def with_knobs(bundle: Bundle, knobs: Mapping[str, Any]) -> Bundle:
    """The same models with other knobs."""
    tables = {**bundle.tables, "knobs": dict(knobs)}
    return replace(bundle, manifest={**bundle.manifest, "recipe": recipe(tables)}, tables=tables)
