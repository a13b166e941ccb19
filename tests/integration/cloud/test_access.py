"""Least privilege, read from the plan: every right is one of the page's, and each account has only its own."""

from __future__ import annotations

import pytest

from shared.schema.raw import RAW_TABLES
from tools.cloud.access import PAGE, Grant, grants, table
from tools.cloud.plan import Plan

pytestmark = pytest.mark.slow

EVENT_FUNCTIONS = ("ingest-ergast", "ingest-fastf1", "preprocess", "train", "stream-features")


@pytest.fixture
def found(full: Plan) -> list[Grant]:
    return grants(full)


def test_the_page_shows_every_right_of_the_plan_and_no_other(found: list[Grant]) -> None:
    assert table(found) in PAGE.read_text()


def test_no_environment_gives_a_primitive_role(full: Plan, minimal: Plan, disaster: Plan) -> None:
    for plan in (full, minimal, disaster):
        roles = {grant.role for grant in grants(plan)}
        assert not roles & {"owner", "editor", "viewer", "iam.serviceAccountTokenCreator"}, plan.name


def test_everybody_may_call_recommend_and_read_the_site_and_nothing_else(found: list[Grant]) -> None:
    public = [grant for grant in found if grant.who in ("allUsers", "allAuthenticatedUsers")]
    assert {(grant.role, grant.kind) for grant in public} == {
        ("run.invoker", "service"),
        ("storage.objectViewer", "bucket"),
    }
    assert {grant.target for grant in public} == {"recommend", "f1-strategy-prod-dashboard"}


def test_each_event_function_is_called_by_its_own_trigger_alone(found: list[Grant]) -> None:
    for function in EVENT_FUNCTIONS:
        callers = [g.who for g in found if g.role == "run.invoker" and g.target == function]
        assert callers == [f"trigger-{function}"]


def test_a_trigger_may_do_nothing_but_call_its_function(found: list[Grant]) -> None:
    for function in EVENT_FUNCTIONS:
        assert [g for g in found if g.who == f"trigger-{function}"] == [
            Grant(f"trigger-{function}", "run.invoker", "service", function)
        ]


def test_recommend_has_no_right_in_the_warehouse(found: list[Grant]) -> None:
    assert not [g for g in found if g.who == "recommend" and g.role.startswith("bigquery")]


def test_a_function_has_no_right_in_the_project_but_to_run_queries(found: list[Grant]) -> None:
    for function in (*EVENT_FUNCTIONS, "recommend"):
        rights = {g.role for g in found if g.who == function and g.kind == "project"}
        assert rights <= {"bigquery.jobUser", "f1ModelMirror (own)"}, function


def test_ingest_writes_raw_tables_and_no_feature(found: list[Grant]) -> None:
    raw = {table.name for table in RAW_TABLES}
    written = {g.target for g in found if g.who == "ingest-ergast" and g.role == "bigquery.dataEditor"}
    assert written == raw | {"quarantine", "f1_work"}


def test_train_cannot_write_what_it_learns_from(found: list[Grant]) -> None:
    written = {g.target for g in found if g.who == "train" and g.role == "bigquery.dataEditor"}
    assert written == {"model_drift", "f1_work"}  # what it finds, and where loads are staged
