"""How every picture looks, and how it becomes an SVG that follows the reader's light or dark."""

import base64
import io
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from ..systems import fail

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Colours are drawn as stand-ins and become CSS variables in the SVG: (stand-in, light, dark).
INK, SOFT, LINE = "#010203", "#040506", "#070809"
ACCENT, SECOND, THIRD, FOURTH = "#0a0b0c", "#0d0e0f", "#101112", "#131415"
_COLOURS = {
    "ink": (INK, "#23272b", "#e4e2dd"),
    "soft": (SOFT, "#676d73", "#9aa1a8"),
    "line": (LINE, "#dcd9d2", "#3a4046"),
    "accent": (ACCENT, "#1f6f8b", "#63b3cf"),
    "second": (SECOND, "#c0623a", "#e0916b"),
    "third": (THIRD, "#6a7d2d", "#b3c46a"),
    "fourth": (FOURTH, "#7a5a96", "#bd9fd6"),
}
SERIES = (ACCENT, SECOND, THIRD, FOURTH)
# What is painted into pixels cannot follow the theme: tones that read well on both.
TONES = 64
PIXEL_COLD, PIXEL_WARM = (0.16, 0.51, 0.64), (0.82, 0.44, 0.27)
PIXEL_SERIES = (PIXEL_COLD, PIXEL_WARM, (0.50, 0.58, 0.24), (0.58, 0.45, 0.69))

_STYLE = {
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.titlepad": 7.0,
    "axes.labelsize": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": SOFT,
    "axes.titlecolor": INK,
    "text.color": INK,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "xtick.major.size": 3.0,
    "ytick.major.size": 3.0,
    "grid.color": LINE,
    "grid.linewidth": 0.7,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "svg.fonttype": "none",
    "svg.hashsalt": "neuropil",
    "figure.dpi": 160,
}
_PIXELS = re.compile(r"data:image/png;base64,\s*([A-Za-z0-9+/=\s]+)")
_FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', Arial, sans-serif"


def require_matplotlib() -> None:
    """Fail, saying what to install, where matplotlib is missing."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        fail("report", "no matplotlib", "the extra `report`", "pip install 'neuropil[report]'")


def svg(width: float, height: float, paint: Callable[["Figure"], Any]) -> bytes:
    """Draw a picture.

    **Arguments:** `width` and `height` in inches; `paint`, which is given the empty figure.

    **Returns:** an SVG file that needs nothing else and has a light and a dark form.
    """
    import matplotlib.style
    from matplotlib.figure import Figure

    with matplotlib.style.context(["default", _STYLE]):
        canvas = Figure(figsize=(width, height), layout="constrained")
        paint(canvas)
        buffer = io.BytesIO()
        canvas.savefig(buffer, format="svg", dpi=160, metadata={"Date": None, "Creator": None})
    text = _PIXELS.sub(_with_palette, buffer.getvalue().decode("utf-8"))
    return _themed(text).encode("utf-8")


def _with_palette(match: re.Match[str]) -> str:
    """Store embedded pixels with a palette, a fraction of the size; few tones stay exact."""
    import numpy as np
    from PIL import Image

    image = Image.open(io.BytesIO(base64.b64decode(match[1]))).convert("RGBA")
    pixels = np.ascontiguousarray(image).view(np.uint32)[..., 0]
    colours, index = np.unique(pixels, return_inverse=True)
    if len(colours) <= 256:
        few = Image.fromarray(index.reshape(pixels.shape).astype(np.uint8), mode="P")
        few.putpalette(colours.tobytes(), "RGBA")
    else:
        few = image.quantize(128, method=Image.Quantize.FASTOCTREE)
    buffer = io.BytesIO()
    few.save(buffer, format="png", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _themed(text: str) -> str:
    light = "".join(f"--{name}:{light};" for name, (_, light, _) in _COLOURS.items())
    dark = "".join(f"--{name}:{dark};" for name, (_, _, dark) in _COLOURS.items())
    for name, (stand_in, _, _) in _COLOURS.items():
        text = text.replace(stand_in, f"var(--{name})")
    text = text.replace("'DejaVu Sans'", _FONTS).replace("DejaVu Sans,", "")
    style = (
        f"<style>:root{{{light}}}text{{font-family:{_FONTS} !important}}"
        f"@media (prefers-color-scheme:dark){{:root{{{dark}}}}}</style>"
    )
    head, mark, rest = text.partition("<defs>")
    return head + style + mark + rest


def series(names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Colour and line of each of several curves; dashed where colours come again."""
    return {
        name: {
            "color": SERIES[index % len(SERIES)],
            "linestyle": "-" if index < len(SERIES) else "--",
        }
        for index, name in enumerate(dict.fromkeys(names))
    }


def light_grid(axes: "Axes", axis: str = "y") -> None:
    """Faint lines behind the data."""
    axes.grid(True, axis=axis)  # pyright: ignore[reportArgumentType]
    axes.set_axisbelow(True)


def logarithmic(axis: Any, decades: float) -> None:
    """Plain numbers along a logarithmic axis, as many as its length in decades calls for."""
    from matplotlib.ticker import LogLocator, NullFormatter

    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if decades < 3 else (1.0,)))
    axis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.set_minor_formatter(NullFormatter())


def one_sided() -> Any:
    """A colour map from nothing to a cold tone, transparent where there is nothing."""
    from matplotlib.colors import LinearSegmentedColormap

    stops = [(*PIXEL_COLD, 0.0), (*PIXEL_COLD, 1.0)]
    return LinearSegmentedColormap.from_list("one", stops, N=TONES)


def two_sided() -> Any:
    """A colour map from a cold tone through nothing to a warm one."""
    from matplotlib.colors import LinearSegmentedColormap

    stops = [
        (0.0, (*PIXEL_COLD, 1.0)),
        (0.4999, (*PIXEL_COLD, 0.0)),
        (0.5001, (*PIXEL_WARM, 0.0)),
        (1.0, (*PIXEL_WARM, 1.0)),
    ]
    return LinearSegmentedColormap.from_list("two", stops, N=TONES)
