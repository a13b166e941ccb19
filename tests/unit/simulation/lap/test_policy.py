"""The weights of all track statuses in one table say what each says alone."""

from __future__ import annotations

import numpy as np

from shared.simulation.lap import policy

AGE, LIFE, LEFT = np.array([3.0, 20.0, 41.0]), np.array([15.0, 22.0, 30.0]), 17.0
OWED, SETTLED = np.array([1.0, 0.0, 1.0]), np.array([0.0, 1.0, 1.0])


def test_one_table_of_weights_serves_green_vsc_and_safety_car() -> None:
    rng = np.random.default_rng(5)
    hazard, neutral = rng.normal(size=len(policy.HAZARD_FEATURES)), rng.normal(size=(2, len(policy.NEUTRAL_FEATURES)))
    green = policy.hazard_features(np, AGE, LIFE, LEFT, OWED, np.full(3, 0.2), np.full(3, 0.7), 0.1, np.ones(3))
    calm = policy.neutral_features(np, AGE, LIFE, LEFT, OWED, SETTLED)
    table = policy.by_status(np, hazard, neutral)
    np.testing.assert_allclose(policy.logit(table[0], (*green, SETTLED)), policy.logit(hazard, green))
    np.testing.assert_allclose(policy.logit(table[1], (*green, SETTLED)), policy.logit(neutral[0], calm))
    np.testing.assert_allclose(policy.logit(table[2], (*green, SETTLED)), policy.logit(neutral[1], calm))


def test_the_sum_by_terms_is_the_logit_of_the_features() -> None:
    rng = np.random.default_rng(6)
    hazard, neutral = rng.normal(size=len(policy.HAZARD_FEATURES)), rng.normal(size=(2, len(policy.NEUTRAL_FEATURES)))
    share, mean_stops, near = np.array([0.0, 0.2, 0.7]), np.array([0.4, 1.0, 1.7]), np.array([0.1, 0.9, 0.5])
    stops = np.array([0.0, 1.0, 3.0])
    for weights in policy.by_status(np, hazard, neutral):
        by_scenario = np.repeat(weights[:, None], 3, axis=1)
        features = policy.hazard_features(np, AGE, LIFE, LEFT, OWED, near, near[::-1], share, stops - mean_stops)
        terms = policy.terms(np, by_scenario, LEFT, share, mean_stops, SETTLED)
        by_terms = policy.logit_of_car(np, terms, AGE, 1.0 / LIFE, LEFT, OWED > 0, near, near[::-1], stops)
        np.testing.assert_allclose(by_terms, policy.logit(weights, (*features, SETTLED)))
