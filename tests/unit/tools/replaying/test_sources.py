"""Where replays come from, and what each says of its times."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from shared.live import documents
from shared.live.documents import CarDocument, RaceDocument
from shared.live.field import race_state
from shared.telemetry import CarSample
from tools.replaying import sources
from tools.replaying.recording import RecordingError
from tools.replaying.telemetry import from_telemetry


def test_a_race_that_is_not_recorded_says_which_are(data_dir: Path) -> None:
    with pytest.raises(RecordingError, match=r"seasons there: 2018"):
        sources.recorded(data_dir, 1999, 1)
    with pytest.raises(RecordingError, match=r"races there: 2023_01"):
        sources.recorded(data_dir, 2023, 40)
    with pytest.raises(RecordingError, match=r"2025_01, 2025_02, 2025_15"):
        from_telemetry(data_dir, 2025, 3)


def test_recorded_telemetry_is_told_with_laps_that_are_said_to_be_reconstructed(data_dir: Path) -> None:
    recording = from_telemetry(data_dir, 2025, 2)
    assert recording.session.timing == "reconstructed"
    assert "lap times added up" in (recording.session.note or "")
    told = list(itertools.islice(recording.all(), 3000))
    assert [m.sampled_at for m in told] == sorted(m.sampled_at for m in told)
    assert sum(isinstance(m, CarSample) for m in told) > 2500
    kept: dict[str, documents.Document] = {}
    for message in recording.messages:
        name = documents.object_name(message)
        if name:
            kept[name] = documents.apply(kept.get(name) or documents.read(name, None), message)
    race = next(d for d in kept.values() if isinstance(d, RaceDocument))
    state = race_state(race, [d for d in kept.values() if isinstance(d, CarDocument)])
    assert state is not None
    assert (state.lap, state.cars[0].driver_id) == (56, "PIA")  # Shanghai 2025 was won by Piastri over 56 laps
    assert [car.driver_id for car in state.cars[1:4]] == ["NOR", "RUS", "VER"]


def test_fastf1_gives_the_same_laps_as_the_recorded_files(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fastf1

    cache = tmp_path / "cache"
    shutil.copytree(data_dir / "fastf1_cache" / "2023", cache / "2023")
    schedule = (data_dir / "fastf1_schedule" / "schedule_2023.json").read_text()

    def answer(url: str, **options: object) -> SimpleNamespace:
        """The one request that the cache does not hold: the season's schedule."""
        assert url.endswith("schedule_2023.json"), url
        return SimpleNamespace(text=schedule, content=schedule.encode(), status_code=200)

    monkeypatch.setattr(fastf1.req.Cache, "requests_get", answer)
    fastf1.Cache.enable_cache(str(cache), ignore_version=True)
    fastf1.Cache.offline_mode(True)
    try:
        ours = sources.from_fastf1(2023, 1, data_dir)
    finally:
        fastf1.Cache.offline_mode(False)
        fastf1.Cache.set_disabled()
    files = sources.recorded(data_dir, 2023, 1)
    lines = {(m.driver_id, m.lap): m.sampled_at for m in files.messages if m.kind == "timing"}
    theirs = {(m.driver_id, m.lap): m.sampled_at for m in ours.messages if m.kind == "timing"}
    assert len(theirs) > 1000
    offset = {(theirs[key] - lines[key]).total_seconds() for key in theirs if key in lines}
    assert max(offset) - min(offset) < 0.01
