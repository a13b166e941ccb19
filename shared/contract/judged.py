"""What ``GET /model/scorecard``, ``/model/cards`` and ``/model/drift`` tell: how good the forecasts were on past races,
what each model is, and whether recent races are still like those trained on. All may carry more than is named here.
"""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict

from shared.contract.answers import AnswerModel, Number


class OpenAnswer(AnswerModel):
    """An answer that may hold more than the contract names."""

    model_config = ConfigDict(frozen=True, extra="allow", protected_namespaces=())


class Spread(OpenAnswer):
    """A figure with its 90% interval over races."""

    value: Number | None
    low: Number | None
    high: Number | None


class ReliabilityBin(OpenAnswer):
    """Forecasts in a tenth of the scale: how many, their mean, the share that came true; null where there is none."""

    n: int
    forecast: Number | None
    came: Number | None


class Calibration(OpenAnswer):
    """Calibration error of the forecast at one distance, what a perfect forecaster would have (mean and 95% quantile),
    and the bins by question."""

    forecast: Number | None
    perfect: Number | None
    perfect_95: Number | None
    bins: dict[str, tuple[ReliabilityBin, ...]]


class Goal(OpenAnswer):
    """A goal set beforehand, and what was reached."""

    measure: str
    goal: str
    reached: str
    met: bool


class Scorecard(OpenAnswer):
    """A backtest, walk-forward by season. Keys are shares of the distance ("0", "0.25", ...): ``places`` by forecaster
    and measure, ``skill`` and ``gains`` on the table of past finishes, ``stops`` by measure, ``reliability`` by
    question. ``settings``: the seasons asked about and the bundle, trained on earlier races alone, of each."""

    races: int
    questions: int
    places: dict[str, dict[str, dict[str, Number | None]]]
    calibration: dict[str, Calibration]
    skill: dict[str, Spread]
    gains: dict[str, dict[str, Spread]]
    stops: dict[str, dict[str, Number | None]]
    stop_gains: dict[str, dict[str, Spread]]
    reliability: dict[str, dict[str, tuple[ReliabilityBin, ...]]]
    goals: tuple[Goal, ...]
    settings: dict[str, Any]


class ScorecardAnswer(AnswerModel):
    """The newest scorecard of this version of the product, as ``docs/scorecard.md`` tells it; null where none came with
    it."""

    scorecard: Scorecard | None


class DriftFeature(OpenAnswer):
    """A feature of the recent races beside those trained on: distances (population stability index,
    Kolmogorov-Smirnov) and the limits that 95 of 100 windows of the reference keep within."""

    name: str
    psi: Number
    ks: Number
    psi_limit: Number
    ks_limit: Number
    verdict: str


class DriftResidual(OpenAnswer):
    """A model's mean error on the recent races, and the band it should lie in."""

    mean: Number
    low: Number
    high: Number


class DriftModel(OpenAnswer):
    """One model: ``verdict`` fine, watch or retrain, with the reasons; ``residual`` null where it has none."""

    name: str
    verdict: str
    reasons: tuple[str, ...]
    features: tuple[DriftFeature, ...]
    residual: DriftResidual | None


class DriftRate(OpenAnswer):
    """Events a race in the recent races beside those expected, with the 90% band of the latter."""

    name: str
    expected: Number
    observed: Number
    low: Number
    high: Number
    verdict: str


class DriftReport(OpenAnswer):
    """The newest look at recent races (``races``, the oldest first), model by model. ``verdict``: the worst of them."""

    generated_at: str
    model_version: str
    races: tuple[str, ...]
    verdict: str
    training_started: bool
    models: tuple[DriftModel, ...]
    events: tuple[DriftRate, ...]


class DriftAnswer(AnswerModel):
    """The drift report that training wrote last; null before there is one."""

    drift: DriftReport | None


class CardFeature(OpenAnswer):
    """An input of a model, from when on it is known, and how much the model rests on it (null: not measured)."""

    name: str
    known_when: str
    importance: Number | None


class CardScore(OpenAnswer):
    """A figure of a model with its 90% interval, and what a baseline has on the same rows; null where there is none."""

    name: str
    value: Number
    low: Number | None
    high: Number | None
    baseline: Number | None
    baseline_name: str | None
    unit: str | None
    n: int | None


class ModelCard(OpenAnswer):
    """A model of the bundle. ``truth``: what counted as truth; ``physics_target``: whether that is computed by a
    physical rule rather than recorded; ``importance_of``: what ``importance`` measures."""

    name: str
    kind: str
    purpose: str
    truth: str
    physics_target: bool
    data: str
    until: str
    features: tuple[CardFeature, ...]
    importance_of: str | None
    metrics: tuple[CardScore, ...]
    limits: tuple[str, ...]
    sources: tuple[str, ...]
