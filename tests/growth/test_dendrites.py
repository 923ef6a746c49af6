"""Dendrites change nothing at first, learn from errors alone, and let no gradient through."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from neuropil import growth
from neuropil.cells import Units, leaky_integrator, lif
from neuropil.connectivity import Conv2d, Dense, Perforated, ProjectionDelay, normal
from neuropil.core import Bounds, Input, Link, Network, NeuropilError, Projection, chain, simulate
from neuropil.growth._covariance import covariance, nothing_yet
from neuropil.synapses import ExponentialConductance
from neuropil.training import Checkpoints, Stopping, cross_entropy, mean_squared_error

KEY = jax.random.key(3)
RNG = np.random.default_rng(0)


def last(output):
    return output[-1].reshape(output.shape[1], -1)


LOSS = cross_entropy(last)


def perceptron(key=KEY):
    return chain(
        Input(5), Dense(5, 3), Units(3, jnp.tanh), Dense(3, 4), Units(4, jax.nn.identity), key=key
    )


def convolutional():
    images = Conv2d((2, 5, 5), channels=3, kernel=3, padding="VALID")
    return chain(
        Input((2, 5, 5)), images, Units((3, 3, 3), jnp.tanh), Dense((3, 3, 3), 4),
        Units(4, jax.nn.identity), key=KEY,
    )  # fmt: skip


def spiking():
    into = Link(Dense(5, 3), normal(Dense(5, 3), KEY, gain=3.0))
    return chain(Input(5), into, lif(3), Dense(3, 4), leaky_integrator(4), key=KEY)


def recurrent():
    into, back = Dense(5, 4), Dense(4, 4, ProjectionDelay(2))
    return Network(
        {"input": Input(5), "cells": lif(4)},
        (
            Projection("input", "cells", into, normal(into, KEY, gain=3.0)),
            Projection("cells", "cells", back, normal(back, KEY)),
        ),
        "cells",
    )


KINDS = {"units": perceptron, "images": convolutional, "spikes": spiking, "a loop": recurrent}


def samples(network, ticks, count, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, ticks, *network.nodes["input"].shape)).astype(np.float32)
    return x, rng.integers(0, 4, count)


def grown_twice(network):
    """A network with two generations, whose dendrites are strong and reach their neurons."""
    strong = lambda connectivity, key: normal(connectivity, key, gain=2.0)  # noqa: E731
    for _ in range(2):
        network = growth.add_dendrites(network, key=KEY, initial=strong)
    inside = {name for names in growth.dendrites_of(network).values() for name in names}
    reach = [i for i, p in enumerate(network.projections) if p.origin in inside]
    reach = [i for i in reach if not isinstance(network.projections[i].connectivity, Perforated)]
    return eqx.tree_at(
        lambda n: [n.projections[i].weight for i in reach],
        network,
        [jnp.full(network.projections[i].weight.shape, 0.7) for i in reach],
    )


def run(network, x):
    return simulate(network, x.swapaxes(0, 1), dt=1.0, key=KEY)[1].output


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=[pytest.mark.slow] * (kind != "a loop")) for kind in KINDS]
)
def test_new_dendrites_change_no_output_until_their_weight_does(kind):
    network = KINDS[kind]()
    x, _ = samples(network, 6, 3)
    before = np.asarray(run(network, x))
    once = growth.add_dendrites(network, key=KEY)
    np.testing.assert_array_equal(run(growth.add_dendrites(once, key=KEY), x), before)
    assert np.abs(run(grown_twice(network), x) - before).max() > 1e-3


def unperforated(network):
    """The same network with dendrites that propagate errors."""

    def opened(p):
        inner = getattr(p.connectivity, "inner", p.connectivity)
        return Projection(p.source, p.target, inner, p.weight)

    return Network(network.nodes, tuple(map(opened, network.projections)), network.output)


def gradient(network, x, y):
    def total(weight):
        own = eqx.tree_at(lambda n: n.projections[0].weight, network, weight)
        return jnp.mean(LOSS(simulate(own, x.swapaxes(0, 1), dt=1.0, key=KEY)[1], y))

    return jax.grad(total)(network.projections[0].weight)


def test_dendrites_of_later_layers_are_constants_to_earlier_weights():
    network = grown_twice(perceptron())
    x, y = samples(network, 1, 8)
    w = {p.name: p.weight for p in network.projections}
    old, new = growth.dendrites_of(network)["output.input"]
    assert f"{old} -> {new}" in w

    def dendrites(source, target, signal):
        """Outputs of both generations, written out."""
        a, b = (f"{target}_dendrite{i}" for i in (1, 2))
        first = jax.nn.sigmoid(signal @ w[f"{source} -> {a}"])
        second = jax.nn.sigmoid(signal @ w[f"{source} -> {b}"] + first * w[f"{a} -> {b}"])
        return 0.7 * (first + second)

    def by_hand(weight, held):
        inputs = jnp.asarray(x[:, 0])
        hidden = jnp.tanh(inputs @ weight + dendrites("input", "hidden1", inputs))
        constant = dendrites("hidden1", "output", jax.lax.stop_gradient(hidden) if held else hidden)
        scores = hidden @ w["hidden1 -> output"] + constant
        return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(scores, y))

    weight, perforated = w["input -> hidden1"], gradient(network, x, y)
    np.testing.assert_allclose(perforated, jax.grad(by_hand)(weight, True), atol=1e-6)
    whole = gradient(unperforated(network), x, y)
    np.testing.assert_allclose(whole, jax.grad(by_hand)(weight, False), atol=1e-6)
    assert np.abs(whole - perforated).max() > 1e-2


@pytest.mark.slow
def test_gradients_of_spiking_networks_pass_no_dendrite_either():
    network = grown_twice(spiking())
    x, y = samples(network, 6, 8)
    cut, whole = gradient(network, x, y), gradient(unperforated(network), x, y)
    assert np.abs(cut).max() > 1e-4 and np.abs(whole - cut).max() > 1e-4


def ascended(network, data, steps=1, **options):
    ascent = growth.Ascent(**{"optimizer": optax.sgd(0.5), "steps": steps} | options)
    return growth.train_dendrites(network, data, loss=LOSS, dt=1.0, key=KEY, ascent=ascent)


def test_a_step_climbs_the_covariance_with_softmax_minus_target():
    network = growth.add_dendrites(perceptron(), ("hidden1 -> output",), key=KEY)
    x, y = samples(network, 1, 16)
    hidden = jnp.tanh(x[:, 0] @ network.projections[0].weight)
    scores = hidden @ network.projections[1].weight
    delta = jax.nn.softmax(scores) - jax.nn.one_hot(y, 4)

    def score(v):
        d = jax.nn.sigmoid(hidden @ v)
        return jnp.abs(jnp.mean((d - d.mean(0)) * (delta - delta.mean(0)), axis=0))

    v = network.projections[2].weight
    slope = jax.grad(lambda v: score(v).sum())(v)
    found = ascended(network, (x, y), steps=2, optimizer=optax.sgd(50.0))
    np.testing.assert_allclose(
        found.score, [score(v).mean(), score(v + 50 * slope).mean()], rtol=1e-4
    )
    np.testing.assert_allclose(found.network.projections[2].weight, v + 50 * slope, atol=1e-5)
    found = growth.dendrite_correlations(network, (x, y), loss=LOSS, dt=1.0, key=KEY, batch_size=5)
    by_numpy = [
        np.corrcoef(a, b)[0, 1] for a, b in zip(jax.nn.sigmoid(hidden @ v).T, delta.T, strict=True)
    ]
    np.testing.assert_allclose(found["output_dendrite1"], by_numpy, atol=1e-5)


@pytest.mark.slow
def test_only_the_newest_dendrites_move_in_their_phase():
    network = grown_twice(convolutional())
    data = samples(network, 3, 12)
    found = ascended(network, data, steps=3, batch_size=5, optimizer=optax.adam(0.1)).network
    newest = [names[-1] for names in growth.dendrites_of(network).values()]
    for before, after in zip(network.projections, found.projections, strict=True):
        moved = np.any(np.asarray(before.weight) != after.weight)
        assert moved == (before.target in newest)
    assert jax.tree.leaves(found.nodes["hidden1_dendrite2"])[0].shape == (3, 1, 1)
    reach = [p for p in found.projections if p.name == "hidden1_dendrite2 -> hidden1.input"]
    assert reach[0].weight.shape == (3, 1, 1, 1)


@pytest.mark.slow
def test_every_neuron_keeps_its_own_best_dendrite():
    network = growth.add_dendrites(perceptron(), key=KEY)
    data = samples(network, 1, 12)
    wild = optax.sgd(3e4)
    phases = [ascended(network, data, steps=steps, optimizer=wild) for steps in range(1, 6)]
    assert np.all(np.diff(phases[-1].score) >= 0)
    parts = [phase.network.projections[4].weight for phase in phases]
    changes = [np.any(np.asarray(a) != b, axis=0) for a, b in zip(parts, parts[1:], strict=False)]
    assert any(change.any() and not change.all() for change in changes)
    again = ascended(phases[-1].network, data)
    np.testing.assert_allclose(again.score[0], phases[-1].score[-1], rtol=1e-4)


def test_running_averages_come_to_those_of_the_whole_set():
    d = RNG.normal(size=(400, 1, 50, 2)) * [1.0, 3.0] + 2.0
    delta = 0.5 * d * [1.0, -1.0] + RNG.normal(size=d.shape)
    running = nothing_yet((2,))
    for step, (one, other) in enumerate(zip(d, delta, strict=True)):
        running = covariance(running, jnp.asarray(one), jnp.asarray(other), 0.99 if step else 0.0)
    together = [np.cov(d[..., i].ravel(), delta[..., i].ravel())[0, 1] for i in range(2)]
    correlations = [np.corrcoef(d[..., i].ravel(), delta[..., i].ravel())[0, 1] for i in range(2)]
    np.testing.assert_allclose(running.together, together, rtol=0.1)
    np.testing.assert_allclose(running.correlation, correlations, atol=0.03)


@pytest.mark.slow
def test_a_phase_ends_when_nothing_gets_better():
    network = growth.add_dendrites(perceptron(), key=KEY)
    still = ascended(network, samples(network, 1, 8), 50, optimizer=optax.sgd(0.0), patience=4)
    assert len(still.score) == 5


GROWTH = {
    "loss": LOSS, "optimizer": optax.adam(1e-2), "epochs": 2, "batch_size": 8, "dt": 1.0,
    "key": KEY, "ascent": growth.Ascent(steps=5), "guard": False,
}  # fmt: skip


@pytest.mark.slow
def test_a_growth_that_was_stopped_goes_on_where_it_was(tmp_path):
    network = perceptron()
    train = samples(network, 1, 16)

    def grow(resume):
        kept = Checkpoints(tmp_path / "growth.safetensors", resume=resume)
        return growth.fit_with_dendrites(network, train, cycles=1, checkpoints=kept, **GROWTH)

    whole = grow(False)
    (tmp_path / "growth-neurons1.safetensors").unlink()
    in_the_fit = grow(True)
    (tmp_path / "growth-neurons1.safetensors").unlink()
    (tmp_path / "growth-dendrites1.safetensors").unlink()
    for resumed in (in_the_fit, grow(True)):
        for a, b in zip(*(jax.tree.leaves(g.network) for g in (whole, resumed)), strict=True):
            np.testing.assert_array_equal(a, b)
    assert [entry["epoch"] for entry in in_the_fit.history] == list(range(4))
    assert [entry["cycle"] for entry in in_the_fit.history] == [0, 0, 1, 1]
    for before, after in zip(
        whole.dendrites[0][1].projections, whole.network.projections, strict=True
    ):
        moved = np.any(np.asarray(before.weight) != after.weight)
        assert moved != isinstance(after.connectivity, Perforated)


@pytest.mark.slow
def test_growth_ends_at_the_first_cycle_that_does_not_help():
    network = perceptron()
    train = samples(network, 1, 16)
    never = Stopping("loss", patience=None, better=min)
    options = GROWTH | {"optimizer": optax.sgd(1e-12), "validation": train, "stopping": never}
    found = growth.fit_with_dendrites(network, train, cycles=5, **options)
    assert len(found.neurons) == 2
    assert growth.dendrites_of(found.network) == {}


def test_dendrites_reach_conductances_with_positive_weights_only():
    cells = lif(3, receptors={"exc": ExponentialConductance(2.0, 5.0)})
    kind = Dense(5, 3)
    into = Projection("input", "cells.exc", kind, jnp.abs(normal(kind, KEY)))
    network = Network({"input": Input(5), "cells": cells}, (into,), "cells")
    grown = growth.add_dendrites(network, key=KEY)
    assert growth.dendrites_of(grown) == {"cells.exc": ("cells_exc_dendrite1",)}
    assert grown.projections[-1].bounds == Bounds(0.0)


def test_what_cannot_grow_is_refused():
    network = perceptron()
    with pytest.raises(NeuropilError, match="projections"):
        growth.add_dendrites(network, ("input -> nowhere",), key=KEY)
    with pytest.raises(NeuropilError, match="add_dendrites"):
        ascended(network, samples(network, 1, 4))
    with pytest.raises(NeuropilError, match="names"):
        growth.dendrite_mask(network, ("hidden1",))


@pytest.mark.slow
def test_errors_of_a_regression_are_twice_the_residual():
    network = growth.add_dendrites(perceptron(), ("hidden1 -> output",), key=KEY, initial=normal)
    x, _ = samples(network, 1, 50)
    y = RNG.normal(size=(50, 4)).astype(np.float32)
    found = growth.dendrite_correlations(
        network, (x, y), loss=mean_squared_error(last), dt=1.0, key=KEY
    )
    hidden = jnp.tanh(x[:, 0] @ network.projections[0].weight)
    d = jax.nn.sigmoid(hidden @ network.projections[2].weight)
    residual = hidden @ network.projections[1].weight - y
    expected = [np.corrcoef(a, b)[0, 1] for a, b in zip(d.T, residual.T, strict=True)]
    np.testing.assert_allclose(found["output_dendrite1"], expected, atol=1e-5)
