"""The machine equals its equations in NumPy; its mechanisms are on the path."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from neuropil.cells import NeuronLevelModels
from neuropil.core import Tick, learnable_mask, simulate
from neuropil.numerics import NeuropilError
from neuropil.sequence import Pairing, continuous_thought_machine, from_published
from neuropil.training import fit, tick_cross_entropy

from .thought_reference import drawn, forward

TICKS, HEADS, TOKENS = 7, 2, 5
SIZES = {"d": 20, "m": 4, "h": 3, "width": 6, "features": 3, "classes": 4, "action": 4, "out": 5}
FORMS = {
    "linear": {"depth": 1, "pairing": "first-last"},
    "shallow": {"depth": 1, "pairing": "random", "h": None},
    "u-net": {"depth": 3, "pairing": "random-pairing", "own": 2},
}


def published(form, seed=0):
    return drawn(seed, **{**SIZES, **FORMS[form]})


def loaded(arrays):
    return from_published(arrays, tokens=TOKENS, ticks=TICKS, heads=HEADS)


def tokens(seed=1):
    return np.random.default_rng(seed).normal(size=(TOKENS, SIZES["features"]))


def tick():
    return Tick(jnp.zeros((), int), 1.0, jax.random.key(0))


def answers(machine, x):
    return simulate(machine, x[None], dt=1.0, key=jax.random.key(0))[1].output[0]


@pytest.mark.parametrize("form", FORMS)
def test_the_machine_equals_its_equations_in_numpy(form):
    with jax.enable_x64(True):
        arrays = published(form)
        machine, x = loaded(arrays), jnp.asarray(tokens())
        _, thoughts = machine.think(machine.init(key=None), x, tick(), lambda thought: thought)
        found = thoughts.output, thoughts.attention, thoughts.action, thoughts.out
        expected = forward(arrays, tokens(), ticks=TICKS, heads=HEADS)
        for own, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(own, other, rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(answers(machine, x), expected[0], rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("form", ["linear", pytest.param("u-net", marks=pytest.mark.slow)])
def test_gradients_are_those_of_finite_differences(form):
    with jax.enable_x64(True):
        machine, x = loaded(published(form)), jnp.asarray(tokens())
        params, rest = eqx.partition(machine, learnable_mask(machine))
        random = np.random.default_rng(2)
        direction = jax.tree.map(lambda p: jnp.asarray(random.normal(size=p.shape)), params)
        target = jnp.asarray(random.normal(size=(TICKS, SIZES["classes"])))

        @jax.jit
        def loss(step):
            moved = jax.tree.map(lambda p, d: p + step * d, params, direction)
            return jnp.sum(jnp.square(answers(eqx.combine(moved, rest), x) - target))

        eps = 1e-5
        numeric = (loss(eps) - loss(-eps)) / (2 * eps)
        np.testing.assert_allclose(jax.grad(loss)(0.0), numeric, rtol=1e-6)


def test_thinking_goes_on_where_it_stopped():
    arrays = published("linear")
    whole, half = (from_published(arrays, tokens=TOKENS, ticks=n, heads=HEADS) for n in (8, 4))
    x = jnp.asarray(tokens(), jnp.float32)
    _, records = simulate(half, jnp.stack([x, x]), dt=1.0, key=jax.random.key(0))
    joined = records.output.reshape(8, -1)
    np.testing.assert_allclose(joined, answers(whole, x), rtol=1e-5, atol=1e-5)


def test_models_read_their_own_neuron_only_and_swapping_them_matters():
    models = NeuronLevelModels(6, 4, 3, key=jax.random.key(0))
    history = jax.random.normal(jax.random.key(1), (4, 6))

    def activations(history):
        return models.step(history, {"input": jnp.zeros(6)}, tick())[1]

    slopes = jax.jacobian(activations)(history)  # [neuron, memory, neuron]
    across = jnp.abs(slopes).sum(axis=1)
    assert (across - jnp.diag(jnp.diag(across)) == 0).all() and (jnp.diag(across) > 0).all()

    machine, x = loaded(published("linear")), jnp.asarray(tokens(), jnp.float32)
    order = jnp.roll(jnp.arange(SIZES["d"]), 1)
    swapped = eqx.tree_at(
        lambda m: [layer.w1 for layer in m.neurons.layers],
        machine,
        [layer.w1[..., order] for layer in machine.neurons.layers],
    )
    assert float(jnp.abs(answers(swapped, x) - answers(machine, x)).max()) > 0.1


def test_cutting_synchronisation_leaves_the_bias():
    machine, x = loaded(published("linear")), jnp.asarray(tokens(), jnp.float32)
    cut = eqx.tree_at(lambda m: m.output_projector.weight, machine, replace_fn=jnp.zeros_like)
    found = answers(cut, x)
    np.testing.assert_allclose(found, jnp.broadcast_to(machine.output_projector.bias, found.shape))
    blind = eqx.tree_at(lambda m: m.q_proj.weight, machine, replace_fn=jnp.zeros_like)
    assert float(jnp.abs(answers(blind, x) - answers(machine, x)).max()) > 1e-3


def test_models_have_as_many_parameters_as_the_paper_says():
    d, m, h = 11, 6, 5
    models = NeuronLevelModels(d, m, h, key=jax.random.key(0))
    count = sum(p.size for p in jax.tree.leaves(eqx.filter(models.layers, eqx.is_array)))
    assert count == d * (m * 2 * h + 2 * h + 2 * h + 2) + 2


@pytest.mark.parametrize(
    "pairing",
    [
        Pairing.RANDOM_PAIRING,
        pytest.param(Pairing.RANDOM, marks=pytest.mark.slow),
        pytest.param(Pairing.FIRST_LAST, marks=pytest.mark.slow),
    ],
)
def test_training_moves_every_part_and_keeps_decays_in_their_range(pairing):
    machine = continuous_thought_machine(
        (4, 3), 2, ticks=4, neurons=18, width=4, memory=3, hidden=2, depth=2, action=3, out=4,
        pairing=pairing, key=jax.random.key(0),
    )  # fmt: skip
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(16, 1, 4, 3)).astype(np.float32), np.arange(16) % 2
    fitted = fit(
        machine, (x, y), loss=tick_cross_entropy(lambda output: output[-1]),
        optimizer=optax.adam(0.1), epochs=2, batch_size=8, dt=1.0, key=jax.random.key(1),
    ).node  # fmt: skip
    mask = learnable_mask(machine)
    moved = [
        float(jnp.abs(a - b).max())
        for a, b in zip(
            jax.tree.leaves(eqx.filter(machine, mask)),
            jax.tree.leaves(eqx.filter(fitted, mask)),
            strict=True,
        )
    ]
    assert min(moved) > 0.0
    for decay in (fitted.action.forgetting, fitted.out.forgetting):
        assert float(decay.min()) >= 0.0 and float(decay.max()) <= 15.0


def test_dropout_leaves_inputs_out_in_training_only():
    machine = continuous_thought_machine(
        (4, 3), 2, ticks=3, neurons=18, width=4, memory=3, hidden=2, action=3, out=4, dropout=0.5,
        key=jax.random.key(0),
    )  # fmt: skip
    x = jnp.ones((1, 4, 3))
    runs = [simulate(machine, x, dt=1.0, key=jax.random.key(k))[1].output for k in (0, 1)]
    assert float(jnp.abs(runs[0] - runs[1]).max()) > 1e-3
    quiet = eqx.nn.inference_mode(machine)
    runs = [simulate(quiet, x, dt=1.0, key=jax.random.key(k))[1].output for k in (0, 1)]
    np.testing.assert_array_equal(*runs)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("q_proj.weight", None),
        ("trace_processor.0.0.w1", np.ones((3, 6, 20))),
        ("attention.in_proj_weight", np.ones((18, 5))),
        ("synapses.1.weight", None),
        ("start_trace", np.full((20, 4), np.nan)),
    ],
)
def test_what_is_stored_wrongly_is_refused_by_name(name, value):
    arrays = published("linear")
    del arrays[name]
    if value is not None:
        arrays[name] = value
    with pytest.raises(NeuropilError, match="arrays"):
        loaded(arrays)
