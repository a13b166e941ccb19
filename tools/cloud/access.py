"""Who may do what in the cloud: a table read from the plan, for ``docs/access.md``.

``python -m tools.cloud.access --write`` plans and puts the table into the page, ``--check`` compares.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from shared.config import ROOT
from shared.errors import F1Error
from shared.schema.raw import RAW_TABLES
from tools.cloud.plan import Plan, Resource, run_check
from tools.command import run_main

PAGE = ROOT / "docs" / "access.md"
_PLACE = re.compile(r"(<!-- access -->\n).*?(<!-- /access -->)", re.DOTALL)

TARGETS = {
    "google_artifact_registry_repository_iam_member": ("repository", "repository"),
    "google_bigquery_dataset_iam_member": ("dataset", "dataset_id"),
    "google_bigquery_table_iam_member": ("table", "table_id"),
    "google_cloud_run_v2_service_iam_member": ("service", "name"),
    "google_project_iam_member": ("project", None),
    "google_pubsub_subscription_iam_member": ("subscription", "subscription"),
    "google_pubsub_topic_iam_member": ("topic", "topic"),
    "google_secret_manager_secret_iam_member": ("secret", "secret_id"),
    "google_service_account_iam_member": ("account", "service_account_id"),
    "google_storage_bucket_iam_member": ("bucket", "bucket"),
}
"""Bindings by resource type: what kind of thing they guard, and the argument that names it."""


class Grant(NamedTuple):
    """A right: who, which role, on what kind of thing, called what."""

    who: str
    role: str
    kind: str
    target: str


def grants(plan: Plan) -> list[Grant]:
    """Every right that the plan gives. Raises F1Error for a kind of binding that is not known here."""
    found = []
    for resource in plan.resources:
        if resource.type.endswith(("_iam_binding", "_iam_policy")):
            raise F1Error(f"{resource.address}: bindings and policies take away what others granted; use members")
        if resource.type.endswith("_iam_member"):
            found.append(_grant(resource))
    return sorted(found)


def _grant(resource: Resource) -> Grant:
    try:
        kind, argument = TARGETS[resource.type]
    except KeyError:
        raise F1Error(f"{resource.address}: tools/cloud/access.py does not know {resource.type}") from None
    target = "" if argument is None else str(resource.values[argument]).rpartition("/")[2].partition("@")[0]
    return Grant(who(str(resource.values["member"])), short(str(resource.values["role"])), kind, target)


def who(member: str) -> str:
    """A member as people call it: the account's name without project, Google's agents by service."""
    agent = re.fullmatch(r"serviceAccount:service-\d+@(?:gcp-sa-)?([a-z-]+)\.iam\.gserviceaccount\.com", member)
    if agent:
        return f"Google's agent: {agent[1]}"
    account = re.fullmatch(r"serviceAccount:f1-([a-z0-9-]+)@.*", member)
    if account:
        return account[1]
    return "GitHub's workflows" if member.startswith("principalSet://") else member


def short(role: str) -> str:
    """A role without what all of them begin with."""
    return role.removeprefix("roles/") if role.startswith("roles/") else role.rpartition("/")[2] + " (own)"


def table(found: Iterable[Grant]) -> str:
    """The matrix as a Markdown table: a row for each account and role."""
    rows: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for grant in found:
        rows[grant.who, grant.role, grant.kind].append(grant.target)
    lines = ["| who | may (role) | on |", "|---|---|---|"]
    for (name, role, kind), targets in sorted(rows.items()):
        lines.append(f"| {name} | `{role}` | {_named(kind, targets)} |")
    return "\n".join(lines) + "\n"


def _named(kind: str, targets: list[str]) -> str:
    if kind == "project":
        return "the project"
    names = set(targets)
    raw = {table.name for table in RAW_TABLES}
    parts = []
    if kind == "table" and raw <= names:
        parts, names = ["every `raw_*`"], names - raw
    parts += [f"`{name}`" for name in sorted(names)]
    return f"{kind}{'s' if len(targets) > 1 else ''} {', '.join(parts)}"


def main(arguments: list[str] | None = None) -> int:
    """Command line; 1 when the page's table is not what is planned."""
    parser = argparse.ArgumentParser(prog="python -m tools.cloud.access", description=__doc__.split("\n")[0])
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--write", action="store_true", help="put the table into docs/access.md")
    mode.add_argument("--check", action="store_true", help="say whether it is current")
    options = parser.parse_args(arguments)
    checked = run_check()
    if "full" not in checked.plans:
        raise F1Error(f"the configuration cannot be planned:\n{checked.output[-2000:]}")
    page = PAGE.read_text()
    wanted = _PLACE.sub(lambda m: m[1] + table(grants(checked.plans["full"])) + m[2], page)
    if options.write:
        PAGE.write_text(wanted)
        return 0
    if page != wanted:
        print("docs/access.md is not what is planned: python -m tools.cloud.access --write", file=sys.stderr)
    return int(page != wanted)


if __name__ == "__main__":
    run_main(main)
