"""The review as one HTML file that needs nothing else: picture, sums, table, and how to read them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path

from tools.reviewing.summary import COLUMNS, by_driver, rows
from tools.reviewing.verdicts import Verdict

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 1180px; padding: 0 1rem; color: #1b2631; }
img { max-width: 100%; height: auto; } table { border-collapse: collapse; font-size: 13px; margin: 1rem 0; }
th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid #e5e8e8; vertical-align: top; }
th { position: sticky; top: 0; background: #fff; } td.number { text-align: right; white-space: nowrap; }
tr.lost td { background: #fdedec; } tr.gained td { background: #eafaf1; } .note { color: #566573; max-width: 75ch; }
.wide { overflow-x: auto; } .warning { color: #943126; font-weight: 600; }
"""
NUMBERS = {"lap", "place", "points", "low", "high", "confidence", "points then"}

NOTES = (
    "Each decision was put to the product as a client could have put it on that lap, from the laps completed by then"
    " alone. <b>Points</b>: expected championship points of what the team did, followed by the best continuation that"
    " could be planned then, less those of the advice, over the same scenarios, with the 90% interval. How the race"
    " turned out does not count, for better or worse.",
    "The interval is that of the simulation's chance. What the models do not know is outside it: sets of tires left,"
    " weather radar, damage, team orders, what was said on the radio. <b>Confidence</b> is how far the advice itself"
    " rests on the models' own parameters.",
    "A green stop is asked about twice: on the lap before it (was stopping right?), and some laps earlier (was waiting"
    " for that lap right?). Only the first counts in the sums.",
)


def html_page(title: str, subtitle: str, in_sample: bool, verdicts: Sequence[Verdict], picture: Path) -> str:
    """The page. ``in_sample``: the models knew the race, which is said on top."""
    image = base64.b64encode(picture.read_bytes()).decode()
    words = [v.word for v in verdicts]
    counts = ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(sorted(words)))
    warning = '<p class="warning">In sample: the models that answered know this race.</p>' if in_sample else ""
    notes = "".join(f'<p class="note">{note}</p>' for note in NOTES)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body><h1>{escape(title)}</h1><p>{escape(subtitle)}</p>{warning}"
        f"<p>{len(verdicts)} decisions: {escape(counts)}. {escape(_tires(verdicts))}</p>"
        f'<img alt="Points gained or lost by every decision, and the sum by car" src="data:image/png;base64,{image}">'
        f"{notes}<h2>By car</h2>{_totals(verdicts)}<h2>Every decision</h2>{_table(verdicts)}</body></html>\n"
    )


def _tires(verdicts: Sequence[Verdict]) -> str:
    """How often the tire, not the lap alone, sets team and advice apart."""
    stops = [v for v in verdicts if v.decision.compound is not None and not v.unseen]
    others = sum(v.other_tire for v in stops)
    if not others:
        return ""
    return (
        f"At {others} of {len(stops)} stops the advice was another compound than the team fitted, which may have had no"
        " such set left: those figures are of tire and lap together."
    )


def _totals(verdicts: Sequence[Verdict]) -> str:
    body = "".join(
        f'<tr><td>{escape(t.driver_id)}</td><td class="number">{t.points:+.2f}</td>'
        f'<td class="number">{t.low:+.2f} to {t.high:+.2f}</td><td class="number">{t.decisions}</td>'
        f'<td class="number">{t.lost}</td></tr>'
        for t in by_driver(verdicts)
    )
    head = "".join(f"<th>{name}</th>" for name in ("car", "points", "90% interval", "decisions", "lost"))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _table(verdicts: Sequence[Verdict]) -> str:
    head = "".join(f"<th>{name}</th>" for name in COLUMNS)
    body = []
    for row in rows(verdicts):
        cells = "".join(
            f'<td class="number">{escape(str(value))}</td>' if name in NUMBERS else f"<td>{escape(str(value))}</td>"
            for name, value in row.items()
        )
        kind = str(row["verdict"]).split(":", maxsplit=1)[0]
        body.append(f'<tr class="{kind if kind in ("lost", "gained") else ""}">{cells}</tr>')
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table></div>'
