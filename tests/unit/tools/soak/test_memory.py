"""Growth of a process under load."""

from __future__ import annotations

import pytest

from tools.soak.memory import SETTLED_SECONDS, growth_mb


def test_a_leak_is_seen_over_the_second_half_of_a_life_and_a_flat_one_is_flat() -> None:
    assert growth_mb([300.0 + 0.1 * n for n in range(2000)], 0.2) == pytest.approx(99.5)
    assert growth_mb([300.0] * 2000, 0.2) == 0.0


def test_what_grows_until_it_has_settled_is_no_leak_and_a_short_life_tells_nothing() -> None:
    settled = int(SETTLED_SECONDS / 0.2)
    assert growth_mb([float(min(n, settled)) for n in range(2 * settled)], 0.2) == 0.0
    assert growth_mb([float(n) for n in range(settled)], 0.2) == 0.0
