"""Messages as the code makes them against what the cloud takes: schedules, and the audit's transformation."""

from __future__ import annotations

import base64
import datetime as dt
import json
import shutil
import subprocess

import pytest

from shared.config import ROOT
from shared.events import IngestRequest, RecommendationMade
from shared.tables import TABLES
from tools.cloud.plan import Plan


@pytest.mark.slow
def test_what_the_scheduler_sends_is_an_ingest_request(full: Plan) -> None:
    sent = [r.values["pubsub_target"][0] for r in full.of("google_cloud_scheduler_job") if r.values["pubsub_target"]]
    assert len(sent) == 5
    for target in sent:
        request = IngestRequest.model_validate_json(base64.b64decode(target["data"]))
        assert request.origin == "network"
        assert request.seasons == (2026,)


def test_the_audit_becomes_a_row_of_its_table() -> None:
    if shutil.which("node") is None:
        pytest.skip("needs Node.js to run the transformation")
    message = RecommendationMade(
        made_at=dt.datetime(2026, 3, 8, 15, tzinfo=dt.UTC),
        request={"lap": 12},
        answer={"forecast": [{"driver_id": "VER", "win": 0.5}]},
        seed=7,
        model_version="v1",
    )
    code = (ROOT / "terraform" / "audit_row.js").read_text()
    given = json.dumps({"data": message.model_dump_json(exclude_none=True), "attributes": {"version": "1"}})
    done = subprocess.run(
        ["node", "-e", f"{code}\nconsole.log(JSON.stringify(row({given}, {{}})))"],
        capture_output=True,
        text=True,
        check=True,
    )
    made = json.loads(json.loads(done.stdout)["data"])
    columns = {column.name: column for column in TABLES["recommendations"].columns}
    assert set(columns) <= set(made), "every column gets a value; other fields are dropped"
    for name, column in columns.items():
        assert isinstance(made[name], int if column.type == "INT64" else str), name
    assert json.loads(made["answer"]) == {"forecast": [{"driver_id": "VER", "win": 0.5}]}
