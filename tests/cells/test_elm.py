"""The ELM neuron against its equations in NumPy, and the exact statements about it."""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.cells import ELM, BranchRouting, SlowMemory, random_routing, window_routing
from neuropil.connectivity import Dense
from neuropil.core import Input, Link, Record, chain, learnable_mask, simulate
from neuropil.numerics import NeuropilError

KEY = jax.random.key(0)
RNG = np.random.default_rng(3)


def published(version, inputs=10, branches=4, synapses=5, units=6, hidden=7, outputs=2, seed=0):
    """Random arrays of the names and shapes of the authors' checkpoints, in single precision."""
    rng = np.random.default_rng(seed)
    stride = -(-inputs // branches)
    index = (stride * np.arange(branches)[:, None] + np.arange(synapses)).reshape(-1)
    order = np.arange(inputs) % 2 * (inputs // 2) + np.arange(inputs) // 2
    traces = {1: ("tau_s", branches * synapses), 2: ("tau_b", branches)}[version]
    shapes = {
        "_proto_w_s": (branches * synapses,),
        "mlp.network.0.weight": (hidden, branches + units),
        "mlp.network.0.bias": (hidden,),
        "mlp.network.2.weight": (units, hidden),
        "mlp.network.2.bias": (units,),
        "w_y.weight": (outputs, units),
        "w_y.bias": (outputs,),
        "_proto_tau_m": (units,),
    }
    arrays = {name: rng.normal(size=shape).astype("f4") for name, shape in shapes.items()}
    arrays["_proto_tau_m"][-1] = np.inf  # what single precision makes of the largest
    return arrays | {
        traces[0]: np.full(traces[1], 5.0, "f4"),
        "input_to_synapse_indices": order[np.minimum(index, inputs - 1)],
        "valid_indices_mask": index < inputs,
    }


def silu(x):
    return x / (1.0 + np.exp(-x))


def reference(arrays, x, dt, *, tau_min, tau_max, gain, activation):
    """The equations of both versions, one sample at a time, in double precision."""
    a = {name: np.asarray(value, np.float64) for name, value in arrays.items()}
    source, valid = np.asarray(arrays["input_to_synapse_indices"]), a["valid_indices_mask"]
    units = a["w_y.weight"].shape[1]
    branches = a["mlp.network.0.weight"].shape[1] - units
    w_s = np.maximum(a["_proto_w_s"], 0.0)
    tau_m = tau_min + (tau_max - tau_min) / (1.0 + np.exp(-a["_proto_tau_m"]))
    kappa_m = np.exp(-dt / tau_m)
    per_synapse = "tau_s" in a
    kappa = np.exp(-dt / a["tau_s" if per_synapse else "tau_b"])
    write = gain * (1 - kappa_m) if per_synapse else 1 - np.exp(-gain * dt / tau_m)
    trace, m, outputs = np.zeros_like(kappa), np.zeros(units), []
    for now in x:
        arriving = w_s * now[source] * valid
        if per_synapse:
            trace = kappa * trace + arriving
            branch = trace.reshape(branches, -1).sum(1)
        else:
            trace = kappa * trace + arriving.reshape(branches, -1).sum(1)
            branch = trace
        h = np.concatenate([branch, kappa_m * m])
        h = activation(a["mlp.network.0.weight"] @ h + a["mlp.network.0.bias"])
        d = a["mlp.network.2.weight"] @ h + a["mlp.network.2.bias"]
        m = kappa_m * m + write * 1.7159 * np.tanh(2.0 * d / 3.0)
        outputs.append(a["w_y.weight"] @ m + a["w_y.bias"])
    return np.array(outputs), m


LIMITS = {"tau_min": 1.0, "tau_max": 150.0, "gain": 5.0}


@pytest.mark.parametrize(
    ("version", "uneven"),
    [
        (1, True),
        (2, False),
        *(pytest.param(*p, marks=pytest.mark.slow) for p in ((1, False), (2, True))),
    ],
)
def test_a_published_neuron_keeps_its_equations_in_double_precision(version, uneven):
    arrays, x = published(version), RNG.normal(size=(60, 2, 10))
    traces = {1: "tau_s", 2: "tau_b"}[version]
    if uneven:
        arrays[traces] = RNG.uniform(2.0, 20.0, arrays[traces].shape).astype("f4")
    with jax.enable_x64(True):
        node = ELM.from_published(arrays, inputs=10, activation=jax.nn.silu, **LIMITS)
        final, records = simulate(node, x, dt=2.0, key=KEY)
    assert node.memory.version == version
    assert node.tau.ndim == {1: 2, 2: 1}[version] * uneven
    for i in range(2):
        output, memory = reference(arrays, x[:, i], 2.0, activation=silu, **LIMITS)
        np.testing.assert_allclose(records.output[:, i], output, rtol=0, atol=1e-10)
        np.testing.assert_allclose(final.node.memory[i], memory, rtol=0, atol=1e-10)


@pytest.mark.parametrize("version", [1, 2])
def test_what_is_written_as_published_is_read_back(version):
    arrays = published(version)
    node = ELM.from_published(arrays, inputs=10, **LIMITS)
    again = node.as_published()
    assert set(again) == set(arrays)
    for name, value in arrays.items():
        expected = np.clip(value, -80, 80) if name == "_proto_tau_m" else value
        if name == "input_to_synapse_indices":
            again[name], expected = (v[arrays["valid_indices_mask"]] for v in (again[name], value))
        np.testing.assert_array_equal(again[name], expected)


def test_a_checkpoint_without_routing_has_its_inputs_in_order():
    arrays = published(2, inputs=8, branches=4, synapses=2)
    arrays["input_to_synapse_indices"] = arrays["valid_indices_mask"] = np.empty(0, "f4")
    node = ELM.from_published(arrays)
    assert node.ports == {"input": (8,)}
    np.testing.assert_array_equal(node.routing.source, np.arange(8).reshape(4, 2))


@pytest.mark.parametrize("missing", ["tau_s", "w_y.weight", "mlp.network.2.bias", "_proto_w_s"])
def test_a_checkpoint_without_one_of_its_arrays_is_refused(missing):
    arrays = published(1)
    del arrays[missing]
    with pytest.raises(NeuropilError, match=r"arrays"):
        ELM.from_published(arrays, inputs=10)


@pytest.mark.parametrize("version", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_gradients_are_finite_differences(version):
    with jax.enable_x64(True):
        x = jnp.asarray(RNG.normal(size=(40, 2, 3)))
        node = ELM(
            3,
            2,
            units=4,
            tau_max=50.0,
            version=version,
            tau=[2.0, 5.0, 9.0],
            depth=2,
            activation=jax.nn.silu,
            key=KEY,
        )
        arrays, rest = eqx.partition(node, eqx.is_inexact_array)

        @jax.jit
        def score(arrays, x):
            _, records = simulate(eqx.combine(arrays, rest), x, dt=1.0, key=KEY)
            return jnp.sum(jnp.sin(records.output + jnp.arange(2.0)))

        found = jax.jit(jax.grad(score, (0, 1)))(arrays, x)
        leaves, structure = jax.tree.flatten((arrays, x))
        for at, (leaf, slope) in enumerate(zip(leaves, jax.tree.leaves(found), strict=True)):
            direction = RNG.normal(size=leaf.shape)

            def moved(step, at=at, leaf=leaf, direction=direction):
                moving = [*leaves[:at], leaf + step * direction, *leaves[at + 1 :]]
                return float(score(*structure.unflatten(moving)))

            difference = (moved(1e-6) - moved(-1e-6)) / 2e-6
            np.testing.assert_allclose(np.sum(slope * direction), difference, rtol=1e-5, atol=1e-7)


def test_the_parameters_are_counted_as_in_the_paper():
    routing = window_routing(1278, 45, 100, interleaved=True)
    node = ELM(1278, 2, units=20, routing=routing, key=KEY)
    flags = learnable_mask(node)
    assert sum(x.size for x in jax.tree.leaves(eqx.filter(node, flags))) == 8002


@pytest.mark.parametrize("version", [1, 2])
def test_a_constant_proposal_is_kept_as_derived_and_halves_in_tau_ln_2(version):
    memory = SlowMemory(5, tau_max=200.0, version=version, gain=3.0)
    proposed = np.array([1.0, -0.5, 2.0, 0.25, 1.5], np.float32)
    state, _ = simulate(memory, np.tile(proposed, (4000, 1)), dt=1.0, key=KEY)
    tau = np.asarray(memory.tau, np.float64)
    written = {1: 3.0, 2: (1 - np.exp(-3.0 / tau)) / (1 - np.exp(-1.0 / tau))}[version]
    np.testing.assert_allclose(state.node, written * proposed, rtol=2e-4)
    np.testing.assert_allclose(tau, np.geomspace(1.0, 200.0, 5), rtol=1e-4)
    dt = float(tau[2]) * math.log(2.0) / 8
    _, decay = simulate(memory, np.zeros((8, 5)), dt=dt, key=KEY, state=state)
    np.testing.assert_allclose(decay.output[-1, 2], state.node[2] / 2, rtol=1e-5)


def test_windows_overlap_are_masked_and_take_excitation_and_inhibition_in_turn():
    routing = window_routing(10, 4, 5, interleaved=True)
    taken = [row[ok].tolist() for row, ok in zip(routing.source, routing.valid, strict=True)]
    assert taken == [[0, 5, 1, 6, 2], [6, 2, 7, 3, 8], [3, 8, 4, 9], [9]]
    node = ELM(10, routing=routing, key=KEY)
    x = np.zeros((3, 10), np.float32)
    x[0, 9] = 1.0
    _, records = simulate(node, x, dt=1.0, key=KEY, record={"b": Record("branch")})
    np.testing.assert_allclose(records.kept["b"][0], [0.0, 0.0, 0.5, 0.5])
    np.testing.assert_allclose(records.kept["b"][2], [0.0, 0.0, *[0.5 * math.exp(-0.4)] * 2])


def test_a_layer_is_its_neurons_side_by_side():
    routing = window_routing(4, 2, 3)
    layer = ELM(4, 2, size=3, units=5, routing=routing, key=KEY)
    x = RNG.normal(size=(20, 2, 4)).astype("f4")
    _, together = simulate(layer, x, dt=1.0, key=KEY)
    assert together.output.shape == (20, 2, 3, 2)
    for k in range(3):
        alone = ELM(4, 2, units=5, routing=routing, key=KEY)
        parts = (layer.proto_w_s, layer.mlp, layer.w_y)
        parts = jax.tree.map(lambda a, k=k: a[k], parts)
        alone = eqx.tree_at(lambda n: (n.proto_w_s, n.mlp, n.w_y), alone, parts)
        _, records = simulate(alone, x, dt=1.0, key=KEY)
        np.testing.assert_allclose(together.output[:, :, k], records.output, atol=1e-5)


@pytest.mark.slow
def test_layers_stand_in_a_chain():
    first = ELM(4, 1, size=3, units=5, key=KEY)
    second = ELM(6, 2, units=5, key=KEY)
    network = chain(
        Input(4), Link(Dense(4, 4), jnp.eye(4)), first, Dense((3, 1), 6), second, key=KEY
    )
    x = RNG.normal(size=(20, 2, 4)).astype("f4")
    _, records = simulate(network, x, dt=1.0, key=KEY)
    _, hidden = simulate(first, x, dt=1.0, key=KEY)
    between = hidden.output.reshape(20, 2, 3) @ network.projections[1].weight.reshape(3, 6)
    _, expected = simulate(second, between, dt=1.0, key=KEY)
    np.testing.assert_allclose(records.output, expected.output, atol=1e-5)


def test_a_dead_synapse_passes_nothing_and_learns_nothing():
    node = eqx.tree_at(lambda n: n.proto_w_s, ELM(2, key=KEY), jnp.array([[-0.1], [0.5]]))
    x = RNG.normal(size=(5, 2)).astype("f4")

    def total(node, x):
        return jnp.sum(simulate(node, x, dt=1.0, key=KEY)[1].output)

    assert total(node, x) == total(node, x * np.array([7.0, 1.0], "f4"))
    slope = eqx.filter_grad(total)(node, x).proto_w_s
    assert slope[0, 0] == 0.0 and slope[1, 0] != 0.0


def test_time_constants_are_learnt_only_if_asked_for():
    node = ELM(3, key=KEY)
    flags = learnable_mask(node)
    assert not flags.memory.proto_tau
    asked = eqx.tree_at(lambda f: f.memory.proto_tau, flags, True)
    counts = [sum(x.size for x in jax.tree.leaves(eqx.filter(node, f))) for f in (flags, asked)]
    assert counts[1] - counts[0] == 20


def test_random_routing_takes_inputs_that_are_there():
    routing = random_routing(7, 50, 4, key=KEY)
    assert set(np.unique(routing.source)) == set(range(7)) and bool(routing.valid.all())
    with pytest.raises(NeuropilError, match="input 7"):
        BranchRouting(7, [[0, 7]])
