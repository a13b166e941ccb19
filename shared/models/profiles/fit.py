"""The bundle's tables on drivers: ``profiles`` by Ergast id, and ``profile_stability``, how far each trait is one."""

from __future__ import annotations

from typing import Any

import pandas as pd

from shared.models.profiles import from_laps, from_results
from shared.models.profiles.shrinkage import estimates, normalised
from shared.models.profiles.stability import stability

TRAITS = ("aggression", "consistency", "pressure_response", "tire_management")
_Key = tuple[str, str]


def fit_profiles(frames: Any) -> dict[str, Any]:
    """Tables ``profiles`` and ``profile_stability`` from ``shared.features.frames.Frames``.

    A trait comes from the driver's laps where five races of them tell it, else from results, which know of aggression
    and consistency alone; else it is null. Codes are no keys here: the table ``drivers`` names whom a code means now.
    """
    results = frames.results.sort_values(["race_date", "race_id", "position_order", "ergast_id"], kind="stable")
    rows = from_laps.racing_laps(frames.laps)
    observed = {
        ("aggression", "laps"): from_laps.aggression(rows),
        ("aggression", "results"): from_results.aggression(results),
        ("consistency", "laps"): from_laps.consistency(rows),
        ("consistency", "results"): from_results.consistency(results),
        ("pressure_response", "laps"): from_laps.pressure_response(rows),
        ("tire_management", "laps"): from_laps.tire_management(rows),
    }
    ready = {key: normalised(seen) for key, seen in observed.items()}
    told = {key: estimates(seen) for key, seen in ready.items()}
    stable = {key: stability(seen) for key, seen in ready.items()}
    foretells = {key for key, found in stable.items() if found is not None and found["better_by"][1] > 0.0}
    return {
        "profiles": _table(frames, results, told, foretells),
        "profile_stability": {f"{trait} from {source}": found for (trait, source), found in stable.items()},
    }


def _table(
    frames: Any, results: pd.DataFrame, told: dict[_Key, dict[str, Any]], foretells: set[_Key]
) -> dict[str, Any]:
    raced = results[results["ergast_id"].notna()]
    with_laps = frames.laps.groupby("ergast_id")["race_id"].nunique()
    names = _names(frames.drivers)
    out: dict[str, Any] = {}
    for key, own in raced.groupby("ergast_id"):
        ergast_id = str(key)
        traits = {trait: _trait(trait, ergast_id, told) for trait in TRAITS}
        out[ergast_id] = {
            "name": names.get(ergast_id, ergast_id),
            "teams": [str(team) for team in own["team"].drop_duplicates()],
            "seasons": sorted(int(season) for season in own["season"].unique()),
            **{trait: estimate for trait, (estimate, _) in traits.items()},
            "data_quality": _quality(
                int(own["race_id"].nunique()),
                int(with_laps.get(ergast_id, 0)),
                {trait: source for trait, (_, source) in traits.items() if source is not None},
                foretells,
            ),
        }
    return out


def _trait(trait: str, ergast_id: str, told: dict[_Key, dict[str, Any]]) -> tuple[dict[str, Any] | None, str | None]:
    for source in ("laps", "results"):
        found = told.get((trait, source), {}).get(ergast_id)
        if found is not None:
            return found, source
    return None, None


def _quality(races: int, with_laps: int, sources: dict[str, str], foretells: set[_Key]) -> dict[str, Any]:
    """``level``: "laps" where laps tell every trait that they can, "results" where results tell one, "mixed" between,
    "too little" where none is known. ``unproven``: traits whose first half of a season does not foretell the second
    better than taking every driver for average, beyond the interval."""
    told_by = sorted(set(sources.values()))
    return {
        "level": "too little" if not told_by else told_by[0] if len(told_by) == 1 else "mixed",
        "races": races,
        "races_with_laps": with_laps,
        "sources": sources,
        "unproven": [trait for trait, source in sources.items() if (trait, source) not in foretells],
    }


def _names(drivers: pd.DataFrame) -> dict[str, str]:
    """Full names by Ergast id."""
    parts = zip(drivers["ergast_id"], drivers["forename"], drivers["surname"], strict=True)
    return {str(key): " ".join(part for part in (first, last) if isinstance(part, str)) for key, first, last in parts}


def profile_report(stable: dict[str, Any]) -> dict[str, Any]:
    """The entry of the manifest's ``models``."""
    known = {name: each for name, each in stable.items() if each is not None}
    return {
        "name": "driver_profiles",
        "kind": "means of race observations normalised within the season, shrunk to the average (empirical Bayes)",
        "truth": "the second half of a season, told from the first: recorded results since 1950, laps since 2018",
        "metrics": {
            name: {key: each[key] for key in ("n", "rmse", "better_by", "correlation")} for name, each in known.items()
        },
        "baseline": {
            "what": "every driver average",
            **{name: {"rmse": each["baseline_rmse"]} for name, each in known.items()},
        },
    }
