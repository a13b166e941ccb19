"""GET /live/{race_id}, and requests that name a race instead of giving its field."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from shared.contract.errors import ContractError, shown
from shared.contract.live import LiveAnswer, LiveSummary
from shared.errors import StoreError
from shared.live.answer import complete, live_answer
from shared.live.reader import LiveRace
from shared.observability import fields, log
from shared.strategy.names import Names

if TYPE_CHECKING:
    from shared.serving.service import Service

_RACE_ID = re.compile(r"[0-9]{4}_[0-9]{2}")


def read_live(service: Service, race_id: str) -> LiveAnswer:
    """The newest state of a race. Raises ContractError: 404 where none is kept, 503 where it cannot be read."""
    race = _read(service, race_id) if _RACE_ID.fullmatch(race_id) else None
    answer = live_answer(race) if race is not None else None
    if answer is None:
        raise ContractError(404, "race_not_found", f"No live state of race {shown(race_id)} is kept.")
    return answer


def list_live(service: Service) -> list[LiveSummary]:
    """Races of which live state is kept, the last one written to first. Raises ContractError 503."""
    try:
        races = service.live.races()
    except StoreError as error:
        raise _unreadable(error) from None
    return [
        LiveSummary(
            race_id=race.race_id,
            name=race.session.name,
            season=int(race.race_id[:4]),
            circuit_id=race.session.circuit_id,
            total_laps=race.session.total_laps,
            timing=race.session.timing,
            updated_at=race.updated_at or race.session.sampled_at,
        )
        for race in races
        if race.session is not None and _RACE_ID.fullmatch(race.race_id)
    ]


def completed(service: Service, body: Any) -> tuple[Any, list[str]]:
    """The body, completed from live state where it names a race and gives no field, and what to warn of.

    A body that no live state is kept for comes back as it is, and the validation says what it lacks. Raises
    ContractError as ``shared.live.answer.complete`` does, and 503 where live state cannot be read.
    """
    if not isinstance(body, dict) or body.get("field") is not None:
        return body, []
    race_id = body.get("race_id")
    if not isinstance(race_id, str) or not _RACE_ID.fullmatch(race_id):
        return body, []
    race = _read(service, race_id)
    if race is None or race.race.session is None:
        return body, []
    bundle = service.bundle()
    return complete(body, race, Names(bundle.tables, bundle.manifest).driver)


def _read(service: Service, race_id: str) -> LiveRace | None:
    try:
        return service.live.race(race_id)
    except StoreError as error:
        raise _unreadable(error, race_id) from None


def _unreadable(error: StoreError, race_id: str = "") -> ContractError:
    log.error("live state cannot be read", extra=fields(race=race_id, error=str(error)))
    return ContractError(503, "live_unavailable", "Live state cannot be read just now.", headers={"Retry-After": "2"})
