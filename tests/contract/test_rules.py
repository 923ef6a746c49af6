"""What every rule promises, on every connectivity."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.core import Synapse, simulate

from ._cases import (
    CONNECTIVITIES,
    DT,
    KEY,
    RULES,
    assert_close,
    assert_identical,
    entrances,
    learning,
    tick,
    weights,
)

EVERY = pytest.mark.parametrize("rule", [build() for build in RULES.values()], ids=RULES)
ON_EVERY = pytest.mark.parametrize("build", CONNECTIVITIES.values(), ids=CONNECTIVITIES)


def synapse(rule, kind, seed=0):
    rng = np.random.default_rng(seed)

    def draw(*shape):
        return jnp.asarray(rng.normal(size=shape), jnp.result_type(float))

    sensed = {name: draw(*kind.target) for name in rule.senses}
    heard = {name: draw(1) for name in rule.hears}
    seen = kind.read(draw(kind.depth + 1, *kind.source))
    return Synapse(kind, weights(kind, seed), seen, draw(*kind.target), sensed, heard)


@EVERY
@ON_EVERY
def test_a_proposal_has_the_shape_of_the_weight_and_keeps_that_of_the_traces(rule, build):
    kind = build()
    state = rule.init(kind, weights(kind))
    after, change = rule.propose(state, synapse(rule, kind), tick(0))
    assert change.shape == kind.weight_shape
    assert jax.tree.structure(after) == jax.tree.structure(state)
    for a, b in zip(jax.tree.leaves(after), jax.tree.leaves(state), strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
    compiled = jax.jit(lambda s: rule.propose(s, synapse(rule, kind), tick(0)))
    assert_close(compiled(state), (after, change))


@EVERY
def test_traces_are_no_larger_than_neurons_or_synapses(rule):
    """Rules that need more than one number per synapse belong to a different design."""
    kind = CONNECTIVITIES["dense"]()
    sizes = [leaf.size for leaf in jax.tree.leaves(rule.init(kind, weights(kind)))]
    assert all(size <= np.prod(kind.weight_shape) for size in sizes)


@EVERY
def test_learning_is_the_same_every_time_and_in_pieces(rule):
    net = learning(rule)
    inputs = entrances(net, 8)

    def run(inputs, state=None):
        return simulate(net, inputs, dt=DT, key=KEY, state=state)

    whole, _ = run(inputs)
    assert_identical(run(inputs)[0], whole)
    early, _ = run({port: x[:4] for port, x in inputs.items()})
    late, _ = run({port: x[4:] for port, x in inputs.items()}, early)
    assert_close(late, whole)
    start = net.projections[0].weight
    assert float(jnp.abs(whole.node.weights[0] - start).max()) > 1e-3
