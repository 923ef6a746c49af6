import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from neuropil.cells import leaky_integrator, lif
from neuropil.connectivity import Dense, LearnableDelays, OneToOne
from neuropil.core import (
    Bounds,
    Input,
    Link,
    Network,
    Projection,
    Record,
    chain,
    learnable_mask,
    simulate,
)
from neuropil.modulation import BatchNorm
from neuropil.numerics import NeuropilError
from neuropil.training import Batches, Encoded, Stopping, anneal, by_field, evaluate, fit, per_epoch
from neuropil.training._step import train_step

from .problems import KEY, LOSS, METRICS, SGD, close, net, options, same, spikes

STILL = optax.sgd(0.0)


def by_hand(node, inputs, targets, weights=None):
    """One step of plain gradient descent, written without the library's training."""
    mask = learnable_mask(node)
    params, rest = eqx.partition(node, mask)
    weights = np.ones(len(targets)) if weights is None else weights

    def objective(params):
        x = jnp.asarray(inputs).swapaxes(0, 1)
        _, records = simulate(eqx.combine(params, rest), x, dt=1.0, key=KEY)
        return jnp.sum(LOSS(records, targets) * weights) / weights.sum()

    gradients = jax.grad(objective)(params)
    return eqx.combine(jax.tree.map(lambda p, g: p - 0.1 * g, params, gradients), rest)


def test_it_learns_a_separable_problem():
    result = fit(net(), spikes(), validation=spikes(seed=1), **options(epochs=12))
    assert result.history[0]["validation"]["accuracy"] < 0.9
    assert result.history[-1]["validation"]["accuracy"] > 0.95
    assert 0 < result.history[-1]["rates"]["hidden1"] < 1
    assert set(result.history[-1]["rates"]) == {"hidden1"}


def test_one_step_is_the_step_by_hand():
    inputs, targets = spikes(16)
    result = fit(net(), (inputs, targets), **options(epochs=1, optimizer=SGD))
    assert close(result.node, by_hand(net(), inputs, targets))


@pytest.mark.slow
def test_a_short_last_batch_counts_as_if_it_were_alone():
    inputs, targets = spikes(21)
    whole = fit(net(), (inputs, targets), **options(epochs=1, optimizer=SGD, batch_size=16))
    order = _order(21)
    node = by_hand(net(), inputs[order[:16]], targets[order[:16]])
    assert close(whole.node, by_hand(node, inputs[order[16:]], targets[order[16:]]))


def test_every_sample_counts_once_in_the_log():
    data = spikes(21)
    frozen = options(epochs=1, optimizer=STILL)
    entry = fit(net(), data, validation=data, **frozen).history[0]
    alone = evaluate(net(), data, loss=LOSS, metrics=METRICS, dt=1.0, key=KEY, batch_size=5)
    assert entry["train"] == pytest.approx(alone.values, rel=1e-5)
    assert entry["validation"] == pytest.approx(alone.values, rel=1e-5)
    assert entry["rates"] == pytest.approx(alone.rates, rel=1e-5)


def test_a_step_is_compiled_once():
    before = train_step._cache_size()
    fit(net(), spikes(21), **options(epochs=3, optimizer=optax.adam(2e-3)))
    assert train_step._cache_size() == before + 1


def test_what_it_is_given_stays_usable():
    node = net()
    fit(node, spikes(), **options(epochs=1))
    assert same(node, net())


def test_the_same_key_gives_the_same_node_and_another_key_does_not():
    first, again, other = (
        fit(net(), spikes(), **options(key=jax.random.key(seed))).node for seed in (0, 0, 1)
    )
    assert same(first, again)
    assert not same(first, other)


def test_randomness_of_a_sample_does_not_depend_on_the_batch():
    seen = {}

    def make(indices, keys):
        for i, k in zip(indices.tolist(), jax.random.key_data(keys).tolist(), strict=True):
            seen.setdefault(i, set()).add(tuple(k))
        inputs, targets = spikes(20)
        return inputs[indices].swapaxes(0, 1), targets[indices]

    for size in (3, 16, 20):
        fit(net(), Batches(20, make), **options(epochs=1, batch_size=size, optimizer=SGD))
    assert sorted(seen) == list(range(20))
    assert all(len(keys) == 1 for keys in seen.values())


def test_encoded_samples_are_drawn_anew_each_epoch_and_alike_for_any_batch_size():
    rates, targets = np.random.default_rng(0).random((20, 6)).astype(np.float32), spikes(20)[1]

    def encode(x, key):
        return jax.random.bernoulli(key, x, (12, 6))

    data = Encoded(rates, targets, encode)
    still = options(epochs=2, optimizer=STILL)
    entries = [fit(net(), data, **{**still, "batch_size": n}).history for n in (7, 20)]
    for one, other in zip(*entries, strict=True):
        assert one["train"] == pytest.approx(other["train"], rel=1e-5)
    assert entries[0][0]["train"]["loss"] != entries[0][1]["train"]["loss"]


def test_only_learnable_fields_move_unless_told_otherwise():
    def everything(node):
        return jax.tree.map(eqx.is_inexact_array, node)

    usual = fit(net(), spikes(), **options()).node
    told = fit(net(), spikes(), trainable=everything, **options()).node
    tau = net().nodes["hidden1"].cell.tau
    assert usual.nodes["hidden1"].cell.tau == tau
    assert told.nodes["hidden1"].cell.tau != tau


def test_bounds_hold_after_training_in_nested_networks_too():
    def bounded(key):
        link = Link(Dense(6, 4), jnp.full((6, 4), 0.3), bounds=Bounds(0.29, 0.31))
        return chain(Input(6), link, lif(4), key=key)

    nodes = {"input": Input(6), "inner": bounded(KEY), "out": leaky_integrator(2)}
    node = Network(
        nodes,
        (
            Projection("input", "inner.input.input", OneToOne(6), jnp.ones(6)),
            Projection("inner", "out", Dense(4, 2), 0.1 * jax.random.normal(KEY, (4, 2))),
        ),
        "out",
    )
    inputs, targets = spikes()
    data = {"input.input": inputs}, targets
    result = fit(node, data, **options(optimizer=optax.adam(0.3)))
    inside = result.node.nodes["inner"].projections[0].weight
    assert float(inside.min()) > 0.2899 and float(inside.max()) < 0.3101
    assert not np.allclose(inside, 0.3)


def test_groups_of_parameters_have_their_own_optimiser():
    def two_groups(delay_rate):
        delay = jnp.full((6, 8), 3.0)
        node = chain(
            Input(6), LearnableDelays(delay, longest=6, width=2.0), lif(8, tau=5.0),
            Dense(8, 2), leaky_integrator(2), key=KEY,
        )  # fmt: skip
        optimizer = by_field({"delay": optax.sgd(delay_rate)}, other=optax.adam(0.01))
        return fit(node, spikes(), **options(optimizer=optimizer, epochs=1)).node, node

    (moved, begun), (still, _) = two_groups(10.0), two_groups(0.0)
    assert not np.allclose(
        moved.projections[0].connectivity.delay, begun.projections[0].connectivity.delay
    )
    assert same(still.projections[0].connectivity, begun.projections[0].connectivity)
    assert not np.allclose(still.projections[0].weight, begun.projections[0].weight)


def test_schedules_set_the_value_of_every_epoch():
    seen = []
    schedule = anneal(lambda node: node.nodes["hidden1"].cell.tau, lambda epoch: 5.0 + epoch)

    def look(node, epoch):
        seen.append(float(node.nodes["hidden1"].cell.tau))
        return node

    result = fit(net(), spikes(), schedules=[schedule, look], **options(epochs=3))
    assert seen == [5.0, 6.0, 7.0]
    assert result.node.nodes["hidden1"].cell.tau == 7.0


def test_a_schedule_may_set_trained_values():
    fixed = jnp.ones((8, 2))
    schedule = anneal(lambda node: node.projections[1].weight, lambda epoch: fixed)
    fit(net(), spikes(), schedules=[schedule], **options(epochs=3))
    assert fixed.sum() == 16.0


def test_the_learning_rate_of_every_epoch_is_logged():
    schedule = per_epoch(lambda epoch: 0.1 / (1 + epoch), size=40, batch_size=16)
    optimizer = optax.inject_hyperparams(optax.sgd)(learning_rate=schedule)
    history = fit(net(), spikes(), **options(optimizer=optimizer, epochs=3)).history
    assert [e["learning_rate"] for e in history] == pytest.approx([0.1, 0.05, 0.1 / 3])


def test_learning_rates_of_groups_are_logged_by_group():
    adam = optax.inject_hyperparams(optax.adam)
    optimizer = by_field({"weight": adam(0.01)}, other=adam(0.1))
    history = fit(normalised(), spikes(), **options(optimizer=optimizer, epochs=1)).history
    rates = history[0]["learning_rate"]
    assert rates == pytest.approx({"weight": 0.01, "other fields": 0.1})


def test_stopping_returns_the_best_node():
    rate = per_epoch(lambda epoch: jnp.where(epoch < 3, 0.01, 3.0), size=40, batch_size=16)
    judged = {"validation": spikes(seed=1), "stopping": Stopping(patience=2)}
    result = fit(net(), spikes(), **judged, **options(optimizer=optax.adam(rate), epochs=20))
    losses = [entry["validation"]["loss"] for entry in result.history]
    best = int(np.argmin(losses))
    assert len(losses) == best + 3 < 20
    found = evaluate(result.node, spikes(seed=1), loss=LOSS, dt=1.0, key=KEY, batch_size=16)
    assert found.values["loss"] == pytest.approx(losses[best], rel=1e-6)


def test_the_loss_may_use_what_is_recorded():
    def quiet(records, targets):
        return records.kept["activity"].mean((0, 2))

    record = {"activity": Record("hidden1")}
    fresh = {"record": record, **options(loss=quiet, metrics={}, epochs=20)}
    history = fit(net(), spikes(), **fresh).history
    assert history[-1]["rates"]["hidden1"] < 0.5 * history[0]["rates"]["hidden1"]


def normalised():
    return chain(
        Input(6), Dense(6, 8), BatchNorm(8), OneToOne(8), lif(8, tau=5.0), Dense(8, 2),
        leaky_integrator(2), key=KEY,
    )  # fmt: skip


def test_statistics_are_the_plain_then_the_exponential_average_over_steps():
    inputs, targets = spikes(40)
    still = options(epochs=3, optimizer=STILL, batch_size=16)
    result = fit(normalised(), (inputs, targets), momentum=0.25, **still)
    expected, count = 0.0, 0
    for epoch in range(3):
        order = _order(40, epoch)
        for step in range(3):
            batch = order[np.arange(step * 16, step * 16 + 16) % 40]
            x = jnp.asarray(inputs[batch]).swapaxes(0, 1)
            state, _ = simulate(normalised(), x, dt=1.0, key=KEY)
            mean = state.node.nodes["hidden1"].statistics.mean[0]
            expected = expected + max(0.25, 1 / (count + 1)) * (mean - expected)
            count += 1
    assert np.allclose(result.statistics["hidden1"].mean, expected, atol=1e-5)


def test_validation_judges_the_frozen_form_sample_by_sample():
    data = spikes(30, seed=1)
    result = fit(normalised(), spikes(), validation=data, **options())
    options_ = {"loss": LOSS, "dt": 1.0, "key": KEY}
    one_by_one = evaluate(result.frozen, data, batch_size=1, **options_)
    logged = result.history[-1]["validation"]["loss"]
    assert one_by_one.values["loss"] == pytest.approx(logged, rel=1e-4)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"train": (np.zeros((4, 5, 6)), np.zeros(3))}, "targets"),
        ({"train": (np.zeros((4, 0, 6)), np.zeros(4))}, "inputs"),
        ({"train": (np.full((4, 5, 6), "a"), np.zeros(4))}, "inputs"),
        ({"train": spikes()[0]}, "train"),
        ({"validation": 3}, "validation"),
        ({"train": (np.zeros((4, 5, 7)), np.zeros(4, int))}, "inputs"),
        ({"train": (np.zeros((4, 5, 6)), np.zeros(4, float))}, "targets"),
        ({"loss": "cross"}, "loss"),
        ({"loss": lambda records, targets: records.output.mean()}, "loss"),
        ({"metrics": [1]}, "metrics"),
        ({"metrics": {"accuracy": 0.5}}, "metrics"),
        ({"optimizer": 0.1}, "optimizer"),
        ({"epochs": 0}, "epochs"),
        ({"epochs": "many"}, "epochs"),
        ({"batch_size": 1.5}, "batch_size"),
        ({"dt": -1.0}, "dt"),
        ({"key": 0}, "key"),
        ({"node": "net"}, "node"),
        ({"schedules": "slow"}, "schedules"),
        ({"schedules": [lambda node, epoch: node.nodes["hidden1"]]}, "schedules"),
        ({"stopping": Stopping()}, "validation"),
        ({"stopping": Stopping("f1"), "validation": spikes()}, "stopping.metric"),
        ({"stopping": 3}, "stopping"),
        ({"trainable": lambda node: jax.tree.map(lambda _: False, node)}, "trainable"),
        ({"trainable": lambda node: {"weight": True}}, "trainable"),
        ({"truncate": 0}, "truncate"),
        ({"checkpoint": -1}, "checkpoint"),
        ({"momentum": 0.0}, "momentum"),
        ({"optimizer": by_field({"delai": SGD}, SGD)}, "optimizers"),
        ({"progress": True}, "progress"),
        ({"checkpoints": "here"}, "checkpoints"),
        ({"log": 3}, "log"),
    ],
)
def test_nonsense_is_refused_by_name(change, named):
    arguments = {"node": net(), "train": spikes(), **options(), **change}
    with pytest.raises(NeuropilError, match=rf"^{named}.*got .*expected .*\nFix: ") as caught:
        fit(**arguments)
    assert "Fix: " in str(caught.value)


def _order(size, epoch=0):
    from neuropil.training._order import epoch_order

    return epoch_order(KEY, epoch, size)


def right_and_more(records, targets):
    return LOSS(records, targets) + 1.0


@pytest.mark.parametrize("shift", [5, -1])
@pytest.mark.parametrize("loss", [LOSS, right_and_more])
def test_targets_beyond_the_classes_are_named(loss, shift):
    x, y = spikes(40)
    with pytest.raises(NeuropilError, match=rf"^targets: got class {shift}; expected 0 to 1, .* 2"):
        fit(net(), (x, np.zeros_like(y) + shift), **options(loss=loss, metrics={}))
    with pytest.raises(NeuropilError, match="^targets: got class"):
        fit(net(), (x, y), validation=(x, np.where(np.arange(40) == 33, shift, y)), **options())
    with pytest.raises(NeuropilError, match="^targets: got class"):
        evaluate(net(), (x, y + 3 * shift), loss=loss, dt=1.0, key=KEY)


def test_batches_with_targets_beyond_the_classes_are_explained():
    x, y = spikes(40)
    data = Batches(40, lambda indices, keys: (x[indices].swapaxes(0, 1), y[indices] + 5))
    with pytest.raises(NeuropilError, match="^targets: got class [56]; expected 0 to 1"):
        fit(net(), data, **options())
