"""Hebb's rule against closed forms, on every connectivity, and the protocol around it."""

import itertools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from neuropil.connectivity import (
    AxonalDelay,
    Conv2d,
    DelayedDense,
    Dense,
    LearnableDelays,
    LinearInterpolation,
    OneToOne,
    ProjectionDelay,
)
from neuropil.core import (
    Bounds,
    Input,
    Network,
    NeuropilError,
    Node,
    Plasticity,
    Projection,
    Rule,
    simulate,
)
from neuropil.plasticity import Hebb

KEY = jax.random.key(0)
RATE = 0.25
TICKS = 12


class Taught(Node):
    """A target whose output is `teacher` times what arrives there plus `own` times its input."""

    size: tuple = eqx.field(static=True)
    own: float = eqx.field(static=True, default=0.0)

    @property
    def ports(self):
        return {"input": self.size, "teacher": self.size}

    @property
    def shape(self):
        return self.size

    def init(self, *, key):
        return jnp.zeros(self.size)

    def step(self, state, inputs, tick):
        return inputs["input"], inputs["teacher"] + self.own * inputs["input"]

    def sense(self, state):
        return {"arrived": state}


def network(connectivity, weight, rule, *, own=0.0, sign=None, bounds=None, **options):
    learns = Plasticity(rule, **options)
    projection = Projection("pre", "post.input", connectivity, weight, sign, bounds, learns)
    nodes = {
        "pre": Input(connectivity.source),
        "post": Taught(connectivity.target, own),
        "dopamine": Input(1),
    }
    return Network(nodes, (projection,), "post")


def activity(connectivity, batch=()):
    rng = np.random.default_rng(0)
    pre = rng.normal(size=(TICKS, *batch, *connectivity.source))
    post = rng.normal(size=(TICKS, *batch, *connectivity.target))
    return pre, post


def learn(net, pre, post=None, **options):
    inputs = {"pre.input": pre}
    if post is not None:
        inputs["post.teacher"] = post
    return simulate(net, inputs, dt=1.0, key=KEY, **options)


def weight_of(state):
    return np.asarray(state.node.weights[0])


def late(pre, ticks):
    """The signal `ticks` later, silent before."""
    return np.concatenate([np.zeros((ticks, *pre.shape[1:])), pre])[: pre.shape[0]]


def dense(pre, post):
    return np.einsum("ti,tj->ij", pre, post)


def axonal(pre, post):
    return dense(np.stack([late(pre, d)[:, i] for i, d in enumerate((0, 3, 1))], axis=1), post)


DELAYS = np.array([[0, 2], [3, 1], [1, 0]])
REAL_DELAYS = np.array([[0.0, 1.25], [2.5, 3.0], [0.75, 1.0]])


def per_synapse(pre, post):
    return np.array(
        [[late(pre, DELAYS[i, j])[:, i] @ post[:, j] for j in (0, 1)] for i in range(3)]
    )


def interpolated(pre, post):
    total = np.zeros((3, 2))
    for k, i, j in itertools.product(range(5), range(3), range(2)):
        share = max(0.0, 1.0 - abs(k - REAL_DELAYS[i, j]))
        total[i, j] += share * late(pre, k)[:, i] @ post[:, j]
    return total


def convolved(pre, post):
    total = np.zeros((2, 1, 2, 2))
    for o, i, j, y, x in itertools.product((0, 1), (0, 1), (0, 1), range(3), range(3)):
        total[o, 0, i, j] += pre[:, 0, y + i, x + j] @ post[:, o, y, x]
    return total


CONNECTIVITIES = {
    "dense": (Dense(3, 2), dense),
    "dense late": (Dense(3, 2, ProjectionDelay(2)), lambda x, y: dense(late(x, 2), y)),
    "dense axonal": (Dense(3, 2, AxonalDelay(np.array([0, 3, 1]))), axonal),
    "one to one": (OneToOne(3), lambda x, y: (x * y).sum(0)),
    "conv": (Conv2d((1, 4, 4), channels=2, kernel=2, padding="VALID"), convolved),
    "per synapse": (DelayedDense(DELAYS), per_synapse),
    "learnable delays": (
        LearnableDelays(REAL_DELAYS, longest=4, interpolation=LinearInterpolation()),
        interpolated,
    ),
}


@pytest.mark.parametrize("name", CONNECTIVITIES)
def test_weights_after_some_ticks_are_the_sum_of_products(name):
    connectivity, products = CONNECTIVITIES[name]
    pre, post = activity(connectivity)
    start = np.random.default_rng(1).normal(size=connectivity.weight_shape)
    state, _ = learn(network(connectivity, start, Hebb(RATE)), pre, post)
    expected = start + RATE * products(pre, post)
    np.testing.assert_allclose(weight_of(state), expected, rtol=1e-4, atol=1e-4)


def test_a_weight_that_drives_its_own_target_grows_geometrically():
    x, rate = 0.5, 0.2
    net = network(OneToOne(1), [1.0], Hebb(rate), own=1.0)
    state, records = learn(net, np.full((TICKS, 1), x))
    growth = 1.0 + rate * x**2
    np.testing.assert_allclose(weight_of(state), [growth**TICKS], rtol=1e-5)
    before = growth ** np.arange(TICKS)
    np.testing.assert_allclose(records.output[:, 0], x * before, rtol=1e-5)


def test_rates_may_differ_per_weight_and_unlearn():
    connectivity = Dense(3, 2)
    pre, post = activity(connectivity)
    rates = np.array([[1.0, -1.0], [0.0, 0.5], [2.0, 0.0]])
    state, _ = learn(network(connectivity, np.zeros((3, 2)), Hebb(rates)), pre, post)
    np.testing.assert_allclose(weight_of(state), rates * dense(pre, post), rtol=1e-4, atol=1e-5)


def test_the_presynaptic_sign_counts():
    connectivity, sign = Dense(3, 2), np.array([1.0, -1.0, 1.0])
    pre, post = activity(connectivity)
    net = network(connectivity, np.zeros((3, 2)), Hebb(RATE), sign=sign)
    expected = RATE * dense(pre * sign, post)
    np.testing.assert_allclose(weight_of(learn(net, pre, post)[0]), expected, rtol=1e-4, atol=1e-5)


def test_every_sample_of_a_batch_learns_for_itself():
    connectivity = Dense(3, 2)
    pre, post = activity(connectivity, batch=(4,))
    state, _ = learn(network(connectivity, np.zeros((3, 2)), Hebb(RATE)), pre, post)
    expected = RATE * np.einsum("tbi,tbj->bij", pre, post)
    np.testing.assert_allclose(weight_of(state), expected, rtol=1e-4, atol=1e-5)


def test_learning_carried_on_is_learning_uncut():
    connectivity = DelayedDense(DELAYS)
    pre, post = activity(connectivity)
    net = network(connectivity, np.zeros((3, 2)), Hebb(RATE), every=3)
    whole, _ = learn(net, pre, post)
    early, _ = learn(net, pre[:5], post[:5])
    late_state, _ = learn(net, pre[5:], post[5:], state=early)
    np.testing.assert_allclose(weight_of(late_state), weight_of(whole), rtol=1e-5, atol=1e-6)


def test_every_applies_the_change_of_each_so_many_th_tick():
    connectivity = Dense(3, 2)
    pre, post = activity(connectivity)
    net = network(connectivity, np.zeros((3, 2)), Hebb(RATE), every=5)
    expected = RATE * dense(pre[4::5], post[4::5])
    np.testing.assert_allclose(weight_of(learn(net, pre, post)[0]), expected, rtol=1e-4, atol=1e-5)


def test_a_transformation_shapes_the_change_and_keeps_its_state():
    connectivity = Dense(3, 2)
    pre, post = activity(connectivity)
    shape = optax.chain(optax.trace(decay=0.5), optax.scale(0.1))
    net = network(connectivity, np.zeros((3, 2)), Hebb(RATE), transform=shape, every=2)
    momentum, weight = np.zeros((3, 2)), np.zeros((3, 2))
    for x, y in zip(pre[1::2], post[1::2], strict=True):
        momentum = 0.5 * momentum + RATE * np.outer(x, y)
        weight += 0.1 * momentum
    np.testing.assert_allclose(weight_of(learn(net, pre, post)[0]), weight, rtol=1e-4, atol=1e-6)


def test_bounds_hold_after_every_tick():
    connectivity = Dense(3, 2)
    pre, post = activity(connectivity)
    net = network(connectivity, np.full((3, 2), 0.2), Hebb(RATE), bounds=Bounds(0.0, 0.4))
    weight = np.full((3, 2), 0.2)
    for x, y in zip(pre, post, strict=True):
        weight = np.clip(weight + RATE * np.outer(x, y), 0.0, 0.4)
    found = weight_of(learn(net, pre, post)[0])
    np.testing.assert_allclose(found, weight, atol=1e-5)
    free = np.full((3, 2), 0.2) + RATE * dense(pre, post)
    assert np.abs(np.clip(free, 0.0, 0.4) - weight).max() > 0.1


@pytest.mark.parametrize("differentiable", [False, True])
def test_gradients_pass_through_the_change_only_where_asked(differentiable):
    pre = np.full((3, 1), 0.5)

    def last(rate):
        rule = Hebb(rate)
        net = network(OneToOne(1), [1.0], rule, own=1.0, differentiable=differentiable)
        return learn(net, pre)[1].output[-1, 0]

    # The last output is x (1 + rate x^2)^2.
    slope = 0.5 * 2 * (1 + 0.2 * 0.25) * 0.25 if differentiable else 0.0
    assert float(jax.grad(last)(0.2)) == pytest.approx(slope, rel=1e-5)


@pytest.mark.parametrize("plasticity", [Plasticity(Hebb(0.0)), Plasticity(Hebb(1.0), every=100)])
def test_gradients_by_the_weight_are_those_of_a_fixed_weight_while_nothing_changes(plasticity):
    pre = np.full((5, 2), 0.5)

    def last(weight, learns):
        nodes = {"pre": Input(2), "post": Taught((2,), 1.0)}
        projection = Projection("pre", "post.input", OneToOne(2), weight, plasticity=learns)
        return jnp.sum(learn(Network(nodes, (projection,), "post"), pre)[1].output ** 2)

    weight = jnp.array([1.0, -2.0])
    expected = jax.grad(last)(weight, None)
    np.testing.assert_allclose(jax.grad(last)(weight, plasticity), expected, rtol=1e-6)


class Drifting(Rule):
    """A random change of every weight, of a shape that can be wrong."""

    shape: tuple = eqx.field(static=True)

    @property
    def senses(self):
        return ()

    @property
    def hears(self):
        return ()

    def init(self, connectivity, weight):
        return ()

    def propose(self, state, synapse, tick):
        return state, jax.random.normal(tick.key, self.shape)


def drifts(*targets):
    """What is learnt at random by projections from one node to the named ones."""
    learns = Plasticity(Drifting((3,)))
    projections = [
        Projection("pre", target, OneToOne(3), np.zeros(3), plasticity=learns) for target in targets
    ]
    nodes = {"pre": Input(3), "post": Taught((3,)), "other": Taught((3,))}
    state, _ = learn(Network(nodes, tuple(projections), "post"), np.zeros((1, 3)))
    return [np.asarray(weight) for weight in state.node.weights]


def test_every_projection_has_its_own_randomness():
    first, second = drifts("post", "post")
    assert np.abs(first - second).min() > 1e-3
    other, again = drifts("other", "post")
    assert np.abs(other - again).min() > 1e-3
    np.testing.assert_array_equal(again, first)


def test_a_change_of_another_shape_is_refused():
    with pytest.raises(NeuropilError, match="change that Drifting proposes: got shape"):
        learn(network(Dense(3, 3), np.zeros((3, 3)), Drifting((3,))), np.zeros((1, 3)))


class Rewarded(Rule):
    """The co-activity with what the target senses, times what a modulator says."""

    rate: float = eqx.field(static=True)

    @property
    def senses(self):
        return ("arrived",)

    @property
    def hears(self):
        return ("dopamine",)

    def init(self, connectivity, weight):
        return jnp.zeros(())

    def propose(self, state, synapse, tick):
        heard = synapse.heard["dopamine"][0]
        change = self.rate * heard * synapse.coactivity(synapse.target["arrived"])
        return state + heard, change


def test_a_rule_hears_its_modulator_and_senses_its_target():
    net = network(OneToOne(1), [1.0], Rewarded(0.2))
    reward = np.array([0.0, 1.0, 0.0, -1.0, 2.0])
    inputs = {"pre.input": np.full((5, 1), 0.5), "dopamine.input": reward[:, None]}
    state, _ = simulate(net, inputs, dt=1.0, key=KEY)
    expected = np.prod(1.0 + 0.2 * reward * 0.25)
    np.testing.assert_allclose(weight_of(state), [expected], rtol=1e-5)
    traces, _ = state.node.rules[0]
    assert float(traces) == reward.sum()


@pytest.mark.parametrize(("part", "name"), [("hears", "serotonin"), ("senses", "calcium")])
def test_a_rule_that_reads_what_is_not_there_is_refused(part, name):
    class Astray(Rewarded):
        @property
        def hears(self):
            return (name,) if part == "hears" else ()

        @property
        def senses(self):
            return (name,) if part == "senses" else ()

    with pytest.raises(NeuropilError, match=f"{part} of the rule .*{name}"):
        network(OneToOne(1), [1.0], Astray(0.2))


@pytest.mark.parametrize(
    ("name", "build"),
    [
        ("rate", lambda: Hebb("fast")),
        ("rate", lambda: Hebb(np.nan)),
        ("rate", lambda: Hebb(None)),
        ("rate", lambda: Hebb([])),
        ("rate", lambda: learn(network(OneToOne(1), [1.0], Hebb(np.ones(3))), np.ones((2, 1)))),
        ("rule", lambda: Plasticity("hebb")),
        ("every", lambda: Plasticity(Hebb(0.1), every=0)),
        ("transform", lambda: Plasticity(Hebb(0.1), transform=0.1)),
    ],
)
def test_nonsense_is_refused_by_name(name, build):
    with pytest.raises(NeuropilError, match=f"^{name}: got [\\s\\S]*Fix: "):
        build()
