"""The workflows follow GitHub's schema, call what there is, and give Google's token to the gated job alone."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.config import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def jobs(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / ".github" / "workflows" / f"{name}.yml").read_text())["jobs"])


def test_they_follow_githubs_schema() -> None:
    command = ROOT / ".venv-policy" / "bin" / "check-jsonschema"
    if not command.is_file():
        pytest.skip("check-jsonschema is not installed: make policy installs it in an environment of its own")
    check = [str(command), "--builtin-schema", "vendor.github-workflows", *map(str, WORKFLOWS)]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_target_module_and_variables_file_they_name_is_there(path: Path) -> None:
    text = path.read_text()
    targets = set(re.findall(r"^([\w./$()-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)) | {".venv/.installed"}
    named = re.findall(r"(?:run: |^ +)make ([\w./-]+)", text, re.MULTILINE)
    assert named
    assert set(named) <= targets
    for module in re.findall(r"python -m (tools[\w.]+)", text):
        assert ROOT.joinpath(*module.split(".")).with_suffix(".py").is_file(), module
    for script in re.findall(r"(?:bash |: )([\w./]+\.sh)", text):
        assert (ROOT / script).is_file(), script


def test_only_the_gated_job_gets_googles_token() -> None:
    deploy = jobs("deploy")
    for name, job in {**jobs("ci"), **deploy}.items():
        may = (job.get("permissions") or {}).get("id-token") == "write"
        assert may == (name == "deploy"), name
    assert deploy["deploy"]["environment"] == "${{ inputs.environment }}"


def test_every_environment_on_offer_has_its_variables() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "deploy.yml").read_text())
    offered = workflow[True]["workflow_dispatch"]["inputs"]["environment"]["options"]
    named = {}
    for path in (ROOT / "terraform" / "environments").glob("*.tfvars"):
        named[re.search(r'^environment\s*= "([\w-]+)"', path.read_text(), re.MULTILINE)[1]] = path.stem  # type: ignore[index]
    assert set(offered) == set(named)
    assert named["standby"] == "disaster", "as the workflow's VARS has it"


def test_a_smoke_test_follows_every_apply_and_a_rollback_every_failure() -> None:
    steps = jobs("deploy")["deploy"]["steps"]
    names = [step.get("name") for step in steps]
    assert names.index("Smoke test") == names.index("Plan and apply") + 1
    after = steps[names.index("Smoke test") + 1 :]
    assert [step["name"] for step in after if "failure()" in step.get("if", "")] == [
        "Roll traffic back",
        "Roll everything back",
    ]
