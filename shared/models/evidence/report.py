"""The report on a bundle: promoted or refused, on what evidence. JSON for programs, Markdown for people."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from shared.errors import NotFound, StoreError
from shared.models.bundle import Bundle
from shared.models.bundle_store import BUCKET
from shared.models.evidence.guards import LEVEL
from shared.models.evidence.judge import Evidence
from shared.ports import ObjectStore


def report_of(
    bundle: Bundle, champion: str | None, reasons: Sequence[str], evidence: Evidence | None, at: dt.datetime,
    seconds: float,
) -> dict[str, Any]:  # fmt: skip
    """What is to be said of a bundle that was up for promotion over ``champion``. ``seconds``: the evidence took."""
    return {
        "version": bundle.version,
        "champion": champion,
        "decided_at": at.isoformat(timespec="seconds"),
        "promoted": not reasons,
        "reasons": list(reasons),
        "data": dict(bundle.manifest["data"]),
        "recipe": dict(bundle.manifest.get("recipe") or {}),
        "evidence": None
        if evidence is None
        else {
            "kind": evidence.kind,
            "said": evidence.said,
            "seconds": round(seconds, 1),
            "races": list(evidence.races),
            "guards": [guard._asdict() for guard in evidence.guards],
        },
        "models": [
            {"name": model["name"], "serves": model.get("serves", "model")} for model in bundle.manifest["models"]
        ],
    }


def put_report(store: ObjectStore, report: Mapping[str, Any]) -> str:
    """Writes both forms and answers the name of the first."""
    name = f"reports/{report['version']}"
    store.put(BUCKET, f"{name}.md", markdown(report).encode())
    store.put(BUCKET, f"{name}.json", json.dumps(report, indent=1, sort_keys=True).encode())
    return f"{name}.json"


def stored_report(store: ObjectStore, version: str) -> dict[str, Any] | None:
    """The report on a bundle, None where nobody wrote one. Raises StoreError for one that is no JSON."""
    try:
        found: dict[str, Any] = json.loads(store.get(BUCKET, f"reports/{version}.json").data)
    except NotFound:
        return None
    except ValueError as error:
        raise StoreError(f"reports/{version}.json in bucket {BUCKET!r} cannot be read: {error}") from None
    return found


def markdown(report: Mapping[str, Any]) -> str:
    """The report as a page."""
    said = "promoted" if report["promoted"] else "refused"
    over = f" over {report['champion']}" if report["champion"] else ""
    out = [f"# {report['version']}: {said}{over}", "", f"{report['decided_at']}; data until {report['data']['until']}."]
    if report["reasons"]:
        out += ["", "Why not:", "", *(f"* {reason}" for reason in report["reasons"])]
    evidence = report["evidence"]
    if evidence is not None:
        out += ["", f"Evidence: {evidence['said']}. {len(evidence['races'])} races, {evidence['seconds']} s."]
        if evidence["guards"]:
            out += ["", f"| metric | champion | challenger | worse by | {LEVEL:.0%} interval | races | |"]
            out += ["|---|---|---|---|---|---|---|", *(_row(guard) for guard in evidence["guards"])]
    losing = [model for model in report["models"] if model["serves"] != "model"]
    if losing:
        out += ["", "Models that do not beat their baseline, so that it serves in their place:", ""]
        out += [f"* {model['name']}: {model['serves']}" for model in losing]
    return "\n".join(out) + "\n"


def _row(guard: Mapping[str, Any]) -> str:
    interval = "too few races" if guard["low"] is None else f"{guard['low']:+.4f} to {guard['high']:+.4f}"
    mark = "worse" if guard["worse"] else ""
    return (
        f"| {guard['name']} | {guard['champion']:.4f} | {guard['challenger']:.4f} | {guard['difference']:+.4f} "
        f"| {interval} | {guard['n']} | {mark} |"
    )
