"""Model cards: every model of a bundle has one, its figures are those of the fit, and it reads as it is stored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shared.models.bundle import SHIPPED, Bundle, write_bundle
from shared.models.cards.card import Card, Feature
from shared.models.cards.described import DESCRIPTIONS
from shared.models.cards.make import card_files, cards
from shared.models.cards.page import card_page
from shared.models.cards.scores import Score, mean_score, permuted, sample

SCORES = {
    "metrics": [{"name": "mean absolute error", "value": 0.3, "low": 0.2, "high": 0.4, "baseline": 0.5,
                 "baseline_name": "the_rating_alone", "unit": "s a lap", "n": 1200}],
    "importance": {"rating": 0.02, "recent": 0.05, "order": -0.001},
    "importance_of": "growth of the error",
}  # fmt: skip


@pytest.fixture(scope="module")
def shipped() -> Bundle:
    return Bundle.load(SHIPPED)


@pytest.fixture
def made(shipped: Bundle) -> dict[str, Card]:
    pace = {**shipped.tables["pace"], "holdout": {"card": SCORES}}
    return {card.name: card for card in cards({**shipped.tables, "pace": pace}, shipped.manifest)}


def test_every_model_of_the_shipped_bundle_is_described(shipped: Bundle) -> None:
    assert {report["name"] for report in shipped.manifest["models"]} <= set(DESCRIPTIONS)


def test_a_card_has_the_figures_that_the_fit_recorded(made: dict[str, Card]) -> None:
    card = made["pace"]
    assert card.metrics == (Score.model_validate(SCORES["metrics"][0]),)
    assert {f.name: f.importance for f in card.features if f.importance is not None} == SCORES["importance"]
    assert [name for name, _ in card.drawn()] == ["recent", "rating", "order"]
    assert card.plot == "pace.png"


def test_features_are_those_of_the_model_and_say_from_when_they_are_known(made: dict[str, Card]) -> None:
    from shared.models.stops import features as stop_features
    from shared.models.tires import features as tire_features

    assert tuple(f.name for f in made["next_stop"].features) == stop_features.NAMES
    assert tuple(f.name for f in made["tire_degradation"].features) == tire_features.NAMES
    for card in made.values():
        assert card.features
        assert all(feature.known_when for feature in card.features)
        assert card.limits


def test_cards_come_back_from_a_bundle_as_they_were(shipped: Bundle, made: dict[str, Card], tmp_path: Path) -> None:
    files = card_files(list(made.values()))
    assert files == card_files(list(made.values()))
    bundle = write_bundle(tmp_path / "bundle", shipped.tables, shipped.manifest, files)
    assert {name: Card.model_validate(card) for name, card in bundle.cards.items()} == made
    assert not [name for name in bundle.tables if "cards" in name]
    assert (bundle.folder / "cards" / "pace.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads(files["cards/pace.json"])["metrics"][0]["high"] == 0.4


def test_a_model_without_scores_has_a_card_without_a_plot(made: dict[str, Card]) -> None:
    assert made["passing"].plot is None
    assert "cards/passing.png" not in card_files([made["passing"]])


def test_a_page_tells_truth_from_physics_and_simulated_races() -> None:
    fields: dict[str, Any] = {
        "name": "fuel", "kind": "LSTM", "purpose": "Fuel burnt a lap.", "truth": "the flow rule", "data": "3 races",
        "until": "2025-09-07", "features": (Feature(name="throttle", known_when="end of the lap"),),
    }  # fmt: skip
    plain = card_page(Card(**fields))
    assert "computed by a physical rule" not in plain
    assert "simulated" not in plain
    told = card_page(Card(**fields, physics_target=True, synthetic=True))
    assert "no public record" in told
    assert "The races are simulated" in told


def test_a_page_shows_value_interval_and_baseline(made: dict[str, Card]) -> None:
    page = card_page(made["pace"])
    assert "| mean absolute error (s a lap) | 0.3 | 0.2 to 0.4 | 0.5 (the rating alone) | 1,200 |" in page
    assert "![pace: importance](pace.png)" in page


def test_a_mean_score_covers_the_mean_and_is_wider_when_errors_go_together() -> None:
    rng = np.random.default_rng(1)
    race = np.repeat(np.arange(20), 50)
    alone, shared = rng.normal(1.0, 0.5, 1000), 1.0 + np.repeat(rng.normal(0, 0.5, 20), 50)
    narrow, wide = (mean_score("error", values, race, "s", values + 0.2, "b") for values in (alone, shared))
    for score, values in ((narrow, alone), (wide, shared)):
        assert score["low"] < score["value"] < score["high"]
        assert score["value"] == pytest.approx(values.mean(), abs=1e-5)
        assert score["baseline"] == pytest.approx(score["value"] + 0.2, abs=2e-5)
        assert score["n"] == 1000
    assert wide["high"] - wide["low"] > 3 * (narrow["high"] - narrow["low"])


def test_errors_without_a_truth_are_left_out_of_a_score() -> None:
    score = mean_score("error", np.array([1.0, np.nan, 3.0]), [0, 0, 1], None, np.array([2.0, 50.0, 4.0]), "b")
    assert (score["value"], score["baseline"], score["n"]) == (2.0, 3.0, 2)


def test_shuffling_what_matters_costs_and_what_does_not_is_free() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(500, 3))
    truth = 3.0 * x[:, 0] + x[:, 2]
    cost = permuted(lambda rows: float(np.abs(3.0 * rows[:, 0] + rows[:, 2] - truth).mean()), x, ("a", "b", "c"))
    assert cost["a"] > 2 * cost["c"] > 0
    assert cost["b"] == 0.0


def test_a_sample_is_of_different_rows_in_order() -> None:
    assert sample(5).tolist() == [0, 1, 2, 3, 4]
    some = sample(10_000, most=100)
    assert len(set(some.tolist())) == 100
    assert (np.diff(some) > 0).all()
