"""Time the kernels of neuropil.numerics against their XLA references, in alternation.

    python -m bench.kernels [--ticks 500] [--batch 64] [--rounds 10]

A ratio above 1 says how many times faster the kernel is; the best of all rounds counts. Idle
machines only: `taskset -c 0,1` chooses two cores.
"""

import argparse
import time

import jax
import jax.numpy as jnp
import optax

from neuropil.numerics import ArcTan, elementwise_scan, event_matmul, recurrent_scan

TAU, DT = 20.0, 1.0
INPUTS, HIDDEN, CLASSES = 700, 256, 20
ACTIVITIES = (0.005, 0.02, 0.1, 0.5)


def lif(tau, v, x):
    v = v * jnp.exp(-DT / tau) + x
    spike = ArcTan(2.0)(v - 1.0)
    return v - jax.lax.stop_gradient(spike), spike


def integrator(tau, v, x):
    v = v * jnp.exp(-DT / tau) + x
    return v, v


def plain_scan(step, params, carry, xs):
    return jax.lax.scan(lambda c, x: step(params, c, x), carry, xs)


def best_times(functions, rounds):
    """Return the best seconds of each call, all called in turn."""
    for function in functions:
        jax.block_until_ready(function())
    best = [float("inf")] * len(functions)
    for _ in range(rounds):
        for i, function in enumerate(functions):
            start = time.perf_counter()
            jax.block_until_ready(function())
            best[i] = min(best[i], time.perf_counter() - start)
    return best


def compare(label, build, forms, arguments, rounds):
    """Print the times of `build(form)` for the reference and for the kernel, and their ratio."""
    compiled = [jax.jit(build(form)) for form in forms]
    slow, fast = best_times([lambda f=f: f(*arguments) for f in compiled], rounds)
    print(
        f"{label:54s} {slow * 1e3:9.2f} ms {fast * 1e3:9.2f} ms   {slow / fast:6.2f}x", flush=True
    )


def scans(ticks, batch, rounds):
    forms = (plain_scan, elementwise_scan)
    for neurons in (HIDDEN, CLASSES):
        shape = (ticks, batch, neurons)
        current = 0.3 * jax.random.normal(jax.random.key(0), shape) + 0.1
        cotangent = jax.random.normal(jax.random.key(1), shape)

        def forward(scan):
            return lambda x, ct: scan(lif, TAU, jnp.zeros_like(ct[0]), x)[1]

        def gradient(scan):
            return lambda x, ct: jax.vjp(lambda x: forward(scan)(x, ct), x)[1](ct)

        label = f"LIF scan {list(shape)}"
        compare(f"{label} forward", forward, forms, (current, cotangent), rounds)
        compare(f"{label} forward + backward", gradient, forms, (current, cotangent), rounds)


def products(ticks, batch, rounds):
    forms = (jnp.matmul, event_matmul)
    weight = 0.1 * jax.random.normal(jax.random.key(0), (INPUTS, HIDDEN))
    cotangent = jax.random.normal(jax.random.key(1), (ticks, batch, HIDDEN))
    for activity in ACTIVITIES:
        key = jax.random.key(2)
        events = jax.random.bernoulli(key, activity, (ticks, batch, INPUTS)).astype(jnp.float32)

        def forward(product):
            return lambda e, w, _: product(e, w)

        def gradient(product):
            return lambda e, w, ct: jax.vjp(lambda w: product(e, w), w)[1](ct)

        label = f"product [{ticks}, {batch}, {INPUTS}] x {HIDDEN}, {activity:.1%}"
        arguments = (events, weight, cotangent)
        compare(f"{label} forward", forward, forms, arguments, rounds)
        compare(f"{label} weight gradient", gradient, forms, arguments, rounds)


def training(ticks, batch, rounds):
    keys = jax.random.split(jax.random.key(3), 5)
    sizes = ((INPUTS, HIDDEN, 0.08), (HIDDEN, HIDDEN, 0.12), (HIDDEN, CLASSES, 0.05))
    weights = [
        scale * jax.random.normal(key, (n, m))
        for key, (n, m, scale) in zip(keys[:3], sizes, strict=True)
    ]
    events = jax.random.bernoulli(keys[3], 0.02, (ticks, batch, INPUTS)).astype(jnp.float32)
    labels = jax.random.randint(keys[4], (batch,), 0, CLASSES)

    def gradient(form):
        scan, product = form

        def loss(weights, events):
            signal = events
            for weight, step in zip(weights, (lif, lif, integrator), strict=True):
                current = product(signal, weight)
                signal = scan(step, TAU, jnp.zeros_like(current[0]), current)[1]
            logits = signal.mean(0)
            return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

        return jax.value_and_grad(loss)

    forms = ((plain_scan, jnp.matmul), (elementwise_scan, event_matmul))
    label = f"gradient {INPUTS}-{HIDDEN}-{HIDDEN}-{CLASSES}, T {ticks}, batch {batch}, 2%"
    compare(label, gradient, forms, (weights, events), rounds)


def recurrent(ticks, batch, rounds):
    keys = jax.random.split(jax.random.key(4), 3)
    weight = 0.05 * jax.random.normal(keys[0], (HIDDEN, HIDDEN))
    current = 0.3 * jax.random.normal(keys[1], (ticks, batch, HIDDEN))
    cotangent = jax.random.normal(keys[2], current.shape)

    def step(tau, v, x, arriving):
        return (*lif(tau, v, x + arriving), None)

    def plain(weight, x):
        def tick(state, x):
            v, spikes = state
            state = lif(TAU, v, x + spikes @ weight)
            return state, state[1]

        return jax.lax.scan(tick, (jnp.zeros_like(x[0]),) * 2, x)[1]

    def fast(weight, x):
        still = jnp.zeros_like(x[0])
        return recurrent_scan(step, TAU, weight, still, still, x)[1][0]

    def gradient(scan):
        return lambda w, x, ct: jax.vjp(scan, w, x)[1](ct)

    def forward(scan):
        return lambda w, x, _: scan(w, x)

    label = f"recurrent LIF scan {[ticks, batch, HIDDEN]}"
    arguments = (weight, current, cotangent)
    compare(f"{label} forward", forward, (plain, fast), arguments, rounds)
    compare(f"{label} forward + backward", gradient, (plain, fast), arguments, rounds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ticks", type=int, default=500)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=10)
    chosen = vars(parser.parse_args()).values()
    print(f"{'':54s} {'XLA':>12s} {'kernel':>12s}")
    scans(*chosen)
    recurrent(*chosen)
    products(*chosen)
    training(*chosen)


if __name__ == "__main__":
    main()
