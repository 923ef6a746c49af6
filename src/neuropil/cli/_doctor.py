"""What is here and what is missing, with what to install."""

import importlib.util
from typing import Any

from ._extras import extras
from ._output import AsJson, mark, print_json, print_table


def doctor(as_json: AsJson = False) -> None:
    """Show versions, devices, extras and data sets, and what to install for what is missing."""
    import jax

    from ..systems import machine, versions

    found = {
        "versions": versions(),
        "machine": machine(),
        "devices": [f"{d.platform}: {d.device_kind}" for d in jax.devices()],
        "extras": extras(),
        "kernels": _kernels(),
        "data": _data_sets(),
    }
    if as_json:
        print_json(found)
        return
    rows = [*found["versions"].items(), *found["machine"].items()]
    rows += [("device", device) for device in found["devices"]]
    print_table("Here", ("", ""), rows)
    rows = [(e["name"], mark(e["present"]), e["fix"]) for e in found["extras"]]
    print_table("Extras", ("extra", "present", "how to get it"), rows)
    rows = [(k["name"], mark(k["present"]), k["note"]) for k in found["kernels"]]
    print_table("Kernels", ("kernel", "present", ""), rows)
    rows = [(d["name"], mark(d["found"]), d["note"]) for d in found["data"]]
    print_table("Data", ("data set", "found", ""), rows)


def _kernels() -> list[dict[str, Any]]:
    """Event-driven products and fused scans are compiled for the CPU by Numba."""
    present = importlib.util.find_spec("numba") is not None
    note = "compiled when first used" if present else "the slower JAX form is used instead"
    return [{"name": "event products and scans, CPU", "present": present, "note": note}]


def _data_sets() -> list[dict[str, Any]]:
    from ..tasks import where_found

    rows = []
    for name, place in where_found().items():
        note = place if place else "made available as docs/data.md says"
        rows.append({"name": name, "found": place is not None, "note": note})
    return rows
