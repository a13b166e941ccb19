"""The client that the dashboard is compiled with is that of the contract."""

from __future__ import annotations

import pytest

from tools.dashboard import client


def test_the_committed_client_is_the_contracts() -> None:
    assert client.problems() == [], "run `make dashboard-client`"


def test_a_contract_that_moved_on_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "document", lambda: "{}\n")
    assert len(client.problems()) == 2
