"""What recommend's process loads before it serves: nothing that costs seconds and is not needed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from shared.config import ROOT

HEAVY = (
    "xgboost",
    "sklearn",
    "pandas",
    "duckdb",
    "google.cloud.bigquery",
    "matplotlib",
    "fastf1",
    "sqlglot",
    "pyarrow",
)

LOAD = """
import json, sys
from tools.server import load_function
application = load_function("recommend")
print(json.dumps([name for name in json.loads(sys.argv[1]) if name in sys.modules]))
"""


def test_recommend_loads_none_of_the_heavy_libraries(tmp_path: Path) -> None:
    command = [sys.executable, "-c", LOAD, json.dumps(HEAVY)]
    environment = {"PATH": "/usr/bin:/bin", "F1_STATE_DIR": str(tmp_path), "HOME": str(tmp_path)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == []
