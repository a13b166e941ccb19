"""Plans of the Terraform configuration, made once a test run on mocked providers, whatever the number of workers."""

from __future__ import annotations

import fcntl

import pytest

from tools.cloud.plan import Checked, Plan, missing, read_plans, run_check


@pytest.fixture(scope="session")
def checked(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Checked:
    """fmt, init, validate and test of ``terraform/``; skips, saying why, where they cannot be run."""
    reason = missing()
    if reason:
        pytest.skip(f"no plan can be made: {reason}")
    if worker_id == "master":
        return run_check()
    kept = tmp_path_factory.getbasetemp().parent / "terraform-check.txt"
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.is_file():
            done = run_check()
            kept.write_text(f"{done.code}\n{done.output}")
        code, _, output = kept.read_text().partition("\n")
    return Checked(int(code), output, {plan.name: plan for plan in read_plans(output)})


@pytest.fixture
def full(checked: Checked) -> Plan:
    """The plan of the primary region."""
    return checked.plans["full"]


@pytest.fixture
def minimal(checked: Checked) -> Plan:
    """The plan of the smallest environment."""
    return checked.plans["minimal"]


@pytest.fixture
def disaster(checked: Checked) -> Plan:
    """The plan of the second region."""
    return checked.plans["disaster"]
