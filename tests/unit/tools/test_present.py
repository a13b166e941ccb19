"""What a person sees in the terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from tools.present import call, render


def shown(answer: dict[str, Any], request: dict[str, Any], width: int = 100) -> str:
    console = Console(width=width, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    console.print(render(answer, request))
    return console.export_text()


def stop(lap: int, compound: str) -> dict[str, Any]:
    return {"lap": lap, "compound": compound, "fuel_at_stop": 60.0}


def answer_with(**changes: Any) -> dict[str, Any]:
    nothing = {"pit": False, "compound": "SOFT", "gain_points": 0.0}
    worth_it = {"pit": True, "compound": "HARD", "gain_points": 1.4}
    return {
        "pit_strategy": {
            "recommended_lap": 18,
            "compound": "HARD",
            "win_probability": 0.004,
            "stops": [stop(18, "HARD"), stop(38, "MEDIUM")],
            "window": {"opens": 16, "closes": 20},
            "rejoin": {"position": 5, "position_p10": 4, "position_p90": 7, "traffic": ["HAM", "SAI"]},
            "probability_best": 0.93,
        },
        "too_close_to_call": False,
        "driving_mode": "PUSH",
        "brake_bias": 56.4,
        "confidence": 0.87,
        "alternatives": [
            {
                "stops": [stop(19, "MEDIUM")],
                "expected_position": 2.5,
                "time_delta": 1.25,
                "probability_best": 0.05,
                "difference": {"value": -0.4, "low": -0.7, "high": -0.1},
                "n_scenarios": 10000,
            }
        ],
        "contingency": {"safety_car_now": worth_it, "vsc_now": nothing, "rain_now": nothing},
        "contingency_by_lap": [{"lap": 16, "safety_car": worth_it, "vsc": nothing}],
        "threats": [
            {"driver_id": "LEC", "kind": "undercut", "probability": 0.34, "loss_points": 2.1, "answer": "pit on lap 17"}
        ],
        "forecast": [
            {
                "driver_id": "VER",
                "expected_position": 1.4,
                "win_probability": 0.71,
                "podium_probability": 0.97,
                "points_probability": 0.999,
                "dnf_probability": 0.02,
                "next_stop": {
                    "lap_median": 18,
                    "lap_best": 18,
                    "lap_p10": 16,
                    "lap_p90": 20,
                    "compound": "HARD",
                    "none_probability": 0.0,
                },
            }
        ],
        "explanation": ["Because it is faster."],
        "warnings": ["the field was filled in"],
        "n_scenarios": 10000,
        "seed": 7,
        "model_version": "m1",
        "latency_ms": 41.0,
    } | changes


REQUEST = {"driver_id": "VER", "circuit_id": "red_bull_ring", "lap": 15, "total_laps": 71, "season": 2023}


def test_the_call_comes_first_and_in_words() -> None:
    text = shown(answer_with(), REQUEST)
    assert "VER, Red Bull Ring 2023, lap 15 of 71" in text.splitlines()[0]
    assert "Box lap 18 for hards, then lap 38 for mediums" in text.splitlines()[1]
    assert text.index("Box lap 18") < text.index("win <1%") < text.index("Alternatives") < text.index("Threats")


def test_alternatives_show_difference_and_interval() -> None:
    line = next(line for line in shown(answer_with(), REQUEST).splitlines() if "lap 19 mediums" in line)
    assert "-0.40" in line
    assert "-0.70 to -0.10" in line


def test_every_difference_of_a_table_has_the_decimals_that_its_interval_needs() -> None:
    rows = [
        answer_with()["alternatives"][0] | {"difference": {"value": -0.024, "low": -0.08, "high": 0.034}},
        answer_with()["alternatives"][0] | {"difference": {"value": 0.0004, "low": -0.003, "high": 0.004}},
    ]
    text = shown(answer_with(alternatives=rows), REQUEST)
    assert "-0.08 to +0.03 " in text
    assert "-0.003 to +0.004" in text


def test_a_plan_of_two_stops_stays_on_one_line_of_eighty_columns() -> None:
    row = answer_with()["alternatives"][0] | {"stops": [stop(19, "MEDIUM"), stop(39, "SOFT")]}
    assert "lap 19 mediums, 39 softs " in shown(answer_with(alternatives=[row]), REQUEST, width=80)


def test_window_contingency_threat_and_warning_are_all_there() -> None:
    text = shown(answer_with(), REQUEST)
    for part in ("laps 16 to 20", "box, hards +1.4", "LEC", "pit on lap 17", "! the field was filled in"):
        assert part in text


def test_staying_out_is_a_call_too() -> None:
    strategy = answer_with()["pit_strategy"] | {
        "recommended_lap": None, "compound": None, "stops": [], "window": None, "rejoin": None,
    }  # fmt: skip
    answer = answer_with(pit_strategy=strategy, alternatives=[], threats=[], contingency_by_lap=[])
    assert call(answer) == "Stay out to the end"
    text = shown(answer, REQUEST)
    assert "Stay out to the end" in text
    assert "No other plan is legal" in text


def test_a_close_call_says_against_what() -> None:
    assert "Too close to call against: lap 19 mediums" in shown(answer_with(too_close_to_call=True), REQUEST)


def test_it_fits_eighty_columns() -> None:
    assert max(len(line.rstrip()) for line in shown(answer_with(), REQUEST, width=80).splitlines()) <= 80
