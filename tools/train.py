"""Trains a bundle from recorded files alone: ``python -m tools.train --data DIR --until YYYY-MM-DD --out BUNDLE``.

DIR is laid out as the data folder (``laps/YEAR.parquet``, ``ergast/*.csv``, ...); parts may be missing and more seasons
may be there. Nothing dated after ``--until`` is used, which is how a walk-forward evaluation retrains.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import time
from collections.abc import Callable
from pathlib import Path

from shared.config import settings
from shared.errors import F1Error
from shared.features.frames import load_frames
from shared.models.bundle import Bundle
from shared.models.training import NothingToTrainOn, train_bundle


def train(data_dir: Path, until: dt.date | None, out: Path, progress: Callable[[str], None] = lambda _: None) -> Bundle:
    """Trains on everything in ``data_dir`` up to and with ``until`` and writes the bundle to ``out``."""
    frames = load_frames(data_dir, until)
    progress(f"{len(frames.laps):,} laps read")
    return train_bundle(frames, out, progress)


def main(arguments: list[str] | None = None) -> int:
    """Command line; 0 when the bundle is written, 2 when the data cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m tools.train", description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=settings().data_dir, help="data folder (default: F1_DATA_DIR)")
    parser.add_argument("--until", type=dt.date.fromisoformat, help="last date used, YYYY-MM-DD (default: everything)")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder of the bundle; one that stands there is replaced"
    )
    options = parser.parse_args(arguments)
    start = time.monotonic()

    def progress(message: str) -> None:
        print(f"  {time.monotonic() - start:5.1f} s  {message}", file=sys.stderr, flush=True)

    try:
        bundle = train(options.data, options.until, options.out, progress)
    except (F1Error, NothingToTrainOn) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    data = bundle.manifest["data"]
    print(f"{options.out}: version {bundle.version}, {data['races']} races until {data['until']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
