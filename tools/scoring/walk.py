"""The walk-forward as small jobs, one a part and season: run side by side, each kept on disk as soon as it is done.

A job that was done before with the same code, data and settings is read back, so that a run that was cut short goes on
where it stopped. Every season is asked of models that know earlier seasons alone.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import pickle
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from shared.config import ROOT
from shared.models.bundle import Bundle
from shared.scoring.scores import Past, Scores, past
from shared.scoring.situations import FRACTIONS, Situation, situations
from tools.scoring import ablation, tires
from tools.scoring import ask as asking
from tools.scoring.bundles import bundle_before, fingerprint, last_day_before
from tools.scoring.card.page import ABLATION_FROM
from tools.scoring.probes import approach, rates, regret, rejoin, replay
from tools.scoring.probes.races import PastRace, past_races
from tools.scoring.recorded import Recorded, load

ASKED, REJOIN, APPROACH, ABLATION, REPLAY, RATES, TIRES = (
    "asked", "rejoin", "approach", "ablation", "replay", "rates", "tires",
)  # fmt: skip
PARTS = (ASKED, ABLATION, TIRES, APPROACH, REJOIN, REPLAY, RATES)
"""In the order in which they are begun: the longest first."""
SCENARIOS = {REJOIN: 256, APPROACH: 512, REPLAY: 512, RATES: 1000, ABLATION: 256}
REGRET_SCENARIOS = 512
SHOWS = "card"
"""The folder of what shows results and has no part in them."""


@dataclass(frozen=True)
class Options:
    """What is asked, of what, and how; see the command line for each."""

    data: Path
    work: Path
    fractions: tuple[float, ...] = FRACTIONS
    races: tuple[str, ...] = ()
    rule: str = "random"
    n: int = 2000
    seed: int = 1
    direct: bool = False
    bundle: Path | None = None
    url: str | None = None
    key: str = ""

    made: tuple[tuple[int, Path], ...] = ()

    def bundle_of(self, season: int) -> Path:
        """The bundle that answers for a season: the one given, one made for this run, or one made now."""
        return self.bundle or dict(self.made).get(season) or bundle_before(season, self.data, self.work)


@dataclass
class Run:
    """What a walk-forward gathered: the scores, the seconds of each answer, the bundle of each season, and what the
    advised plans came to in the races as they were (``regret.row``)."""

    scores: Scores = field(default_factory=Scores)
    seconds: list[float] = field(default_factory=list)
    bundles: dict[int, str] = field(default_factory=dict)
    calls: list[dict[str, Any]] = field(default_factory=list)

    def add(self, other: Run) -> None:
        """Takes in what another run gathered."""
        self.scores.join(other.scores)
        self.seconds += other.seconds
        self.bundles |= other.bundles
        self.calls += other.calls


Answered = Callable[[Situation, int, dict[str, Any], Past], None]


def walk_forward(
    known: Sequence[Situation],
    seasons: Sequence[int],
    ask_for: Callable[[int], asking.Ask],
    rule: str = "leader",
    report: Callable[[str], None] = lambda text: None,
    answered: Answered = lambda situation, ego, answer, baselines: None,
) -> Run:
    """Ask about every situation of ``seasons``. ``ask_for`` gives the way to ask in a season; the baselines of a season
    rest on all situations of the seasons before it."""
    run = Run()
    for season in seasons:
        baselines = past(s for s in known if s.season < season)
        asked = [s for s in known if s.season == season]
        ask = asking.timed(ask_for(season), run.seconds.append)
        for i, situation in enumerate(asked, start=1):
            ego = asking.chosen_car(situation, rule)
            answer = ask(situation, ego)
            run.scores.add(situation, answer["forecast"], baselines)
            answered(situation, ego, answer, baselines)
            report(f"{season}: {i}/{len(asked)} questions, {run.seconds[-1]:.2f} s")
    return run


class Season:
    """What the jobs of one season share, made when first asked for."""

    def __init__(self, options: Options, season: int) -> None:
        self.options, self.season = options, season

    @property
    def recorded(self) -> Recorded:
        """Every recorded race."""
        return recorded(self.options.data)

    @property
    def known(self) -> list[Situation]:
        """Moments of the seasons before, which the baselines may know."""
        return [s for s in moments(self.options.data, self.options.fractions) if s.season < self.season]

    @property
    def asked(self) -> list[Situation]:
        """Its moments that are asked about."""
        chosen, only = moments(self.options.data, self.options.fractions), self.options.races
        return [s for s in chosen if s.season == self.season and (not only or s.race_id in only)]

    @property
    def races(self) -> list[PastRace]:
        """Its races."""
        return list(past_races(self.recorded, [self.season], self.options.races))

    @property
    def bundle(self) -> Bundle:
        """The models that answer for it."""
        return Bundle.load(self.options.bundle_of(self.season))


@lru_cache(maxsize=1)
def recorded(data: Path) -> Recorded:
    """Every recorded race, read once a process."""
    return load(data)


@lru_cache(maxsize=2)
def moments(data: Path, fractions: tuple[float, ...]) -> list[Situation]:
    """Every moment asked about, made once a process."""
    return situations(recorded(data), fractions)


def _asked(season: Season, report: Callable[[str], None]) -> Run:
    options = season.options
    gathered: list[dict[str, Any]] = []
    folder = None if options.url and not options.bundle else options.bundle_of(season.season)
    if options.url:
        ask = asking.over_http(options.url, options.key, options.n, options.seed)
    else:
        assert folder is not None
        make = asking.simulation_alone if options.direct else asking.in_process
        ask = make(folder, options.n, options.seed)
    bundle = Bundle.load(folder) if folder is not None else None
    races = {race.race_id: race for race in season.races}

    def judge(situation: Situation, ego: int, answer: dict[str, Any], baselines: Past) -> None:
        if bundle is not None and "pit_strategy" in answer and situation.fraction > 0:
            race = races[situation.race_id]
            found = regret.row(
                race, situation, ego, answer, bundle, baselines.stints, REGRET_SCENARIOS, options.seed
            )  # fmt: skip
            if found is not None:
                gathered.append(found)

    run = walk_forward(
        [*season.known, *season.asked], [season.season], lambda _: ask, options.rule, report, judge
    )  # fmt: skip
    run.calls = gathered
    if bundle is not None:
        run.bundles[season.season] = bundle.version
    return run


def _ablation(season: Season, report: Callable[[str], None]) -> list[dict[str, Any]]:
    races = {race.race_id: race for race in season.races}
    chosen = [(s, races[s.race_id]) for s in season.asked if s.fraction > 0]
    return ablation.rows(chosen, season.bundle, past(season.known), SCENARIOS[ABLATION], season.options.seed)


def _approach(season: Season, report: Callable[[str], None]) -> list[dict[str, Any]]:
    stints = past(season.known).stints
    return approach.rows(season.races, season.bundle, stints, SCENARIOS[APPROACH], season.options.seed)


def _tires(season: Season, report: Callable[[str], None]) -> list[tires.SeasonScore]:
    from shared.models.recorded import recorded_races

    laps = season.recorded.laps
    return tires.walk_forward(recorded_races(laps[laps["season"] <= season.season]), season.season)


def _probe(name: str, rows: Callable[..., list[dict[str, Any]]]) -> Callable[..., list[dict[str, Any]]]:
    def work(season: Season, report: Callable[[str], None]) -> list[dict[str, Any]]:
        return rows(season.races, season.bundle, SCENARIOS[name], season.options.seed)

    return work


WORK: dict[str, Callable[[Season, Callable[[str], None]], Any]] = {
    ASKED: _asked,
    ABLATION: _ablation,
    APPROACH: _approach,
    TIRES: _tires,
    REJOIN: _probe(REJOIN, rejoin.rows),
    REPLAY: _probe(REPLAY, replay.rows),
    RATES: _probe(RATES, rates.rows),
}


def do(part: str, season: int, options: Options, report: Callable[[str], None] = lambda text: None) -> Any:
    """The result of one job: from disk if it was done before, else now. In this process."""
    kept = options.work / "parts" / f"{part}-{season}-{_digest(part, season, options)}.pkl"
    if kept.exists() and not options.url:
        return pickle.loads(kept.read_bytes())  # noqa: S301 (written below)
    result = WORK[part](Season(options, season), report)
    kept.parent.mkdir(parents=True, exist_ok=True)
    new = kept.with_name(f".{kept.name}.{os.getpid()}")
    new.write_bytes(pickle.dumps(result))
    new.rename(kept)
    return result


def run_jobs(
    parts: Sequence[str], seasons: Sequence[int], options: Options, processes: int, report: Callable[[str], None]
) -> dict[str, list[Any]]:
    """Results by part, in order of season. Raises what a job raised."""
    jobs = [(part, season) for part in PARTS if part in parts for season in seasons if applies(part, season)]
    done: dict[tuple[str, int], Any] = {}
    own = () if options.url else tuple(sorted({season for _, season in jobs}))
    if processes <= 1:
        options = replace(options, made=tuple((season, options.bundle_of(season)) for season in own))
        for job in jobs:
            done[job] = do(*job, options, report)
            report(f"{job[0]} {job[1]}: done, {len(done)} of {len(jobs)} jobs")
    else:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(processes, mp_context=context) as pool:
            made = []
            for season, folder in zip(own, pool.map(options.bundle_of, own), strict=True):
                made.append((season, folder))
                report(f"models for {season} are at hand")
            options = replace(options, made=tuple(made))
            waiting: dict[Future[Any], tuple[str, int]] = {pool.submit(do, *job, options): job for job in jobs}
            for future in as_completed(waiting):
                job = waiting[future]
                done[job] = future.result()
                report(f"{job[0]} {job[1]}: done, {len(done)} of {len(jobs)} jobs")
    return {part: [done[job] for job in jobs if job[0] == part] for part in parts}


def applies(part: str, season: int) -> bool:
    """Whether a part is asked of a season: the ablation of the newest alone, tires where two seasons went before."""
    return season >= {ABLATION: ABLATION_FROM, TIRES: tires.FIRST_SEASON}.get(part, 0)


def _digest(part: str, season: int, options: Options) -> str:
    """Names a job's result: changes with the code, the data and what is asked."""
    asked = {
        "n": options.n, "rule": options.rule, "direct": options.direct, "fractions": options.fractions,
    } if part in (ASKED, ABLATION) else {}  # fmt: skip
    asked |= {"seed": options.seed, "races": options.races, "in_sample": options.bundle is not None}
    digest = hashlib.sha256(json.dumps([part, season, asked]).encode())
    if options.url and not options.bundle:
        digest.update(options.url.encode())
    else:
        digest.update((options.bundle_of(season) / "manifest.json").read_bytes())
    digest.update(fingerprint(options.data, last_day_before(season + 1)).encode())
    digest.update(_code().encode())
    return digest.hexdigest()[:12]


@lru_cache(maxsize=1)
def _code() -> str:
    """Hash of the code that answers and of the code that asks."""
    digest = hashlib.sha256()
    for folder in ("shared/simulation", "shared/strategy", "shared/serving", "shared/contract", "shared/scoring",
                   "tools/scoring"):  # fmt: skip
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path.parent.name != SHOWS:
                digest.update(path.read_bytes())
    return digest.hexdigest()
