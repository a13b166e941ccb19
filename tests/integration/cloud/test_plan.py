"""What the plans promise: triggers, retention, instances, thresholds, tables, and a runbook for every alert."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from shared.adapters.embedded.event_bus import SUBSCRIPTIONS, TOPICS
from shared.adapters.gcp.warehouse import APPENDED
from shared.config import ROOT
from shared.tables import TABLES
from tools.cloud.plan import Checked, Plan, Resource
from tools.compiled import COMPILER

pytestmark = pytest.mark.slow


def test_the_configuration_is_formatted_valid_and_passes_its_own_tests(checked: Checked) -> None:
    assert checked.code == 0, checked.output[-4000:]
    assert set(checked.plans) == {"full", "minimal", "disaster", "streaming"}


def test_every_subscription_of_the_embedded_queue_is_there_with_its_attempts(full: Plan) -> None:
    planned = {r.values["name"]: r for r in full.of("google_pubsub_subscription", ".this")}
    assert set(planned) == {subscription.name for subscription in SUBSCRIPTIONS}
    for subscription in SUBSCRIPTIONS:
        values = planned[subscription.name].values
        assert values["topic"] == subscription.topic
        assert (values.get("filter") or "") == subscription.filter
        policy = values["dead_letter_policy"][0]
        assert policy["max_delivery_attempts"] == subscription.max_attempts
        assert policy["dead_letter_topic"].endswith(f"/topics/{subscription.name}-dead")
        assert values["retry_policy"][0] == {"minimum_backoff": "10s", "maximum_backoff": "600s"}
        assert values["retain_acked_messages"] is True


def test_every_topic_of_the_embedded_queue_is_there(full: Plan) -> None:
    names = {r.values["name"] for r in full.of("google_pubsub_topic")}
    assert names == TOPICS | {f"{subscription.name}-dead" for subscription in SUBSCRIPTIONS}


def test_functions_are_called_by_signed_pushes_and_have_no_trigger_of_their_own(full: Plan) -> None:
    pushes = [r.values["push_config"][0] for r in full.of("google_pubsub_subscription") if r.values.get("push_config")]
    assert len(pushes) == 6
    for push in pushes:
        assert push["oidc_token"][0]["service_account_email"].startswith("f1-trigger-")
    for function in full.of("google_cloudfunctions2_function"):
        assert not function.values.get("event_trigger")
        service = function.values["service_config"][0]
        assert service["ingress_settings"] == "ALLOW_INTERNAL_ONLY"
        assert service["environment_variables"]["THREADS"] == str(service["max_instance_request_concurrency"])


def test_dead_letters_are_kept_for_a_month_and_never_expire(full: Plan) -> None:
    dead = full.of("google_pubsub_subscription", ".dead")
    assert len(dead) == len(SUBSCRIPTIONS)
    for subscription in dead:
        assert subscription.values["message_retention_duration"] == f"{31 * 24 * 3600}s"
        assert subscription.values["expiration_policy"][0]["ttl"] == ""


def _recommend(plan: Plan) -> dict[str, Any]:
    return dict(plan.of("google_cloud_run_v2_service")[0].values["template"][0])


@pytest.mark.parametrize(("name", "least", "most"), [("full", 1, 20), ("disaster", 1, 20), ("minimal", 0, 3)])
def test_recommend_scales_between_its_limits(checked: Checked, name: str, least: int, most: int) -> None:
    template = _recommend(checked.plans[name])
    assert template["scaling"][0] == {"min_instance_count": least, "max_instance_count": most}
    assert template["max_instance_request_concurrency"] == 8


def test_recommend_takes_traffic_only_once_it_is_healthy(full: Plan) -> None:
    container = _recommend(full)["containers"][0]
    assert container["resources"][0]["limits"] == {"cpu": "2", "memory": "4Gi"}
    assert container["resources"][0]["startup_cpu_boost"] is True
    assert container["startup_probe"][0]["http_get"][0]["path"] == "/health"
    environment = {each["name"]: each.get("value") for each in container["env"]}
    assert environment["F1_BACKEND"] == "gcp"
    assert environment["F1_CORS_ORIGIN"] == "https://strategy.example.com"
    assert not environment["F1_API_KEYS"], "keys come from the secret, never as text"
    assert COMPILER.items() <= environment.items()


def test_tables_are_those_of_the_one_schema(full: Plan) -> None:
    planned = {r.values["table_id"]: r.values for r in full.of("google_bigquery_table", ".this")}
    assert set(planned) == set(TABLES)
    for name, table in TABLES.items():
        columns = json.loads(planned[name]["schema"])
        assert [column["name"] for column in columns] == [column.name for column in table.columns]
        assert [column["mode"] for column in columns] == [column.mode for column in table.columns]
        assert all(column["description"] for column in columns)
        assert (planned[name].get("clustering") or []) == list(table.cluster_by)
        partitions = planned[name].get("time_partitioning") or []
        assert [each["field"] for each in partitions] == ([table.partition_by] if table.partition_by else [])
        assert planned[name]["require_partition_filter"] is (table.partition_by is not None)


def test_the_work_dataset_holds_the_ids_of_appended_rows_as_the_adapter_expects(full: Plan) -> None:
    (planned,) = full.of("google_bigquery_table", ".appended")
    assert planned.values["dataset_id"] == "f1_work"
    assert planned.values["table_id"] == APPENDED.name
    columns = {(column["name"], column["type"], column["mode"]) for column in json.loads(planned.values["schema"])}
    assert columns == {(column.name, column.type, column.mode) for column in APPENDED.columns}
    assert planned.values["clustering"] == list(APPENDED.cluster_by)


def test_buckets_are_private_versioned_and_uniform(full: Plan) -> None:
    buckets = {r.values["name"].removeprefix("f1-strategy-prod-"): r for r in full.of("google_storage_bucket")}
    assert {"raw", "manifests", "models", "live", "races", "sources", "backups", "dashboard"} <= set(buckets)
    for name, bucket in buckets.items():
        assert bucket.values["uniform_bucket_level_access"] is True
        assert bucket.values["versioning"][0]["enabled"] is True
        assert bucket.values["public_access_prevention"] == ("inherited" if name == "dashboard" else "enforced")


def test_only_manifests_are_announced(full: Plan) -> None:
    notified = full.of("google_storage_notification")
    assert [r.values["bucket"] for r in notified] == ["f1-strategy-prod-manifests"]
    assert notified[0].values["event_types"] == ["OBJECT_FINALIZE"]


def _alerts(plan: Plan) -> list[Resource]:
    return plan.of("google_monitoring_alert_policy")


def _threshold(plan: Plan, key: str) -> dict[str, Any]:
    (alert,) = [r for r in _alerts(plan) if key in r.address]
    return dict(alert.values["conditions"][0]["condition_threshold"][0])


def test_alerts_have_the_thresholds_that_were_promised(full: Plan) -> None:
    latency = _threshold(full, "recommend-latency")
    assert (latency["threshold_value"], latency["duration"]) == (500, "300s")
    assert latency["aggregations"][0]["cross_series_reducer"] == "REDUCE_PERCENTILE_99"
    assert _threshold(full, "dead-letters")["threshold_value"] == 0
    assert _threshold(full, ".errors")["threshold_value"] == 0.01
    assert _threshold(full, "no_instance")["comparison"] == "COMPARISON_LT"
    availability = [r for r in full.of("google_monitoring_slo") if r.values["slo_id"] == "availability"]
    assert availability[0].values["goal"] == 0.995
    budget = full.of("google_billing_budget")[0].values
    thresholds = [r["threshold_percent"] for r in budget["threshold_rules"]]
    assert sorted(set(thresholds)) == [0.5, 0.8, 1.0]


def test_an_absent_instance_is_no_alarm_where_none_is_kept(minimal: Plan) -> None:
    assert not [r for r in _alerts(minimal) if "no_instance" in r.address]


def test_every_alert_names_a_runbook_that_exists(full: Plan) -> None:
    named = set()
    for alert in _alerts(full):
        match = re.fullmatch(r"Runbook: (docs/runbooks/[a-z-]+\.md)", alert.values["documentation"][0]["content"])
        assert match, alert.address
        assert (ROOT / match[1]).is_file(), f"{alert.address} names {match[1]}"
        named.add(match[1])
    assert len(named) >= 12


def test_urgent_alerts_reach_every_channel(full: Plan) -> None:
    assert {r.values["type"] for r in full.of("google_monitoring_notification_channel")} == {
        "email",
        "slack",
        "pagerduty",
    }


def test_each_race_of_the_calendar_is_ingested_twice(full: Plan) -> None:
    jobs = {r.values["name"]: r.values for r in full.of("google_cloud_scheduler_job")}
    assert jobs["race-2026-01-evening"]["schedule"] == "0 21 8 3 *"
    assert jobs["race-2026-01-two-days-later"]["schedule"] == "0 21 10 3 *"
    assert {"weekly-history", "snapshots", "watch-freshness", "watch-quality", "watch-drift"} <= set(jobs)


def test_a_second_region_waits_with_its_schedules_paused_and_its_data_copied(disaster: Plan) -> None:
    jobs = disaster.of("google_cloud_scheduler_job")
    assert jobs
    assert all(job.values["paused"] for job in jobs)
    assert {r.values["region"] for r in jobs} == {"europe-north1"}
    sources = {
        r.values["transfer_spec"][0]["gcs_data_source"][0]["bucket_name"]
        for r in disaster.of("google_storage_transfer_job")
    }
    assert sources == {"f1-strategy-prod-raw", "f1-strategy-prod-races", "f1-strategy-prod-models"}
    (copy,) = disaster.of("google_bigquery_data_transfer_config")
    assert copy.values["params"]["source_project_id"] == "f1-strategy-prod"
