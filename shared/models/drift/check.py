"""The verdict: whether recent races are still like those that a bundle was trained on, model by model, with reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from shared.models.drift import telemetry
from shared.models.drift.distance import counts, ks, psi
from shared.models.drift.features import FEATURES, MODELS, Watched, watched
from shared.models.drift.rates import Rate, dispersion, rates
from shared.models.drift.reference import effective, fit_reference, limit_at
from shared.models.drift.residuals import UNITS, Residual, residuals, verdict
from shared.models.grid import FloatArray
from shared.models.recorded import RecordedRace

FINE, WATCH, RETRAIN = VERDICTS = ("fine", "watch", "retrain")
WINDOW = 12
"""Newest races after the bundle's data that are looked at: half a season."""


class Feature(NamedTuple):
    """A feature of the window beside the reference; ``furthest``: the larger of both distances over its own limit."""

    name: str
    psi: float
    ks: float
    psi_limit: float
    ks_limit: float
    furthest: float
    verdict: str


class ModelDrift(NamedTuple):
    """What is to be said of one model."""

    name: str
    verdict: str
    reasons: tuple[str, ...]
    features: tuple[Feature, ...]
    residual: Residual | None


class Drift(NamedTuple):
    """All of it. ``races``: those looked at, the oldest first."""

    races: tuple[str, ...]
    models: tuple[ModelDrift, ...]
    events: tuple[Rate, ...]

    @property
    def verdict(self) -> str:
        """The worst of any model."""
        return VERDICTS[max((VERDICTS.index(model.verdict) for model in self.models), default=0)]


def reference_table(
    tables: Mapping[str, Any], races: Sequence[RecordedRace], driven: Mapping[str, FloatArray] | None = None
) -> dict[str, Any] | None:
    """The table ``drift`` of a bundle whose other tables are ``tables``; None with too few races. ``driven``: laps
    f64[N, fields of LapTelemetry] by race; with too few of these the table has no ``telemetry``."""
    found = fit_reference(watched(races))
    if found is None:
        return None
    known = telemetry.fit_telemetry_reference(driven or {})
    return {**found, "dispersion": dispersion(tables, races), **({} if known is None else {"telemetry": known})}


def check(
    tables: Mapping[str, Any], races: Sequence[RecordedRace], until: str, window: int = WINDOW,
    driven: FloatArray | None = None,
) -> Drift | None:  # fmt: skip
    """What the newest of ``races`` after the day ``until`` say of a bundle's ``tables``. ``races``: all, since what is
    relative to earlier ones is so to these. ``driven``: laps of the newest race by its telemetry, f64[N, fields of
    LapTelemetry]. None where the bundle keeps no reference or there is no later race."""
    reference = tables.get("drift")
    new = [number for number, race in enumerate(races) if str(race.date)[:10] > until][-window:]
    if reference is None or not new:
        return None
    seen, later = watched(races), [races[number] for number in new]
    features = compare(reference, [seen[number] for number in new])
    off = residuals(tables, later)
    happened = rates(tables, reference["dispersion"], later)
    models = [_model(name, reference, features, off.get(name), len(new)) for name in reference["models"]]
    models += driven_models(reference.get("telemetry"), driven)
    return Drift(tuple(race.race_id for race in later), (*models, _events(happened)), tuple(happened))


def compare(reference: Mapping[str, Any], now: Sequence[Watched]) -> dict[str, Feature]:
    """Every feature of the races ``now`` beside the reference."""
    size = effective(len(now), reference["races"])
    out = {}
    for name, kept in reference["features"].items():
        values = np.concatenate([race.values[name] for race in now])
        if not len(values):
            continue
        here, there = counts(values, np.array(kept["edges"])), np.array(kept["counts"], float)
        far = {"psi": float(psi(here, there)), "ks": float(ks(here, there))}
        limit = {key: max(limit_at(kept["limits"][key], reference["windows"], size), 1e-9) for key in far}
        furthest = max(far[key] / limit[key] for key in far)
        told = {key: round(value, 4) for key, value in far.items()}
        out[name] = Feature(
            name, told["psi"], told["ks"], round(limit["psi"], 4), round(limit["ks"], 4), round(furthest, 3),
            WATCH if furthest > 1.0 else FINE,
        )  # fmt: skip
    return out


def _model(
    name: str, reference: Mapping[str, Any], features: Mapping[str, Feature], off: Residual | None, races: int
) -> ModelDrift:
    size = effective(races, reference["races"])
    limits = {
        level: limit_at(reference["models"][name][level], reference["windows"], size) for level in (WATCH, RETRAIN)
    }
    own = [features[feature] for feature in MODELS[name] if feature in features]
    own = [each._replace(verdict=RETRAIN) if each.furthest > limits[RETRAIN] else each for each in own]
    furthest = max((each.furthest for each in own), default=0.0)
    found = RETRAIN if furthest > limits[RETRAIN] else WATCH if furthest > limits[WATCH] else FINE
    reasons = [
        f"{each.name}: {each.furthest:.1f} times as far from the races trained on as 95 of 100 windows of their races "
        f"(PSI {each.psi}, limit {each.psi_limit}; KS {each.ks}, limit {each.ks_limit})"
        for each in own
        if each.furthest > limits[WATCH]
    ]
    if off is not None and verdict(off) != FINE:
        found = max(found, verdict(off), key=VERDICTS.index)
        reasons.append(f"error {off.mean} ({UNITS[name]}), expected {off.low} to {off.high}")
    return ModelDrift(name, found, tuple(reasons), tuple(own), off)


def driven_models(reference: Mapping[str, Any] | None, laps: FloatArray | None) -> list[ModelDrift]:
    """The models of telemetry by one race's laps f64[N, fields of LapTelemetry]; none without a reference of such, or
    with too few laps."""
    now = {} if reference is None or laps is None else telemetry.driven(laps)
    if reference is None or not now:
        return []
    limit, n, features = reference["limit"], len(reference["races"]), {}
    for name, (far_psi, far_ks) in telemetry.distances(now, reference["features"]).items():
        furthest = max(far_psi / max(limit["psi"], 1e-9), far_ks / max(limit["ks"], 1e-9))
        found = RETRAIN if furthest > telemetry.RETRAIN else WATCH if furthest > telemetry.WATCH else FINE
        features[name] = Feature(
            name, round(far_psi, 4), round(far_ks, 4), round(limit["psi"], 4), round(limit["ks"], 4),
            round(furthest, 3), found,
        )  # fmt: skip
    out = []
    for model, names in telemetry.MODELS.items():
        own = tuple(features[name] for name in names if name in features)
        reasons = tuple(
            f"{each.name}: {each.furthest:.1f} times as far from the {n} races trained on as any of these from the "
            f"others (PSI {each.psi}, limit {each.psi_limit}; KS {each.ks}, limit {each.ks_limit})"
            for each in own
            if each.verdict != FINE
        )
        worst = max((each.verdict for each in own), key=VERDICTS.index, default=FINE)
        out.append(ModelDrift(model, worst, reasons, own, None))
    return out


def _events(happened: Sequence[Rate]) -> ModelDrift:
    found = max((each.verdict for each in happened), key=VERDICTS.index, default=FINE)
    reasons = tuple(
        f"{each.name.replace('_', ' ')}s: {each.observed:.2f} a race, expected {each.expected:.2f} "
        f"(90%: {each.low:.2f} to {each.high:.2f})"
        for each in happened
        if each.verdict != FINE
    )
    return ModelDrift("events", found, reasons, (), None)


def meaning(feature: str) -> str:
    """What a feature is."""
    return {**FEATURES, **telemetry.FEATURES}[feature]
