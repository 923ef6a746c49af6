"""The machine, and the LSTM of about as many parameters that it is compared with."""

import equinox as eqx
import jax

from ...core import Node, learnable_mask
from ...sequence import AttentiveLSTM, continuous_thought_machine
from ._plan import Model, Plan


def build(tokens: tuple[int, int], outputs: int, plan: Plan, model: Model, key) -> Node:
    """Return a machine, or an LSTM of about as many parameters, as fast and as wide to look."""
    machine = continuous_thought_machine(
        tokens,
        outputs,
        key=key,
        ticks=plan.ticks,
        neurons=plan.neurons,
        width=plan.width,
        heads=plan.heads,
        memory=plan.memory,
        hidden=plan.hidden or None,
        depth=plan.depth,
        pairing=plan.pairing,
        action=plan.action,
        out=plan.out,
    )
    if model is Model.CTM:
        return machine
    size = _size_of_lstm(tokens, outputs, plan, count_parameters(machine))
    options = {"ticks": plan.ticks, "width": plan.width, "heads": plan.heads}
    return AttentiveLSTM(tokens, outputs, size=size, **options, key=key)


def count_parameters(node: Node) -> int:
    """Return how many numbers training changes."""
    return sum(x.size for x in jax.tree.leaves(eqx.filter(node, learnable_mask(node))))


def _size_of_lstm(tokens, outputs, plan, parameters):
    """Return how many units have as many parameters: 4 n^2 + n (5 width + outputs + 6) + rest."""
    width, features = plan.width, tokens[1]
    linear = 5 * width + outputs + 6
    rest = width * (features + 3) + 4 * width * (width + 1) + width + outputs
    return max(1, round(((linear**2 + 16 * (parameters - rest)) ** 0.5 - linear) / 8))
