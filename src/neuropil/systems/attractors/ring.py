"""A place kept in mind: a bump of activity on a ring that outlasts its cue by seconds.

Source: Compte et al. 2000, doi:10.1093/cercor/10.9.910.
"""

from .._system import Bound, Claim, System
from ._ring_claims import kept
from ._ring_run import Settings, run

system = System(
    name="ring-attractor",
    title="A place kept in mind by slow recurrent excitation",
    summary="A bump of activity on a ring of spiking neurons outlasts its cue by seconds.",
    reference="10.1093/cercor/10.9.910",
    settings=Settings,
    data=("no data",),
    run=run,
    claims=(
        Claim(
            name="memory",
            statement="After a delay of 2.5 s the bump is within 30 degrees of the cue (measured: "
            "in which share of the trials).",
            bound=Bound(
                ">=",
                0.8,
                "calibrated: 31 of 32 trials; errors of 14.6 degrees leave 0.96 within 30, and 32 "
                "trials have a standard error of 0.035: the bound is 4.6 of them lower",
            ),
            quick_bound=Bound(
                ">=",
                0.7,
                "half the neurons, 8 trials, 0.5 s: 1.00, with errors of 8 degrees; fewer than 6 "
                "of 8 has a chance of 0.003 if 0.96 is expected",
            ),
            ablation="no conductance of NMDA receptors",
            check=kept,
            seeds=2,
        ),
    ),
)
