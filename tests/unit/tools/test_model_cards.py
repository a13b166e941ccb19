"""The page of model cards: made from the bundle, and told when it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.models.bundle import SHIPPED, Bundle, write_bundle
from shared.models.cards.make import card_files, cards
from tools import model_cards


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    shipped = Bundle.load(SHIPPED)
    scored = {"card": {"metrics": [], "importance": {"rating": 0.1}, "importance_of": "growth of the error"}}
    tables = {**shipped.tables, "pace": {**shipped.tables["pace"], "holdout": scored}}
    files = card_files(cards(tables, shipped.manifest))
    return write_bundle(tmp_path / "bundle", tables, shipped.manifest, files)


def test_the_page_holds_every_card_and_its_plot(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_cards, "PAGE", tmp_path / "models.md")
    monkeypatch.setattr(model_cards, "PLOTS", tmp_path / "models")
    made = model_cards.pages(bundle)
    page = made[tmp_path / "models.md"].decode()
    assert bundle.version in page
    for name in bundle.cards:
        assert f"\n## {name.replace('_', ' ').capitalize()}\n" in page
    assert "](models/pace.png)" in page
    assert made[tmp_path / "models" / "pace.png"] == (bundle.folder / "cards" / "pace.png").read_bytes()


def test_what_is_not_of_the_bundle_is_told(bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_cards, "PAGE", tmp_path / "models.md")
    monkeypatch.setattr(model_cards, "PLOTS", tmp_path / "models")
    made = model_cards.pages(bundle)
    (tmp_path / "models").mkdir()
    for path, content in made.items():
        path.write_bytes(content)
    assert model_cards.stale(made) == []
    (tmp_path / "models.md").write_text("older")
    (tmp_path / "models" / "gone.png").write_bytes(b"")
    assert model_cards.stale(made) == ["models.md is not that of the bundle that ships", "gone.png belongs to no card"]


def test_a_bundle_without_cards_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    bare = write_bundle(tmp_path / "bare", bundle.tables, bundle.manifest)
    with pytest.raises(ValueError, match="has no cards"):
        model_cards.pages(bare)
