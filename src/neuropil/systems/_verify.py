"""Checking the claims of a system against their bounds."""

import math
import time
from collections.abc import Callable
from typing import Any

from ._errors import fail, telling_divergence
from ._system import Claim, System


def check_claim(
    system: System,
    claim: Claim,
    *,
    quick: bool = False,
    seeds: int | None = None,
    progress: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """Check one claim and its ablation, and judge both by the declared bound.

    **Arguments:** `system` and `claim`; `quick`, the small form; `seeds`, how many seeds instead
    of the declared number; `progress`, called with a line of text now and then.

    **Returns:** a row `{"system", "claim", "measured", "bound", "holds", "ablation", "seeds",
    "wall_s"}`, and `"details"` where the check gave some.

    **Raises:** `InputError` for a number of seeds below one; `RunError` where training diverged.
    """
    count = (claim.quick_seeds if quick else claim.seeds) if seeds is None else seeds
    if count < 1:
        fail("seeds", count, "at least one seed", "pass e.g. --seeds 3")
    bound = claim.bound_for(quick)
    start = time.perf_counter()
    with telling_divergence():
        result = claim.check(tuple(range(count)), quick, progress)
    row = {
        "system": system.name,
        "claim": claim.name,
        "measured": float(result.measured),
        "bound": str(bound),
        "holds": bound.met(result.measured),
        "ablation": {
            "name": claim.ablation,
            "measured": float(result.ablated),
            "holds": bound.met(result.ablated),
        },
        "seeds": list(range(count)),
        "wall_s": round(time.perf_counter() - start, 3),
    }
    if result.details:
        row["details"] = {name: float(value) for name, value in result.details.items()}
    return row


def as_declared(row: dict[str, Any]) -> bool:
    """Whether a row shows a claim that holds and an ablation that bites.

    An ablation whose measure is not a number shows nothing, so it does not bite.
    """
    ablation = row["ablation"]
    bites = not ablation["holds"] and math.isfinite(_number(ablation["measured"]))
    return bool(row["holds"]) and bites


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)
