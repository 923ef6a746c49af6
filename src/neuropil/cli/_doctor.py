"""What is here and what is missing, with what to install."""

import importlib.util
from typing import Any

from ._output import AsJson, print_json, print_table

EXTRAS = {
    "report": ("matplotlib",),
    "data": ("sklearn", "h5py", "scipy"),
    "kernels": ("numba",),
    "events": ("tonic",),
}


def doctor(as_json: AsJson = False) -> None:
    """Show versions, devices, extras and data sets, and what to install for what is missing."""
    import jax

    from ..systems import machine, versions

    found = {
        "versions": versions(),
        "machine": machine(),
        "devices": [f"{d.platform}: {d.device_kind}" for d in jax.devices()],
        "extras": [_extra(name, modules) for name, modules in EXTRAS.items()],
        "data": _data_sets(),
    }
    if as_json:
        print_json(found)
        return
    rows = [*found["versions"].items(), *found["machine"].items()]
    rows += [("device", device) for device in found["devices"]]
    print_table("Here", ("", ""), rows)
    rows = [(e["name"], "yes" if e["present"] else "[red]no[/]", e["fix"]) for e in found["extras"]]
    print_table("Extras", ("extra", "present", "how to get it"), rows)
    rows = [(d["name"], "yes" if d["found"] else "[red]no[/]", d["note"]) for d in found["data"]]
    print_table("Data", ("data set", "found", ""), rows)


def _extra(name: str, modules: tuple[str, ...]) -> dict[str, Any]:
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    fix = f"pip install 'neuropil[{name}]'" if missing else ""
    return {"name": name, "present": not missing, "missing": missing, "fix": fix}


def _data_sets() -> list[dict[str, Any]]:
    from ..tasks import where_found

    rows = []
    for name, place in where_found().items():
        note = place if place else "see docs/data.md for how to get it"
        rows.append({"name": name, "found": place is not None, "note": note})
    return rows
