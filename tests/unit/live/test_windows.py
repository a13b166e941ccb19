"""Windows of car samples: the same sums whatever the order, the grouping and the copies."""

from __future__ import annotations

import datetime as dt
import random
from functools import reduce
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.embedded.warehouse import DuckDBWarehouse
from shared.live import windows
from shared.live.rows import feature_row
from shared.telemetry import CarSample

START = dt.datetime(2023, 3, 5, 15, 0, tzinfo=dt.UTC)


def sample(second: float, driver: str = "VER", **given: object) -> CarSample:
    return CarSample.model_validate(
        {"race_id": "2023_01", "driver_id": driver, "sampled_at": START + dt.timedelta(seconds=second), **given}
    )


SAMPLES = st.builds(
    sample,
    st.floats(0, 12).map(lambda s: round(s, 3)),
    st.sampled_from(["VER", "LEC"]),
    speed=st.one_of(st.none(), st.integers(0, 340)),
    throttle=st.one_of(st.none(), st.integers(0, 104)),
    brake=st.one_of(st.none(), st.booleans()),
    drs=st.one_of(st.none(), st.integers(0, 14)),
)


def test_a_window_holds_five_seconds_from_its_start_on() -> None:
    found = windows.windows(
        [("a", sample(4.999, speed=100)), ("b", sample(5.0, speed=200)), ("c", sample(0.0, speed=300))]
    )
    assert [
        (key.start - int(START.timestamp()), windows.features(w).speed_mean) for key, w in sorted(found.items())
    ] == [
        (0, 200.0),
        (5, 200.0),
    ]


def test_what_was_not_read_counts_in_no_mean() -> None:
    merged = reduce(
        windows.merge,
        map(windows.window_of, [sample(0, throttle=104), sample(1, throttle=50), sample(2), sample(3, throttle=100)]),
    )
    told = windows.features(merged)
    assert (told.samples, told.throttle_mean, told.speed_max, told.brake_share) == (4, 75.0, None, None)


@given(st.lists(SAMPLES, max_size=30), st.randoms(use_true_random=False), st.integers(1, 5))
def test_instances_that_share_shuffled_and_doubled_messages_merge_to_the_same_windows(
    samples: list[CarSample], rng: random.Random, instances: int
) -> None:
    messages = [(str(i), s) for i, s in enumerate(samples)]
    expected = {key: windows.features(w) for key, w in windows.windows(messages).items()}
    delivered = messages * 2
    rng.shuffle(delivered)
    kept: dict[str, tuple[windows.Key, windows.Window]] = {}
    shares: list[list[str]] = [[] for _ in range(instances)]
    for identity, s in delivered:  # what an instance stores is one row a message id
        if identity not in kept:
            shares[rng.randrange(instances)].append(identity)
        kept[identity] = (windows.key_of(s), windows.window_of(s))
    merged: dict[windows.Key, windows.Window] = {}
    for share in shares:
        partial: dict[windows.Key, windows.Window] = {}
        for identity in share:
            key, window = kept[identity]
            partial[key] = windows.merge(partial.get(key, windows.Window()), window)
        for key, window in partial.items():
            merged[key] = windows.merge(window, merged.get(key, windows.Window()))
    assert {key: windows.features(w) for key, w in merged.items()} == expected


@pytest.fixture
def warehouse(tmp_path: Path) -> DuckDBWarehouse:
    return DuckDBWarehouse(tmp_path / "w.duckdb")


def test_the_stored_rows_give_the_same_windows_and_tell_the_late_ones(warehouse: DuckDBWarehouse) -> None:
    rng = random.Random(3)
    samples = [
        sample(round(i * 0.27, 3), rng.choice(["VER", "LEC"]), speed=rng.randrange(60, 330), lap=1 + i // 300,
               throttle=rng.choice([None, 0, 40, 100, 104]), brake=rng.choice([None, True, False]),
               drs=rng.choice([None, 0, 8, 12]), rpm=rng.randrange(9000, 12000))
        for i in range(600)
    ]  # fmt: skip
    messages = [(f"m{i}", s) for i, s in enumerate(samples)]
    delivered = [*messages[30:], *messages[:30], *messages[::7]]  # the first eight seconds come two minutes late
    rows = [feature_row(s, identity, START + dt.timedelta(milliseconds=i)) for i, (identity, s) in enumerate(delivered)]
    stored = [row for row in rows if row is not None]
    ids = [f"{row['message_id']}-{i}" for i, row in enumerate(stored)]  # as a store that does not know ids by itself
    assert warehouse.append("live_features", stored, ids) == len(delivered)
    found = warehouse.query(windows.WINDOWS_SQL, {"race_id": "2023_01"}).to_pylist()
    expected = {key: windows.features(w) for key, w in windows.windows(messages).items()}
    assert windows.stored_windows(found) == expected
    assert sum(row["late"] for row in found) == 30
    assert all(row["late"] == 0 for row in found if row["window_start"].timestamp() >= START.timestamp() + 10)
