"""A choice between two, by pools of neurons that excite themselves and inhibit each other.

Source: Wang 2002, doi:10.1016/S0896-6273(02)01092-9.
"""

from .._system import Bound, Claim, System
from ._decision_claims import psychometric, reaction_time
from ._decision_run import Settings, run

system = System(
    name="wang-decision",
    title="A choice by slow recurrent excitation",
    summary="Two pools of spiking neurons add up evidence through NMDA receptors until one wins.",
    reference="10.1016/S0896-6273(02)01092-9",
    settings=Settings,
    data=("no data",),
    run=run,
    claims=(
        Claim(
            name="psychometric function",
            statement="Choices are right more often the more coherent the evidence is; the "
            "threshold of the Weibull function (%) is at most 1.5 times the 9.2 % of the paper.",
            bound=Bound(
                "<=",
                13.8,
                "1.5 times the paper's; calibrated: 8.3 with slope 1.65, over 160 trials, whose "
                "binomial errors give the threshold a standard error of 1.3",
            ),
            ablation="no conductance of NMDA receptors",
            check=psychometric,
            seeds=1,
            quick_seeds=0,
        ),
        Claim(
            name="reaction time",
            statement="Weak evidence (3.2 %) is decided on later than strong (51.2 %), by this "
            "many ms in the mean.",
            bound=Bound(
                ">=",
                200.0,
                "calibrated: 844 - 396 = 448 over 32 trials each, with a standard error of 70 at "
                "a spread of 400 and 150 ms: the bound is more than 3 of them lower",
            ),
            quick_bound=Bound(
                ">=",
                50.0,
                "a quarter of the neurons, 16 trials each: 204, with a standard error of 95, and "
                "without NMDA 0, since nothing is decided",
            ),
            ablation="no conductance of NMDA receptors",
            check=reaction_time,
            seeds=1,
        ),
    ),
)
