"""The registry's command line where it measures: drift of a bundle on recorded races, evidence between two recipes."""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any

from rich.text import Text

from shared.errors import F1Error, NotFound
from shared.features.frames import load_frames
from shared.models.bundle import Bundle
from shared.models.bundle_store import BUCKET
from shared.models.drift.check import check
from shared.models.drift.report import document
from shared.models.drift.watch import LATEST, watch
from shared.models.evidence.guards import LEVEL
from shared.models.evidence.judge import Evidence
from shared.models.grid import FloatArray
from shared.models.recorded import RecordedRace, recorded_races
from shared.models.telemetry.laps import laps_by_race
from shared.ports import EventBus, ObjectStore
from tools.registry.tables import console, figure, plain

COLOR = {"fine": "green", "watch": "yellow", "retrain": "red"}


def newest(store: ObjectStore) -> dict[str, Any]:
    """The newest check that ``train`` made. Raises NotFound saying how to make one."""
    try:
        found: dict[str, Any] = json.loads(store.get(BUCKET, LATEST).data)
    except NotFound:
        raise NotFound("nobody has checked for drift yet: give --data DIR to check recorded races now") from None
    return found


def now(bundle: Bundle, data: Path, until: dt.date | None = None) -> dict[str, Any]:
    """A check of ``bundle`` on the races recorded in ``data``; nothing is stored. Raises F1Error where none can be."""
    races, driven = _recorded(data, until)
    drift = check(bundle.tables, races, str(bundle.manifest["data"]["until"]), driven=driven)
    if drift is None:
        raise F1Error(_nothing(bundle))
    return document(drift, bundle.version, dt.datetime.now(dt.UTC), False)


def start(bundle: Bundle, data: Path, store: ObjectStore, bus: EventBus) -> dict[str, Any]:
    """The same, told as ``train`` tells it (all but the table), and a training begun where the verdict is so."""
    races, driven = _recorded(data)
    drift = watch(bundle, races, None, store, bus, start=True, driven=driven)
    if drift is None:
        raise F1Error(_nothing(bundle))
    return newest(store)


def _recorded(data: Path, until: dt.date | None = None) -> tuple[list[RecordedRace], FloatArray | None]:
    """(races, laps of the newest by its telemetry, None without any)."""
    frames = load_frames(data, until)
    races = recorded_races(frames.laps)
    return races, laps_by_race(frames.telemetry).get(races[-1].race_id) if races else None


def _nothing(bundle: Bundle) -> str:
    if "drift" not in bundle.tables:
        return f"bundle {bundle.version} keeps no reference of what it was trained on: train it again"
    return f"no race after {bundle.manifest['data']['until']}, where the data of {bundle.version} end"


def show(found: dict[str, Any]) -> None:
    """A check as tables: a model a line, then what is beyond its limit, then how often things happened."""
    out = console()
    races = found["races"]
    out.print(
        f"{found['model_version']} on {len(races)} races, {races[0]} to {races[-1]}:",
        Text(found["verdict"], style=f"bold {COLOR[found['verdict']]}"),
    )
    models = plain("model", "verdict", "error", "expected", "feature", "PSI", "limit", "KS", "limit ",
                   right=("error", "PSI", "limit", "KS", "limit "))  # fmt: skip
    for model in found["models"]:
        off = model["residual"]
        band = ("", "") if off is None else (figure(off["mean"]), f"{figure(off['low'])} to {figure(off['high'])}")
        models.add_row(model["name"], Text(model["verdict"], style=COLOR[model["verdict"]]), *band)
        for each in model["features"]:
            style = COLOR[each["verdict"]] if each["verdict"] != "fine" else "dim"
            distances = (each["psi"], each["psi_limit"], each["ks"], each["ks_limit"])
            models.add_row("", "", "", "", Text(each["name"], style=style), *(f"{value:.3f}" for value in distances))
    out.print(models)
    events = plain("event", "a race", "expected", "90%", right=("a race", "expected"))
    for each in found["events"]:
        style = COLOR[each["verdict"]] if each["verdict"] != "fine" else ""
        row = (f"{each['observed']:.2f}", f"{each['expected']:.2f}", f"{each['low']:.2f} to {each['high']:.2f}")
        events.add_row(Text(each["name"].replace("_", " "), style=style), *row)
    out.print(events)
    for model in found["models"]:
        for reason in model["reasons"]:
            out.print(Text(f"{model['name']}: {reason}", style=COLOR[model["verdict"]]))


def guards(found: Evidence) -> None:
    """A comparison as a table."""
    out = console()
    out.print(f"{found.said}; {len(found.races)} races")
    table = plain("metric", "champion", "challenger", "worse by", f"{LEVEL:.0%} interval", "races", "",
                  right=("champion", "challenger", "worse by", "races"))  # fmt: skip
    for guard in found.guards:
        interval = "too few races" if guard.low is None else f"{guard.low:+.4f} to {guard.high:+.4f}"
        table.add_row(
            guard.name, f"{guard.champion:.4f}", f"{guard.challenger:.4f}", f"{guard.difference:+.4f}", interval,
            str(guard.n), Text("worse", style="red") if guard.worse else "",
        )  # fmt: skip
    out.print(table)
    for reason in found.reasons:
        print(reason, file=sys.stderr)
