"""Claims with their bounds and ablations, each as a strip a reader takes in at a glance."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from ..systems import as_declared
from ._page import table
from ._stored import as_limit
from ._words import duration, number, spoken

WIDTH, LEFT, RIGHT, LABEL = 440, 8, 432, 125


def claims(
    system: str, declared: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]
) -> str:
    """What the system must reproduce: a card for what was checked, a row for what was not.

    **Arguments:** `system`, its name; `declared`, claims as stored in `config.json`; `rows`,
    checked claims as stored in `metrics.json`, matched by name.
    """
    checked = {row["claim"]: row for row in rows}
    cards = [_card(c, checked[c["name"]]) for c in declared if c["name"] in checked]
    others = [
        (c["statement"], _nice(c["bound"]), c["derivation"], c["ablation"])
        for c in declared
        if c["name"] not in checked
    ]
    told = f"<h3>Not checked here: <code>neuropil verify {escape(system)}</code> does</h3>"
    pair = f'<div class="pair">{"".join(cards)}</div>' if cards else ""
    head = ("claim", "bound", "where the bound is from", "its ablation")
    return pair + (f'<div class="claims">{told}{table(head, others)}</div>' if others else "")


def _card(claim: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    good, name = as_declared(dict(row)), escape(spoken(claim["name"]))
    return (
        f'<div class="claim {"held" if good else "failed"}">'
        f'<div class="verdict">{_verdict(row, good)}</div>'
        f"<h3>{name[:1].upper()}{name[1:]}</h3><p>{escape(claim['statement'])}</p>{_strip(row)}"
        f'<div class="small">{_bound(claim, row)} <b>Ablation:</b> {escape(claim["ablation"])}.'
        f"{_effort(row)}</div></div>"
    )


def _bound(claim: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    """The bound that judged and where it is from; the full one too if that was the small one."""
    bound, reason = claim["bound"], claim["derivation"]
    full = f"<b>Bound {escape(_nice(bound))}:</b> {escape(_unfinished(reason))}."
    if row["bound"] == bound:
        return full
    reason = claim.get("quick_derivation", "") if row["bound"] == claim.get("quick_bound") else ""
    small = f"<b>Bound {escape(_nice(row['bound']))} in its quick form</b>"
    small += f": {escape(_unfinished(reason))}." if reason else "."
    return f"{small} {full.replace('Bound', 'In full', 1)}"


def _effort(row: Mapping[str, Any]) -> str:
    count, seconds = len(row["seeds"]), row.get("wall_s") or 0.0
    took = f" in {duration(seconds)}" if seconds >= 0.05 else ""
    told = f" Checked on {count} seed{'s' * (count != 1)}{took}."
    details = row.get("details") or {}
    if details:
        told += f" Seen on the way:<ul>{_listed(details)}</ul>"
    return told


def _listed(details: Mapping[str, float]) -> str:
    """What was seen, a line for each `run` of names `run: what`."""
    lines: dict[str, list[str]] = {}
    for name, value in details.items():
        run, _, what = spoken(name).rpartition(": ")
        lines.setdefault(run, []).append(f"{escape(what)} {number(value)}")
    return "".join(
        f"<li>{f'{escape(run)}: ' * bool(run)}{', '.join(seen)}</li>" for run, seen in lines.items()
    )


def _unfinished(sentence: str) -> str:
    return sentence.rstrip(". ")


def _verdict(row: Mapping[str, Any], good: bool) -> str:
    if good:
        return "✓ Holds, and its ablation fails"
    if not row["holds"]:
        return "✗ Does not hold"
    return "✗ Holds, but its ablation does not fail"


def _nice(bound: str) -> str:
    return bound.replace(">=", "≥").replace("<=", "≤").replace(" ", "\u00a0")


def _strip(row: Mapping[str, Any]) -> str:
    """A number line: the allowed side tinted, what was measured, and the ablation as a ring."""
    relation, limit = as_limit(row["bound"])
    measured, ablated = row.get("measured"), row["ablation"].get("measured")
    known = [value for value in (limit, measured, ablated) if value is not None]
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
    height = 82
    if ablated is not None:
        parts.append(f'<circle class="ring" cx="{x(ablated):.1f}" cy="42" r="7"/>')
        # Beside its ring, unless that would run into the label of the measurement.
        clear = measured is None or abs(x(ablated) - x(measured)) > LABEL
        parts.append(_label(x(ablated), 19 if clear else 94, f"ablation {number(ablated)}", "soft"))
        height = 82 if clear else 100
    if measured is not None:
        kind = "good" if row["holds"] else "bad"
        parts.append(f'<circle class="{kind}" cx="{x(measured):.1f}" cy="42" r="8"/>')
        parts.append(_label(x(measured), 19, f"measured {number(measured)}", ""))
    told = f"Measured {number(measured)}, bound {row['bound']}, ablation {number(ablated)}."
    return (
        f'<svg class="strip" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{escape(told)}">' + "".join(parts) + "</svg>"
    )


def _label(x: float, y: int, text: str, kind: str) -> str:
    anchor = "start" if x < LABEL / 2 else "end" if x > WIDTH - LABEL / 2 else "middle"
    x = {"start": max(x - 8, 2), "end": min(x + 8, WIDTH - 2), "middle": x}[anchor]
    mark = f' class="{kind}"' if kind else ""
    return f'<text{mark} x="{x:.1f}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'
