from collections.abc import Mapping

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Cell, Current, Emission, Population, Receptor, Refractory
from ..numerics import ExponentialEuler, Integrator, as_instance, fail
from ._emission import Threshold
from ._parameter import parameter


class AfterSpikeCurrent(eqx.Module):
    r"""A current that every spike changes: $\tau\,\dot I = -I$; at a spike $I \leftarrow f I + A$.

    **Arguments:** `tau` (ms), `amplitude` A (nA, negative to hold the neuron back), `kept` f, the
    part of the current that survives a spike; one or per neuron.

    **Raises:** `NeuropilError` for a tau that is not positive, or NaN.

    >>> float(AfterSpikeCurrent(20.0, -0.1).kept)
    1.0
    """

    tau: Float[Array, "..."] = parameter("tau", "ms", 20.0, positive=True)
    amplitude: Float[Array, "..."] = parameter("amplitude", "nA", -0.02)
    kept: Float[Array, "..."] = parameter("kept", "", 1.0)


class ThresholdAdaptation(eqx.Module):
    r"""A threshold that rises with spikes and follows the potential.

    $\tau_s\,\dot\theta_s = -\theta_s$, raised by `jump` at a spike;
    $\tau_v\,\dot\theta_v = k (v - v_0) - \theta_v$; both are added to the cell's threshold.

    **Arguments:** `jump` (mV), `tau` $\tau_s$ (ms), `coupling` k, `tau_coupling` $\tau_v$ (ms), one
    or per neuron.

    **Raises:** `NeuropilError` for time constants that are not positive, or NaN.

    >>> float(ThresholdAdaptation(jump=1.0).coupling)
    0.0
    """

    jump: Float[Array, "..."] = parameter("jump", "mV", 2.0)
    tau: Float[Array, "..."] = parameter("tau", "ms", 50.0, positive=True)
    coupling: Float[Array, "..."] = parameter("coupling", "", 0.0)
    tau_coupling: Float[Array, "..."] = parameter("tau_coupling", "ms", 20.0, positive=True)


class GLIF(Cell):
    r"""Generalised leaky integrate-and-fire.

    - ODE: $C\dot v = g(v_0 - v) + \sum_j I_j + I$; those of the after-spike currents $I_j$ and of
      the threshold's parts are theirs
    - Threshold: $v \ge \vartheta + \theta_s + \theta_v$
    - Jump: $v \leftarrow v_0 + f (v - v_0) - \delta$ at a spike

    **Arguments:** `capacitance` C (nF), `conductance` g (uS), `rest` $v_0$, `threshold` $\vartheta$
    (mV), `reset_fraction` f, `reset_shift` $\delta$ (mV), one or per neuron; `currents`, a tuple of
    :class:`AfterSpikeCurrent`; `adaptation`, a :class:`ThresholdAdaptation` or None.

    **Raises:** `NeuropilError` for a capacitance or conductance that is not positive, NaN, and
    parts of another kind.

    >>> sorted(GLIF(currents=(AfterSpikeCurrent(), AfterSpikeCurrent(5.0, 0.1))).init((1,)))
    ['i0', 'i1', 'v']

    Source: Teeter et al. 2018, doi:10.1038/s41467-017-02717-4.
    """

    capacitance: Float[Array, "..."] = parameter("capacitance", "nF", 0.1, positive=True)
    conductance: Float[Array, "..."] = parameter("conductance", "uS", 0.005, positive=True)
    rest: Float[Array, "..."] = parameter("rest", "mV", -75.0)
    threshold: Float[Array, "..."] = parameter("threshold", "mV", -50.0)
    reset_fraction: Float[Array, "..."] = parameter("reset_fraction", "", 0.0)
    reset_shift: Float[Array, "..."] = parameter("reset_shift", "mV", 0.0)
    currents: tuple[AfterSpikeCurrent, ...] = eqx.field(
        default=(), converter=lambda value: tuple(value) if isinstance(value, list) else value
    )
    adaptation: ThresholdAdaptation | None = None

    def __check_init__(self):
        """Refuse parts of another kind."""
        if not isinstance(self.currents, tuple):
            fail("currents", self.currents, "a tuple of AfterSpikeCurrents", "pass () for none")
        for index, current in enumerate(self.currents):
            as_instance(current, f"currents[{index}]", AfterSpikeCurrent, "an AfterSpikeCurrent")
        kinds = (ThresholdAdaptation, type(None))
        as_instance(self.adaptation, "adaptation", kinds, "a ThresholdAdaptation or None")

    def init(self, size):
        """Return all neurons at rest, with no current and no adaptation."""
        y = {"v": jnp.broadcast_to(self.rest, size)}
        y |= {f"i{j}": jnp.zeros(size) for j in range(len(self.currents))}
        if self.adaptation is not None:
            y |= {"theta_spike": jnp.zeros(size), "theta_voltage": jnp.zeros(size)}
        return y

    def field(self, y, drive):
        """Return the membrane's derivative and the decay of what spikes left behind."""
        v = y["v"]
        current = drive.current(v)
        slopes = {}
        for j, after in enumerate(self.currents):
            current = current + y[f"i{j}"]
            slopes[f"i{j}"] = -y[f"i{j}"] / after.tau
        slopes["v"] = (self.conductance * (self.rest - v) + current) / self.capacitance
        if self.adaptation is not None:
            pull = self.adaptation.coupling * (v - self.rest) - y["theta_voltage"]
            slopes["theta_spike"] = -y["theta_spike"] / self.adaptation.tau
            slopes["theta_voltage"] = pull / self.adaptation.tau_coupling
        return slopes

    def time_constants(self):
        """Return how fast the membrane leaks."""
        return {"capacitance / conductance": self.capacitance / self.conductance}

    def excess(self, y):
        """Return the potential above the adapted threshold."""
        above = y["v"] - self.threshold
        if self.adaptation is None:
            return above
        return above - y["theta_spike"] - y["theta_voltage"]

    def jump(self, y, spike):
        """Reset the potential, change the currents and raise the threshold."""
        fired = spike > 0
        low = self.rest + self.reset_fraction * (y["v"] - self.rest) - self.reset_shift
        after = {**y, "v": jnp.where(fired, low, y["v"])}
        for j, current in enumerate(self.currents):
            before = y[f"i{j}"]
            after[f"i{j}"] = jnp.where(fired, current.kept * before + current.amplitude, before)
        if self.adaptation is not None:
            raised = self.adaptation.jump * jax.lax.stop_gradient(spike)
            after["theta_spike"] = y["theta_spike"] + raised
        return after


def glif(
    size: int | tuple[int, ...],
    *,
    capacitance=0.1,
    conductance=0.005,
    rest=-75.0,
    threshold=-50.0,
    reset_fraction=0.0,
    reset_shift=0.0,
    currents: tuple[AfterSpikeCurrent, ...] = (),
    adaptation: ThresholdAdaptation | None = None,
    emission: Emission | None = None,
    refractory: Refractory | None = None,
    receptors: Mapping[str, Receptor] | None = None,
    integrator: Integrator | None = None,
) -> Population:
    """Return a population of generalised integrate-and-fire neurons; arrivals are currents.

    **Arguments:** `size`; the rest as for :class:`GLIF` and :class:`Population`.

    **Raises:** `NeuropilError` as its parts do.

    >>> glif(3, currents=(AfterSpikeCurrent(),)).ports
    {'input': (3,)}
    """
    cell = GLIF(
        capacitance=capacitance,
        conductance=conductance,
        rest=rest,
        threshold=threshold,
        reset_fraction=reset_fraction,
        reset_shift=reset_shift,
        currents=currents,
        adaptation=adaptation,
    )
    return Population(
        size,
        cell,
        Threshold() if emission is None else emission,
        ExponentialEuler() if integrator is None else integrator,
        {"input": Current()} if receptors is None else receptors,
        refractory,
    )
