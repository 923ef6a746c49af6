"""The piecewise-linear network and teacher forcing against their equations in NumPy."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.cells import LSTM, ShallowPLRNN, TeacherForced
from neuropil.core import Record, RunState, learnable_mask, simulate
from neuropil.numerics import NeuropilError

KEY = jax.random.key(0)
RNG = np.random.default_rng(0)


def relu(x):
    return np.maximum(x, 0.0)


def next_state(node, z, s=None):
    p = {n: np.asarray(getattr(node, n), np.float64) for n in ("a", "w1", "w2", "h1", "h2")}
    rectified = relu(p["w2"] @ z + p["h2"]) - (relu(p["w2"] @ z) if node.clipped else 0.0)
    outside = 0.0 if s is None else np.asarray(node.c, np.float64) @ s
    return p["a"] * z + p["w1"] @ rectified + p["h1"] + outside


def with_biases(node):
    drawn = [jnp.asarray(RNG.normal(size=h.shape), h.dtype) for h in (node.h1, node.h2)]
    return eqx.tree_at(lambda n: (n.h1, n.h2), node, drawn)


@pytest.mark.parametrize(("clipped", "inputs"), [(False, 0), (True, 2)])
def test_it_keeps_its_equation_in_double_precision(clipped, inputs):
    with jax.enable_x64(True):
        node = with_biases(ShallowPLRNN(3, 7, inputs, clipped, key=KEY))
        s = RNG.normal(size=(20, 2))
        start = RunState(jnp.asarray([0.3, -1.0, 2.0]), jnp.zeros((), jnp.int32))
        given = (s, None) if inputs else (None, 20)
        _, records = simulate(node, given[0], ticks=given[1], dt=1.0, key=KEY, state=start)
    z = np.array([0.3, -1.0, 2.0])
    for t in range(20):
        z = next_state(node, z, s[t] if inputs else None)
        np.testing.assert_allclose(records.output[t], z, atol=1e-11, rtol=1e-11)


@pytest.mark.parametrize("clipped", [False, True])
def test_its_jacobian_is_the_derivative_and_keeps_its_bound(clipped):
    node = with_biases(ShallowPLRNN(4, 30, clipped=clipped, key=KEY))
    states = jnp.asarray(3 * RNG.normal(size=(50, 4)), jnp.float32)
    found = jax.vmap(node.jacobian)(states)
    np.testing.assert_allclose(found, jax.vmap(jax.jacfwd(node.advance))(states), atol=1e-5)
    assert np.linalg.norm(found, 2, axis=(1, 2)).max() <= float(node.jacobian_bound())
    assert np.ptp(np.asarray(found), axis=0).max() > 0.1


def test_clipped_orbits_are_bounded_and_plain_ones_need_not_be():
    def furthest(clipped):
        node = ShallowPLRNN(3, 20, clipped=clipped, key=KEY)
        large = eqx.tree_at(lambda n: (n.w1, n.w2), node, (5 * abs(node.w1), abs(node.w2)))
        start = RunState(jnp.ones(3), jnp.zeros((), jnp.int32))
        _, records = simulate(large, None, ticks=300, dt=1.0, key=KEY, state=start)
        return float(jnp.abs(records.output).max())

    assert furthest(clipped=True) < 1e3
    assert not furthest(clipped=False) < 1e6


def test_it_starts_as_published():
    node = ShallowPLRNN(6, 400, 2, key=KEY)
    assert node.a.min() > 0.0 and node.a.max() <= 1.0
    for matrix, columns in ((node.w1, 400), (node.w2, 6), (node.c, 2)):
        limit = columns**-0.5
        assert 0.9 * limit < np.abs(matrix).max() <= limit
    assert not node.h1.any() and not node.h2.any()
    assert ShallowPLRNN(6, 400, clipped=True, key=KEY).h2.any()
    assert all(jax.tree.leaves(learnable_mask(node)))


def forced_by_hand(node, data, alpha, every=1, matrix=None, start=None):
    """Return the outputs before forcing, written as the rule is."""
    back = np.linalg.pinv(matrix) if matrix is not None else np.eye(data.shape[1])
    look = matrix if matrix is not None else np.eye(data.shape[1], 3)
    outputs, state = [], None
    for t, x in enumerate(data):
        shown = back @ x
        if state is None:
            z = shown if start is None else np.concatenate([shown, start @ shown])
        else:
            z = next_state(node, state)
        outputs.append(look @ z)
        strength = alpha if t % every == 0 else 0.0
        state = z.copy()
        state[: len(shown)] = (1 - strength) * z[: len(shown)] + strength * shown
    return np.array(outputs)


CASES = {
    "generalised": {"alpha": 0.3},
    "ordinary": {"alpha": 1.0},
    "free": {"alpha": 0.0},
    "sparse": {"alpha": 1.0, "every": 4},
    "seen through a matrix": {"alpha": 0.3, "observation": RNG.normal(size=(5, 3))},
    "seen through fewer": {"alpha": 0.3, "observation": RNG.normal(size=(2, 3))},
    "in part": {"alpha": 0.3, "start": RNG.normal(size=(1, 2))},
}


QUICK = ("generalised", "sparse", "seen through a matrix", "in part")
MARKED = [
    pytest.param(options, id=name, marks=[] if name in QUICK else pytest.mark.slow)
    for name, options in CASES.items()
]


@pytest.mark.parametrize("options", MARKED)
def test_what_goes_out_is_before_forcing_and_what_goes_on_is_after_it(options):
    with jax.enable_x64(True):
        node = with_biases(ShallowPLRNN(3, 7, key=KEY))
        forced = TeacherForced(node, **options)
        data = RNG.normal(size=(15, 2, *forced.shape))
        record = {"z": Record("z")}
        _, swept = simulate(forced, data, dt=1.0, key=KEY)
        _, scanned = simulate(forced, data, dt=1.0, key=KEY, record=record)
    more = {"every": options.get("every", 1), "start": options.get("start")}
    for sample in range(2):
        expected = forced_by_hand(
            node, data[:, sample], options["alpha"], matrix=options.get("observation"), **more
        )
        for records in (swept, scanned):
            np.testing.assert_allclose(records.output[:, sample], expected, atol=1e-10)


def test_external_inputs_reach_a_forced_model():
    node = ShallowPLRNN(3, 7, 2, key=KEY)
    forced, data = TeacherForced(node, 0.2), RNG.normal(size=(6, 3))
    assert forced.ports == {"forcing": (3,), "input": (2,)}
    runs = [
        simulate(forced, {"forcing": data, "input": np.full((6, 2), x)}, dt=1.0, key=KEY)[1].output
        for x in (0.0, 1.0)
    ]
    np.testing.assert_allclose(runs[1][1] - runs[0][1], node.c @ np.ones(2), atol=1e-6)


def test_gradients_shrink_by_what_forcing_takes_away():
    """Through t ticks of a linear map a gradient is ((1 - alpha) a)^t."""
    node = ShallowPLRNN(1, 1, key=KEY)
    node = eqx.tree_at(lambda n: (n.a, n.w1), node, (jnp.full(1, 1.5), jnp.zeros((1, 1))))

    def last(first, alpha):
        data = jnp.zeros((10, 1)).at[0, 0].set(first)
        return simulate(TeacherForced(node, alpha), data, dt=1.0, key=KEY)[1].output[-1, 0]

    for alpha in (0.0, 0.25, 0.5):
        # The first state is the data itself, so forcing takes nothing from it.
        expected = 1.5 * (1.5 * (1 - alpha)) ** 8
        assert jax.grad(last)(1.0, alpha) == pytest.approx(expected, rel=1e-4)


@pytest.mark.slow
def test_gradients_pass_the_pseudo_inverse():
    with jax.enable_x64(True):
        matrix, data, direction = (RNG.normal(size=size) for size in ((4, 3), (5, 4), (4, 3)))
        forced = TeacherForced(ShallowPLRNN(3, 7, key=KEY), 0.4, observation=matrix)

        def score(matrix):
            node = eqx.tree_at(lambda n: n.observation, forced, matrix)
            return jnp.sum(simulate(node, data, dt=1.0, key=KEY)[1].output ** 2)

        matrix, step = forced.observation, 1e-6 * direction
        difference = (score(matrix + step) - score(matrix - step)) / 2
        found = jnp.sum(jax.grad(score)(matrix) * step)
        np.testing.assert_allclose(found, difference, rtol=1e-5)


def test_what_does_not_fit_together_is_refused():
    node = ShallowPLRNN(3, 7, key=KEY)
    with pytest.raises(NeuropilError, match="model: got a LSTM"):
        TeacherForced(LSTM(3, 3, key=KEY))
    with pytest.raises(NeuropilError, match="observation: got shape"):
        TeacherForced(node, observation=np.ones((5, 4)))
    with pytest.raises(NeuropilError, match="start: got shape"):
        TeacherForced(node, start=np.ones((2, 2)))
    with pytest.raises(NeuropilError, match="start: got a matrix beside"):
        TeacherForced(node, observation=np.ones((5, 3)), start=np.ones((1, 2)))
