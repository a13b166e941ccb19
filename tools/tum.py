"""TUM's Spielberg 2019 as parameters of our simulation: the race on which both programs can be timed at equal work.

Source: ``tum/`` of the recorded data (TUMFTM/race-simulation, LGPL-3.0). What that program has by driver and this one
by race (tire tables, pit crews, lap-time spread) is averaged over the drivers; its overtaking threshold becomes the
middle of a logistic. Drivers keep the strategies that they drove.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from shared.race.vocabulary import Compound
from shared.simulation import MAX_STOPS, RaceParams, plain_race

_COMPOUNDS = {"A6": Compound.SOFT, "A4": Compound.MEDIUM, "A3": Compound.HARD}
_SLOPE = 2.4  # of the pass logit, per s of pace edge: that of the plain race


def read_ini(path: Path) -> dict[str, dict[str, Any]]:
    """Sections of one of TUM's files, each value a JSON literal that may run over lines."""
    sections: dict[str, dict[str, Any]] = {}
    name, value = "", ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line.startswith("["):
            section = sections.setdefault(line.strip("[] \n"), {})
            continue
        if value:
            value += line
        else:
            name, _, value = line.partition("=")
        try:
            section[name.strip()] = json.loads(value)
        except json.JSONDecodeError:
            continue  # goes on in the next line
        value = ""
    return sections


def spielberg_2019(folder: Path) -> tuple[RaceParams, list[str]]:
    """(parameters before the start, initials by car in the order of the grid)."""
    race = read_ini(folder / "pars_Spielberg_2019.ini")
    chances = read_ini(folder / "pars_mcs.ini")
    of_all, season = chances["ALL_SEASONS"], chances["SEASON_2019"]
    drivers = sorted(race["DRIVER_PARS"]["driver_pars"].values(), key=lambda d: d["p_grid"])
    cars, track, pars = race["CAR_PARS"]["car_pars"], race["TRACK_PARS"]["track_pars"], race["RACE_PARS"]["race_pars"]
    laps, n = int(pars["tot_no_laps"]), len(drivers)

    pace = np.array([cars[d["team"]]["t_car"] + d["t_driver"] for d in drivers])
    tires = race["TIRESET_PARS"]["tireset_pars"]
    fits = {c: [tires[d["initials"]][name] for d in drivers] for name, c in _COMPOUNDS.items()}
    offset = np.array([np.mean([fit["k_0"] for fit in fits[c]]) for c in sorted(fits)])
    wear = np.array([np.mean([fit["k_1_lin"] for fit in fits[c]]) for c in sorted(fits)])
    medium = offset[Compound.MEDIUM]
    start = [d["strategy_info"][0] for d in drivers]
    own_sets = [tires[d["initials"]][compound] for d, (_, compound, *_) in zip(drivers, start, strict=True)]
    compound = np.array([_COMPOUNDS[name] for _, name, *_ in start], np.int32)
    plan = np.zeros((2, n, MAX_STOPS), np.int32)
    for car, driver in enumerate(drivers):
        for stop, (lap, name, *_) in enumerate(driver["strategy_info"][1:]):
            plan[:, car, stop] = lap, _COMPOUNDS[name]

    crew = np.mean([cars[d["team"]]["t_pit_tirechange_add"] for d in drivers])
    standing = track["t_pit_tirechange_min"] + crew
    driven = [track[f"t_pitdrive_inlap{kind}"] + track[f"t_pitdrive_outlap{kind}"] for kind in ("", "_fcy", "_sc")]
    lost = np.array([season["p_accident"][d["name"]] + season["p_failure"][d["team"]] for d in drivers])
    events = of_all["p_fcy_phases"]
    safety_cars = float(np.dot(range(4), events["p_sc_quant"]))
    vsc = events["p_vsc_aft_failure"] * sum(season["p_failure"][d["team"]] for d in drivers)
    on_first_lap = events["p_sc_start"][0]
    plain = plain_race(n, 0, laps)

    def real(x: Any) -> np.ndarray:
        return np.asarray(x, np.float32)

    def mean_laps(chance_by_laps: list[float]) -> np.ndarray:
        return real(np.dot(range(1, len(chance_by_laps) + 1), chance_by_laps) / sum(chance_by_laps))

    return plain._replace(
        gap=real(track["t_loss_pergridpos"] * np.arange(n)),
        pace_mean=real(pace - np.median(pace)),
        pace_sd=np.zeros(n, np.float32),
        compound=compound,
        age=np.array([age for _, _, age, _ in start], np.int32),
        used=np.asarray(1 << compound, np.int32),
        plan_lap=plan[0],
        plan_compound=plan[1],
        has_plan=np.ones(n, bool),
        tire_offset=real([*(offset - medium), 3.0, 6.0]),
        tire_wear=real([*wear, 0.05, 0.05]),
        stint_offset=real([fit["k_0"] - medium for fit in own_sets]),
        stint_wear=real([fit["k_1_lin"] for fit in own_sets]),
        tire_cliff=real(0.0),
        warmup=real(1.0),
        noise_sd=real(np.mean([of_all["t_lap_var_sigma"][d["name"]] for d in drivers])),
        noise_rho=real(0.0),
        pit_loss=real([drive + standing for drive in driven]),
        follow_gap=real(pars["min_t_dist"]),
        sc_gap=real(pars["min_t_dist_sc"]),
        dirty_air=real(pars["t_duel"]),
        pass_logit=real([-_SLOPE * (track["t_gap_overtake"] + track["t_drseffect"]), _SLOPE]),
        sc_first_lap=real(safety_cars * on_first_lap),
        sc_rate=np.full_like(plain.sc_rate, safety_cars * (1 - on_first_lap) / (laps - 1)),
        vsc_rate=np.full_like(plain.vsc_rate, vsc / laps),
        red_rate=np.zeros_like(plain.red_rate),
        sc_laps=mean_laps(events["p_sc_duration"]),
        vsc_laps=mean_laps(events["p_vsc_duration"]),
        sc_pace=real(track["mult_t_lap_sc"]),
        vsc_pace=real(track["mult_t_lap_fcy"]),
        retire_rate=real(-np.log1p(-lost) / laps),
        retire_first_lap=real(0.0),
        start_sd=real(of_all["t_startperf"]["unknown"]["sigma"]),
        base_lap=real(
            track["t_q"] + track["t_gap_racepace"] + np.median(pace) + medium + 110.0 * track["t_lap_sens_mass"]
        ),
        fuel_effect=real(1.549 * track["t_lap_sens_mass"]),
    ), [d["initials"] for d in drivers]
