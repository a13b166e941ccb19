"""Training: from frames of recorded races to a bundle on disk."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared.models.bundle import Bundle, write_bundle
from shared.models.cards.make import card_files, cards
from shared.models.evidence.baselines import serve_what_is_better
from shared.models.evidence.recipe import recipe
from shared.models.fit import fingerprint, fit_all
from shared.models.report import model_reports
from shared.models.tflite.export import tflite_files


class NothingToTrainOn(ValueError):
    """There are no laps to train on."""


def train_bundle(frames: Any, out: Path, progress: Callable[[str], None] = lambda _: None) -> Bundle:
    """Fits every model on ``frames`` and writes the bundle to ``out``. The same frames give the same version.

    Raises NothingToTrainOn for frames without laps, ExportDisagrees if a ``.tflite`` file does not answer as its
    source.
    """
    if len(frames.laps) == 0:
        raise NothingToTrainOn("no laps to train on: the data folder has none up to the date asked for")
    fitted = fit_all(frames, progress)
    tables, serving = serve_what_is_better(fitted)
    races = frames.laps["race_id"].nunique()
    until = frames.laps["race_date"].max().date().isoformat()
    manifest = {
        "created_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "synthetic": bool(getattr(frames, "synthetic", False)),
        "data": {"until": until, "races": int(races), "laps": len(frames.laps), "fingerprint": fingerprint(frames)},
        "models": [
            {"serves": serving.get(report["name"], "model"), **report} for report in model_reports(fitted, until)
        ],
        "recipe": recipe(tables),
    }
    files = tflite_files(tables)
    progress(f"{len(files)} TensorFlow Lite files, each compared with its source")
    files |= card_files(cards(fitted, manifest))
    progress("model cards")
    return write_bundle(out, tables, manifest, files)
