"""``make bench``: how fast the simulation is on this machine, how far that is from what the machine could do, and how
fast the product answers over HTTP."""

from __future__ import annotations

import math
import os
import platform
import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from shared.config import settings
from shared.race.vocabulary import Compound
from shared.simulation import MAX_STOPS, Plans, RaceParams, plain_race, simulate
from shared.simulation.block import SLOTS
from shared.simulation.lap.pit import pack_plans
from shared.simulation.programs import improve
from shared.simulation.race import race
from tools.benching.http import bench_http
from tools.tum import spielberg_2019

_LANES = 256
_FREE = {"broadcast_in_dim", "reshape", "slice", "squeeze", "transpose", "concatenate", "copy", "iota", "split"}


def best_of(run: Callable[[], object], repetitions: int) -> tuple[float, float]:
    """Fewest seconds of a run, on the clock and of processor time, which hardly minds who else is on the machine."""
    run()
    times = []
    for _ in range(repetitions):
        start, busy = time.perf_counter(), time.process_time()
        run()
        times.append((time.perf_counter() - start, time.process_time() - busy))
    clock, processor = zip(*times, strict=True)
    return min(clock), min(processor)


def _equations(jaxpr: Any) -> Iterator[Any]:
    """Every equation that one lap executes: all branches that do something, each body as often as its loop."""
    for eqn in jaxpr.eqns:
        name, inner = eqn.primitive.name, eqn.params
        if name == "cond":
            yield from max((list(_equations(branch.jaxpr)) for branch in inner["branches"]), key=len)
            yield eqn
        elif name in {"scan", "while"}:
            body = inner["jaxpr"] if name == "scan" else inner["body_jaxpr"]
            yield from list(_equations(body.jaxpr)) * int(inner.get("length", 1))
        elif "jaxpr" in inner:
            yield from _equations(getattr(inner["jaxpr"], "jaxpr", inner["jaxpr"]))
        else:
            yield eqn


def work_of_a_lap(params: RaceParams) -> tuple[float, float]:
    """(operations, bytes) per car and lap: elementwise operations as written, and what the separately compiled pieces
    read and write. Nothing is counted that XLA computes more than once."""

    def block(params: RaceParams) -> Any:
        return race(params, jnp.int32(0), jnp.uint32(1), jnp.arange(_LANES), pack_plans(params)[None])

    operations = moved = 0
    for eqn in jax.make_jaxpr(block)(params).jaxpr.eqns:
        if eqn.primitive.name != "while":
            continue
        for inner in _equations(eqn.params["body_jaxpr"].jaxpr):
            cells = max((math.prod(v.aval.shape) for v in inner.outvars), default=0)
            if inner.primitive.name == "cond":
                arrays = [*inner.invars, *inner.outvars]
                moved += sum(v.aval.size * v.aval.dtype.itemsize for v in arrays if v.aval.ndim == 2)
            elif cells >= _LANES and inner.primitive.name not in _FREE:
                operations += cells
    cars = int(params.n_cars) * _LANES
    return operations / cars, moved / cars


def machine() -> tuple[str, float]:
    """(description, GHz as the kernel tells it; 0 where it does not)."""
    name, ghz = platform.processor() or platform.machine(), 0.0
    about = Path("/proc/cpuinfo")
    if about.exists():
        text = about.read_text(encoding="ascii", errors="replace")
        if found := re.search(r"model name\s*: (.+)", text):
            name = found.group(1)
        if found := re.search(r"cpu MHz\s*: ([\d.]+)", text):
            ghz = float(found.group(1)) / 1000
    python = f"Python {platform.python_version()}, jax {jax.__version__}"
    return f"{name}, {os.cpu_count()} cores at {ghz:.2f} GHz, {python}", ghz


def _plan(params: RaceParams, ego: int) -> Plans:
    return Plans(params.plan_lap[ego][None], params.plan_compound[ego][None])


def bench_throughput(title: str, params: RaceParams, ego: int, ghz: float, n: int = 4096) -> None:
    """Races a second, and the same as car-laps, operations and bytes against the machine's limit."""
    plan = _plan(params, ego)
    seconds, busy = best_of(lambda: simulate(params, ego, plan, n, 1), 15)
    laps = int(params.total_laps) - int(params.lap)
    car_laps = n * int(params.n_cars) * laps / seconds
    print(f"{title}: {n / seconds:,.0f} races/s, {car_laps / 1e6:.1f} million car-laps/s")
    cores = os.cpu_count() or 1
    operations, moved = work_of_a_lap(params)
    each = 1e9 * busy / (n * int(params.n_cars) * laps)
    rate = cores / each  # of car-laps a nanosecond
    print(f"  {each:.1f} ns of a core per car and lap, for {operations:.0f} operations and {moved:.0f} bytes;")
    print(f"  {1e9 * rate / int(params.n_cars) / laps:,.0f} races/s if no other program held the {cores} cores")
    if ghz:
        peak, wide = cores * ghz * 8 * 2, cores * ghz * 64  # two units of eight f32 lanes, two accesses of 32 bytes
        print(
            f"  {operations * rate:.0f} of {peak:.0f} Gop/s that 256-bit units could do: {operations * rate / peak:.0%}"
        )
        print(f"  {moved * rate:.0f} of {wide:.0f} GB/s that the first-level caches could move")


def bench_agreement(params: RaceParams, names: list[str], n: int = 8192) -> None:
    """Whether it is the same work: what the race's parameters imply beside what came out."""
    out = simulate(params, 0, _plan(params, 0), n, 2)
    laps = int(params.total_laps)
    implied = 1 - np.exp(-params.retire_rate * laps)
    print(f"  retire: {out.retired.mean():.3f} a car, implied {implied.mean():.3f}")
    planned = (params.plan_lap > 0).sum(axis=1).mean()
    print(f"  stops: {out.stops_made.mean():.2f} a car, planned {planned:.2f} for who finishes")
    means = out.place[0].mean(axis=-1)
    print("  mean place: " + ", ".join(f"{names[car]} {means[car]:.1f}" for car in np.argsort(means)[:6]))


def bench_latency(params: RaceParams, ego: int) -> None:
    """Seconds of one call, by scenarios and by plans."""
    laps = int(params.total_laps) - int(params.lap)
    print(f"one call, {int(params.n_cars)} cars, {laps} laps to go:")
    for plans, scenarios in ((1, 100), (1, 1000), (1, 10_000), (20, 500), (20, 1000), (20, 10_000)):
        lap, compound = np.zeros((2, plans, MAX_STOPS), np.int32)
        lap[:, 0], compound[:, 0] = 20 + np.arange(plans), Compound.HARD
        seconds, _ = best_of(partial(simulate, params, ego, Plans(lap, compound), scenarios, 1), 3)
        print(f"  {plans:3d} plans x {scenarios:6,d} scenarios: {1000 * seconds:8.1f} ms")


def main() -> None:
    """Prints everything; the race of TUM's program only where the recorded data are at hand."""
    description, ghz = machine()
    print(description)
    start = time.perf_counter()
    improve(SLOTS[0])
    print(f"compiled in {time.perf_counter() - start:.1f} s")
    folder = settings().data_dir / "tum"
    if folder.is_dir():
        params, names = spielberg_2019(folder)
        bench_throughput("Spielberg 2019 as TUM's program has it", params, names.index("VER"), ghz)
        bench_agreement(params, names)
    else:
        print(f"Spielberg 2019 left out: F1_DATA_DIR has no {folder.name}/ ({folder}); a plain race of 71 laps instead")
        bench_throughput("plain race", plain_race(lap=0, total_laps=71), 4, ghz)
    bench_latency(plain_race(), 4)
    bench_http()


if __name__ == "__main__":
    main()
