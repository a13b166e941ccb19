"""The models of telemetry together: fitted where races with telemetry are at hand, else physics baselines, so marked.

Their cut-off is their own: the date of the last race with telemetry up to the date asked for, whatever the laps of
the other models reach to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import pandas as pd

from shared.models.brakes.fit import fit_brakes
from shared.models.cards.telemetry import with_importance
from shared.models.fuel.fit import fit_fuel
from shared.models.style.fit import fit_style
from shared.models.telemetry.laps import recorded_cars
from shared.models.telemetry.scores import NO_TRUTH

TABLES = ("fuel", "brake_bias", "driving_style")
"""Tables of the bundle, by the names of the models."""
MIN_LAPS = 300
"""Fewest laps with telemetry for a race to be learned from: a third of a race of twenty cars."""
_KINDS = {
    "fuel": ("LSTM over the ten laps before", "burned evenly over the distance"),
    "brake_bias": ("linear regression", "ideal share at an assumed grip by compound"),
    "driving_style": ("decision tree", "no prior: the simulation alone decides the mode"),
}
_TRUTH = {
    "fuel": "kg of the next lap: the FIA's fuel-flow rule integrated over throttle and engine speed, each race scaled"
    " so that the cars that finish burn 110 kg",
    "brake_bias": "percent on the front: ideal distribution from load transfer at the deceleration measured on the lap"
    " (Limpert, Brake Design and Safety), downforce and height of the center of gravity assumed",
    "driving_style": "PUSH, BALANCED or CONSERVE by a rule: pace against the car's own potential of ten laps, lifting,"
    " full throttle",
}
_UNITS = {"fuel": "mae_kg", "brake_bias": "mae_points", "driving_style": "log_loss"}


def fit_telemetry(telemetry: Any | None) -> dict[str, Any]:
    """Tables by the names of TABLES from ``TelemetryFrames``; each with ``until``, ``races``, ``fingerprint``."""
    fitted: dict[str, Any] = dict.fromkeys(TABLES)
    known: dict[str, Any] = {"until": None, "races": [], "fingerprint": None}
    if telemetry is not None and len(telemetry.laps):
        counts = telemetry.laps["race_id"].value_counts()
        whole = telemetry.laps[telemetry.laps["race_id"].isin(counts[counts >= MIN_LAPS].index)]
        cars = recorded_cars(whole)
        known = {
            "until": pd.Timestamp(whole["race_date"].max()).date().isoformat() if len(whole) else None,
            "races": sorted({car.race_id for car in cars}),
            "fingerprint": _fingerprint(whole) if len(whole) else None,
        }
        fitted = {"fuel": fit_fuel(cars), "brake_bias": fit_brakes(cars), "driving_style": fit_style(cars)}
        fitted = {name: with_importance(name, table, cars) for name, table in fitted.items()}
    baseline = {name: {"kind": "physics baseline", "rule": _KINDS[name][1], "serves": False} for name in TABLES}
    return {name: {**(fitted[name] or baseline[name]), **known} for name in TABLES}


def with_corners(circuits: dict[str, Any], telemetry: Any | None) -> dict[str, Any]:
    """The circuit table with the corners of the circuits that telemetry is at hand of."""
    for circuit_id, table in (telemetry.corners if telemetry is not None else {}).items():
        if circuit_id in circuits:
            circuits[circuit_id] |= {"corners": table["corners"], "coasting": table["coasting"]}
    return circuits


def telemetry_reports(tables: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Entries of ``manifest["models"]``, each with its own cut-off."""
    return [_report(name, tables[name]) for name in TABLES if name in tables]


def _report(name: str, table: Mapping[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {
        "name": name,
        "kind": _KINDS[name][0],
        "truth": f"{NO_TRUTH}: {_TRUTH[name]}",
        "metrics": {},
        "baseline": None,
        "until": table["until"],
        "data": f"car telemetry of {len(table['races'])} races",
        "races": len(table["races"]),
        "serves": "model",
    }
    score = table.get("score")
    if score is None:
        why = "no telemetry of two races up to the date asked for"
        return {**out, "kind": f"physics baseline: {_KINDS[name][1]} ({why})", "serves": f"baseline: {_KINDS[name][1]}"}
    model, *others = score["mean"]
    unit = _UNITS[name]
    out["metrics"] = {
        unit: score["mean"][model],
        "by_race": {race: values[model] for race, values in score["by_race"].items()},
        "n": score["n"],
        "beats_baselines": bool(table["serves"] not in (False, "previous_mode")),
        "scored": f"leaving one race out, n = {score['races']} races: {', '.join(table['races'])}; intervals (90%) over"
        " cars within these races tell nothing of other circuits; the form of the model was chosen on the same races",
    }
    out["baseline"] = {
        other: {
            unit: score["mean"][other],
            "by_race": {race: values[other] for race, values in score["by_race"].items()},
            "worse_by": score["worse_by"][other],
        }
        for other in others
    }
    if name == "driving_style":
        out["metrics"]["accuracy"] = table["accuracy"]["mean"]
        if table["serves"] == "previous_mode":
            out["serves"] = "baseline: frequencies after the previous mode"
    elif not table["serves"]:
        out["serves"] = f"baseline: {_KINDS[name][1]}"
    return out


def _fingerprint(laps: pd.DataFrame) -> str:
    rows = laps.sort_values(["race_id", "driver_id", "lap"]).drop(columns="race_date").reset_index(drop=True)
    return hashlib.sha256(pd.util.hash_pandas_object(rows, index=False).to_numpy().tobytes()).hexdigest()[:16]
