"""What is said of each model beside its figures: what it is for, from when on its features are known, its limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from shared.models.brakes.features import NAMES as BRAKES
from shared.models.fuel.features import NAMES as FUEL
from shared.models.pace import features as pace_features
from shared.models.stops import features as stop_features
from shared.models.style.features import NAMES as STYLE
from shared.models.tires import features as tire_features

LINE = "end of the lap asked about, from laps up to it"
BEFORE = "before the race"
EARLIER = "before the race, from earlier races"
ASKED = "with the question: the lap to come that it is asked about"


class Description(NamedTuple):
    """What a card says that was not measured. ``known``: features by name, with when they are known, in order;
    ``physics_target``: what counts as truth is computed by a physical rule; ``sources``: papers and regulations."""

    purpose: str
    limits: Sequence[str]
    known: Mapping[str, str] = {}
    physics_target: bool = False
    sources: Sequence[str] = ()


def _known(names: Sequence[str], otherwise: Mapping[str, str]) -> dict[str, str]:
    return {name: otherwise.get(name, LINE) for name in names}


_GRADIENT_BOOSTING = "Chen and Guestrin 2016, XGBoost: a scalable tree boosting system"
_THREE = (
    "Telemetry of three races of one season is at hand: scored with each left out in turn, n = 3. The intervals, over "
    "cars within these races, say nothing of other circuits."
)
_SCORECARD = "Not scored apart: its errors show in the forecasts of whole races, docs/scorecard.md."

DESCRIPTIONS: Mapping[str, Description] = {
    "tire_degradation": Description(
        "Pace that a car will keep up over the next 5, 10 and 15 laps if it stays on its set. The forecast over ten "
        "laps moves the simulated pace of the set now fitted.",
        (
            "For sets with three clean laps among the last five: nothing is said of new sets and of laps under safety "
            "cars.",
            "Scored in dry races only; on wet tires it is not asked.",
            "Fuel burnt and wear cancel in lap times: the forecast is of pace, not of wear apart.",
            "Drivers choose their pace: a forecast of managed pace is not one of what the tire could do.",
        ),
        _known(tire_features.NAMES, {"laps_left": BEFORE, "share_done": BEFORE}),
        sources=(_GRADIENT_BOOSTING,),
    ),
    "pace": Description(
        "Mean pace of every car over the rest of the race, in clean air, against the field.",
        (
            "Against the median of the field: it does not tell lap times.",
            "Scored as a bundle of the season before would do: fitted on earlier seasons, with the ratings that they "
            "left. With ratings up to the race before, the error is 5 to 8% smaller (2022 to 2024).",
            "In the wet, and after a change of the technical rules, it is widened by constants and not fitted anew.",
            "A driver or team without races in the data starts from the back of the field's ratings.",
        ),
        {
            **_known(pace_features.TREE_FEATURES, {"rating": EARLIER, "rating_age": BEFORE, "share": BEFORE}),
            "rating_unseen": EARLIER,
        },
        sources=(_GRADIENT_BOOSTING, "Kalman 1960, for the ratings"),
    ),
    "next_stop": Description(
        "Chance that a car stops at the end of each lap to come while the track stays green: the rivals' stops in "
        "every simulated race.",
        (
            "Dry tires and green running only; stops under a safety car, and in the wet, follow the pit policy.",
            "Teams' plans are not known: only what laps and gaps show of them.",
        ),
        _known(
            stop_features.NAMES,
            {
                "laps_ahead": ASKED,
                "age_then": ASKED,
                "laps_left_then": ASKED,
                "age_over_life": ASKED,
                "reach": ASKED,
                "life": EARLIER,
                "life_hard": EARLIER,
                "usual_stops": EARLIER,
                "total_laps": BEFORE,
            },
        ),
        sources=(_GRADIENT_BOOSTING,),
    ),
    "fuel": Description(
        "Fuel that the next lap will take beside a usual one, from how the last ten laps were driven.",
        (
            _THREE,
            "No team tells its fuel: this forecasts what a rule of fuel flow makes of throttle and engine speed, not "
            "kg that anybody weighed.",
            "A car's starting load is taken as the allowance; nobody fills the tank to save weight.",
            "In the wet race left out it was worse than the lap before.",
        ),
        _known(FUEL, {}),
        physics_target=True,
        sources=(
            "FIA Formula One Technical Regulations, fuel mass flow (100 kg/h; below 10,500 rpm 0.009 x rpm + 5.5 kg/h)",
            "FIA Formula One Sporting Regulations, 110 kg for a race",
            "Hochreiter and Schmidhuber 1997, Long short-term memory",
        ),
    ),
    "brake_bias": Description(
        "Share of the braking on the front axle that suits the next lap.",
        (
            _THREE,
            "No team tells its bias: the target is the ideal distribution at the deceleration measured, with assumed "
            "downforce and height of the center of gravity.",
            "Kept within 50 to 65%, the range that cars can set; locking, migration and brake by wire are left out.",
        ),
        _known(BRAKES, {}),
        physics_target=True,
        sources=("Limpert, Brake Design and Safety, chapter 7",),
    ),
    "driving_style": Description(
        "How likely the driver is to push, hold or conserve on the next lap: a prior for the driving mode.",
        (
            _THREE,
            "What a mode is called is a stated rule over pace, lifting and throttle; teams' own modes are not public.",
            "At most eight levels were asked for; three score best on a race left out.",
        ),
        _known(STYLE, {}),
        physics_target=True,
        sources=("Breiman et al. 1984, Classification and regression trees",),
    ),
    "tires": Description(
        "What a compound costs fresh, and what it loses a lap, by circuit.",
        (
            "Fuel and track evolution are removed together: neither is known from laps alone.",
            "Shows the wear of drivers who nurse their tires; the simulation scales it by a knob.",
            "Wet and intermediate tires have set values, not fitted ones.",
            _SCORECARD,
        ),
        {"compound": LINE, "tire age": LINE, "circuit": BEFORE},
    ),
    "pit_policy": Description(
        "When cars stop that the forecast of the next stop says nothing of (stints after it, neutralizations, wet "
        "tires), what they fit, and what a stop costs.",
        (_SCORECARD, "Stops under a red flag and entries of retiring cars are left out."),
        {"tire age over usual life": LINE, "compound": LINE, "stops": LINE, "track status": LINE, "circuit": BEFORE},
    ),
    "events": Description(
        "How often safety cars, virtual safety cars, red flags and retirements come, by circuit.",
        (_SCORECARD, "Constant over a race but for the first lap; what causes them is not modelled."),
        {"circuit": BEFORE, "share of the distance": LINE, "place": LINE},
    ),
    "passing": Description(
        "Chance that a car within reach passes the one ahead within a lap, by the difference of their pace.",
        (_SCORECARD, "DRS is part of the circuit's shift; damage and team orders are not seen."),
        {"pace edge": LINE, "circuit": EARLIER},
    ),
    "driver_profiles": Description(
        "How a driver drives beside the field: aggression, consistency, response to pressure, tire management. Shown; "
        "no forecast of a race rests on it.",
        (
            "Before 2018 from results alone: measures that need laps are null there.",
            "Tire management does not foretell the second half of a season better than calling every driver average, "
            "pressure response hardly: see the intervals.",
            "A driver is told from the car only where a teammate drives the same one.",
        ),
        {
            "results": "after each race since 1950",
            "laps": "after each race since 2018",
            "teammates' results and laps": "after the same race",
        },
        sources=("Efron and Morris 1975, for the shrinkage",),
    ),
}
"""By the name of the model in the manifest."""
