"""Single neurons against Brian2, in double precision: same spike ticks, same potentials."""

import jax
import numpy as np
import pytest

from neuropil.cells import (
    AbsoluteRefractory,
    Crossing,
    HardReset,
    adex,
    hodgkin_huxley,
    izhikevich,
    lif,
    traub_miles,
)
from neuropil.core import Current
from neuropil.numerics import Euler

from . import _problems as p
from ._compare import assert_same, reference, run_from

GATES = ("m", "h", "n")


def as_lif():
    return lif(
        2,
        tau=p.LIF["tau"],
        rest=p.LIF["rest"],
        threshold=p.LIF["threshold"],
        resistance=p.LIF["resistance"],
        reset=HardReset(p.LIF["reset"]),
        refractory=AbsoluteRefractory(p.LIF_REFRACTORY),
        receptors={"input": Current()},
    )


def as_izhikevich():
    return izhikevich(2, **p.IZHIKEVICH)


def as_adex():
    return adex(2, **p.ADEX)


def as_adex_forward_euler():
    return adex(2, **p.ADEX, integrator=Euler())


def as_hodgkin_huxley():
    parameters = p.HODGKIN_HUXLEY | {"detection": Crossing(p.HODGKIN_HUXLEY["threshold"])}
    del parameters["threshold"]
    return hodgkin_huxley(2, **parameters)


def as_traub_miles():
    parameters = p.TRAUB_MILES | {"detection": Crossing(p.TRAUB_MILES["threshold"])}
    del parameters["threshold"]
    return traub_miles(2, **parameters)


MAKERS = {
    "lif": as_lif,
    "izhikevich": as_izhikevich,
    "adex": as_adex,
    "adex_forward_euler": as_adex_forward_euler,
    "hodgkin_huxley": as_hodgkin_huxley,
    "traub_miles": as_traub_miles,
}


def run(name, expected):
    """Return spikes and potentials, of the ticks that are recorded, from the recorded start."""
    dt, every, stimulus = p.CELLS[name]
    with jax.enable_x64(True):
        start = {"v": expected["start"]}
        start |= {g: expected[f"start_{g}"] for g in GATES if f"start_{g}" in expected}
        spikes, v = run_from(MAKERS[name](), None, start, stimulus.over_time(dt), dt, "v")
    return spikes, v[::every]


@pytest.mark.parametrize("name", MAKERS)
def test_a_step_and_a_noisy_current_give_the_spikes_and_potentials_of_brian2(name):
    dt, _, stimulus = p.CELLS[name]
    expected, current = reference(name), stimulus.over_time(dt)
    np.testing.assert_allclose(current.sum(), expected["total_current"], rtol=1e-12)
    assert set(expected["neurons"]) == {0, 1}
    assert_same(*run(name, expected), expected)
