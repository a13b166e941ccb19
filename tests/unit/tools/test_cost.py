"""Bills follow usage and prices; the page shows what the command would."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import F1Error
from tools.cost import DEPLOYED, PAGE, SECONDS, SPECIFIED, Usage, bill, load_prices, markdown, streaming, total

PRICES = load_prices()


def test_the_page_shows_the_bill() -> None:
    assert markdown() in PAGE.read_text(), "run python -m tools.cost --write"


def test_storage_is_priced_by_the_gigabyte_after_what_is_free() -> None:
    price, free = PRICES["bigquery_storage_gb_month"]
    (storage,) = [item for item in bill(Usage(stored_gb=150.0), PRICES) if item.service == "BigQuery storage"]
    assert storage.dollars == pytest.approx(price * (150.0 - free))


def test_a_kept_instance_is_billed_for_every_second_that_it_waits() -> None:
    usage = replace(DEPLOYED, requests=0.0)
    (kept,) = [item for item in bill(usage, PRICES) if item.service == "Cloud Run, kept instances"]
    cpu, memory = PRICES["run_idle_cpu_second"][0], PRICES["run_idle_memory_gb_second"][0]
    assert kept.dollars == pytest.approx(SECONDS * (2 * cpu + 4 * memory))


@given(st.sampled_from([field.name for field in fields(Usage)]), st.floats(1.0, 3.0))
def test_more_usage_never_costs_less(name: str, factor: float) -> None:
    if name in ("batch", "concurrency", "stream_job_hours"):  # these spread the work, or move it to another service
        return
    more = replace(DEPLOYED, **{name: getattr(DEPLOYED, name) * factor})
    assert total(bill(more, PRICES, False)) >= total(bill(DEPLOYED, PRICES, False)) - 1e-9


def test_nothing_used_costs_nothing_but_what_stands() -> None:
    nothing = Usage(**dict.fromkeys([field.name for field in fields(Usage)], 0.0) | {"batch": 1.0, "concurrency": 1.0})
    assert total(bill(nothing, PRICES)) == 0.0


def test_functions_cost_nothing_between_races_and_a_standing_job_does() -> None:
    by_function, by_job = streaming(replace(DEPLOYED, messages=0.0), PRICES, 500.0)
    assert by_function == 0.0
    assert by_job > 50.0


def test_the_specified_month_is_the_specifications_sum() -> None:
    assert sum(SPECIFIED.values()) == 182.5


def test_negative_usage_is_refused_by_name() -> None:
    with pytest.raises(F1Error, match="queried_gb is -1"):
        bill(Usage(queried_gb=-1.0), PRICES)


def test_a_price_that_is_none_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "prices.json"
    path.write_text(json.dumps({"dated": "2025-06", "pubsub_tb": {"price": "cheap", "free": 0}}))
    with pytest.raises(F1Error, match="pubsub_tb needs numbers"):
        load_prices(path)
