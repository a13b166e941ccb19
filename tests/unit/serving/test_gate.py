"""One at a time, a few waiting, the rest refused."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from shared.contract.errors import ContractError
from shared.serving.gate import Gate
from tests.fakes.serving import Api, answer, make_service, request_body


def test_only_one_is_inside_at_a_time() -> None:
    gate = Gate(waiting=20)
    inside: list[int] = [0]
    most: list[int] = [0]

    def work() -> None:
        with gate.entered():
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            time.sleep(0.005)
            inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == 1


def test_patience_ends_in_a_429_and_frees_the_place() -> None:
    gate = Gate(waiting=1, patience=0.01)
    with gate.entered():
        for _ in range(3):
            with pytest.raises(ContractError) as refused, gate.entered():
                pass
            assert refused.value.status == 429
    with gate.entered():
        pass


def test_the_process_s_own_work_waits_for_its_turn_and_takes_no_place_in_the_queue() -> None:
    gate = Gate(waiting=0, patience=0.01)
    order: list[str] = []

    def own() -> None:
        with gate.in_turn():
            order.append("own")

    with gate.entered():
        thread = threading.Thread(target=own)
        thread.start()
        time.sleep(0.05)
        order.append("client")
    thread.join(5)
    assert order == ["client", "own"]
    with gate.entered():
        pass


def test_a_fault_inside_frees_the_place() -> None:
    gate = Gate(waiting=0, patience=0.01)
    with pytest.raises(ZeroDivisionError), gate.entered():
        raise ZeroDivisionError
    with gate.entered():
        pass


def test_beyond_the_queue_requests_are_a_429_with_retry_after_and_the_others_are_answered(tmp_path: Path) -> None:
    go = threading.Event()
    started = threading.Semaphore(0)

    def slow(*args: Any) -> Any:
        started.release()
        go.wait(10)
        return answer(*args)

    go.set()
    service = make_service(tmp_path, engine=slow, gate=Gate(waiting=2))
    service.start(block=True)
    started.acquire()
    go.clear()
    responses: list[Any] = []
    threads = [
        threading.Thread(target=lambda seed: responses.append(Api(service).post(request_body(seed=seed))), args=(seed,))
        for seed in range(6)
    ]
    for thread in threads:
        thread.start()
    assert started.acquire(timeout=60)
    deadline = time.monotonic() + 60
    while len(responses) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    refused = [r for r in responses if r.status_code == 429]
    go.set()
    for thread in threads:
        thread.join()
    assert len(refused) == 3
    assert all(int(r.headers["Retry-After"]) >= 1 and r.json["error"]["code"] == "too_many_requests" for r in refused)
    assert sorted(r.status_code for r in responses) == [200, 200, 200, 429, 429, 429]
