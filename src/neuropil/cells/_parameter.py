import equinox as eqx

from ..numerics import as_parameter


def parameter(name: str, unit: str, default: float, *, positive: bool = False):
    """Return a dataclass field that converts to a floating-point array and refuses nonsense."""
    return eqx.field(
        default=default,
        converter=lambda value: as_parameter(value, name, unit=unit, positive=positive),
    )
