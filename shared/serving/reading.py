"""The reading routes over what is stored: recorded races with their laps, and the drivers' profiles of the bundle."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from shared.contract.answers import ProfileAnswer
from shared.contract.errors import ContractError, shown
from shared.contract.recorded import SeasonDriver, SeasonSummary
from shared.errors import NotFound, StoreError
from shared.observability import fields, log
from shared.ports import ObjectStore

RACES_BUCKET = "races"
_RACE_ID = re.compile(r"[0-9]{4}_[0-9]{2}")


def races(store: Callable[[], ObjectStore]) -> str:
    """The index of recorded races as JSON text; ``[]`` where none is stored. Raises ContractError 503."""
    return _read(store, "index.json") or "[]"


def laps(store: Callable[[], ObjectStore], race_id: str) -> str:
    """A race's laps as JSON text. Raises ContractError: 404, 503."""
    text = _read(store, f"{race_id}/laps.json") if _RACE_ID.fullmatch(race_id) else None
    if text is None:
        raise ContractError(404, "race_not_found", f"No race {shown(race_id)} is recorded; GET /races lists them.")
    return text


def profiles(tables: Mapping[str, Any]) -> list[ProfileAnswer]:
    """Every driver's profile that the bundle holds, by name; none where it was trained without them.

    The table ``profiles`` holds, by Ergast id, a profile's fields; a driver is called the three-letter code where it
    means this driver, else the Ergast id.
    """
    codes = {str(row.get("ergast_id")): code for code, row in tables["drivers"].items()}
    found = [
        ProfileAnswer.model_validate({"driver_id": codes.get(ergast_id, ergast_id), "ergast_id": ergast_id, **row})
        for ergast_id, row in tables.get("profiles", {}).items()
    ]
    return sorted(found, key=lambda profile: (profile.name, profile.ergast_id))


def profile(tables: Mapping[str, Any], driver_id: str) -> ProfileAnswer:
    """The profile of a driver by code or Ergast id, upper and lower case alike. Raises ContractError 404."""
    known: Mapping[str, Any] = tables.get("profiles", {})
    if not known:
        raise ContractError(404, "driver_not_found", "The bundle that serves holds no driver profiles.")
    wanted = driver_id.casefold()
    by_name: dict[str, ProfileAnswer] = {}
    for each in profiles(tables):
        by_name[each.ergast_id.casefold()] = each
    for each in profiles(tables):
        by_name[each.driver_id.casefold()] = each
    if wanted not in by_name:
        raise ContractError(
            404, "driver_not_found", f"No driver {shown(driver_id)} is known; GET /driver-profiles lists them."
        )
    return by_name[wanted]


def seasons(tables: Mapping[str, Any]) -> list[SeasonSummary]:
    """The seasons of the bundle's typical field, the newest first, with their drivers, the fastest first."""
    names = {found.driver_id: found.name for found in profiles(tables)}
    by_season: Mapping[str, Any] = tables["typical_field"].get("drivers", {})
    return [
        SeasonSummary(
            season=int(season),
            drivers=tuple(
                SeasonDriver(driver_id=driver, name=names.get(driver), team=team or None)
                for driver, team in by_season[season]
            ),
        )
        for season in sorted(by_season, key=int, reverse=True)
    ]


def _read(store: Callable[[], ObjectStore], name: str) -> str | None:
    try:
        return store().get(RACES_BUCKET, name).data.decode()
    except NotFound:
        return None
    except StoreError as error:
        log.error("recorded races cannot be read", extra=fields(object=name, error=str(error)))
        message = "Recorded races cannot be read just now."
        raise ContractError(503, "races_unavailable", message, headers={"Retry-After": "2"}) from None
