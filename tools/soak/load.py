"""Load at the rate one instance sustains, while models are promoted and rolled back and processes are killed.

Every question of a pool is first asked of a server pinned to each of two bundles. Then callers ask them of a stack in
random order, again and again, as a careful client does: what is refused for now, or breaks, is asked again. Every
answer must be, byte for byte, the one of the version it names; no question may stay without an answer; memory must be
flat over the last instance's life.
"""

from __future__ import annotations

import hashlib
import json
import random
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.errors import F1Error
from shared.models.bundle import SHIPPED, Bundle, write_bundle
from shared.models.bundle_store import promote, promoted, put_bundle
from tools.benching.load import Caller, Reply
from tools.soak import Outcome
from tools.soak.fuzz import EXAMPLES
from tools.soak.memory import growth_mb
from tools.streambench.instance import Instance, running

SECONDS = 600.0
CALLERS = 4
QUESTIONS = 80
"""More than an instance keeps answers to, so that some are computed and some kept."""
KILLS, WORKER_KILLS, SWITCHES = 8, 6, 30
KILLING = 0.6
"""Share of the time in which processes are killed; then the last instance shows that its memory is flat."""
GROWTH_MB = 60.0
LOOK_SECONDS = 0.25
ANSWER_SECONDS = 90.0
"""A question that has no answer after so long is lost."""
KEY = "a-key-under-load"
AGAIN = (0, 429, 503)
"""What the contract lets a client try again; 0 is a connection that broke."""

Question = tuple[str, Mapping[str, Any]]


@dataclass
class Seen:
    """What callers met, from all of them."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    asked: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    versions: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def questions(n: int) -> list[Question]:
    """``n`` different ones: mostly recommendations with a few laps to go, some whole races."""
    made: list[Question] = []
    for seed in range(n):
        name = "simulate" if seed % 8 == 7 else "recommend"
        made.append((f"/{name}", EXAMPLES[name] | {"seed": seed, "n_scenarios": 1000}))
    return made


def other_bundle(folder: Path) -> Bundle:
    """The shipped bundle with a little more noise in every lap: another version, with other answers."""
    shipped = Bundle.load(SHIPPED)
    knobs = shipped.tables["knobs"]
    tables = {**shipped.tables, "knobs": knobs | {"noise_sd": 1.2 * knobs["noise_sd"]}}
    others = {name: (SHIPPED / name).read_bytes() for name in shipped.manifest["files"] if not name.endswith(".json")}
    return write_bundle(folder, tables, shipped.manifest, others)


def digest(body: bytes) -> tuple[str, str]:
    """The version that an answer names, and a hash of the answer without the time it took."""
    answer = json.loads(body)
    answer.pop("latency_ms")
    return answer["model_version"], hashlib.sha256(json.dumps(answer).encode()).hexdigest()


def reference(folder: Path, bundle: Path, asked: Iterable[Question]) -> dict[int, str]:
    """Hashes of the answers of a server that is pinned to ``bundle``, by question. Raises F1Error for no answer."""
    found = {}
    with running(folder, "tools.serve", F1_API_KEYS=KEY, F1_MODEL_BUNDLE=str(bundle)) as instance:
        caller = _caller(instance)
        for number, (path, body) in enumerate(asked):
            reply = caller.ask(path, body)
            if reply.status != 200:
                raise F1Error(f"question {number} was answered with {reply.status}: {reply.body[:200]!r}")
            found[number] = digest(reply.body)[1]
    return found


def soak(scale: float, folder: Path) -> Outcome:
    """``scale`` 1.0 is ten minutes of load."""
    seconds, rng = SECONDS * scale, random.Random(3)
    asked = questions(max(10, int(QUESTIONS * min(1.0, 2 * scale))))
    bundles = {Bundle.load(SHIPPED).version: SHIPPED}
    bundles[other_bundle(folder / "other").version] = folder / "other"
    state = folder / "state"
    right = {version: reference(state, where, asked) for version, where in bundles.items()}

    worker = Instance(state, "tools.worker")
    serving = Instance(state, "tools.serve", F1_API_KEYS=KEY, F1_BUNDLE_LOOK_SECONDS="1", F1_RATE_LIMIT="10000")
    serving.environment["F1_WORKER_PORT"] = str(worker.settings.worker_port)
    store = serving.ports.objects
    for version, where in bundles.items():
        put_bundle(store, where, version)
    promote(store, next(iter(bundles)), 0)
    worker.start()
    serving.start()

    seen, stop = Seen(), threading.Event()
    callers = [
        threading.Thread(target=_call, args=(_caller(serving), asked, right, seen, stop, number), daemon=True)
        for number in range(CALLERS)
    ]
    for caller in callers:
        caller.start()
    done, memory = _disturb(seconds, rng, serving, worker, list(bundles))
    stop.set()
    for caller in callers:
        caller.join(ANSWER_SECONDS + 60)
    stuck = sum(caller.is_alive() for caller in callers)
    serving.stop()
    worker.stop()
    return _outcome(seen, done, memory, seconds, stuck, (state / "tools.serve.log").read_text(errors="replace"))


def _call(
    caller: Caller, asked: list[Question], right: Mapping[str, Mapping[int, str]], seen: Seen, stop: Any, number: int
) -> None:
    rng = random.Random(number)
    while not stop.is_set():
        which = rng.randrange(len(asked))
        began = time.monotonic()
        while True:
            reply = caller.ask(*asked[which])
            with seen.lock:
                seen.statuses[reply.status] += 1
            if reply.status not in AGAIN or time.monotonic() - began > ANSWER_SECONDS:
                break
            time.sleep(min(float(reply.retry_after or 0.2), 2.0))
        _judge(which, reply, right, seen)


def _judge(which: int, reply: Reply, right: Mapping[str, Mapping[int, str]], seen: Seen) -> None:
    with seen.lock:
        seen.asked += 1
        if reply.status != 200:
            seen.lost.append(f"question {which} was left with {reply.status}: {reply.body[:200]!r}")
            return
        version, found = digest(reply.body)
        seen.versions[version] += 1
        seen.seconds.append(reply.seconds)
        if right.get(version, {}).get(which) != found:
            seen.wrong.append(f"question {which} has another answer of version {version} than that version alone gives")


def _disturb(
    seconds: float, rng: random.Random, serving: Instance, worker: Instance, versions: list[str]
) -> tuple[Counter[str], list[float]]:
    """Kill and promote until the time is over: what was done, and the last instance's memory, MB, over its life."""
    done: Counter[str] = Counter()
    share = seconds / SECONDS
    moments = [(rng.uniform(0.1, KILLING) * seconds, "kills") for _ in range(max(1, round(KILLS * share)))]
    moments += [(rng.uniform(0.1, KILLING) * seconds, "worker kills") for _ in range(round(WORKER_KILLS * share))]
    switches = max(4, round(SWITCHES * share))
    moments += [(seconds * (i + 1) / (switches + 1), "promotions and rollbacks") for i in range(switches)]
    moments.sort()
    began, memory = time.monotonic(), [serving.memory_mb()]
    while (now := time.monotonic() - began) < seconds:
        if moments and moments[0][0] <= now:
            what = moments.pop(0)[1]
            done[what] += 1
            if what == "promotions and rollbacks":
                current = promoted(serving.ports.objects)
                assert current is not None
                promote(serving.ports.objects, versions[current.version == versions[0]], current.generation)
            else:
                killed = serving if what == "kills" else worker
                killed.kill()
                killed.start()
                memory = [] if killed is serving else memory
        time.sleep(LOOK_SECONDS)
        memory.append(serving.memory_mb())
    return done, memory


def _outcome(seen: Seen, done: Counter[str], memory: list[float], seconds: float, stuck: int, log: str) -> Outcome:
    growth = growth_mb(memory, LOOK_SECONDS)
    failures = [*seen.wrong, *seen.lost]
    failures += [f"{stuck} callers still wait for an answer"] if stuck else []
    failures += [f"memory grew by {growth:.0f} MB over the second half of the last life"] if growth > GROWTH_MB else []
    failures += ["answers of one version only"] if len(seen.versions) < 2 else []
    failures += ["a stack trace is in the log"] if "Traceback" in log else []
    return Outcome(
        passed=not failures,
        figures={
            "questions asked": seen.asked,
            "a second": round(seen.asked / seconds, 1),
            "median seconds of an answer": round(statistics.median(seen.seconds), 2) if seen.seconds else 0,
            "wrong answers": len(seen.wrong),
            "lost": len(seen.lost) + stuck,
            **{name: done[name] for name in ("kills", "worker kills", "promotions and rollbacks")},
            **{f"answers of version {version}": n for version, n in sorted(seen.versions.items())},
            "connections broken": seen.statuses[0],
            "told to come again": seen.statuses[429] + seen.statuses[503],
            "memory at the end, MB": round(memory[-1]) if memory else 0,
            "growth over the second half of the last life, MB": round(growth, 1),
        },
        failures=tuple(failures),
    )


def _caller(instance: Instance) -> Caller:
    return Caller(instance.settings.host, instance.settings.port, KEY)
