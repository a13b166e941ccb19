"""How the models did: the scorecard of this version, the bundle's model cards, the drift report of training."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from shared.config import ROOT
from shared.contract.errors import ContractError
from shared.contract.judged import DriftAnswer, DriftReport, ModelCard, Scorecard, ScorecardAnswer
from shared.errors import NotFound, StoreError
from shared.observability import fields, log
from shared.ports import ObjectStore

if TYPE_CHECKING:
    from shared.models.bundle import Bundle

SCORECARD = ROOT / "docs" / "scorecard.json"
"""Written by the backtest beside its page, and packed with the function."""
MODELS_BUCKET = "models"
DRIFT = "drift/latest.json"


@functools.lru_cache(maxsize=4)
def scorecard(path: Path = SCORECARD) -> str:
    """The answer as JSON text; a scorecard that is not there or cannot be read is null, and the log says why."""
    try:
        found = Scorecard.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        found = None
    except (OSError, ValidationError) as error:
        log.error("the scorecard cannot be read", extra=fields(path=path.name, error=str(error)[:500]))
        found = None
    return ScorecardAnswer(scorecard=found).model_dump_json()


def cards(bundle: Bundle) -> list[ModelCard]:
    """The model cards of a bundle, in the order of its reports; none where it was made without. A rule that stands in
    for want of data has no day of its own in its card: it is the bundle's, up to which none were found."""
    names = [str(report["name"]) for report in bundle.manifest["models"]]
    found = [bundle.cards[name] for name in names if name in bundle.cards]
    until = str(bundle.manifest["data"]["until"])
    return [ModelCard.model_validate_json(json.dumps({**card, "until": card["until"] or until})) for card in found]


def drift(store: Callable[[], ObjectStore]) -> DriftAnswer:
    """The newest drift report. Raises ContractError 503 where it cannot be read."""
    try:
        stored = store().get(MODELS_BUCKET, DRIFT)
    except NotFound:
        return DriftAnswer(drift=None)
    except StoreError as error:
        raise _unavailable(str(error)) from None
    try:
        return DriftAnswer(drift=DriftReport.model_validate_json(stored.data))
    except ValidationError as error:
        raise _unavailable(str(error)[:500]) from None


def _unavailable(error: str) -> ContractError:
    log.error("the drift report cannot be read", extra=fields(object=DRIFT, error=error))
    message = "The drift report cannot be read just now."
    return ContractError(503, "drift_unavailable", message, headers={"Retry-After": "2"})
