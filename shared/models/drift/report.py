"""A drift check as others read it: the object for the dashboard, rows of a table, log lines."""

from __future__ import annotations

import datetime as dt
from typing import Any

from shared.models.drift.check import Drift
from shared.models.drift.residuals import Residual


def document(drift: Drift, model_version: str, at: dt.datetime, started: bool) -> dict[str, Any]:
    """The object ``drift/latest.json``: what is shown of the newest check. ``started``: whether it began a training."""
    return {
        "generated_at": at.isoformat(timespec="seconds"),
        "race_id": drift.races[-1],
        "races": list(drift.races),
        "model_version": model_version,
        "verdict": drift.verdict,
        "training_started": started,
        "models": [
            {
                "name": model.name,
                "verdict": model.verdict,
                "reasons": list(model.reasons),
                "features": [
                    {"name": f.name, "psi": f.psi, "ks": f.ks, "psi_limit": f.psi_limit, "ks_limit": f.ks_limit,
                     "verdict": f.verdict}
                    for f in model.features
                ],
                "residual": _band(model.residual),
            }
            for model in drift.models
        ],
        "events": [
            {"name": e.name, "expected": e.expected, "observed": e.observed, "low": e.low, "high": e.high,
             "verdict": e.verdict}
            for e in drift.events
        ],
    }  # fmt: skip


def _band(found: Residual | None) -> dict[str, float] | None:
    return None if found is None else {"mean": found.mean, "low": found.low, "high": found.high}


def rows(drift: Drift, model_version: str, at: dt.datetime, race_date: dt.date) -> list[dict[str, Any]]:
    """Rows of the table ``model_drift``: one a model and measure; the measure ``verdict`` sums the model up."""
    out: list[dict[str, Any]] = []

    def row(model: str, measure: str, kind: str, verdict: str, **values: float | str | None) -> None:
        out.append({
            "checked_at": at, "race_id": drift.races[-1], "race_date": race_date, "races": len(drift.races),
            "model_version": model_version, "model": model, "measure": measure, "kind": kind, "verdict": verdict,
            **values,
        })  # fmt: skip

    for model in drift.models:
        row(model.name, "verdict", "verdict", model.verdict, reasons="; ".join(model.reasons) or None)
        for f in model.features:
            row(model.name, f.name, "psi", f.verdict, value=f.psi, high=f.psi_limit)
            row(model.name, f.name, "ks", f.verdict, value=f.ks, high=f.ks_limit)
        if model.residual is not None:
            off = model.residual
            row(model.name, "error", "residual", model.verdict, value=off.mean, low=off.low, high=off.high)
    for e in drift.events:
        row("events", e.name, "rate", e.verdict, value=e.observed, expected=e.expected, low=e.low, high=e.high)
    return out
