"""What every node promises."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.core import Node, Record, RunState, SweepNode, simulate

from ._cases import (
    BATCH,
    DT,
    FORWARDS,
    KEY,
    NEEDS_A_BATCH,
    NODES,
    SMOOTH,
    TIME,
    assert_close,
    assert_identical,
    cases,
    inputs_for,
    plain_scan,
    tick,
)

EVERY = pytest.mark.parametrize("build", cases(NODES | FORWARDS))
DIFFERENTIABLE = pytest.mark.parametrize("build", cases(NODES))


def run(node, inputs, **options):
    return simulate(node, inputs, dt=DT, key=KEY, **options)


def scored(node, inputs, seed=3):
    """Reduce a run to one number that depends on every output and on what is left in the state."""
    final, records = run(node, inputs)
    total = 0.0
    for leaf in [records.output, *jax.tree.leaves(final.node)]:
        if jnp.issubdtype(leaf.dtype, jnp.floating):
            weight = np.random.default_rng(seed).normal(size=leaf.shape)
            total += jnp.sum(leaf * weight)
    return total


def parameters(node):
    return eqx.partition(node, eqx.is_inexact_array)


def tangents(tree, seed=4):
    """A random direction; what a schedule moves and no gradient reaches stays where it is."""
    rng = np.random.default_rng(seed)

    def draw(path, x):
        moves = getattr(path[-1], "name", None) not in ("width", "rounding")
        return moves * jnp.asarray(rng.normal(size=x.shape), x.dtype)

    return jax.tree_util.tree_map_with_path(draw, tree)


def inner(a, b):
    return sum(jax.tree.leaves(jax.tree.map(lambda x, y: jnp.sum(x * y), a, b)))


@EVERY
def test_shapes_are_as_declared(build):
    node = build()
    assert isinstance(node, Node)
    assert all(isinstance(n, int) for shape in (*node.ports.values(), node.shape) for n in shape)
    state = node.init(key=KEY)
    after, output = jax.eval_shape(lambda: node.step(state, inputs_for(node), tick(0)))
    assert output.shape == node.shape
    assert jnp.issubdtype(output.dtype, jnp.floating)
    assert jax.tree.structure(after) == jax.tree.structure(state)
    before = [(leaf.shape, leaf.dtype) for leaf in jax.tree.leaves(state)]
    assert [(leaf.shape, leaf.dtype) for leaf in jax.tree.leaves(after)] == before


@EVERY
def test_a_run_is_the_plain_scan_of_step(build):
    """Also jit = no jit, over time: what is run in blocks, kernels and sweeps equals the step."""
    node = build()
    inputs = inputs_for(node, TIME)
    final, records = run(node, inputs)
    state, output = plain_scan(node, inputs)
    assert np.abs(np.asarray(output)).max() > 0, "the case is silent and would prove nothing"
    assert_close(records.output, output)
    assert_close(final.node, state)


@EVERY
def test_a_compiled_step_is_the_step(build):
    node = build()
    state, x = node.init(key=KEY), inputs_for(node)
    compiled = eqx.filter_jit(lambda node, state, x: node.step(state, x, tick(2)))
    assert_close(compiled(node, state, x), node.step(state, x, tick(2)))


@pytest.mark.parametrize(
    "build", [b for b in NODES.values() if isinstance(b(), SweepNode)], ids=lambda b: str(b())[:20]
)
def test_a_sweep_is_the_scan_of_step(build):
    node = build()
    inputs = inputs_for(node, TIME)
    ticks = jax.vmap(tick)(jnp.arange(TIME))._replace(dt=DT)
    assert_close(node.sweep(node.init(key=KEY), inputs, ticks), plain_scan(node, inputs))


@EVERY
def test_a_batch_is_a_loop_over_samples(build):
    node, keys = build(), jax.random.split(KEY, BATCH)
    inputs = inputs_for(node, TIME, BATCH)
    final, records = simulate(node, inputs, dt=DT, key=keys)
    for i in range(BATCH):
        sample = {port: x[:, i] for port, x in inputs.items()}
        alone, recorded = simulate(node, sample, dt=DT, key=keys[i])
        assert_close(records.output[:, i], recorded.output)
        assert_close(jax.tree.map(lambda x, i=i: x[i], final.node), alone.node)


@EVERY
def test_fresh_calls_are_identical_and_change_nothing(build):
    node = build()
    inputs = inputs_for(node, TIME)
    before = jax.tree.map(np.array, (node, inputs))
    assert_identical(run(node, inputs), run(node, inputs))
    assert_identical(jax.tree.map(np.array, (node, inputs)), before)


@EVERY
def test_carrying_on_is_not_stopping(build):
    node, half = build(), TIME // 2
    inputs = inputs_for(node, TIME)
    whole, records = run(node, inputs)
    first, early = run(node, {port: x[:half] for port, x in inputs.items()})
    last, late = run(node, {port: x[half:] for port, x in inputs.items()}, state=first)
    assert int(last.tick) == TIME
    assert_close(last, whole)
    assert_close(np.concatenate([early.output, late.output]), records.output)


@EVERY
def test_what_is_sensed_can_be_recorded(build):
    node = build()
    names = list(node.sense(node.init(key=KEY)))
    record = {name: Record(name) for name in names}
    final, records = run(node, inputs_for(node, TIME), record=record)
    sensed = node.sense(final.node)
    assert set(sensed) == set(names)
    for name in names:
        assert records.kept[name].shape[0] == TIME
        assert_close(records.kept[name][-1], sensed[name])


@DIFFERENTIABLE
def test_reverse_mode_is_forward_mode(build):
    arrays, rest = parameters(build())
    inputs = jax.tree.map(jnp.asarray, inputs_for(eqx.combine(arrays, rest), TIME))
    point, direction = (arrays, inputs), tangents((arrays, inputs))

    @jax.jit
    def both(point, direction):
        def score(arrays, inputs):
            return scored(eqx.combine(arrays, rest), inputs)

        _, forward = jax.jvp(score, point, direction)
        return forward, inner(jax.grad(score, (0, 1))(*point), direction)

    forward, reverse = both(point, direction)
    assert np.isfinite(forward)
    assert forward != 0.0
    np.testing.assert_allclose(forward, reverse, rtol=2e-4, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", SMOOTH)
def test_gradients_are_finite_differences_where_all_is_smooth(name):
    with jax.enable_x64(True):
        arrays, rest = parameters(NODES[name]())
        inputs = jax.tree.map(jnp.asarray, inputs_for(eqx.combine(arrays, rest), TIME))
        point, direction = (arrays, inputs), tangents((arrays, inputs))

        @jax.jit
        def score(point):
            return scored(eqx.combine(point[0], rest), point[1])

        def moved(step):
            return score(jax.tree.map(lambda x, d: x + step * d, point, direction))

        forward = jax.jvp(score, (point,), (direction,))[1]
        step = 1e-6
        difference = (moved(step) - moved(-step)) / (2 * step)
        np.testing.assert_allclose(forward, difference, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("build", NEEDS_A_BATCH.values(), ids=NEEDS_A_BATCH)
def test_nodes_that_need_a_batch_keep_the_rest_of_the_contract(build):
    """Their output depends on the whole batch, so that there is no sample or tick to compare."""
    node = build()
    inputs = inputs_for(node, TIME, BATCH)
    final, records = run(node, inputs)
    assert records.output.shape == (TIME, BATCH, *node.shape)
    assert_identical((final, records), run(node, inputs))
    order = np.array([2, 0, 1])
    _, shuffled = run(node, {port: x[:, order] for port, x in inputs.items()})
    assert_close(shuffled.output, records.output[:, order])
    arrays, rest = parameters(node)
    direction = tangents(arrays)

    def score(arrays):
        return scored(eqx.combine(arrays, rest), inputs)

    _, forward = jax.jvp(score, (arrays,), (direction,))
    np.testing.assert_allclose(forward, inner(jax.grad(score)(arrays), direction), rtol=1e-4)


def test_a_state_belongs_to_its_run():
    node = NODES["lif"]()
    state, _ = run(node, inputs_for(node, TIME))
    assert isinstance(state, RunState)
    assert int(state.tick) == TIME
