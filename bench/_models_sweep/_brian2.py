"""The ten neurons in Brian2; the weight that is swept is a variable that all of them share."""

import brian2 as b

from . import _circuit as c

EQUATIONS = """
dv/dt = (leak * (rest - v) + ge * (above - v) + gi * (below - v)) / capacitance
    : volt (unless refractory)
dge/dt = -ge / tau_e : siemens
dgi/dt = -gi / tau_i : siemens
we : siemens (shared, constant)
fired : integer
"""
NUMBERS = {
    "leak": c.LEAK * b.uS,
    "capacitance": c.CAPACITANCE * b.nF,
    "rest": c.REST * b.mV,
    "above": c.ABOVE * b.mV,
    "below": c.BELOW * b.mV,
    "threshold": c.THRESHOLD * b.mV,
    "reset": c.RESET * b.mV,
    "tau_e": c.TAU_E * b.ms,
    "tau_i": c.TAU_I * b.ms,
    "wi": c.INHIBITION * b.uS,
}


def network():
    """Return the neurons, and the network that holds them and their synapses."""
    b.defaultclock.dt = c.DT * b.ms
    group = b.NeuronGroup(
        c.NEURONS,
        EQUATIONS,
        threshold="v >= threshold",
        reset="v = reset; fired += 1",
        refractory=(c.REFRACTORY + c.DT) * b.ms,
        method="exponential_euler",
        namespace=NUMBERS,
        name="cells",
    )
    group.v = c.START * b.mV
    group.we = float(c.weights(2)[0]) * b.uS
    source, target = c.edges()
    projections = []
    for on_pre, own in (
        ("ge_post += we_post", source < c.EXCITATORY),
        ("gi_post += wi", source >= c.EXCITATORY),
    ):
        synapses = b.Synapses(group, group, on_pre=on_pre, namespace=NUMBERS)
        synapses.connect(i=source[own], j=target[own])
        projections.append(synapses)
    return group, b.Network(group, *projections)
