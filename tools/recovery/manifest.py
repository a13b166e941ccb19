"""What a backup consists of: one JSON file, written last, without which a backup does not count."""

from __future__ import annotations

import datetime as dt
import re
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.errors import F1Error
from tools.recovery.prints import ObjectPrint, TablePrint

ID = re.compile(r"\d{8}T\d{6}Z(-\d+)?")


class RecoveryError(F1Error):
    """A backup cannot be made, is not whole, or did not bring back what it holds."""


class BackupManifest(BaseModel):
    """A backup: when its first part was taken (what is older is in it), and prints of all that it holds."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    version: Literal[1] = 1
    id: str
    backend: Literal["embedded", "gcp"]
    taken_at: AwareDatetime
    seconds: float = Field(ge=0)
    tables: dict[str, TablePrint]
    objects: dict[str, ObjectPrint]
    files: dict[str, str] = Field({}, description="SHA-256 of the backup's own files, by name")


def new_id(now: dt.datetime) -> str:
    """A backup's id: its moment, to the second, UTC."""
    return now.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%SZ")


def checked_id(identity: str) -> str:
    """The id if it can be one. Raises RecoveryError."""
    if not ID.fullmatch(identity):
        raise RecoveryError(f"{identity[:40]!r} is no backup's id, as in 20260308T150000Z")
    return identity
