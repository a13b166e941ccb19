"""The shipped bundle's graphs run by the old wheel, tflite-runtime 2.14 of 2023 (Python 3.11, numpy before 2)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from shared.models.bundle import SHIPPED, Bundle
from shared.models.tflite.export import exports

pytestmark = pytest.mark.slow

ROWS = 50
PROGRAM = """
import json, sys
import numpy as np
from tflite_runtime.interpreter import Interpreter
folder, answers = sys.argv[1], {}
for name in sys.argv[2:]:
    model = Interpreter(f"{folder}/{name}.tflite")
    rows = np.load(f"{folder}/{name}.npy")
    entry = model.get_input_details()[0]["index"]
    model.resize_tensor_input(entry, rows.shape)
    model.allocate_tensors()
    model.set_tensor(entry, rows)
    model.invoke()
    answers[name] = model.get_tensor(model.get_output_details()[0]["index"]).tolist()
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def old_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python 3.11 with tflite-runtime; skips, saying why, where one cannot be had."""
    folder = tmp_path_factory.mktemp("old") / "venv"
    python = folder / "bin" / "python"
    uv = [sys.executable, "-m", "uv"]
    for command in (
        [*uv, "venv", "--quiet", "--python", "3.11", "--no-python-downloads", str(folder)],
        [*uv, "pip", "install", "--quiet", "--python", str(python), "tflite-runtime==2.14.0", "numpy<2"],
    ):
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        if done.returncode:
            pytest.skip(f"tflite-runtime 2.14 cannot be had here: {done.stderr.strip()[-300:]}")
    return python


def test_the_old_runtime_answers_every_graph_as_its_source(old_python: Path, tmp_path: Path) -> None:
    made = exports(Bundle.load(SHIPPED).tables)
    rows = {name: export.rows(np.random.default_rng(3), ROWS).astype(np.float32) for name, export in made.items()}
    for name, export in made.items():
        (tmp_path / f"{name}.tflite").write_bytes(export.content)
        np.save(tmp_path / f"{name}.npy", rows[name])
    command = [str(old_python), "-c", PROGRAM, str(tmp_path), *made]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout.splitlines()[-1])
    assert sorted(answers) == sorted(made)
    for name, export in made.items():
        source = export.source(rows[name].astype(float)).reshape(ROWS, -1)
        np.testing.assert_allclose(np.array(answers[name], float), source, atol=export.bound, err_msg=name)
