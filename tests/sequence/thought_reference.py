"""The continuous thought machine in NumPy, double precision, from its equations.

Arrays have the names and the shapes of the published `state_dict`.
"""

import numpy as np


def drawn(seed, *, d, m, h, width, features, classes, action, out, depth, pairing, own=0):
    """Random weights of the published shapes."""
    rng = np.random.default_rng(seed)
    found = {
        "start_activated_state": rng.normal(size=d),
        "start_trace": rng.normal(size=(d, m)),
    }

    def linear(name, inputs, outputs):
        found[f"{name}.weight"] = rng.normal(size=(outputs, inputs)) / np.sqrt(inputs)
        found[f"{name}.bias"] = rng.normal(size=outputs)

    def norm(name, size):
        found[f"{name}.weight"] = rng.normal(1.0, 0.2, size)
        found[f"{name}.bias"] = rng.normal(size=size)

    pairs = {}
    for name, n in (("action", action), ("out", out)):
        if pairing == "first-last":
            left = right = np.arange(n) if name == "out" else np.arange(d - n, d)
        else:
            left, right = rng.integers(0, d, (2, n))
        if pairing == "random-pairing":
            right = np.concatenate([left[:own], right[own:]])
        pairs[name] = n if pairing == "random-pairing" else n * (n + 1) // 2
        found[f"{name}_neuron_indices_left"] = left
        found[f"{name}_neuron_indices_right"] = right
        found[f"decay_params_{name}"] = rng.uniform(0.0, 3.0, pairs[name])
    linear("kv_proj.0", features, width)
    norm("kv_proj.1", width)
    linear("q_proj", pairs["action"], width)
    found["attention.in_proj_weight"] = rng.normal(size=(3 * width, width)) / np.sqrt(width)
    found["attention.in_proj_bias"] = rng.normal(size=3 * width)
    linear("attention.out_proj", width, width)
    linear("output_projector.0", pairs["out"], classes)
    if depth == 1:
        linear("synapses.1", width + d, 2 * d)
        norm("synapses.3", d)
    else:
        widths = [int(w) for w in np.linspace(d, 16, depth)]
        linear("synapses.first_projection.0", width + d, widths[0])
        norm("synapses.first_projection.1", widths[0])
        for i, (wide, narrow) in enumerate(zip(widths[:-1], widths[1:], strict=True)):
            linear(f"synapses.down_projections.{i}.1", wide, narrow)
            norm(f"synapses.down_projections.{i}.2", narrow)
            linear(f"synapses.up_projections.{i}.1", narrow, wide)
            norm(f"synapses.up_projections.{i}.2", wide)
            norm(f"synapses.skip_lns.{i}", wide)
    sizes = [(m, 2)] if h is None else [(m, 2 * h), (h, 2)]
    for at, (inputs, outputs) in zip((0, 2), sizes, strict=False):
        name = f"trace_processor.0.{at}"
        found[f"{name}.w1"] = rng.normal(size=(inputs, outputs, d)) / np.sqrt(inputs)
        found[f"{name}.b1"] = rng.normal(size=(1, d, outputs))
        found[f"{name}.T"] = rng.uniform(0.5, 2.0, 1)
    return found


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def forward(w, tokens, *, ticks, heads):
    """Answers `[tick, class]`, attention `[tick, head, token]`, both synchronisations."""
    d, m = w["start_trace"].shape

    def linear(name, x):
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    def norm(name, x):
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
        return scaled * w[f"{name}.weight"] + w[f"{name}.bias"]

    def block(name, at, x):
        y = norm(f"{name}.{at + 1}", linear(f"{name}.{at}", x))
        return y * sigmoid(y)

    def synapses(x):
        if "synapses.1.weight" in w:
            y = linear("synapses.1", x)
            return norm("synapses.3", y[:d] * sigmoid(y[d:]))
        levels = [block("synapses.first_projection", 0, x)]
        while f"synapses.skip_lns.{len(levels) - 1}.weight" in w:
            name = f"synapses.down_projections.{len(levels) - 1}"
            levels.append(block(name, 1, levels[-1]))
        y = levels[-1]
        for i in reversed(range(len(levels) - 1)):
            up = block(f"synapses.up_projections.{i}", 1, y)
            y = norm(f"synapses.skip_lns.{i}", up + levels[i])
        return y

    def neuron_models(history):
        z = np.zeros(d)
        for n in range(d):
            x = history[n]
            for at in (0, 2):
                name = f"trace_processor.0.{at}"
                if f"{name}.w1" in w:
                    y = (x @ w[f"{name}.w1"][:, :, n] + w[f"{name}.b1"][0, n]) / w[f"{name}.T"][0]
                    half = len(y) // 2
                    x = y[:half] * sigmoid(y[half:])
            (z[n],) = x
        return z

    def synchronisation(name, past):
        """The weighted sum, written out over all of the past."""
        left, right = w[f"{name}_neuron_indices_left"], w[f"{name}_neuron_indices_right"]
        r = w[f"decay_params_{name}"]
        if len(r) != len(left):
            pairs = [(i, j) for k, i in enumerate(left) for j in right[k:]]
            left, right = np.array(pairs).T
        weights = np.exp(-r * np.arange(len(past))[::-1, None])
        past = np.array(past)
        return (weights * past[:, left] * past[:, right]).sum(0) / np.sqrt(weights.sum(0))

    kv = norm("kv_proj.1", linear("kv_proj.0", tokens))
    width = kv.shape[1]
    parts = np.split(w["attention.in_proj_weight"], 3), np.split(w["attention.in_proj_bias"], 3)
    k, v = (kv @ parts[0][i].T + parts[1][i] for i in (1, 2))
    z, history, acted, answered = w["start_activated_state"], w["start_trace"], [], []
    answered.append(z)
    answers, looked, actions, outs = [], [], [], []
    for _ in range(ticks):
        acted.append(z)
        action = synchronisation("action", acted)
        q = linear("q_proj", action) @ parts[0][0].T + parts[1][0]
        found, weights = [], []
        for part in np.split(np.arange(width), heads):
            score = np.exp(k[:, part] @ q[part] / np.sqrt(len(part)))
            weights.append(score / score.sum())
            found.append(weights[-1] @ v[:, part])
        o = linear("attention.out_proj", np.concatenate(found))
        arriving = synapses(np.concatenate([o, z]))
        history = np.concatenate([history[:, 1:], arriving[:, None]], axis=1)
        z = neuron_models(history)
        answered.append(z)
        out = synchronisation("out", answered)
        answers.append(linear("output_projector.0", out))
        looked.append(weights)
        actions.append(action)
        outs.append(out)
    return np.array(answers), np.array(looked), np.array(actions), np.array(outs)
