"""Reads the imports of the package with `ast` and says which ones the architecture forbids."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "neuropil"

FOUNDATION = {"numerics", "core"}
PARTS = {"cells", "connectivity", "synapses", "plasticity", "modulation", "coding"}
MODELS = {"memory", "reservoirs", "sequence"}
LEARNING = {"training", "continual", "growth", "sparsity"}
LEAVES = {"energy", "exchange"}
MATERIAL = {"analysis", "recordings", "tasks"}
BELOW_SYSTEMS = FOUNDATION | PARTS | MODELS | LEARNING | LEAVES | MATERIAL

ROOMS: dict[str, set[str]] = {
    "numerics": set(),
    "core": {"numerics"},
    **{part: FOUNDATION for part in PARTS},
    "memory": FOUNDATION | PARTS,
    "reservoirs": FOUNDATION | PARTS | {"memory"},
    "sequence": FOUNDATION | PARTS | {"memory", "reservoirs"},
    "training": FOUNDATION,
    "continual": {"training", "core"},
    "growth": FOUNDATION | PARTS | {"training"},
    "sparsity": FOUNDATION | {"training"},
    "analysis": {"numerics"},
    "recordings": {"training", "analysis", "core"},
    "energy": FOUNDATION | PARTS,
    "exchange": FOUNDATION | PARTS,
    "tasks": set(),
    "systems": BELOW_SYSTEMS,
    "report": BELOW_SYSTEMS | {"systems"},
    "cli": BELOW_SYSTEMS | {"systems", "report"},
    "__main__": {"cli"},
}
"""What each room may import, as the table of rooms in the design says."""

ARRAYS = {"jax", "equinox", "numpy", "jaxtyping"}
AT_IMPORT: dict[str, set[str]] = {
    "numerics": ARRAYS,
    "tasks": {"numpy"},
    "training": ARRAYS | {"optax", "rich", "safetensors"},
    "systems": ARRAYS | {"optax", "rich", "safetensors"},
    "report": ARRAYS | {"rich"},
    "cli": ARRAYS | {"optax", "rich", "typer", "click"},
}
"""Third-party packages that a room may import when it is itself imported (others: the default)."""

COMPILED = {
    "_circuit_back_kernel",
    "_circuit_back_source",
    "_circuit_delivery",
    "_circuit_gather",
    "_delivery_kernels",
    "_circuit_kernel",
    "_circuit_source",
    "_dense_kernel",
    "_dense_tile",
    "_event_kernels",
    "_ffi",
    "_kernel_cache",
    "_kernel_math",
    "_scan_kernel",
    "_team",
}
"""Modules of kernels in numerics, imported inside functions only: they may need Numba."""

DEFAULT_AT_IMPORT = ARRAYS | {"optax"}
WHEN_USED: dict[str, set[str]] = {
    "core": {"rich"},
    "connectivity": {"rich"},
    "numerics": {"llvmlite", "numba", "safetensors"},
    "tasks": {"gymnasium", "h5py", "scipy", "sklearn", "tonic"},
    "report": {"matplotlib", "PIL"},
}
"""Extras that a room may import inside a function, or for types, only."""


class Import(NamedTuple):
    """One imported name: the file and line, the dotted target, and whether it runs at import."""

    room: str
    where: str
    target: str
    at_import: bool


def is_for_types_only(node: ast.AST) -> bool:
    """Whether a node is `if TYPE_CHECKING:`."""
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def read_imports(source: str, module: str) -> Iterator[Import]:
    """Yield the imports of one module, whose dotted name is relative to the package.

    A module that is a package ends in `.__init__`, so that relative imports resolve.
    """
    room = module.split(".")[0]
    tree = ast.parse(source)
    not_at_import = {
        id(node)
        for parent in ast.walk(tree)
        if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef) or is_for_types_only(parent)
        for node in ast.walk(parent)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                parents = ["neuropil", *module.split(".")][: -node.level]
                base = ".".join([*parents, *([node.module] if node.module else [])])
            else:
                base = node.module or ""
            targets = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        for target in targets:
            where = f"{module.replace('.', '/')}.py:{node.lineno}"
            yield Import(room, where, target, id(node) not in not_at_import)


def complaint(found: Import) -> str | None:
    """Why an import is forbidden, or None when it is allowed."""
    top, *rest = found.target.split(".")
    if top != "neuropil":
        at_import = AT_IMPORT.get(found.room, DEFAULT_AT_IMPORT)
        is_kernel = found.room == "numerics" and Path(found.where).name.split(".")[0] in COMPILED
        later = not found.at_import or is_kernel
        allowed = at_import | WHEN_USED.get(found.room, set()) if later else at_import
        if top in sys.stdlib_module_names or top in allowed:
            return None
        moment = "at import" if found.at_import else "when used"
        return f"{found.where}: {found.room} may not import {top} {moment}"
    if rest and rest[0] == "numerics" and found.at_import and found.room == "numerics":
        within = Path(found.where).name.split(".")[0] in COMPILED
        if set(rest[1:]) & COMPILED and not within:
            return f"{found.where}: kernels are imported where they are used only"
    if rest and rest[0] in {"__version__", found.room}:
        return None
    if not rest or rest[0] not in ROOMS:
        return f"{found.where}: {found.target} names no room"
    if rest[0] not in ROOMS[found.room]:
        return f"{found.where}: {found.room} may not import {rest[0]}"
    if any(part.startswith("_") for part in rest[1:-1]):
        return f"{found.where}: {found.target} reaches into a private module of {rest[0]}"
    return None


def complaints(source: str, module: str) -> list[str]:
    """All forbidden imports of one module."""
    return [text for found in read_imports(source, module) if (text := complaint(found))]


def modules() -> Iterator[tuple[str, str]]:
    """Yield the dotted name (relative to the package) and the source of every module."""
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        if name != "__init__":
            yield name, path.read_text(encoding="utf-8")
