import equinox as eqx

from ..numerics import as_parameter, fail, is_traced


def parameter(
    name: str,
    unit: str,
    default: float,
    *,
    positive: bool = False,
    minimum: float | None = None,
    maximum: float | None = None,
):
    """Return a dataclass field that converts to a floating-point array and refuses nonsense."""
    limits = {"positive": positive, "minimum": minimum, "maximum": maximum}
    return eqx.field(
        default=default,
        converter=lambda value: as_parameter(value, name, unit=unit, **limits),
    )


def check_order(rise, decay) -> None:
    """Refuse a rise that takes longer than the decay."""
    if not is_traced(rise) and not is_traced(decay) and bool((rise > decay).any()):
        got = f"{rise} and {decay}"
        fail("rise and decay", got, "a rise no slower than the decay, in ms", "swap them")


def check_per_neuron(node, *names: str) -> None:
    """Refuse parameters that are neither one nor one per neuron."""
    for name in names:
        shape = getattr(node, name).shape
        if shape not in ((), node.size):
            expected = f"one number, or shape {node.size}"
            fail(name, f"shape {shape}", expected, "give one value, or one per neuron")
