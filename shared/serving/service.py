"""What the routes work with: the bundle that serves, the keys, the gate, and the recommendation itself.

``Service`` is made once a process. It loads and warms up in a thread that the first request begins; routes answer 503
until then, which in the cloud only the start-up probe meets.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from shared.config import Settings
from shared.contract.answers import RecommendAnswer
from shared.contract.errors import ContractError
from shared.contract.requests import RecommendRequest
from shared.contract.simulation import SimulateAnswer, SimulateRequest
from shared.live.reader import LiveReader
from shared.models.bundle import SHIPPED
from shared.observability import fields, log
from shared.ports import EventBus, ObjectStore
from shared.race.state import RaceState
from shared.serving.access.callers import Callers
from shared.serving.access.rates import Rates
from shared.serving.audit import Audit
from shared.serving.bundle_watch import BundleWatch
from shared.serving.gate import Gate
from shared.serving.kept_answers import Answers
from shared.serving.kernels import Program, compile_in_quiet, give_back
from shared.serving.metrics import Metrics
from shared.strategy.names import Names
from shared.strategy.situation import situation
from shared.strategy.whole_race import race_state

if TYPE_CHECKING:
    from shared.models.bundle import Bundle


class Engine(Protocol):
    """The recommendation, as ``shared.strategy.recommend.recommend`` makes it."""

    def __call__(self, request: RecommendRequest, state: RaceState, ego: int, bundle: Bundle) -> RecommendAnswer: ...


class Simulator(Protocol):
    """A whole race, as ``shared.strategy.lap_by_lap.simulate_race`` makes it."""

    def __call__(self, request: SimulateRequest, state: RaceState, bundle: Bundle) -> SimulateAnswer: ...


def _simulated(request: SimulateRequest, state: RaceState, bundle: Bundle) -> SimulateAnswer:
    """The real one, loaded when it is first asked for."""
    from shared.strategy.lap_by_lap import simulate_race

    return simulate_race(request, state, bundle)


KEPT_RECOMMENDATIONS, KEPT_SIMULATIONS = 64, 8


class Service:
    """A process's share of the product. ``engine``, ``store`` and ``load`` are the real ones or a test's; ``programs``
    are compiled in quiet moments once it serves."""

    def __init__(
        self,
        chosen: Settings,
        engine: Engine,
        store: Callable[[], ObjectStore],
        load: Callable[[Path], Bundle],
        gate: Gate | None = None,
        shipped: Path = SHIPPED,
        bus: Callable[[], EventBus] | None = None,
        simulator: Simulator | None = None,
        programs: Callable[[], Sequence[Program]] = tuple,
    ) -> None:
        self.settings = chosen
        self.callers = Callers(chosen)
        self.rates = Rates(chosen.rate_limit)
        self.metrics = Metrics()
        self.store = store
        self.gate = gate or Gate()
        self.live = LiveReader(store)
        self._engine, self._simulator = engine, simulator or _simulated
        self._programs = programs
        self._recommendations: Answers[RecommendAnswer] = Answers(KEPT_RECOMMENDATIONS)
        self._simulations: Answers[SimulateAnswer] = Answers(KEPT_SIMULATIONS)
        self._audit = Audit(bus) if bus is not None else None
        self._watch: BundleWatch[Bundle] = BundleWatch(chosen, store, load, self._prove, shipped)
        self._ready = threading.Event()
        self._beginning = threading.Lock()
        self._begun = False
        self._failure: str | None = None

    def start(self, block: bool) -> None:
        """Load a bundle and warm up: here and now (raising what goes wrong), or in a thread."""
        if block:
            self._warm_up()
        else:
            threading.Thread(target=self._warm_up_logged, name="warm-up", daemon=True).start()

    def begin(self) -> None:
        """Load and warm up in a thread, once. Called at the first request and not before: a server may fork after it
        has loaded the function, and neither threads nor JAX outlive that."""
        with self._beginning:
            if not self._begun:
                self._begun = True
                self.start(block=False)

    @property
    def ready(self) -> bool:
        """Whether a bundle is loaded and the simulation compiled."""
        return self._ready.is_set()

    def bundle(self) -> Bundle:
        """The bundle that serves. Raises ContractError 503 before there is one."""
        bundle = self._watch.current
        if bundle is None or not self.ready:
            if self._failure:
                raise ContractError(503, "unavailable", self._failure, headers={"Retry-After": "30"})
            message = "Models are loading and kernels compiling."
            raise ContractError(503, "loading", message, headers={"Retry-After": "2"})
        self._watch.look()
        return bundle

    def recommend(
        self, request: RecommendRequest, timings: dict[str, float], notes: Sequence[str] = ()
    ) -> tuple[RecommendAnswer, bool]:
        """The answer, and whether it was computed before; drivers are called in it what the request calls them.
        ``timings`` takes the stages' seconds, ``notes`` go first among the warnings.
        Raises ContractError: 422, 429, 503."""
        bundle = self.bundle()

        def compute() -> RecommendAnswer:
            self.gate.refuse_if_full()
            with _clocked(timings, "situation"):
                state, ego = situation(request, bundle)
            with self.gate.entered() as timings["queue"], _clocked(timings, "engine"):
                answer = self._engine(request, state, ego, bundle)
            given = [request.driver_id, *(car.driver_id for car in request.field or ())]
            return called_as_given(answer, Names(bundle.tables, bundle.manifest).as_given(given))

        answer, cached = self._recommendations.get((bundle.version, request.model_dump_json()), compute)
        if notes:
            answer = answer.model_copy(update={"warnings": (*notes, *answer.warnings)})
        if self._audit is not None:
            with _clocked(timings, "audit"):
                self._audit.write(request, answer)
        return answer, cached

    def simulate(self, request: SimulateRequest, timings: dict[str, float]) -> tuple[SimulateAnswer, bool]:
        """A whole race, and whether it was computed before; as ``recommend``, without the audit."""
        bundle = self.bundle()

        def compute() -> SimulateAnswer:
            self.gate.refuse_if_full()
            with _clocked(timings, "situation"):
                state = race_state(request, bundle)
            with self.gate.entered() as timings["queue"], _clocked(timings, "engine"):
                answer = self._simulator(request, state, bundle)
            given = Names(bundle.tables, bundle.manifest).as_given([car.driver_id for car in request.field])
            rows = tuple(row.model_copy(update=_called(row.driver_id, given)) for row in answer.forecast)
            cars = tuple(car.model_copy(update=_called(car.driver_id, given)) for car in answer.cars)
            told: dict[str, object] = {"forecast": rows, "cars": cars}
            if answer.comparison is not None:
                one = answer.comparison
                told["comparison"] = one.model_copy(update=_called(one.driver_id, given))
            return answer.model_copy(update=told)

        return self._simulations.get((bundle.version, request.model_dump_json()), compute)

    def forget(self) -> None:
        """Drop the answers that are kept, so that the next one is computed."""
        self._recommendations.clear()
        self._simulations.clear()

    def join(self, timeout: float | None = None) -> None:
        """Wait for the warm-up and for a look at the promoted bundle that is under way."""
        self._ready.wait(timeout)
        self._watch.join(timeout)

    def _warm_up_logged(self) -> None:
        try:
            self._warm_up()
        except Exception:
            self._failure = "No model bundle can be served; the log says why."
            log.exception("cannot start to serve")
            return
        compile_in_quiet(self._programs(), self.gate.quiet, lambda name, seconds: self.metrics.started({name: seconds}))

    def _warm_up(self) -> None:
        started = time.perf_counter()
        bundle = self._watch.start()
        loaded = time.perf_counter()
        self._prove(bundle)
        give_back()
        self._ready.set()
        seconds = {"load": round(loaded - started, 3), "warm_up": round(time.perf_counter() - loaded, 3)}
        self.metrics.started(seconds)
        log.info("ready", extra=fields(version=bundle.manifest["version"], **seconds))

    def _prove(self, bundle: Bundle) -> None:
        """Answer one request, which compiles what a real one needs. Raises whatever stands in the way."""
        request = typical_request(bundle)
        state, ego = situation(request, bundle)
        with self.gate.in_turn():
            self._engine(request, state, ego, bundle)


@contextlib.contextmanager
def _clocked(timings: dict[str, float], stage: str) -> Iterator[None]:
    started = time.perf_counter()
    try:
        yield
    finally:
        timings[stage] = time.perf_counter() - started


def _called(driver_id: str, given: dict[str, str]) -> dict[str, str]:
    return {"driver_id": given.get(driver_id, driver_id)}


def typical_request(bundle: Bundle) -> RecommendRequest:
    """A request that any bundle can answer, and quickly: the simulation's one program serves every length of race and
    number of scenarios, so a few laps and the fewest scenarios compile it."""
    circuit_id = min(bundle.tables["circuits"], default="bahrain")
    driver_id = min(bundle.tables["drivers"], default="VER")
    return RecommendRequest(
        driver_id=driver_id,
        circuit_id=circuit_id,
        lap=46,
        total_laps=57,
        position=1,
        tire_age=30,
        tire_compound="MEDIUM",
        fuel_remaining=20.0,
        gap_to_leader=0.0,
        compounds_used=("HARD", "MEDIUM"),
        pit_stops=1,
        n_scenarios=1000,
    )


def called_as_given(answer: RecommendAnswer, given: dict[str, str]) -> RecommendAnswer:
    """The answer with drivers called what the request calls them (``given``: by the models' names)."""
    if not given:
        return answer
    rows = tuple(
        row.model_copy(update={"driver_id": given.get(row.driver_id, row.driver_id)}) for row in answer.forecast
    )
    threats = tuple(t.model_copy(update={"driver_id": given.get(t.driver_id, t.driver_id)}) for t in answer.threats)
    strategy = answer.pit_strategy
    if strategy.rejoin is not None:
        traffic = tuple(given.get(driver, driver) for driver in strategy.rejoin.traffic)
        strategy = strategy.model_copy(update={"rejoin": strategy.rejoin.model_copy(update={"traffic": traffic})})
    return answer.model_copy(update={"forecast": rows, "threats": threats, "pit_strategy": strategy})
