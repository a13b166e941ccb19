"""What the routes answer, field by field. Every number is finite: what is unknown or impossible is null.

Models forbid unknown names so that a misspelt field fails in a test, not at a client.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.contract.scalars import CompoundName, DrivingMode

Number = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class AnswerModel(BaseModel):
    """Frozen, and closed to names that are not in the contract."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class PlannedStop(AnswerModel):
    """A stop of a strategy: in-lap, compound fitted, and the fuel aboard then (kg)."""

    lap: int
    compound: CompoundName
    fuel_at_stop: Number | None = None


class Window(AnswerModel):
    """The laps on which the first stop is within 0.1 of the best in the objective, or not separable from it."""

    opens: int
    closes: int


class Neighbor(AnswerModel):
    """A car directly ahead or behind after the stop: in which share of the scenarios, and how many seconds away then
    (median, 10th and 90th percentile over those scenarios)."""

    driver_id: str
    side: Literal["ahead", "behind"]
    probability: Share
    gap: Number
    gap_p10: Number
    gap_p90: Number


class Rejoin(AnswerModel):
    """Where the car comes out at the end of the out-lap of its next stop: place, seconds to the cars around it (null
    where there is none in half the scenarios or more), and who they likely are."""

    position: int
    position_p10: int
    position_p90: int
    gap_ahead: Number | None
    gap_ahead_p10: Number | None
    gap_ahead_p90: Number | None
    gap_behind: Number | None
    gap_behind_p10: Number | None
    gap_behind_p90: Number | None
    traffic: tuple[str, ...]
    neighbors: tuple[Neighbor, ...] = ()


class PitStrategy(AnswerModel):
    """The call. ``recommended_lap`` and ``compound`` are null, ``stops`` empty, when the best is to stay out."""

    recommended_lap: int | None
    compound: CompoundName | None
    win_probability: Share
    stops: tuple[PlannedStop, ...]
    window: Window | None
    rejoin: Rejoin | None
    probability_best: Share


class Basis(AnswerModel):
    """What mode, bias, guidance and the fuel at the stops rest on: a model, a physics rule, or nothing known."""

    driving_mode: str
    brake_bias: str
    throttle_guidance: str
    fuel_at_stop: str = ""


class Difference(AnswerModel):
    """Objective less the recommended one's, paired over scenarios, with its 90% interval."""

    value: Number
    low: Number
    high: Number


class Alternative(AnswerModel):
    """Another strategy, judged on ``n_scenarios``. ``time_delta``: median race time less the recommended one's, s."""

    stops: tuple[PlannedStop, ...]
    win_probability: Share
    podium_probability: Share
    points_probability: Share
    expected_position: Number
    position_p10: int
    position_p90: int
    expected_points: Number
    expected_points_stderr: Number
    time_delta: Number | None
    probability_best: Share
    difference: Difference
    n_scenarios: int


class Reaction(AnswerModel):
    """What to do if it happens, and the points gained against staying out (0 where staying out is advised); ``low`` and
    ``high``: 90% interval of what stopping would gain, null where the rules leave no choice."""

    pit: bool
    compound: CompoundName | None
    gain_points: Number
    low: Number | None = None
    high: Number | None = None


class Contingency(AnswerModel):
    """What to do if the track changes on this lap."""

    safety_car_now: Reaction
    vsc_now: Reaction
    rain_now: Reaction


class LapContingency(AnswerModel):
    """What to do if a safety car or a VSC comes on ``lap``."""

    lap: int
    safety_car: Reaction
    vsc: Reaction


class Threat(AnswerModel):
    """A rival's move that would cost points, and the answer to it. ``kind``: undercut, overcut, pass, or double_stack
    (the teammate stops on the same lap). ``probability``: that it happens and succeeds under the recommended strategy.
    ``loss_points``: what the move takes, with its 90% interval where it was simulated; ``rests_on`` says how."""

    driver_id: str
    kind: str
    probability: Share
    loss_points: Number
    loss_low: Number | None = None
    loss_high: Number | None = None
    rests_on: str = ""
    answer: str


class NextStop(AnswerModel):
    """A car's next stop, given that there is one; lap fields are null only when none is possible. ``lap_best`` is the
    centre of the five laps that hold most of the probability, held within ``lap_p10`` and ``lap_p90``."""

    lap_median: int | None
    lap_best: int | None
    lap_p10: int | None
    lap_p90: int | None
    compound: CompoundName | None
    none_probability: Share


class ForecastRow(AnswerModel):
    """One car under the recommended strategy. ``position_probabilities`` has one entry per car of the race."""

    driver_id: str
    expected_position: Number
    position_probabilities: tuple[Share, ...]
    win_probability: Share
    podium_probability: Share
    points_probability: Share
    dnf_probability: Share
    next_stop: NextStop


class RecommendAnswer(AnswerModel):
    """The recommendation. ``latency_ms`` aside, the same request with the same seed gives the same bytes."""

    pit_strategy: PitStrategy
    too_close_to_call: bool
    driving_mode: DrivingMode
    brake_bias: Number | None
    throttle_guidance: dict[str, str]
    basis: Basis
    confidence: Share
    alternatives: tuple[Alternative, ...]
    contingency: Contingency
    contingency_by_lap: tuple[LapContingency, ...]
    threats: tuple[Threat, ...]
    forecast: tuple[ForecastRow, ...]
    explanation: tuple[str, ...]
    warnings: tuple[str, ...]
    n_scenarios: int
    seed: int
    model_version: str
    latency_ms: Number = 0.0


class HealthAnswer(AnswerModel):
    """Models are loaded and kernels compiled."""

    status: Literal["healthy"] = "healthy"


class PitLoss(AnswerModel):
    """Seconds that a stop costs, by track status."""

    green: Number | None
    vsc: Number | None
    sc: Number | None


class CircuitSummary(AnswerModel):
    """What the models know of a circuit, in short. Rates are events a race; ``overtaking`` is against the average
    circuit's 1; ``races``: how many it rests on. Null: not known."""

    circuit_id: str
    name: str
    total_laps: int | None
    pit_loss: PitLoss
    safety_car_rate: Number | None
    vsc_rate: Number | None
    overtaking: Number | None
    races: int


class Corner(AnswerModel):
    """A corner: its number, and metres from the line."""

    number: int
    distance: Number


class CircuitAnswer(CircuitSummary):
    """A circuit with its tire curves (seconds lost by age, against a fresh medium) and corners."""

    tire_curves: dict[CompoundName, tuple[Number, ...]]
    corners: tuple[Corner, ...]


class Estimate(AnswerModel):
    """A trait in 0..1: its value, the 90% interval around it, and the number of observations it rests on."""

    value: Share
    low: Share
    high: Share
    n: int


class ProfileAnswer(AnswerModel):
    """A driver, by three-letter code where it means this one, else by Ergast id. A trait that too little is known of is
    null; ``data_quality`` says what the profile rests on."""

    driver_id: str
    ergast_id: str
    name: str
    teams: tuple[str, ...]
    seasons: tuple[int, ...]
    aggression: Estimate | None
    consistency: Estimate | None
    pressure_response: Estimate | None
    tire_management: Estimate | None
    data_quality: Any


class MetricsAnswer(AnswerModel):
    """What this instance has done since it started. Times in buckets, so percentiles are the ends of theirs."""

    uptime_seconds: Number
    start_seconds: dict[str, Number]
    requests: dict[str, int]
    errors: dict[str, int]
    latency: dict[str, Any]
    scenarios: int
    answers: dict[str, int]


class TrainingData(AnswerModel):
    """What the bundle was trained on."""

    model_config = ConfigDict(frozen=True, extra="allow")

    until: str
    races: int
    fingerprint: str


class ModelReport(AnswerModel):
    """One model of the bundle: what it is, what counted as truth, how it scored and what its baseline scored."""

    model_config = ConfigDict(frozen=True, extra="allow", protected_namespaces=())

    name: str
    kind: str
    truth: str | None = None
    metrics: dict[str, Any] = Field(default_factory=dict)
    baseline: dict[str, Any] | str | None = None
    served_by: str | None = None


class ModelAnswer(AnswerModel):
    """The bundle that serves."""

    model_config = ConfigDict(frozen=True, extra="allow", protected_namespaces=())

    version: str
    created_at: str
    synthetic: bool
    data: TrainingData
    models: tuple[ModelReport, ...]
