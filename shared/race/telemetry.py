"""How a car was driven on one lap, as the models take it; ``shared.features.telemetry`` makes it of samples."""

from __future__ import annotations

from typing import NamedTuple


class LapTelemetry(NamedTuple):
    """A lap's numbers. seconds: from the first sample to the last. Shares are of the samples that have the reading, 0
    to 1: full throttle; coasting (neither pedal); lifted (throttle below half, no brake, above 200 km/h); brake on;
    above 10,500 rpm; DRS open. Speeds km/h. decel_*: under braking, m/s²; brake_speed: mean speed there. burn: the
    integral of the fuel-flow rule times throttle, kg: a bound, not what was burned."""

    lap: int
    samples: int
    seconds: float
    throttle_mean: float
    full_share: float
    coast_share: float
    lift_share: float
    brake_share: float
    speed_mean: float
    speed_max: float
    speed_min: float
    gear_mean: float
    rpm_mean: float
    rpm_high_share: float
    drs_share: float
    decel_p95: float
    decel_mean: float
    brake_speed: float
    burn: float
