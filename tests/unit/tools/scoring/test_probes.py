"""Parts of the model on trial one at a time, on made races whose every number is known."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from shared.models.build import build_params
from shared.models.bundle import SHIPPED, Bundle
from shared.race.state import Stop
from shared.race.vocabulary import Compound, TrackStatus
from shared.scoring.baselines import StintTable, place_table
from shared.scoring.scores import Past, Scores
from shared.scoring.situations import Situation, situations
from shared.simulation import Outcome, simulate
from shared.simulation.history import track_history
from tests.fakes.races import lap_frame
from tools.scoring import ablation
from tools.scoring.card.report import figures, of_parts
from tools.scoring.card.tables import printable
from tools.scoring.card.worth import physics, sentences
from tools.scoring.probes import approach, rates, regret, rejoin, replay
from tools.scoring.probes.races import PastRace, past_races, replayed, retires_on, status_by_lap, stops_after

PACES = {f"D{chr(65 + i)}X": 0.25 * i for i in range(10)}
STOPS = {driver: {12 + i % 3: "HARD"} for i, driver in enumerate(PACES)}
LAPS = 30
STINTS = StintTable({Compound.SOFT: 0.3, Compound.MEDIUM: 0.4, Compound.HARD: 0.5}, {0.5: 0.4})


@dataclass(frozen=True)
class Recorded:
    laps: pd.DataFrame
    results: pd.DataFrame


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    """Ten cars, each slower than the last by .25 s a lap; one stop each; a safety car on laps 20 to 22; the last car
    retires on lap 18."""
    status = dict.fromkeys((20, 21, 22), "SC")
    laps = lap_frame(PACES, LAPS, stops=STOPS, status=status, last={"DJX": 17}, wear=0.03, total_laps=LAPS)
    digits = laps["track_status"].map({"GREEN": "1", "SC": "4"})
    laps = laps.assign(status_digits=digits, position=laps.groupby("lap")["elapsed"].rank().astype(int))
    done = laps.groupby("driver_id")["lap"].max()
    results = pd.DataFrame(
        {
            "race_id": "2023_01", "driver_id": list(PACES), "grid": np.arange(1.0, 11), "retired": [*[False] * 9, True],
            "position_order": np.arange(1, 11), "laps": done.reindex(list(PACES)).to_numpy(), "race_time": np.nan,
        }
    )  # fmt: skip
    return Recorded(laps, results)


@pytest.fixture(scope="module")
def race(recorded: Recorded) -> PastRace:
    (found,) = past_races(recorded, [2023])
    return found


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle.load(SHIPPED)


def test_the_script_of_a_race_is_what_came_of_it(race: PastRace) -> None:
    assert stops_after(race, "DAX", 1) == [Stop(12, Compound.HARD)]
    assert stops_after(race, "DAX", 12) == []
    assert retires_on(race, "DJX") == 18
    assert retires_on(race, "DAX") is None
    status = status_by_lap(race)
    assert [lap for lap, s in enumerate(status, 1) if s == TrackStatus.SC] == [20, 21, 22]


def test_a_replay_follows_its_race(race: PastRace, bundle: Bundle) -> None:
    state = race.state(2)
    params = replayed(race, state, build_params(state, bundle))
    outcome = simulate(params, 5, rejoin.to_arrays([tuple(stops_after(race, "DFX", 2))], 1), 256, 1)
    for i, car in enumerate(state.cars):
        expected = next(iter(STOPS[car.driver_id]))
        assert (outcome.next_stop_lap[0, i] == expected).all(), car.driver_id
    assert outcome.retired[0].mean(axis=1).tolist() == [0.0] * 9 + [1.0]


def test_own_pace_is_the_pace_that_each_car_drove(race: PastRace, bundle: Bundle) -> None:
    params = build_params(race.state(2), bundle)
    pace = replay.own_pace(race, list(PACES), params)
    assert np.diff(pace[:9]) == pytest.approx(np.full(8, 0.25), abs=0.15)
    assert abs(np.nanmean(pace)) < 1e-9


def test_with_own_pace_given_the_finishers_come_home_in_their_order(race: PastRace, bundle: Bundle) -> None:
    table = pd.DataFrame(replay.rows([race], bundle, 256, 1))
    assert set(zip(table["start"], table["pace"], strict=True)) == {
        (start, pace) for start in (replay.GRID, replay.FIRST_LAP) for pace in (replay.KNOWN, replay.OWN)
    }
    assert (table["finishers"] == 9).all()
    own = table[table["pace"] == replay.OWN]
    assert own["spearman"].min() > 0.9
    assert own["crps"].max() < 1.0


def test_the_place_after_a_stop_is_counted_at_the_line_after_the_out_lap(race: PastRace, bundle: Bundle) -> None:
    rows = pd.DataFrame(rejoin.rows([race], bundle, 256, 1))
    assert len(rows) == len(PACES)
    first = rows[rows["driver_id"] == "DAX"].iloc[0]
    assert first["place"] == race.grid.position[race.grid.drivers.index("DAX"), 12]
    assert rows["green"].all()
    found = rejoin.figures(rows)[rejoin.GREEN]
    assert found["stops"] == len(PACES)
    assert found["within_1"] > 0.6


def test_the_naive_place_counts_who_is_within_the_loss(race: PastRace) -> None:
    state = race.state(11)
    gaps = [car.gap_to_leader for car in state.cars]
    assert rejoin.naive_place(state, 0, 0.0) == 1
    assert rejoin.naive_place(state, 0, gaps[3] + 0.01) == 4
    assert rejoin.naive_place(state, 9, 1000.0) == 10


def test_the_next_stop_is_asked_that_many_laps_before(race: PastRace, bundle: Bundle) -> None:
    rows = pd.DataFrame(approach.rows([race], bundle, STINTS, 256, 1))
    assert sorted(rows["ahead"].unique()) == list(approach.AHEAD)
    assert (rows.groupby("ahead").size() == len(PACES)).all()
    assert rows["lap"].between(12, 14).all()
    assert (rows["lap_p10"] <= rows["lap_p90"]).all()
    found = approach.figures(rows)
    assert 0 <= found["3"]["within_2"] <= 1


def test_events_that_came_are_counted_from_lap_two(race: PastRace, bundle: Bundle) -> None:
    by = {row["event"]: row for row in rates.rows([race], bundle, 512, 1)}
    assert by["safety cars"]["came"] == 1
    assert by["laps under a safety car"]["came"] == 3
    assert by["retirements"]["came"] == 1
    assert by["stops a finisher"]["came"] == 1
    assert 0 < by["safety cars"]["told"] < 3
    assert rates.figures(pd.DataFrame(list(by.values())))["red flags"]["all"]["came"] == 0


def test_the_history_of_the_track_follows_the_chances(race: PastRace, bundle: Bundle) -> None:
    params = build_params(race.state(2), bundle)
    calm = params._replace(
        sc_rate=np.zeros_like(params.sc_rate), vsc_rate=np.zeros_like(params.vsc_rate),
        red_rate=np.zeros_like(params.red_rate),
    )  # fmt: skip
    assert track_history(calm, 64, 1).status.max() == 0
    stormy = track_history(params._replace(sc_rate=np.full_like(params.sc_rate, 0.2)), 512, 1)
    assert stormy.began[3 : LAPS + 1].any(axis=0).mean() > 0.9
    assert not stormy.began[LAPS + 1 :].any()


def test_the_call_is_weighed_against_what_the_team_did(race: PastRace, bundle: Bundle, recorded: Recorded) -> None:
    (situation,) = situations(recorded, (0.25,))
    answer = {"pit_strategy": {"stops": [{"lap": 13, "compound": "HARD"}]}, "alternatives": [{"stops": []}]}
    found = regret.row(race, situation, 2, answer, bundle, STINTS, 256, 1)
    assert found is not None
    assert found["same_call"]
    assert found["neutralized_later"]
    assert abs(found[f"seconds {regret.ADVISED}"] - found[f"seconds {regret.TEAM}"]) < 5
    measures = regret.figures(pd.DataFrame([found]))["all"]
    assert all(r["seconds"] >= 0 and r["points"] >= 0 for r in measures["regret"].values())
    retiring = next(i for i, car in enumerate(situation.state.cars) if car.driver_id == "DJX")
    assert regret.row(race, situation, retiring, answer, bundle, STINTS, 256, 1) is None


def test_the_rule_of_thumb_stops_at_the_usual_age_and_lasts_to_the_flag(recorded: Recorded) -> None:
    (situation,) = situations(recorded, (0.25,))
    plan = regret.rule_of_thumb(situation, 0, STINTS)
    assert plan[0].lap == 12
    assert plan[0].compound != Compound.MEDIUM, "a second compound is owed"
    assert all(a.lap < b.lap < LAPS for a, b in pairwise(plan))


def _moments(recorded: Recorded, race: PastRace) -> list[tuple[Situation, PastRace]]:
    return [(situation, race) for situation in situations(recorded, (0.25, 0.5))]


def test_every_part_can_be_taken_out_and_the_whole_is_its_own_measure(
    recorded: Recorded, race: PastRace, bundle: Bundle
) -> None:
    asked = _moments(recorded, race)
    rows = pd.DataFrame(ablation.rows(asked, bundle, Past(place_table([]), STINTS), 256, 1))
    assert (rows.groupby("part").size() == len(asked)).all()
    found = ablation.figures(rows)
    assert set(found) == {ablation.WHOLE, *ablation.SWITCHES}
    assert found["differences of pace"]["rps"] != 0
    assert found["retirements"]["rps"] != 0


def test_a_part_taken_out_is_out(recorded: Recorded, race: PastRace, bundle: Bundle) -> None:
    situation, _ = _moments(recorded, race)[0]
    moment = ablation.Moment(situation, race, bundle)

    def outcome(part: str) -> Outcome:
        return ablation.outcome(ablation.SWITCHES[part](moment), 256, 1)

    assert outcome("further stops").stops_made.mean() < 0.1, "for rain alone"
    assert not outcome("retirements").retired.any()
    assert track_history(ablation.SWITCHES["safety cars, VSCs and red flags"](moment), 64, 1).status.max() == 0
    assert (ablation.SWITCHES["differences of pace"](moment).pace_mean == 0).all()


def test_the_scorecard_shows_every_part_and_says_what_it_means(
    recorded: Recorded, race: PastRace, bundle: Bundle
) -> None:
    asked, past = _moments(recorded, race), Past(place_table([]), STINTS)
    found = figures(
        Scores(),
        (),
        of_parts(
            {
                "rejoin": [rejoin.rows([race], bundle, 256, 1)],
                "replay": [replay.rows([race], bundle, 256, 1)],
                "rates": [rates.rows([race], bundle, 256, 1)],
                "ablation": [ablation.rows(asked, bundle, past, 256, 1, ["retirements"])],
            }
        ),
    )
    text = printable(found)
    for part in ("rejoin:", "replay:", "rates:", "ablation:"):
        assert part in text
    assert "| retirements " in text
    assert any(s.startswith("**Rejoin.**") for s in sentences(found))
    assert "TUM" in physics(found)
    assert {g["measure"] for g in found["goals"]} >= {"rejoin place exact, green stops"}
