"""The connectome of C. elegans, driven at one neuron at a time.

Source: Randi et al. 2023, doi:10.1038/s41586-023-06683-4; neurons and synapses as in Kunert et al.
2014, doi:10.1103/PhysRevE.89.052805.
"""

from .._system import System
from ._claims import CLAIMS
from ._run import SOURCES, Settings, run

system = System(
    name="worm",
    title="Signals through the connectome of C. elegans",
    summary="Graded neurons wired as in the worm, held to measured propagation of signals.",
    reference="10.1038/s41586-023-06683-4",
    settings=Settings,
    data=tuple(SOURCES),
    run=run,
    claims=CLAIMS,
)
