"""A cell and the function that makes a population of it: the same parameters, the same defaults."""

import dataclasses
import inspect

import equinox as eqx
import numpy as np
import pytest

from neuropil import cells

PAIRS = {
    cells.LeakyIntegrator: cells.leaky_integrator,
    cells.LIF: cells.lif,
    cells.AdaptiveLIF: cells.adaptive_lif,
    cells.QuadraticIF: cells.qif,
    cells.ExponentialIF: cells.eif,
    cells.AdEx: cells.adex,
    cells.GLIF: cells.glif,
    cells.Izhikevich: cells.izhikevich,
    cells.FitzHughNagumo: cells.fitzhugh_nagumo,
    cells.MorrisLecar: cells.morris_lecar,
    cells.HodgkinHuxley: cells.hodgkin_huxley,
    cells.PinskyRinzel: cells.pinsky_rinzel,
}


@pytest.mark.parametrize("kind", PAIRS, ids=lambda kind: kind.__name__)
def test_a_population_has_the_defaults_of_its_cell(kind):
    assert eqx.tree_equal(kind(), PAIRS[kind](1).cell)


@pytest.mark.parametrize("kind", PAIRS, ids=lambda kind: kind.__name__)
def test_every_parameter_arrives_under_its_own_name(kind):
    """Each a little off its default, each by another factor."""
    taken = inspect.signature(PAIRS[kind]).parameters
    fields = [field.name for field in dataclasses.fields(kind) if field.name in taken]
    numbers = {name: taken[name].default for name in fields}
    numbers = {name: x for name, x in numbers.items() if isinstance(x, int | float)}
    moved = {name: 0.999 * x + 1e-4 * (i + 1) for i, (name, x) in enumerate(numbers.items())}
    cell = PAIRS[kind](1, **moved).cell
    assert len(moved) >= 3
    for name, value in moved.items():
        np.testing.assert_allclose(getattr(cell, name), value, rtol=1e-6, err_msg=name)
