"""Everything a bundle holds, fitted from frames of recorded races: the one place that orders the fits."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from shared.models.drift.check import reference_table
from shared.models.events import fit_events
from shared.models.pace.fit import fit_pace
from shared.models.profiles.fit import fit_profiles
from shared.models.recorded import RecordedRace, recorded_races
from shared.models.stops.fit import fit_stops
from shared.models.stops.pits import fit_pits
from shared.models.telemetry.fit import fit_telemetry, with_corners
from shared.models.telemetry.laps import laps_by_race
from shared.models.tires.model import fit_tire_model
from shared.models.tires.table import fit_tires
from shared.models.traffic_fit import fit_passing
from shared.models.typical_field import typical_field
from shared.race import rules
from shared.race.circuits import CIRCUITS

KNOBS = {
    "pace_scale": 1.05,
    "pace_sd_scale": 0.3,
    "reserve": 0.4,
    "reserve_late": 2.0,
    "wet_sd": 2.0,
    "wet_pace": 0.6,
    "stint_sd": 0.12,
    "wear_sd": 0.008,
    "stint_level": 0.4,
    "wear_scale": 1.45,
    "next_wear_scale": [2.0, 1.45, 1.3, 1.45, 1.45],
    "tire_cliff": 0.01,
    "noise_sd": 0.30,
    "noise_rho": 0.37,
    "follow_gap": 0.5,
    "pass_shift": 0.0,
}
"""Parameters of the simulation chosen by the score of whole forecasts over 2022-2024 (walk-forward bundles), not fitted
apart: by the ranked probability score the spreads of pace, noise and sets; ``reserve``, how much faster than its laps
show the leader can go, s (.3 to .45 score alike), and ``reserve_late``, what it grows by from half distance to the
flag, s per share of the distance (2 instead of 0 gains .0003 at 75%, in each season from 2020 to 2024);
``stint_level``, how far the forecast of a stint's next laps is
followed for the set now fitted (flat from .3 to .6). That score is nearly blind to wear: ``wear_scale`` and
``tire_cliff`` go by how close the recommended stop comes to the laps on which teams stop, ``next_wear_scale`` (by
compound, for sets fitted from now on) by the compounds that teams fit for a last stint (815 stops of 2021-2024; a
logit of the tire time to the flag puts soft over hard 1.6 to 3.5 times as far apart as the laps do), at .001 of
skill."""


def fit_all(frames: Any, progress: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Tables of a bundle by name, from ``shared.features.frames.Frames``."""
    races = recorded_races(frames.laps)
    progress(f"{len(races)} races as grids")
    tires = fit_tires(races)
    progress("tires")
    degradation = fit_tire_model(races)
    progress("tire degradation")
    pits = fit_pits(races)
    progress("pit stops")
    pace = fit_pace(races, tires, pits["life"])
    progress("pace")
    stops = fit_stops(races, tires, pits["life"])
    progress("next stops")
    events = fit_events(races)
    passing = fit_passing(races, tires)
    progress("events and passing")
    tables = {
        "tires": tires,
        **({} if degradation is None else {"tire_model": degradation}),
        "pace": pace,
        "pits": pits,
        "stops": stops,
        "events": events,
        "passing": passing,
        "knobs": dict(KNOBS),
        "typical_field": typical_field(frames.laps),
        "circuits": with_corners(circuit_table(races, tires, pits, events, passing, pace), frames.telemetry),
        "drivers": driver_table(frames),
        **fit_profiles(frames),
    }
    progress("driver profiles")
    tables |= fit_telemetry(frames.telemetry)
    progress("fuel, brake bias and driving style")
    reference = reference_table(tables, races, laps_by_race(frames.telemetry))
    progress("reference for drift")
    return tables if reference is None else {**tables, "drift": reference}


def circuit_table(
    races: list[RecordedRace], tires: Any, pits: Any, events: Any, passing: Any, pace: Any
) -> dict[str, Any]:
    """What ``GET /circuits`` tells, by circuit id."""
    out = {}
    for circuit_id in sorted({race.circuit_id for race in races}):
        own = [race for race in races if race.circuit_id == circuit_id]
        entry = tires["circuits"].get(circuit_id, tires["all"])
        loss = pits["loss"]["circuits"].get(circuit_id, pits["loss"]["all"])
        rates = events["circuits"].get(circuit_id, {})
        sc_rate = rates.get("sc", events["all"]["sc"]["rate"])
        known = CIRCUITS.get(circuit_id)
        scale = pace["base_lap"].get(circuit_id, 90.0) / 90.0
        total = rules.scheduled_laps(own[-1].season, circuit_id)
        out[circuit_id] = {
            "name": known.name if known else circuit_id,
            "total_laps": total,
            "pit_loss": {
                "green": loss,
                "vsc": round(loss * pits["loss"]["vsc"], 2),
                "sc": round(loss * pits["loss"]["sc"], 2),
            },
            "safety_car_rate": round(sc_rate * total + events["all"]["sc_first_lap"], 3),
            "vsc_rate": round(rates.get("vsc", events["all"]["vsc"]["rate"]) * total, 3),
            "overtaking": round(float(np.exp(passing["circuits"].get(circuit_id, 0.0))), 3),
            "tire_curves": {
                name: [round((entry["offset"][k] + entry["wear"][k] * age) * scale, 3) for age in range(1, 41)]
                for k, name in enumerate(("SOFT", "MEDIUM", "HARD"))
            },
            "corners": [],
            "races": len(own),
        }
    return out


def driver_table(frames: Any) -> dict[str, Any]:
    """Drivers by three-letter code: Ergast id, latest team and season, from the laps and, before those, the results."""
    out: dict[str, Any] = {}
    results = frames.results
    coded = results[results["driver_id"].notna() & results["driver_id"].astype(str).str.len().eq(3)]
    for rows in (coded, frames.laps):
        newest = rows.sort_values(["season", "round"]).groupby("driver_id").last()
        for row in newest.itertuples():
            ergast = getattr(row, "ergast_id", None)
            out[str(row.Index)] = {
                "ergast_id": ergast if isinstance(ergast, str) else None,
                "team": str(row.team),
                "season": int(row.season),
            }
    return dict(sorted(out.items()))


def fingerprint(frames: Any) -> str:
    """Hash of the laps that a bundle was trained on: order of rows and of columns does not matter."""
    columns = ["race_id", "driver_id", "lap", "lap_time", "compound", "tire_age", "track_status", "pit_in"]
    rows = frames.laps[columns].sort_values(columns[:3]).reset_index(drop=True)
    return hashlib.sha256(pd.util.hash_pandas_object(rows, index=False).to_numpy().tobytes()).hexdigest()[:16]
