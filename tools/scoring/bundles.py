"""Bundles for a walk-forward: trained on races before a season alone, and kept by what they were made of."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from pathlib import Path

from shared.config import ROOT

MADE_OF = (
    "shared/models",
    "shared/features",
    "shared/ingest",
    "shared/race",
    "functions/preprocess",
    "functions/train",
)
"""Code that decides what a bundle holds; the tables of the strategy and the simulation's own code do not."""


def last_day_before(season: int) -> dt.date:
    """The day up to which races may be used for a question in this season."""
    return dt.date(season - 1, 12, 31)


def fingerprint(data_dir: Path, until: dt.date, code: Path = ROOT) -> str:
    """Names bundles: changes with the data files (name, size, time of change), the code that trains, and the date."""
    digest = hashlib.sha256(until.isoformat().encode())
    for path in _data_files(data_dir):
        stat = path.stat()
        digest.update(f"{path.relative_to(data_dir)} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    for folder in MADE_OF:
        for path in sorted((code / folder).rglob("*")) or [code / folder]:
            if path.suffix in (".py", ".sql"):
                digest.update(path.relative_to(code).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _data_files(data_dir: Path) -> Iterable[Path]:
    return sorted(p for folder in ("laps", "ergast", "weather") for p in (data_dir / folder).glob("*") if p.is_file())


def bundle_before(season: int, data_dir: Path, work: Path) -> Path:
    """A bundle that knows no race of ``season`` or after; trained now unless ``work`` holds it."""
    until = last_day_before(season)
    out = work / f"before-{season}-{fingerprint(data_dir, until)}"
    if not (out / "manifest.json").exists():
        from tools.train import train

        work.mkdir(parents=True, exist_ok=True)
        train(data_dir, until, out)
    return out
