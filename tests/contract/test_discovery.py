"""No public class escapes the contract: it appears in a case, or it is a protocol."""

import inspect

import equinox as eqx
import pytest

from neuropil import coding, core
from neuropil.core import Connectivity, Node, Rule

from ._cases import CONNECTIVITIES, NEEDS_A_BATCH, NODES, ROOMS, RULES, SOURCES, parts_of

OUTSIDE = {
    core.Link,  # what `chain` turns into a projection
    coding.GaussianFields,  # an encoder of data
}
CASES = [build() for build in (NODES | SOURCES | NEEDS_A_BATCH | CONNECTIVITIES | RULES).values()]
PUBLIC = {
    value
    for room in ROOMS
    for name, value in vars(room).items()
    if not name.startswith("_") and inspect.isclass(value) and issubclass(value, eqx.Module)
}
PROTOCOLS = {kind for kind in PUBLIC if inspect.isabstract(kind)}


def test_every_public_class_is_in_a_case():
    covered = {type(part) for case in CASES for part in parts_of(case)}
    assert PUBLIC - PROTOCOLS - OUTSIDE - covered == set()


def test_every_node_connectivity_and_rule_has_a_case_of_its_own():
    wanted = {kind for kind in PUBLIC - PROTOCOLS if issubclass(kind, Node | Connectivity | Rule)}
    assert wanted - {type(case) for case in CASES} == set()


@pytest.mark.parametrize("kind", sorted(PROTOCOLS, key=str))
def test_protocols_cannot_be_built(kind):
    with pytest.raises(TypeError, match="abstract"):
        kind()


def test_classes_are_abstract_or_final():
    """No public concrete class is the base of another."""
    bases = {base for kind in PUBLIC for base in kind.__mro__[1:]}
    assert bases & (PUBLIC - PROTOCOLS) == set()
