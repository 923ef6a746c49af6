"""The authors' code (SakanaAI/continuous-thought-machines), whose folder is on the path."""

import os

import torch

from . import _ctm
from ._serve import serve


def build(sizes: dict):
    """Return a training step, the answers to a batch, and those to one sample."""
    from models.ctm import ContinuousThoughtMachine  # type: ignore

    torch.set_num_threads(len(os.sched_getaffinity(0)))
    machine = ContinuousThoughtMachine(
        iterations=sizes["ticks"],
        d_model=sizes["neurons"],
        d_input=sizes["width"],
        heads=sizes["heads"],
        n_synch_out=sizes["pairs_of"],
        n_synch_action=sizes["pairs_of"],
        synapse_depth=1,
        memory_length=sizes["memory"],
        deep_nlms=True,
        memory_hidden_dims=sizes["hidden"],
        do_layernorm_nlm=False,
        backbone_type="none",
        positional_embedding_type="none",
        out_dims=sizes["classes"],
        neuron_select_type="first-last",
    )
    side = int(sizes["tokens"] ** 0.5)
    found, labels = (torch.as_tensor(values) for values in _ctm.data(sizes))
    tokens = found.transpose(1, 2).reshape(len(found), -1, side, side).contiguous()
    machine(tokens[:1])  # its lazy layers take their sizes
    stored = {name: torch.as_tensor(array) for name, array in _ctm.weights(sizes).items()}
    machine.load_state_dict(stored)
    optimiser = torch.optim.AdamW(machine.parameters(), lr=_ctm.LEARNING_RATE, weight_decay=0.0)
    entropy = torch.nn.CrossEntropyLoss(reduction="none")
    samples = torch.arange(len(labels))

    def step():
        answers, certainty, _ = machine(tokens)
        losses = entropy(answers, labels[:, None].expand(-1, sizes["ticks"]))
        best, surest = losses.argmin(1), certainty[:, 1].argmax(1)
        loss = (losses[samples, best] + losses[samples, surest]).mean() / 2
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return loss.item()

    def forward(tokens):
        def act():
            with torch.no_grad():
                machine(tokens)

        return act

    return {"step": step, "batch": forward(tokens), "one": forward(tokens[:1])}


if __name__ == "__main__":
    serve(build, ["torch", "numpy"])
