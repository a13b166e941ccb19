"""A caller's bucket: a burst, then the rate, and no other caller pays for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.contract.errors import ContractError
from shared.serving.access.rates import Rates
from tests.fakes.serving import Api, make_service


def test_past_its_burst_a_caller_is_told_when_to_come_back_and_others_are_not() -> None:
    now = [0.0]
    rates = Rates(2.0, lambda: now[0])
    for _ in range(4):
        rates.take("a")
    with pytest.raises(ContractError) as refused:
        rates.take("a")
    assert (refused.value.status, refused.value.headers["Retry-After"]) == (429, "1")
    rates.take("b")
    now[0] = 0.5
    rates.take("a")
    with pytest.raises(ContractError):
        rates.take("a")


def test_a_rate_below_one_a_second_names_the_wait() -> None:
    rates = Rates(0.1, lambda: 0.0)
    rates.take("a")
    with pytest.raises(ContractError) as refused:
        rates.take("a")
    assert refused.value.headers["Retry-After"] == "10"


def test_over_http_it_is_a_429_and_health_is_never_limited(tmp_path: Path) -> None:
    service = make_service(tmp_path, chosen={"rate_limit": 0.5})
    service.start(block=True)
    api = Api(service)
    assert api.get("/model").status_code == 200
    refused = api.get("/model")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) >= 1
    assert refused.json["error"]["code"] == "too_many_requests"
    assert api.get("/health").status_code == 200
