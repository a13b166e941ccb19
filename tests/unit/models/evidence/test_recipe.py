"""A recipe is told by the code that fits and by the knobs; models that lose to their baseline do not serve."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from shared.models.bundle import SHIPPED, Bundle
from shared.models.evidence.baselines import serve_what_is_better
from shared.models.evidence.recipe import code_hash, fitting_modules, recipe
from tools.lock import internal_imports


@pytest.fixture(scope="module")
def tables() -> dict[str, Any]:
    return dict(Bundle.load(SHIPPED).tables)


def test_every_module_that_fits_counts_and_nothing_that_serves() -> None:
    modules = set(fitting_modules())
    assert {"shared.models.fit", "shared.models.pace.fit", "shared.models.profiles.fit"} <= modules
    assert not any(module.startswith(("shared.serving", "shared.adapters", "shared.live")) for module in modules)


def test_a_deployed_function_has_all_of_them_so_that_its_recipe_is_the_same() -> None:
    assert set(fitting_modules()) <= set(internal_imports("train"))


def test_other_knobs_are_another_recipe_of_the_same_code() -> None:
    one, other = recipe({"knobs": {"noise_sd": 0.3}}), recipe({"knobs": {"noise_sd": 0.4}})
    assert one["code"] == other["code"] == code_hash()
    assert one["knobs"] != other["knobs"]
    assert recipe({"knobs": {"a": 1, "b": 2}}) == recipe({"knobs": {"b": 2, "a": 1}})


def test_models_that_win_serve(tables: dict[str, Any]) -> None:
    served, said = serve_what_is_better(tables)
    assert served == tables
    assert set(said.values()) == {"model"}


def test_a_model_that_loses_gives_way_to_its_baseline(tables: dict[str, Any]) -> None:
    losing = copy.deepcopy({name: tables[name] for name in ("pace", "stops", "tire_model")})
    losing["pace"]["holdout"]["mae_s"] = {k: v + 0.1 for k, v in losing["pace"]["holdout"]["linear_mae_s"].items()}
    losing["stops"]["holdout"]["log_loss"] = losing["stops"]["holdout"]["rate_by_age_log_loss"]
    losing["tire_model"]["beats_baselines"] = False
    served, said = serve_what_is_better(losing)
    assert served["pace"]["weights"]["trees"] is None
    assert served["pace"]["weights"]["weights"] == losing["pace"]["weights"]["weights"]
    assert served["stops"] is None
    assert all(text.startswith("baseline: ") for text in said.values()) and len(said) == 3
    assert losing["pace"]["weights"]["trees"] is not None
