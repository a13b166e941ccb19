"""The cards of a bundle: from its tables, from what the manifest reports and from what is written of each model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.models.bundle import encode
from shared.models.cards.card import Card, Feature
from shared.models.cards.described import DESCRIPTIONS, Description
from shared.models.cards.page import card_page
from shared.models.cards.plot import importance_plot
from shared.models.cards.scores import Score
from shared.models.cards.telemetry import left_out

_NORMAL_90 = 1.645
_TELEMETRY = ("fuel", "brake_bias", "driving_style")


def cards(tables: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[Card]:
    """A card a model, in the order of the manifest's reports. ``tables``: as fitted, models that lose to their baseline
    among them; ``manifest``: synthetic, data, models."""
    return [_card(report, tables, manifest) for report in manifest["models"]]


def card_files(made: list[Card]) -> dict[str, bytes]:
    """Files of a bundle: ``cards/<model>.json``, the same as a page, and the plot of its importance."""
    files = {}
    for card in made:
        stem = f"cards/{card.name}"
        files[f"{stem}.json"] = encode(card.model_dump(mode="json"))
        files[f"{stem}.md"] = card_page(card).encode()
        if card.plot is not None:
            files[f"cards/{card.plot}"] = importance_plot(card)
    return files


def _card(report: Mapping[str, Any], tables: Mapping[str, Any], manifest: Mapping[str, Any]) -> Card:
    name, data = str(report["name"]), manifest["data"]
    told = DESCRIPTIONS.get(name, Description(str(report["kind"]), ("Nothing is written of its limits yet.",)))
    measured = _measured(name, tables)
    importance = measured.get("importance", {})
    laps = f"{data['laps']:,} laps of {data['races']} " + ("simulated races" if manifest["synthetic"] else "races")
    return Card(
        name=name,
        kind=str(report["kind"]),
        purpose=told.purpose,
        truth=str(report["truth"]),
        physics_target=told.physics_target,
        data=_telemetry_data(tables[name]) if name in _TELEMETRY else laps,
        until=None if report["until"] is None else str(report["until"]),
        synthetic=bool(manifest["synthetic"]),
        serves=str(report.get("serves", "model")),
        features=tuple(
            Feature(name=each, known_when=when, importance=importance.get(each)) for each, when in told.known.items()
        ),
        importance_of=measured.get("importance_of"),
        metrics=tuple(Score.model_validate(score) for score in measured.get("metrics", _estimates(name, tables))),
        limits=tuple(told.limits),
        sources=tuple(told.sources),
        plot=f"{name}.png" if importance else None,
    )


def _measured(name: str, tables: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a fit recorded for its card: metrics, importance, importance_of; empty where it had no races to score on."""
    holders = {
        "tire_degradation": tables.get("tire_model"),
        "pace": tables["pace"].get("holdout"),
        "next_stop": (tables.get("stops") or {}).get("holdout"),
        **{each: tables.get(each) for each in _TELEMETRY},
    }
    return (holders.get(name) or {}).get("card") or {}


def _estimates(name: str, tables: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Figures of models that are estimates themselves, with intervals from their standard errors."""
    if name == "tires":
        every = tables["tires"]["all"]
        return [
            _normal(f"wear of the {compound}", every["wear"][k], every["wear_sd"][k], "s a lap and lap of age")
            for k, compound in enumerate(("soft", "medium", "hard"))
        ]
    if name == "events":
        kinds = {"sc": "safety cars", "vsc": "virtual safety cars", "red": "red flags"}
        every = tables["events"]["all"]
        return [_normal(f"{told} a lap", every[k]["rate"], every[k]["sd"], None) for k, told in kinds.items()]
    if name in _TELEMETRY:
        return left_out(name, tables[name])
    if name == "driver_profiles":
        return _stability(tables.get("profile_stability") or {})
    return []


def _telemetry_data(table: Mapping[str, Any]) -> str:
    races = ", ".join(race.replace("_", " round ") for race in table["races"])
    return f"car telemetry of {len(table['races'])} races ({races})" if races else "no race with telemetry"


def _normal(name: str, value: float, sd: float, unit: str | None) -> dict[str, Any]:
    low, high = value - _NORMAL_90 * sd, value + _NORMAL_90 * sd
    return {"name": name, "value": value, "low": round(low, 6), "high": round(high, 6), "unit": unit}


def _stability(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """By how much the first half of a season tells the second better than the average; the average has 0."""
    return [
        {
            "name": f"{trait}: error less than the average's",
            **dict(zip(("value", "low", "high"), each["better_by"], strict=True)),
            "baseline": 0.0,
            "baseline_name": "every driver average",
            "unit": "sd of a race's observation",
            "n": each["n"],
        }
        for trait, each in sorted(found.items())
        if each is not None
    ]
