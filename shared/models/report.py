"""What a bundle says of its models: kind, what counted as truth, what they rest on and how they scored."""

from __future__ import annotations

from typing import Any

from shared.models.profiles.fit import profile_report
from shared.models.telemetry.fit import telemetry_reports


def _held_out(holdout: dict[str, Any] | None, key: str, what: str) -> dict[str, Any] | None:
    """The baseline's score on the season held out."""
    return None if holdout is None else {"what": what, "season": holdout["season"], key: holdout[key]}


def _pace_baselines(holdout: dict[str, Any] | None) -> dict[str, Any] | None:
    alone = _held_out(holdout, "rating_alone_mae_s", "the rating alone, and the linear part alone, same cars")
    return None if holdout is None or alone is None else {**alone, "linear_mae_s": holdout["linear_mae_s"]}


def _measured(model: dict[str, Any] | None) -> dict[str, Any]:
    if model is None:
        return {}
    return {**model["n"], **{k: v for k, v in (model["holdout"] or {}).items() if k in ("season", "log_loss")}}


def model_reports(tables: dict[str, Any], until: str) -> list[dict[str, Any]]:
    """Entries of ``manifest["models"]``, one a model."""
    pace, pits, events, passing = tables["pace"], tables["pits"], tables["events"], tables["passing"]
    knots = [str(knot) for knot in pace["weights"]["knots"]]
    reports: list[dict[str, Any]] = [
        {
            "name": "pace",
            "kind": "ratings by a Kalman filter; mean of a ridge regression by share of the distance and boosted trees "
            "(XGBoost) on them and the race's own laps",
            "truth": "mean clean-air pace over the rest of the race, corrected for tires and traffic; real laps",
            "metrics": {
                "residual_sd_s": dict(zip(knots, pace["weights"]["sd"], strict=True)),
                "n": dict(zip(knots, pace["weights"]["n"], strict=True)),
                "mae_s": (pace["holdout"] or {}).get("mae_s"),
            },
            "baseline": _pace_baselines(pace["holdout"]),
        },
        {
            "name": "next_stop",
            "kind": "gradient-boosted hazard of each car's next stop by lap ahead (XGBoost)",
            "truth": "recorded stops under green",
            "metrics": _measured(tables["stops"]),
            "baseline": _held_out((tables["stops"] or {}).get("holdout"), "rate_by_age_log_loss", "rate by tire age"),
        },
        {
            "name": "tires",
            "kind": "regression within races, circuits pulled towards the sport's mean (empirical Bayes)",
            "truth": "lap time against the same car and lap of the race; real laps",
            "metrics": {"races": tables["tires"]["all"]["races"], "wear_sd": tables["tires"]["all"]["wear_sd"][:3]},
            "baseline": None,
        },
        {
            "name": "pit_policy",
            "kind": "logistic hazard by lap and conditional logit of the compound",
            "truth": "recorded stops",
            "metrics": dict(pits["n"]),
            "baseline": None,
        },
        {
            "name": "events",
            "kind": "rates by circuit, shrunk (gamma-Poisson)",
            "truth": "track status of recorded laps",
            "metrics": {"races": events["all"]["races"]},
            "baseline": None,
        },
        {
            "name": "passing",
            "kind": "logistic regression on pace edge with a shift by circuit",
            "truth": "order at the line of cars within 1.2 s on the lap before",
            "metrics": {"n": passing["n"]},
            "baseline": None,
        },
    ]
    if "tire_model" in tables:
        reports.append(tables["tire_model"]["report"])
    if "profile_stability" in tables:
        reports.append(profile_report(tables["profile_stability"]))
    return [{**report, "until": until} for report in reports] + telemetry_reports(tables)
