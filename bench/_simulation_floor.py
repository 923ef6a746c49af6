"""The floor of a tick: bytes that no simulator can do without, over the bandwidth of a copy.

A tick reads and writes the variables of every neuron once. Each synapse behind a spike is read from
the list of synapses (target and weight), and what has arrived at its target is read and written.
Arithmetic, and what is fetched beside what is asked for, cost nothing in this count.
"""

from ._models_simulation._networks import DT, Task

# potential, both conductances or currents, and ticks to wait; or potential, gates, conductances
VARIABLES = {"coba": 4, "cuba": 4, "hh": 6}
LISTED = 8  # bytes a synapse: target and weight
WIDTH = {"single": 4, "double": 8}


def held_bytes(task: Task) -> int:
    """All variables and synapses: what caches would have to hold."""
    variables = VARIABLES[task.kind] * WIDTH[task.precision]
    return round(task.neurons * (variables + task.in_degree * LISTED))


def bytes_per_tick(task: Task, rate: float) -> float:
    """What a tick touches, at a firing rate (Hz)."""
    width = WIDTH[task.precision]
    arriving = rate * 1e-3 * DT * task.in_degree  # a neuron
    return task.neurons * (2 * width * VARIABLES[task.kind] + arriving * (LISTED + 2 * width))
