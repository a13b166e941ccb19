"""An app on a fake engine, warmed up."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.serving import Api, make_service


@pytest.fixture
def api(tmp_path: Path) -> Api:
    """A client of a service that is ready."""
    service = make_service(tmp_path)
    service.start(block=True)
    return Api(service)
