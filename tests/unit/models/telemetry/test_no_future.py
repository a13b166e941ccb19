"""The models of telemetry: nothing of a lap or later ones is known before it; what serves is what was fitted."""

from __future__ import annotations

import itertools
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from shared.features.telemetry.race import LAP_COLUMNS, TelemetryFrames
from shared.models.brakes import fit as brakes
from shared.models.fuel import fit as fuel
from shared.models.fuel import lstm
from shared.models.fuel.aboard import remaining
from shared.models.fuel.serve import next_lap
from shared.models.style import fit as style
from shared.models.style.serve import prior
from shared.models.telemetry.fit import TABLES, fit_telemetry, telemetry_reports
from shared.models.telemetry.laps import INDEX, recorded_cars, values_of
from shared.models.telemetry.scores import beats, compared
from shared.race.telemetry import LapTelemetry


def made_laps(races: int = 2, cars: int = 8, laps: int = 50) -> pd.DataFrame:
    """Races whose cars go through slow phases of saving: burn, pace and pedals move together, with noise."""
    rng = np.random.default_rng(5)
    rows = []
    for r in range(races):
        for c in range(cars):
            saving = 0.0
            for lap in range(1, laps + 1):
                saving = 0.85 * saving + 0.4 * rng.normal()
                told = LapTelemetry(
                    lap, 700, 90 + r + 0.25 * saving - 0.05 * lap + 0.05 * rng.normal(), 60 - saving,
                    0.45 - 0.01 * saving,
                    0.05 + 0.008 * saving, 0.02 + 0.004 * saving, 0.2, 200.0, 320.0, 60.0, 5.0, 10_000.0, 0.5, 0.0,
                    34.0 - r + 0.8 * saving + 0.3 * rng.normal(), 14.0, 160.0,
                    (1.6 + 0.1 * r) * (1 - 0.04 * saving + 0.01 * rng.normal()),
                )  # fmt: skip
                race = (f"2025_{r + 1:02d}", pd.Timestamp("2025-03-16") + pd.Timedelta(days=7 * r), 2025, r + 1)
                rows.append((*race, f"circuit_{r}", laps, f"C{c}", *told, told.seconds, "HARD", float(lap % 25 + 1)))
    return pd.DataFrame(rows, columns=list(LAP_COLUMNS))


@pytest.fixture(scope="module")
def laps() -> pd.DataFrame:
    return made_laps()


@pytest.fixture(scope="module")
def tables(laps: pd.DataFrame) -> dict[str, Any]:
    return fit_telemetry(TelemetryFrames(laps, {}))


@pytest.mark.parametrize("module", [fuel, brakes, style])
def test_changing_a_lap_and_all_after_it_changes_nothing_known_before_it(laps: pd.DataFrame, module: Any) -> None:
    later = laps["lap"] >= 31
    changed = laps.copy()
    names = [name for name in LapTelemetry._fields if name not in ("lap", "samples")]
    changed.loc[later, names] = laps.loc[later, names].to_numpy() * 1.7 + 0.01
    known, again = module.examples(recorded_cars(laps)), module.examples(recorded_cars(changed))
    per_car = len(known.race) // (2 * 8)
    first = known.race == "2025_01"
    assert len(known.race) == len(again.race) or module is not fuel
    if len(known.race) == len(again.race):
        index = np.arange(len(known.race)) % per_car
        before = first & (index < 25)
        np.testing.assert_array_equal(known.x[before], again.x[before])
        assert not np.array_equal(known.x, again.x, equal_nan=True), "the future must differ, or this proves nothing"


def test_the_same_laps_give_the_same_tables_in_whatever_order(laps: pd.DataFrame, tables: dict[str, Any]) -> None:
    shuffled = laps.sample(frac=1.0, random_state=3).reset_index(drop=True)
    again = fit_telemetry(TelemetryFrames(shuffled, {}))
    assert json.dumps(again, sort_keys=True) == json.dumps(tables, sort_keys=True)


def test_without_telemetry_physics_serves_and_the_reports_say_so() -> None:
    tables = fit_telemetry(None)
    reports = telemetry_reports(tables)
    assert [report["name"] for report in reports] == list(TABLES)
    for report in reports:
        assert report["kind"].startswith("physics baseline")
        assert report["serves"].startswith("baseline")
        assert report["until"] is None
        assert "no public truth" in report["truth"]
    assert next_lap(tables["fuel"], [LapTelemetry(*range(19))] * 5) is None
    assert prior(tables["driving_style"], [LapTelemetry(*range(19))] * 5, 50, 3) is None


def test_one_race_alone_can_not_be_scored_and_is_not_served() -> None:
    assert all(table["serves"] is False for table in fit_telemetry(TelemetryFrames(made_laps(1), {})).values())


def test_each_report_has_its_own_cut_off_and_every_baseline_beside_it(tables: dict[str, Any]) -> None:
    reports = {report["name"]: report for report in telemetry_reports(tables)}
    assert {report["until"] for report in reports.values()} == {"2025-03-23"}
    assert set(reports["fuel"]["baseline"]) == {"constant", "previous_lap"}
    assert set(reports["driving_style"]["baseline"]) == {"majority", "previous_mode"}
    assert "mean_of_other_circuits" in reports["brake_bias"]["baseline"]
    assert "n = 2 races" in reports["fuel"]["metrics"]["scored"]


def test_the_lstm_in_numpy_is_the_one_that_was_trained() -> None:
    import jax
    import jax.numpy as jnp

    rng = np.random.default_rng(1)
    z, y = rng.normal(size=(80, 10, 4)), rng.normal(size=80)
    weights = lstm.train(z, y, np.ones(80), hidden=3, seed=2)
    p = {name: jnp.asarray(value) for name, value in weights.items()}

    def one(x: Any) -> Any:
        def step(state: Any, row: Any) -> Any:
            i, f, g, o = jnp.split(row @ p["kernel"] + state[0] @ p["recurrent"] + p["bias"], 4)
            c = jax.nn.sigmoid(f) * state[1] + jax.nn.sigmoid(i) * jnp.tanh(g)
            return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

        (h, _), _ = jax.lax.scan(step, (jnp.zeros(3), jnp.zeros(3)), x)
        return h @ p["dense"] + p["dense_bias"]

    np.testing.assert_allclose(lstm.evaluate(weights, z), jax.vmap(one)(jnp.asarray(z)), atol=1e-4)
    assert np.abs(lstm.evaluate(weights, z) - y).mean() < np.abs(y).mean()


def test_fuel_left_falls_to_nothing_at_the_flag_and_faster_for_who_burns_more(laps: pd.DataFrame) -> None:
    car = recorded_cars(laps)[0]
    told = [LapTelemetry(int(v[0]), int(v[1]), *v[2:]) for v in car.values]
    assert values_of(told)[:, INDEX["burn"]].tolist() == car.column("burn").tolist()
    left = [remaining(told, lap, 50, 110.0) for lap in range(3, 51)]
    assert left[-1] == 0.0
    assert all(a > b for a, b in itertools.pairwise(left))  # type: ignore[operator]
    thirsty = [lap._replace(burn=2.0 * lap.burn) if lap.lap <= 5 else lap for lap in told]
    assert remaining(thirsty, 25, 50, 110.0) < remaining(told, 25, 50, 110.0)  # type: ignore[operator]
    assert remaining(told[:2], 2, 50, 110.0) is None


def test_the_prior_is_a_probability_of_each_mode(laps: pd.DataFrame, tables: dict[str, Any]) -> None:
    car = recorded_cars(laps)[3]
    told = [LapTelemetry(int(v[0]), int(v[1]), *v[2:]) for v in car.values[20:30]]
    for serves in ("tree", "previous_mode"):
        chance = prior({**tables["driving_style"], "serves": serves}, told, 50, 12)
        assert chance is not None
        assert set(chance) == {"PUSH", "BALANCED", "CONSERVE"}
        assert sum(chance.values()) == pytest.approx(1.0, abs=1e-4)


def test_the_table_of_the_tree_is_the_tree(laps: pd.DataFrame) -> None:
    from sklearn.tree import DecisionTreeClassifier

    known = style.examples(recorded_cars(laps))
    table = style._tree(known, np.ones(len(known.mode)))
    source = DecisionTreeClassifier(
        criterion="log_loss", max_depth=style.DEPTH, min_samples_leaf=style.LEAF, random_state=style.SEED
    ).fit(known.x, known.mode, sample_weight=np.ones(len(known.mode)))
    np.testing.assert_allclose(style.probabilities(table, known.x), source.predict_proba(known.x), atol=2e-6)


def test_a_model_beats_a_baseline_only_beyond_its_interval() -> None:
    rng = np.random.default_rng(4)
    race, car = np.repeat(["a", "b"], 200), np.tile(np.repeat(np.arange(10), 20), 2)
    loss = rng.uniform(0.5, 1.5, 400)
    score = compared({"model": loss, "worse": loss + 0.1, "same": loss + rng.normal(0, 0.5, 400)}, race, car)
    assert score["worse_by"]["worse"] == {"value": 0.1, "low": 0.1, "high": 0.1}
    assert beats(score, "worse")
    assert not beats(score, "same")
    assert (score["n"], score["races"]) == (400, 2)
