"""What a model card says, as it lies in a bundle (``cards/<model>.json``) and goes over HTTP."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from shared.models.cards.scores import Score

DRAWN = 12
"""Features that a card draws; the rest is in its table."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class Feature(_Part):
    """An input: what it is called, from when on it is known, and how much the model rests on it (None: not measured;
    ``Card.importance_of`` says what is measured)."""

    name: str
    known_when: str
    importance: float | None = None


class Card(_Part):
    """A model card. ``truth``: what counted as truth, ``physics_target``: whether that is computed by a physical rule
    rather than recorded; ``data``: what it was fitted on, ``until``: its last day; ``serves``: the model, or the
    baseline that it did not beat; ``metrics``: beside baselines, with 90% intervals where there are any; ``plot``: file
    of the importance plot beside the card."""

    name: str
    kind: str
    purpose: str
    truth: str
    physics_target: bool = False
    data: str
    until: str | None
    synthetic: bool = False
    serves: str = "model"
    features: tuple[Feature, ...] = ()
    importance_of: str | None = None
    metrics: tuple[Score, ...] = ()
    limits: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    plot: str | None = None

    def drawn(self) -> list[tuple[str, float]]:
        """The features that matter most, the first the most."""
        told = [(feature.name, feature.importance) for feature in self.features if feature.importance is not None]
        return sorted(told, key=lambda each: -each[1])[:DRAWN]
