import equinox as eqx

from ._errors import fail
from ._integrators import Integrator


def _as_order(order):
    names = tuple(order) if isinstance(order, tuple | list) else ()
    if not names or not all(isinstance(name, str) for name in names):
        fail("order", order, "the names of all variables, in a tuple", "pass e.g. ('v', 'u')")
    return names


class SequentialEuler(Integrator):
    r"""Forward Euler for one variable after the other, each seeing those before it; first order.

    $y_i \leftarrow y_i + \Delta t\,f_i(y)$ for i in `order`. Published simulations of two-variable
    neurons are often written in this way, and some of their results are those of this scheme.

    **Arguments:** `order`, the names of all variables; they must be in a dict.

    **Raises:** `NeuropilError` unless `order` holds names, those of all variables.

    >>> field = lambda y: {"v": -y["u"], "u": y["v"]}
    >>> SequentialEuler(("v", "u")).advance(field, {"u": 1.0, "v": 1.0}, 0.5)
    {'u': 1.25, 'v': 0.5}
    """

    order: tuple[str, ...] = eqx.field(static=True, converter=_as_order)

    def check(self, y):
        """Refuse variables other than those in `order`."""
        if not isinstance(y, dict) or sorted(y) != sorted(self.order):
            found = sorted(y) if isinstance(y, dict) else type(y).__name__
            fail("order", self.order, f"the names of all variables, {found}", "name each once")

    def advance(self, field, y, dt):
        r"""Return the variables after each has taken its step."""
        self.check(y)
        for name in self.order:
            y = {**y, name: y[name] + dt * field(y)[name]}
        return y
