"""What a month costs, by service, from how much the product is used.

``python -m tools.cost`` shows the month of the specification beside the specification's own figures, a month as the
product is deployed, and what per-message functions save against a standing stream job. Prices are in
``tools/prices.json``; usage is an argument each, and its default says where it comes from.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from shared.config import ROOT
from shared.errors import F1Error
from tools.command import run_main

PRICES = ROOT / "tools" / "prices.json"
PAGE = ROOT / "docs" / "costs.md"
PLACE = re.compile(r"(<!-- costs -->\n).*?(<!-- /costs -->)", re.DOTALL)

SECONDS = 365.25 / 12 * 24 * 3600
"""A month in seconds."""


@dataclass(frozen=True)
class Usage:
    """A month's usage. The defaults are the specification's month: two race weekends, 150 GB, 100,000 requests."""

    stored_gb: float = 150.0
    queried_gb: float = 500.0
    requests: float = 100_000.0
    request_seconds: float = 0.35  # processor time of a recommendation of 10,000 scenarios, on two CPUs
    kept_instances: float = 0.0
    messages: float = 10_000_000.0
    message_bytes: float = 400.0
    batch: float = 1.0  # messages that a push carries: one
    message_seconds: float = 0.02  # handling of one telemetry message
    concurrency: float = 40.0  # messages handled side by side in an instance of stream_features
    stream_job_hours: float = 0.0
    trainings: float = 4.0
    training_hours: float = 0.5
    jobs: float = 10.0
    objects_gb: float = 20.0
    object_writes: float = 200_000.0
    object_reads: float = 2_000_000.0
    logs_gb: float = 5.0
    images_gb: float = 6.0
    builds: float = 20.0


class Item(NamedTuple):
    """A line of the bill."""

    service: str
    what: str
    dollars: float


SPECIFIED = {
    "BigQuery storage": 3.0,
    "BigQuery queries": 2.5,
    "Cloud Run": 5.0,
    "Dataflow": 150.0,
    "Training": 20.0,
    "Pub/Sub": 2.0,
}
"""The specification's estimate, by service: $182.50 a month."""


def load_prices(path: Path = PRICES) -> dict[str, tuple[float, float]]:
    """Price and free amount a month, by name. Raises F1Error naming the entry at fault."""
    found = {}
    for name, entry in json.loads(path.read_text()).items():
        if name in ("dated", "note"):
            continue
        try:
            price, free = float(entry["price"]), float(entry["free"])
        except (KeyError, TypeError, ValueError):
            raise F1Error(f"{path.name}: {name} needs numbers price and free") from None
        if price < 0 or free < 0:
            raise F1Error(f"{path.name}: {name}: price and free are not negative")
        found[name] = (price, free)
    return found


def bill(usage: Usage, prices: dict[str, tuple[float, float]], free_tier: bool = True) -> list[Item]:
    """The month's bill. Raises F1Error for usage that is negative, or a price that is not in the list."""
    for field in fields(usage):
        if getattr(usage, field.name) < 0:
            raise F1Error(f"{field.name} is {getattr(usage, field.name)}; it cannot be negative")

    def cost(name: str, amount: float) -> float:
        if name not in prices:
            raise F1Error(f"no price of {name} in {PRICES.name}")
        price, free = prices[name]
        return price * max(0.0, amount - (free if free_tier else 0.0))

    recommend = usage.requests * usage.request_seconds
    # A function is billed while any message is handled; messages side by side share the time.
    stream = 0.0 if usage.stream_job_hours else usage.messages / usage.batch * usage.message_seconds / usage.concurrency
    training = usage.trainings * usage.training_hours * 3600
    cpu = 2 * recommend + stream
    memory = 4 * recommend + 0.5 * stream
    idle = usage.kept_instances * max(0.0, SECONDS - recommend)
    pushes = 0.0 if usage.stream_job_hours else usage.messages
    # Each message is paid for as published and as delivered.
    traffic = 2 * usage.messages * max(1000.0, usage.message_bytes) / 2**40
    images = cost("artifact_gb_month", usage.images_gb) + cost("build_minute", usage.builds * 5)
    objects = cost("storage_gb_month", usage.objects_gb)
    objects += cost("storage_10k_writes", usage.object_writes / 1e4)
    objects += cost("storage_10k_reads", usage.object_reads / 1e4)
    rest = cost("scheduler_job", usage.jobs) + cost("secret_version", 1)
    return [
        Item("BigQuery storage", f"{usage.stored_gb:,.0f} GB", cost("bigquery_storage_gb_month", usage.stored_gb)),
        Item("BigQuery queries", f"{usage.queried_gb:,.0f} GB", cost("bigquery_query_tb", usage.queried_gb / 1000)),
        Item(
            "BigQuery streaming",
            f"{usage.messages:,.0f} rows",
            cost("bigquery_streaming_gb", usage.messages * usage.message_bytes / 1e9),
        ),
        Item(
            "Cloud Run",
            f"{usage.requests:,.0f} requests, {pushes:,.0f} pushes",
            cost("run_cpu_second", cpu)
            + cost("run_memory_gb_second", memory)
            + cost("run_million_requests", (usage.requests + pushes) / 1e6),
        ),
        Item(
            "Cloud Run, kept instances",
            f"{usage.kept_instances:g} of 2 CPU, 4 GiB",
            cost("run_idle_cpu_second", 2 * idle) + cost("run_idle_memory_gb_second", 4 * idle),
        ),
        Item("Dataflow", f"{usage.stream_job_hours:,.0f} hours of a worker", _stream_job(usage, cost)),
        Item(
            "Training",
            f"{usage.trainings:g} of {usage.training_hours:g} h",
            training * (2 * prices["run_cpu_second"][0] + 8 * prices["run_memory_gb_second"][0]),
        ),
        Item("Pub/Sub", f"{usage.messages:,.0f} messages", cost("pubsub_tb", traffic)),
        Item("Cloud Storage", f"{usage.objects_gb:,.0f} GB", objects),
        Item("Scheduler, secrets", f"{usage.jobs:g} jobs", rest),
        Item("Images and builds", f"{usage.images_gb:g} GB, {usage.builds:g} builds", images),
        Item("Logs", f"{usage.logs_gb:g} GB", cost("logging_gb", usage.logs_gb)),
    ]


def _stream_job(usage: Usage, cost) -> float:  # type: ignore[no-untyped-def]
    """One n1-standard-1 worker (1 CPU, 3.75 GB) with streaming engine, for the hours it stands."""
    hours = usage.stream_job_hours
    worker = cost("dataflow_cpu_hour", hours) + cost("dataflow_memory_gb_hour", 3.75 * hours)
    # A streaming unit an hour for each CPU that is kept, as Google's own example reckons.
    return worker + cost("dataflow_streaming_unit", hours)


def total(items: list[Item]) -> float:
    """Dollars in all."""
    return sum(item.dollars for item in items)


def against_specification(usage: Usage, prices: dict[str, tuple[float, float]]) -> list[tuple[str, float, float]]:
    """Service, the specification's dollars and ours at list price without free tier, for the services it names. The
    stream is carried by a standing job, as it assumes."""
    standing = replace(usage, stream_job_hours=SECONDS / 3600)
    ours = {item.service: item.dollars for item in bill(standing, prices, free_tier=False)}
    return [(service, dollars, ours[service]) for service, dollars in SPECIFIED.items()]


def streaming(usage: Usage, prices: dict[str, tuple[float, float]], hours: float) -> tuple[float, float]:
    """Dollars for carrying these messages by functions, and by a job that stands for ``hours``; at list price."""
    quiet = replace(usage, requests=0.0, kept_instances=0.0, trainings=0.0)
    none = replace(quiet, messages=0.0)
    by_function = total(bill(quiet, prices, False)) - total(bill(none, prices, False))
    by_job = total(bill(replace(quiet, stream_job_hours=hours), prices, False)) - total(bill(none, prices, False))
    return by_function, by_job


DEPLOYED = Usage(kept_instances=1.0)
"""The specification's usage as it is deployed: functions carry the stream, one instance of recommend is kept."""

WEEKEND_HOURS = 4 * 24.0


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.cost", description=__doc__.split("\n")[0])
    for field in fields(Usage):
        name = f"--{field.name.replace('_', '-')}"
        default = getattr(DEPLOYED, field.name)
        parser.add_argument(name, type=float, default=default, metavar="N", help=f"default {default:g}")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/costs.md")
    options = vars(parser.parse_args(arguments))
    if options.pop("write"):
        PAGE.write_text(PLACE.sub(lambda found: found[1] + markdown() + found[2], PAGE.read_text()))
        return 0
    usage = Usage(**options)
    prices = load_prices()
    console = Console()
    for title, heads, rows in tables(usage, prices):
        table = Table(*heads, title=title)
        for row in rows:
            table.add_row(*row)
        console.print(table)
    return 0


def tables(
    usage: Usage, prices: dict[str, tuple[float, float]]
) -> Iterator[tuple[str, tuple[str, ...], list[tuple[str, ...]]]]:
    """What is shown: title, heads and rows of each table."""
    items = bill(usage, prices)
    rows: list[tuple[str, ...]] = [(item.service, item.what, f"{item.dollars:,.2f}") for item in items]
    dated = json.loads(PRICES.read_text())["dated"]
    title = f"A month as deployed, prices of {dated}, free tier used"
    yield title, ("service", "usage", "$ a month"), [*rows, ("all", "", f"{total(items):,.2f}")]
    both = [*against_specification(Usage(), prices)]
    both.append(("all", sum(row[1] for row in both), sum(row[2] for row in both)))
    rows = [(service, f"{specified:,.2f}", f"{ours:,.2f}") for service, specified, ours in both]
    yield "The specification's month, with a standing stream job", ("service", "specification $", "list price $"), rows
    rows = []
    for name, share, hours in _periods():
        some = replace(usage, messages=usage.messages * share)
        dollars = streaming(some, prices, hours)
        rows.append((name, f"{some.messages:,.0f}", *(f"{each:,.2f}" for each in dollars)))
    yield "Carrying the stream, list price", ("period", "messages", "functions $", "standing job $"), rows


def markdown() -> str:
    """The tables of a month as deployed, for docs/costs.md."""
    parts = []
    for title, heads, rows in tables(DEPLOYED, load_prices()):
        lines = [f"### {title}", "", f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
        parts.append("\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows), ""]))
    return "\n".join(parts)


def _periods() -> list[tuple[str, float, float]]:
    """Parts of a month with two race weekends: name, share of the messages, hours."""
    month = SECONDS / 3600
    return [
        ("one race weekend", 0.5, WEEKEND_HOURS),
        ("the weeks between", 0.0, month - 2 * WEEKEND_HOURS),
        ("the month", 1.0, month),
    ]


if __name__ == "__main__":
    run_main(main)
