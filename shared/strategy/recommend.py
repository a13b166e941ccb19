"""From a race state and the models of a bundle to the recommendation."""

from __future__ import annotations

from shared.contract.answers import RecommendAnswer
from shared.contract.requests import RecommendRequest
from shared.models.build import build_params
from shared.models.bundle import Bundle
from shared.race.state import RaceState
from shared.simulation import Remembered, simulate
from shared.strategy.advice import advise

REMEMBERED = 64 << 20  # bytes: what some fifteen answers have simulated
_simulate = Remembered(simulate, REMEMBERED)


def recommend(request: RecommendRequest, state: RaceState, ego: int, bundle: Bundle) -> RecommendAnswer:
    """The recommendation for car ``ego`` of ``state``. ``latency_ms`` is left 0 for whoever measures it."""
    circuit = bundle.tables.get("circuits", {}).get(state.circuit_id, {})
    answer = advise(
        request, state, ego, build_params(state, bundle), _simulate, circuit, bundle.tables, bundle.evaluators
    )
    return RecommendAnswer.model_validate(answer | {"model_version": str(bundle.manifest["version"])})
