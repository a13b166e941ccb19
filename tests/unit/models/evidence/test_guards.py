"""Guards: what is worse beyond its interval is refused, what may be chance is not, and few races decide nothing."""

from __future__ import annotations

import numpy as np
import pytest

from shared.models.evidence.guards import LEAST_RACES, compare, reasons
from shared.models.evidence.questions import GUARDED, HIGHER, Scored, value
from shared.scoring.measures import BINS


def scored(races: int, seed: int = 0, worse: float = 0.0, noise: float = 0.0) -> Scored:
    """Scores of R races about .1 apart; ``worse`` is added the bad way round, ``noise`` at random."""
    rng, own = np.random.default_rng(seed), np.random.default_rng(seed + 1)
    sums = {}
    for name, sign in GUARDED.items():
        sums[name] = 0.5 + 0.1 * rng.normal(size=races) + sign * worse + noise * own.normal(size=races)
    said = rng.random((races, BINS)) * 10.0
    bins = np.stack([said * 2.0, said, said + (worse + noise * own.normal(size=(races, BINS))) * 5.0], axis=1)
    names = tuple(f"2024_{number:02d}" for number in range(1, races + 1))
    return Scored(names, sums, {name: np.ones(races) for name in GUARDED}, bins)


def test_the_same_scores_are_no_worse() -> None:
    found = compare(scored(20), scored(20))
    assert [guard.name for guard in found] == list(GUARDED)
    assert all(guard.difference == guard.low == guard.high == 0.0 and not guard.worse for guard in found)


@pytest.mark.parametrize("name", list(GUARDED))
def test_what_is_worse_on_every_race_is_refused_whichever_way_is_better(name: str) -> None:
    champion, challenger = scored(20), scored(20, worse=0.2)
    (found,) = [guard for guard in compare(champion, challenger) if guard.name == name]
    assert found.worse
    assert any(reason.startswith(f"{name}: ") for reason in reasons([found]))
    (back,) = [guard for guard in compare(challenger, champion) if guard.name == name]
    assert not back.worse and back.difference < 0.0


def test_differences_by_chance_alone_are_refused_about_as_often_as_the_level_says() -> None:
    refused, asked = 0, 0
    for seed in range(0, 200, 2):
        found = compare(scored(24, seed), scored(24, seed, noise=0.05))
        told = [guard for guard in found if guard.name != "calibration error"]  # noise there always makes it worse
        refused, asked = refused + sum(guard.worse for guard in told), asked + len(told)
    assert refused / asked < 0.04


def test_too_few_races_have_no_interval_and_refuse_nothing() -> None:
    found = compare(scored(LEAST_RACES - 1), scored(LEAST_RACES - 1, worse=0.3))
    assert all(guard.low is None and not guard.worse for guard in found)
    assert all(guard.difference > 0.0 for guard in found)
    assert compare(scored(0), scored(0)) == []


def test_the_order_of_races_does_not_matter_to_the_values() -> None:
    one = scored(12)
    order = np.random.default_rng(3).permutation(12)
    weights = np.random.default_rng(4).integers(0, 3, 12).astype(float)
    for name, sign in GUARDED.items():
        assert sign in (1.0, HIGHER)
        other = Scored(
            one.races, {n: v[order] for n, v in one.sums.items()}, {n: v[order] for n, v in one.counts.items()},
            one.bins[order],
        )  # fmt: skip
        assert value(other, name, weights[order]) == pytest.approx(value(one, name, weights))


def test_other_races_are_not_compared() -> None:
    with pytest.raises(ValueError, match="same races"):
        compare(scored(6), scored(7))
