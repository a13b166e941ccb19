"""A lap's numbers from its samples: fuel by the rule, braking, shares, whatever the samples' order and rate."""

from __future__ import annotations

import numpy as np
import pytest

from shared.features.telemetry.lap import LapSamples, fuel_flow, lap_telemetry


def samples(rate: float = 8.0, seconds: float = 90.0, **changed: object) -> LapSamples:
    """A lap that brakes from 90 to 30 m/s at 20 m/s² every 30 s and accelerates at full throttle between."""
    time = np.arange(0.0, seconds, 1.0 / rate)
    phase = time % 30.0
    braking = phase < 3.0
    speed = np.where(braking, 90.0 - 20.0 * phase, 30.0 + 60.0 * np.minimum((phase - 3.0) / 27.0, 1.0)) * 3.6
    columns = {
        "time": time,
        "speed": speed,
        "rpm": np.full_like(time, 11_000.0),
        "gear": np.full_like(time, 6.0),
        "throttle": np.where(braking, 0.0, 100.0),
        "brake": braking.astype(float),
        "drs": np.where(phase > 24.0, 12.0, 8.0),
    }
    return LapSamples(**{**columns, **changed})  # type: ignore[arg-type]


def test_the_flow_is_the_rules_at_every_engine_speed() -> None:
    flow = fuel_flow(np.array([100.0, 100.0, 50.0, 0.0]), np.array([12_000.0, 8_000.0, 10_500.0, 9_000.0]))
    np.testing.assert_allclose(flow, [100.0, 77.5, 50.0, 0.0])


def test_a_lap_burns_what_the_flow_integrates_to() -> None:
    told = lap_telemetry(4, samples())
    assert told is not None
    assert told.burn == pytest.approx(0.9 * 100.0 * 90.0 / 3600.0, rel=0.01)
    assert (told.full_share, told.brake_share) == (pytest.approx(0.9, abs=0.01), pytest.approx(0.1, abs=0.01))
    assert told.drs_share == pytest.approx(0.2, abs=0.01)
    assert told.decel_mean == pytest.approx(20.0, abs=0.6)
    assert (told.lap, told.speed_max) == (4, pytest.approx(324.0, abs=1.0))


def test_neither_order_nor_rate_of_the_samples_changes_the_lap() -> None:
    lap = samples()
    order = np.random.default_rng(2).permutation(len(lap.time))
    assert lap_telemetry(4, LapSamples(*(column[order] for column in lap))) == lap_telemetry(4, lap)
    slow, fast = lap_telemetry(4, samples(4.0)), lap_telemetry(4, samples(10.0))
    assert slow is not None
    assert fast is not None
    np.testing.assert_allclose(slow[3:], fast[3:], rtol=0.03, atol=0.02)


def test_a_throttle_of_104_and_garbled_gears_are_no_readings() -> None:
    lap = samples()
    broken = lap.throttle.copy()
    broken[::7] = 104.0
    gear = lap.gear.copy()
    gear[::5] = 128.0
    told, clean = lap_telemetry(4, lap._replace(throttle=broken, gear=gear)), lap_telemetry(4, lap)
    assert told is not None
    assert clean is not None
    assert told.throttle_mean == pytest.approx(clean.throttle_mean, abs=1.5)
    assert told.gear_mean == clean.gear_mean


def test_open_drs_counts_as_recorded_files_and_as_the_live_feed_write_it() -> None:
    lap = samples()
    recorded = lap._replace(drs=(lap.drs == 12.0).astype(float))
    first, second = lap_telemetry(4, lap), lap_telemetry(4, recorded)
    assert first is not None
    assert first == second


def test_a_lap_that_was_hardly_read_tells_nothing() -> None:
    assert lap_telemetry(4, samples(seconds=5.0)) is None
    assert lap_telemetry(4, samples(brake=np.full(720, np.nan))) is None
