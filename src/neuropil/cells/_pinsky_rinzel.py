from collections.abc import Mapping
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Cell, Current, Emission, Population, Receptor, Refractory
from ..numerics import ImplicitEuler, Integrator, as_instance, as_parameter, fail, relative_growth
from ._detection import Crossing, Detection
from ._emission import Threshold
from ._parameter import parameter

_ORIGIN = -60.0  # mV; the rates are published for potentials relative to it


def _as_ports(names):
    is_listed = isinstance(names, tuple | list)
    if not is_listed or not all(isinstance(name, str) for name in names):
        fail("dendritic", names, "names of ports, in a tuple", "pass e.g. ('input',)")
    return tuple(sorted(set(names)))


class PinskyRinzel(Cell):
    r"""A hippocampal pyramidal cell in two compartments: soma, and a dendrite with calcium spikes.

    - Soma: $C\dot v = g_L(E_L - v) + g_{Na} m_\infty^2 h (E_{Na} - v) + g_K n (E_K - v)
      + \frac{g_c}{p}(v_d - v) + \frac{I}{p}$
    - Dendrite: $C\dot v_d = g_L(E_L - v_d) + g_{Ca} s^2 (E_{Ca} - v_d) + g_{AHP}\,q (E_K - v_d)
      + g_{KC}\,c \min(1, \frac{[Ca]}{250}) (E_K - v_d) + \frac{g_c}{1 - p}(v - v_d)
      + \frac{I_d}{1 - p}$
    - Calcium: $[\dot{Ca}] = 0.13\,g_{Ca} s^2 (E_{Ca} - v_d) - 0.075\,[Ca]$; gates as published
    - Threshold: by `detection`, at the soma; no jump

    **Arguments:** `capacitance` C (nF); `leak`, `sodium`, `potassium`, `calcium`,
    `calcium_potassium` $g_{KC}$, `afterhyperpolarisation` $g_{AHP}$, `coupling` $g_c$ (uS), each
    for the whole cell; `leak_reversal`, `sodium_reversal`, `potassium_reversal`,
    `calcium_reversal`, `rest`, where a run begins (mV); `soma` p, its part of the membrane;
    `dendritic`, the ports whose receptors are on the dendrite and see its potential (all others
    are at the soma); `detection`. The defaults are 0.001 cm2 of membrane: densities in uF, mS,
    uA per cm2 are the numbers in nF, uS, nA.

    **Raises:** `NeuropilError` for a capacitance or conductance that is not positive, a fraction
    out of range, NaN, another kind of detection, or a population without a port of that name.

    >>> sorted(PinskyRinzel().init((1,)))
    ['before', 'c', 'calcium', 'h', 'n', 'q', 's', 'v', 'v_dendrite']

    Source: Pinsky & Rinzel 1994, doi:10.1007/BF00962717, with the erratum of 1995.
    """

    potentials: ClassVar[tuple[str, ...]] = ("v", "v_dendrite")
    capacitance: Float[Array, "..."] = parameter("capacitance", "nF", 3.0, positive=True)
    leak: Float[Array, "..."] = parameter("leak", "uS", 0.1, positive=True)
    sodium: Float[Array, "..."] = parameter("sodium", "uS", 30.0, positive=True)
    potassium: Float[Array, "..."] = parameter("potassium", "uS", 15.0, positive=True)
    calcium: Float[Array, "..."] = parameter("calcium", "uS", 10.0, positive=True)
    calcium_potassium: Float[Array, "..."] = parameter(
        "calcium_potassium", "uS", 15.0, positive=True
    )
    afterhyperpolarisation: Float[Array, "..."] = parameter(
        "afterhyperpolarisation", "uS", 0.8, positive=True
    )
    coupling: Float[Array, "..."] = parameter("coupling", "uS", 2.1, positive=True)
    leak_reversal: Float[Array, "..."] = parameter("leak_reversal", "mV", -60.0)
    sodium_reversal: Float[Array, "..."] = parameter("sodium_reversal", "mV", 60.0)
    potassium_reversal: Float[Array, "..."] = parameter("potassium_reversal", "mV", -75.0)
    calcium_reversal: Float[Array, "..."] = parameter("calcium_reversal", "mV", 80.0)
    rest: Float[Array, "..."] = parameter("rest", "mV", -64.6)
    soma: Float[Array, "..."] = eqx.field(
        default=0.5, converter=lambda p: as_parameter(p, "soma", minimum=0.01, maximum=0.99)
    )
    dendritic: tuple[str, ...] = eqx.field(static=True, default=(), converter=_as_ports)
    detection: Detection = eqx.field(default_factory=Crossing)

    def __check_init__(self):
        """Refuse another kind of detection."""
        as_instance(self.detection, "detection", Detection, "a Detection")

    def potential(self, port):
        """Return the potential of the compartment where a port is."""
        return "v_dendrite" if port in self.dendritic else "v"

    def check_ports(self, ports):
        """Refuse dendritic ports that the population does not have."""
        if not set(self.dendritic) <= set(ports):
            fail("dendritic", self.dendritic, f"ports among {tuple(ports)}", "name receptors")

    def init(self, size):
        """Return both compartments at `rest`, gates and calcium where they settle there."""
        v = jnp.broadcast_to(self.rest, size)
        rates = {**_somatic(v), **_dendritic(v)}
        gates = {name: rates[name][0] / (rates[name][0] + rates[name][1]) for name in "hnsc"}
        inflow = self.calcium * gates["s"] * gates["s"] * (self.calcium_reversal - v)
        calcium = 0.13 * inflow / 0.075
        opening, closing = _slow(calcium)
        gates |= {"q": opening / (opening + closing), "calcium": calcium}
        return {"v": v, "v_dendrite": v, **gates, **self.detection.init(v)}

    def field(self, y, drive):
        """Return the derivatives of both potentials, the calcium and the gates."""
        v, v_d, calcium = y["v"], y["v_dendrite"], y["calcium"]
        somatic, dendritic = _somatic(v), _dendritic(v_d)
        opening, closing = somatic.pop("m")
        m = opening / (opening + closing)
        inflow = self.calcium * (y["s"] * y["s"]) * (self.calcium_reversal - v_d)
        outflow = self.afterhyperpolarisation * y["q"]
        outflow = outflow + self.calcium_potassium * y["c"] * jnp.minimum(calcium / 250.0, 1.0)
        at_soma = (
            self.leak * (self.leak_reversal - v)
            + self.sodium * (m * m * y["h"]) * (self.sodium_reversal - v)
            + self.potassium * y["n"] * (self.potassium_reversal - v)
            + (self.coupling * (v_d - v) + drive["v"].current(v)) / self.soma
        )
        into_dendrite = self.coupling * (v - v_d) + drive["v_dendrite"].current(v_d)
        at_dendrite = (
            self.leak * (self.leak_reversal - v_d)
            + inflow
            + outflow * (self.potassium_reversal - v_d)
            + into_dendrite / (1.0 - self.soma)
        )
        slopes = {
            **jax.tree.map(jnp.zeros_like, y),
            "v": at_soma / self.capacitance,
            "v_dendrite": at_dendrite / self.capacitance,
            "calcium": 0.13 * inflow - 0.075 * calcium,
        }
        for name, (opening, closing) in {**somatic, **dendritic, "q": _slow(calcium)}.items():
            slopes[name] = opening * (1.0 - y[name]) - closing * y[name]
        return slopes

    def time_constants(self):
        """Return how fast the compartments share a charge, and the gate h settles at rest."""
        opening, closing = _somatic(self.rest)["h"]
        share = self.soma * (1.0 - self.soma) * self.capacitance / self.coupling
        return {"between compartments": share, "h": 1.0 / (opening + closing)}

    def excess(self, y):
        """Return the distance of the soma to a spike."""
        return self.detection.excess(y)

    def jump(self, y, spike):
        """Return the variables as they are, and what detection remembers."""
        return {**y, **self.detection.after(y, spike)}


def _somatic(v):
    """Return opening and closing rates (1/ms) of sodium's m and h and potassium's n."""
    x = v - _ORIGIN
    return {
        "m": (
            1.28 / relative_growth((13.1 - x) / 4.0),
            1.4 / relative_growth((x - 40.1) / 5.0),
        ),
        "h": (0.128 * jnp.exp((17.0 - x) / 18.0), 4.0 * jax.nn.sigmoid((x - 40.0) / 5.0)),
        "n": (0.08 / relative_growth((35.1 - x) / 5.0), 0.25 * jnp.exp(0.5 - 0.025 * x)),
    }


def _dendritic(v):
    """Return opening and closing rates (1/ms) of calcium's s and of c, which calcium needs too."""
    x = v - _ORIGIN
    fast = 2.0 * jnp.exp((6.5 - x) / 27.0)
    low = jnp.minimum(x, 50.0)
    slow = jnp.exp((low - 10.0) / 11.0 - (low - 6.5) / 27.0) / 18.975
    opening = jnp.where(x > 50.0, fast, slow)
    return {
        "s": (1.6 * jax.nn.sigmoid(0.072 * (x - 65.0)), 0.1 / relative_growth((x - 51.1) / 5.0)),
        "c": (opening, jnp.where(x > 50.0, 0.0, fast - slow)),
    }


def _slow(calcium):
    """Return opening and closing rate (1/ms) of q, the slow potassium gate."""
    return jnp.minimum(2e-5 * calcium, 0.01), 0.001


def pinsky_rinzel(
    size: int | tuple[int, ...],
    *,
    capacitance=3.0,
    leak=0.1,
    sodium=30.0,
    potassium=15.0,
    calcium=10.0,
    calcium_potassium=15.0,
    afterhyperpolarisation=0.8,
    coupling=2.1,
    leak_reversal=-60.0,
    sodium_reversal=60.0,
    potassium_reversal=-75.0,
    calcium_reversal=80.0,
    rest=-64.6,
    soma=0.5,
    dendritic: tuple[str, ...] = (),
    detection: Detection | None = None,
    emission: Emission | None = None,
    refractory: Refractory | None = None,
    receptors: Mapping[str, Receptor] | None = None,
    integrator: Integrator | None = None,
) -> Population:
    """Return a population of two-compartment pyramidal cells; arrivals are currents.

    **Arguments:** `size`; the rest as for :class:`PinskyRinzel` and :class:`Population`. By default
    a spike is an upward crossing of -20 mV at the soma, and :class:`ImplicitEuler` solves both
    potentials together.

    **Raises:** `NeuropilError` as its parts do.

    >>> from neuropil.synapses import NMDA, ExponentialConductance
    >>> receptors = {"exc": NMDA(), "inh": ExponentialConductance(10.0, reversal=-80.0)}
    >>> pinsky_rinzel(3, receptors=receptors, dendritic=("exc",)).ports
    {'exc': (3,), 'inh': (3,)}
    """
    cell = PinskyRinzel(
        capacitance=capacitance,
        leak=leak,
        sodium=sodium,
        potassium=potassium,
        calcium=calcium,
        calcium_potassium=calcium_potassium,
        afterhyperpolarisation=afterhyperpolarisation,
        coupling=coupling,
        leak_reversal=leak_reversal,
        sodium_reversal=sodium_reversal,
        potassium_reversal=potassium_reversal,
        calcium_reversal=calcium_reversal,
        rest=rest,
        soma=soma,
        dendritic=dendritic,
        detection=Crossing() if detection is None else detection,
    )
    return Population(
        size,
        cell,
        Threshold() if emission is None else emission,
        ImplicitEuler(together=cell.potentials) if integrator is None else integrator,
        {"input": Current()} if receptors is None else receptors,
        refractory,
    )
