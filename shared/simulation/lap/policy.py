"""When a car without a plan of its own stops, and what it fits: two small logistic models.

The same feature functions serve the fit (numpy, over recorded laps) and the simulation (JAX, over scenarios), so a
policy cannot be trained on one thing and run on another. Each returns a tuple of arrays that broadcast together.
"""

from __future__ import annotations

from typing import Any, NamedTuple

HAZARD_FEATURES = (
    "intercept",
    "age_over_life",
    "age_over_life_squared",
    "reach",
    "age_x_reach",
    "owed",
    "owed_at_the_end",
    "free_at_the_end",
    "pressed_from_behind",
    "held_up",
    "share_stopped",
    "stops_ahead_of_field",
    "overdue",
)
NEUTRAL_FEATURES = ("intercept", "age_over_life", "age_over_life_squared", "reach", "owed", "settled")
CHOICE_FEATURES = (
    "intercept",
    "laps_over_life",
    "laps_over_life_squared",
    "same_again",
    "in_use",
    "in_use_after_a_stop",
)


NEARNESS = 0.5
"""Per second of gap: how fast a car ahead or behind ceases to matter."""


def hazard_features(
    xp: Any,
    age: Any,
    life: Any,
    laps_left: Any,
    owed: Any,
    near_behind: Any,
    near_ahead: Any,
    share_stopped: Any,
    excess_stops: Any,
) -> tuple[Any, ...]:
    """Features of stopping at the end of a green lap.

    ``age``: laps on the set at the end of that lap; ``life``: usual stint of its compound here; ``laps_left``: after
    that lap; ``owed``: 1 where a stop is still required; ``near_behind``, ``near_ahead``: exp(-``NEARNESS`` x gap in
    seconds at the previous line); ``share_stopped``: share of the running field that stopped on the previous lap;
    ``excess_stops``: own stops less the field's mean.
    """
    worn, reach, overdue = of_tires(xp, age, 1.0 / life, laps_left)
    return (
        xp.ones_like(worn),
        worn,
        worn * worn,
        reach,
        worn * reach,
        owed,
        owed * xp.exp(-0.2 * laps_left),
        (1.0 - owed) * xp.exp(-0.15 * laps_left),
        near_behind,
        near_ahead,
        xp.minimum(share_stopped, 0.5),
        excess_stops,
        overdue,
    )


def of_tires(xp: Any, age: Any, per_lap: Any, laps_left: Any) -> tuple[Any, Any, Any]:
    """(worn, reach, overdue): usual lives driven at the end of the lap and at the flag, if nothing is changed, and
    lives driven beyond the usual; ``per_lap``: usual lives a lap."""
    worn = xp.minimum(age * per_lap, 2.5)
    return worn, xp.minimum((age + laps_left) * per_lap, 3.0), xp.maximum(worn - 1.1, 0.0)


def neutral_features(xp: Any, age: Any, life: Any, laps_left: Any, owed: Any, settled: Any) -> tuple[Any, ...]:
    """Features of stopping under a safety car or VSC. ``settled``: 1 from its second lap on, when those who
    wanted to stop have done so."""
    worn = xp.minimum(age / life, 2.5)
    reach = xp.minimum((age + laps_left) / life, 3.0)
    return (xp.ones_like(worn), worn, worn * worn, reach, owed, settled)


def by_status(xp: Any, hazard: Any, neutral: Any) -> Any:
    """Weights [3, N] of green, VSC and SC over the hazard's features and, last, ``settled``: one sum for every status.
    ``hazard`` [N_HAZARD], ``neutral`` [2, N_NEUTRAL]."""
    names = (*HAZARD_FEATURES, NEUTRAL_FEATURES[-1])
    rows = [xp.concatenate([hazard, xp.zeros(1, hazard.dtype)])]
    for weights in neutral:
        given = dict(zip(NEUTRAL_FEATURES, weights, strict=True))
        rows.append(xp.stack([xp.asarray(given.get(name, 0.0), hazard.dtype) for name in names]))
    return xp.stack(rows)


class Terms(NamedTuple):
    """The logit of a stop as a sum over what differs between cars. base: of a car that owes nothing, on tires that do
    not wear, with nobody near and no stop made; owed: what is added where a stop is owed; weights by feature."""

    base: Any
    owed: Any
    weights: Any


def terms(xp: Any, weights: Any, laps_left: Any, share_stopped: Any, mean_stops: Any, settled: Any) -> Terms:
    """Terms for the ``weights`` of ``by_status`` [N, ...], of what all cars share [...]."""

    def bare(owed: float) -> Any:
        zero = xp.zeros_like(mean_stops)
        features = hazard_features(
            xp, zero, zero + xp.inf, laps_left, zero + owed, zero, zero, share_stopped, -mean_stops
        )
        return logit(xp.moveaxis(weights, 0, -1), (*features, settled))

    base = bare(0.0)
    return Terms(base, bare(1.0) - base, weights)


def logit_of_car(
    xp: Any,
    terms: Terms,
    age: Any,
    per_lap: Any,
    laps_left: Any,
    owed: Any,
    near_behind: Any,
    near_ahead: Any,
    stops: Any,
) -> Any:
    """``logit`` of ``hazard_features`` with what cars share summed already, and ``owed`` a bool: at a third of the
    operations. ``per_lap``: 1 / life; ``stops``: own stops."""
    w = dict(zip(HAZARD_FEATURES, terms.weights, strict=False))
    worn, reach, overdue = of_tires(xp, age, per_lap, laps_left)
    wear = worn * (w["age_over_life"] + w["age_over_life_squared"] * worn + w["age_x_reach"] * reach)
    total = xp.where(owed, terms.base + terms.owed, terms.base) + wear + w["reach"] * reach + w["overdue"] * overdue
    total = total + w["pressed_from_behind"] * near_behind + w["held_up"] * near_ahead
    return total + w["stops_ahead_of_field"] * stops


def choice_features(xp: Any, life: Any, laps_left: Any, same: Any, in_use: Any, refitted: Any) -> tuple[Any, ...]:
    """Features of fitting one dry compound of usual stint ``life`` with ``laps_left`` to go; ``same``: 1 where it is
    the compound that comes off; ``in_use``: share of the running field on it; ``refitted``: its share among the cars
    that have stopped already (0 while none has): what the others found out."""
    stretch = xp.minimum(laps_left / life, 3.0)
    return (xp.ones_like(stretch), stretch, stretch * stretch, same, in_use, refitted)


def logit(weights: Any, features: tuple[Any, ...]) -> Any:
    """Weighted sum of the features; ``weights`` runs over the features on its last axis."""
    total = weights[..., 0] * features[0]
    for i, feature in enumerate(features[1:], start=1):
        total = total + weights[..., i] * feature
    return total
