"""What cars without a plan fit, against the shares that the policy's weights give car by car."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from shared.race.vocabulary import DRY_COMPOUNDS
from shared.simulation.lap import pit, policy
from shared.simulation.plain import plain_race

LAP = 30
WEIGHTS = np.random.default_rng(2).normal(size=(3, len(policy.CHOICE_FEATURES))).astype(np.float32)


@pytest.mark.parametrize(("compound", "used"), [(0, 0b1), (1, 0b10), (1, 0b11), (2, 0b111), (3, 0b1001)])
def test_the_table_of_choices_holds_the_shares_of_the_policy(compound: int, used: int) -> None:
    params = plain_race()
    params = params._replace(policy=params.policy._replace(choice=WEIGHTS))
    weights = np.zeros(3)
    for code in DRY_COMPOUNDS:
        life, in_use = params.policy.life[code], params.policy.in_use[:, code]
        left = np.float32(int(params.total_laps) - LAP)
        features = policy.choice_features(np, life, left, np.float32(code == compound), *in_use)
        weights[code] = np.exp(policy.logit(WEIGHTS[code], features))
        if used == 1 << code:  # one compound alone so far in a dry race
            weights[code] *= 0.0067
    word = int(pit._choice_table(params, jnp.int32(LAP))[compound | used << 3])
    expected = np.cumsum(weights / weights.sum())[:2]
    np.testing.assert_allclose([word & 0xFFFF, word >> 16], expected * 65536, atol=2.0)
