"""Claims with their bounds and ablations, each as a strip a reader takes in at a glance."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from ..systems import as_declared
from ._words import duration, number, spoken

WIDTH, LEFT, RIGHT = 720, 12, 708


def claims(declared: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]) -> str:
    """What the system must reproduce and, where it was checked, whether it did.

    **Arguments:** `declared`, claims as stored in `config.json`; `rows`, checked claims as stored
    in `metrics.json`, matched by name.
    """
    checked = {row["claim"]: row for row in rows}
    return "\n".join(_claim(claim, checked.get(claim["name"])) for claim in declared)


def _claim(claim: Mapping[str, Any], row: Mapping[str, Any] | None) -> str:
    state, verdict, strip, effort = (
        "",
        "Not checked in this run: <code>neuropil verify</code> does",
        "",
        "",
    )
    if row is not None:
        good = as_declared(dict(row))
        state = "held" if good else "failed"
        verdict = _verdict(row, good)
        strip = _strip(row)
        count = len(row["seeds"])
        small = row["bound"] != claim["bound"]
        form = f" here in its quick form, against {_nice(row['bound'])}," if small else ""
        effort = f" Checked{form} on {count} seed{'s' * (count != 1)} in {duration(row['wall_s'])}."
        details = row.get("details") or {}
        if details:
            listed = ", ".join(f"{escape(spoken(k))} {number(v)}" for k, v in details.items())
            effort += f" Also measured: {listed}."
    derivation = escape(claim["derivation"].rstrip(". "))
    return (
        f'<div class="claim {state}"><div class="verdict">{verdict}</div>'
        f"<h3>{escape(spoken(claim['name']))}</h3><p>{escape(claim['statement'])}</p>{strip}"
        f"<small><b>Bound {escape(_nice(claim['bound']))}</b>: {derivation}. "
        f"<b>Ablation:</b> {escape(claim['ablation'])}, which must miss the bound.{effort}"
        "</small></div>"
    )


def _verdict(row: Mapping[str, Any], good: bool) -> str:
    if good:
        return "✓ Holds, and its ablation fails as it must"
    if not row["holds"]:
        return "✗ Does not hold"
    return "✗ The ablation does not bite: the bound is met without the mechanism"


def _nice(bound: str) -> str:
    return bound.replace(">=", "≥").replace("<=", "≤")


def _strip(row: Mapping[str, Any]) -> str:
    """A number line: the allowed side tinted, what was measured, and the ablation as a ring."""
    relation, _, text = row["bound"].partition(" ")
    limit, measured, ablated = float(text), row["measured"], row["ablation"]["measured"]
    known = [v for v in (limit, measured, ablated) if v is not None and math.isfinite(v)]
    low, high = min(known), max(known)
    margin = 0.18 * (high - low) or abs(limit) * 0.2 or 1.0
    low, high = low - margin, high + margin

    def x(value: float) -> float:
        return LEFT + (RIGHT - LEFT) * (value - low) / (high - low)

    edge = x(limit)
    start, width = (edge, RIGHT - edge) if relation == ">=" else (LEFT, edge - LEFT)
    parts = [
        f'<rect class="allowed" x="{start:.1f}" y="30" width="{width:.1f}" height="24" rx="3"/>',
        f'<line class="axis" x1="{LEFT}" x2="{RIGHT}" y1="42" y2="42"/>',
        f'<line class="limit" x1="{edge:.1f}" x2="{edge:.1f}" y1="26" y2="58"/>',
        _label(edge, 76, f"bound {_nice(row['bound'])}", "soft"),
    ]
    if ablated is not None:
        parts.append(f'<circle class="ring" cx="{x(ablated):.1f}" cy="42" r="7"/>')
        # Beside its ring, unless that would run into the label of the measurement.
        clear = measured is None or abs(x(ablated) - x(measured)) > 190
        above = _label(x(ablated), 19 if clear else 92, f"ablation {number(ablated)}", "soft")
        parts.append(above)
    if measured is not None:
        kind = "good" if row["holds"] else "bad"
        parts.append(f'<circle class="{kind}" cx="{x(measured):.1f}" cy="42" r="8"/>')
        parts.append(_label(x(measured), 19, f"measured {number(measured)}", ""))
    told = f"Measured {number(measured)}, bound {row['bound']}, ablation {number(ablated)}."
    return (
        f'<svg class="strip" viewBox="0 0 {WIDTH} 96" role="img" aria-label="{escape(told)}">'
        + "".join(parts)
        + "</svg>"
    )


def _label(x: float, y: int, text: str, kind: str) -> str:
    anchor = "start" if x < 100 else "end" if x > WIDTH - 100 else "middle"
    x = {"start": max(x - 8, 2), "end": min(x + 8, WIDTH - 2), "middle": x}[anchor]
    mark = f' class="{kind}"' if kind else ""
    return f'<text{mark} x="{x:.1f}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'
