"""Known faults of the data, by table and column: what the sources get wrong or lack, and what is done about it.

They are facts to read a figure by, printed in ``docs/data.md``. A column of "" means the table as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping

FAULTS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("raw_races", "scheduled_laps"): (
        "Ergast does not have it: distance by season and circuit from shared.race.rules, which knows shortened "
        "races only by what was planned.",
    ),
    ("raw_results", "driver_id"): (
        "A code may belong to two drivers of different eras (MSC, VER): ergast_id tells them apart.",
    ),
    ("raw_results", "grid"): ("0 stands for a start from the pit lane and for no start at all.",),
    ("raw_results", "number"): ("Null for six cars of 1961 to 1963.",),
    ("raw_results", "milliseconds"): ("Only for cars on the lead lap, some thirty others apart.",),
    ("raw_results", "fastest_lap"): ("Not before 2004.",),
    ("raw_qualifying", ""): ("Before 1994 there is none; to 2005 q1 is the only time, whatever the format was.",),
    ("raw_sprint_results", ""): ("Sprints begin in 2021.",),
    ("raw_pit_stops", ""): ("Before 2011 there are none. Visits under a red flag count as stops.",),
    ("raw_pit_stops", "duration"): (
        "Time in the pit lane, not at rest; runs to minutes under a red flag (465 of 10,990 are over two "
        "minutes): filter by track status before averaging.",
    ),
    ("raw_drivers", "code"): ("Null for drivers of before the codes; not unique.",),
    ("raw_laps", ""): (
        "The recorded files cover 2018 to 2024 round 12. Spielberg 2020 lost some five laps of the whole field; "
        "the file of Monaco 2024, stopped on lap 1, counts from the restart: clean_laps numbers both again.",
        'A few races hold a last row for a lap that the car never ended ("filler", exactly 150 s after the lap '
        "before).",
    ),
    ("raw_laps", "lap_time"): (
        "Missing on lap 1 for 5% of cars in 2021 and up to 44% in 2024, and often under red: clean_laps takes the"
        " difference of the times at the line.",
        "Over 200 s means a red flag.",
    ),
    ("raw_laps", "stint"): (
        "A safety car led through the pit lane makes false stints; in a few races stints are dropped or noticed "
        "late: clean_laps counts sets by visits to the pit lane.",
    ),
    ("raw_laps", "tyre_life"): (
        "Wrong in a few races, and after stops that the file notices late; repaired likewise.",
    ),
    ("raw_laps", "fresh_tyre"): ('The source writes it as text, "True" or "False".',),
    ("raw_laps", "compound"): (
        "UNKNOWN or empty for 1.5% of laps in 2018 and under 0.2% after. The seven slick names of 2018 are mapped"
        " to SOFT, MEDIUM and HARD by the source.",
    ),
    ("raw_laps", "pit_out_time"): ("On lap 1 often the way to the grid, which is no stop.",),
    ("raw_laps", "position"): (
        "Null on the 191 unfinished laps of the recorded files; clean_laps takes the order at the line instead.",
    ),
    ("raw_laps", "is_accurate"): ("FastF1's own judgment; false for every lap into or out of the pit lane.",),
    ("raw_laps_ergast", ""): (
        "No such table is among the recorded files: it fills from the network only, and what is made of it was "
        "tested on made rows.",
        "No track status and, before 2011, no stops.",
    ),
    ("raw_weather", ""): ("2022 to 2024 round 12 among the recorded files; null in features of other races.",),
    ("raw_race_control", ""): ("2022 to 2024 round 12 among the recorded files.",),
    ("raw_telemetry", ""): (
        "The recorded samples are of three races of 2025 alone, merged with positions by their source: some 4 to "
        "10 rows a second, not the feed's own times.",
    ),
    ("raw_telemetry_laps", ""): ("Rounds 1 and 2 of 2025 have time, lap and compound only.",),
    ("raw_corners", "distance"): ("Known only where a session's telemetry is at hand.",),
    ("raw_pit_stop_times", "lap"): ("Empty in every file of 2018, whose stops are set aside: times begin in 2019.",),
    ("raw_pit_stop_times", "driver"): ("The family name as the source writes it, not a code.",),
    ("raw_telemetry", "throttle"): ("104 means that there was no reading.",),
    ("raw_telemetry", "brake"): ("On or off only: no pressure.",),
    ("raw_telemetry", "distance"): ("Integrated from speed, so it drifts by some metres within a lap.",),
    ("clean_laps", "track_status"): ("The worst status met: a lap on which the safety car came in counts as SC.",),
    ("clean_laps", "pit_stops"): ("A drive-through or stop-and-go penalty is no stop unless a new set was fitted.",),
    ("clean_laps", "elapsed"): (
        "Where no car has a time on lap 1 the start is had from a typical lap 1 of the circuit: gaps hold, the "
        "level may be seconds off.",
    ),
    ("clean_laps", "laps_run"): ("The future, as seen from any lap: never a feature.",),
    ("clean_laps", "fresh_tire"): ("Where the source is silent, a set whose first lap counts 1 is taken for new.",),
    ("lap_features", "fuel_estimate"): (
        "No team tells its fuel: a full tank burned evenly; null before 2010, when cars refueled.",
    ),
    ("lap_features", "pace_in_season"): ("Null in the first race of a season.",),
    ("era_laps", ""): (
        "No lap table from before 2018 is at hand: formulas were tested on made rows. Safety cars, red flags and "
        "rain are told from the field's own pace (slow_field).",
    ),
    ("era_laps", "elapsed"): ("Without the time between lights and line; null after a lap without a time.",),
    ("driver_features", "finish_last_10"): ("Places as classified: penalties given after the race are in them.",),
    ("circuit_features", ""): ("A layout that changed under the same circuit id counts as the same circuit.",),
    ("circuit_features", "pit_loss_green"): ("Stops for penalties are in it. Null on a first visit.",),
    ("data_quality", "value"): (
        "hours_to_arrival of a backfill tells when the backfill was made, not how fast the source was.",
    ),
    ("quarantine", "race_id"): ("Null for a record whose season or round is the very thing that cannot be read.",),
}
