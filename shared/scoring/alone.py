"""The forecast of the simulation alone, with no strategy search: the pit policy decides for every car."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared.models.build import build_params
from shared.models.bundle import Bundle
from shared.scoring.situations import Situation
from shared.simulation import simulate
from shared.strategy.forecast import forecast

Answer = Callable[[Situation], list[dict[str, Any]]]
"""Rows of ``forecast`` for every car of a situation."""


def simulation_alone(bundle: Bundle, n_scenarios: int, seed: int) -> Answer:
    """What ``bundle`` forecasts."""

    def answer(situation: Situation) -> list[dict[str, Any]]:
        outcome = simulate(build_params(situation.state, bundle), 0, None, n_scenarios, seed)
        return forecast(outcome, 0, situation.state)

    return answer
