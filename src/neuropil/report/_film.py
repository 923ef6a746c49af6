"""Films: what changes from tick to tick, as a small animation and as a strip of its frames."""

import base64
import io
from collections.abc import Mapping
from html import escape

import numpy as np

from ._activity import group
from ._page import section

HEIGHT, GAP, BAR, FRAMES_SHOWN, MILLISECONDS, STRIP = 176, 8, 4, 120, 160, 8
_PAPER, _BAR = (236, 234, 229), (31, 111, 139)
_NOTHING, _WARM, _COLD = np.array([24, 27, 31]), np.array([240, 170, 96]), np.array([110, 190, 220])


def films(arrays: Mapping[str, np.ndarray]) -> str:
    """The section of a page, empty without `film/<title>/<layer>`.

    A layer is `[frame, row, column]`, or `[frame, row, column, 3]` with red, green and blue from
    0 to 1; layers of one title are side by side.
    """
    parts = [_film(title, layers) for title, layers in group(arrays, "film").items()]
    return section("film", "Tick by tick", "", *parts)


def _film(title: str, layers: Mapping[str, np.ndarray]) -> str:
    shown = {k: v for k, v in layers.items() if v.ndim in (3, 4) and v.size}
    if not shown:
        return ""
    count = min(len(v) for v in shown.values())
    at = np.unique(np.linspace(0, count - 1, min(count, FRAMES_SHOWN)).round().astype(int))
    painted = [_enlarged(_painted(v)[at]) for v in shown.values()]
    frames = [_joined([layer[i] for layer in painted], (i + 1) / len(at)) for i in range(len(at))]
    chosen = np.unique(np.linspace(0, len(at) - 1, min(len(at), STRIP)).round().astype(int))
    strip = _joined([painted[-1][i] for i in chosen])
    caption = f"<b>{escape(title)}.</b> From left to right: {escape(', '.join(shown))}."
    ticks = ", ".join(str(int(at[i]) + 1) for i in chosen)
    moving = _figure(_gif(frames), f"{title}, {count} ticks", caption)
    still = f"The last of them at the ticks {ticks}."
    return moving + _figure(_png(strip), f"{title}, some of the ticks", still)


def _painted(layer: np.ndarray) -> np.ndarray:
    """Colours [frame, row, column, 3] as bytes."""
    values = np.nan_to_num(np.asarray(layer, dtype=float))
    if values.ndim == 4:
        return (255 * np.clip(values, 0, 1)).astype(np.uint8)
    share = (values / (np.abs(values).max() or 1.0))[..., None]
    to = np.where(share >= 0, _WARM, _COLD)
    return (_NOTHING + np.sqrt(np.abs(share)) * (to - _NOTHING)).astype(np.uint8)


def _enlarged(frames: np.ndarray) -> np.ndarray:
    factor = max(1, HEIGHT // frames.shape[1])
    return frames.repeat(factor, axis=1).repeat(factor, axis=2)


def _joined(images: list[np.ndarray], progress: float = 0.0) -> np.ndarray:
    """Images side by side; below them a bar that says how far the film is."""
    height = max(len(image) for image in images)
    width = sum(image.shape[1] for image in images) + GAP * (len(images) - 1)
    canvas = np.full((height + 2 * BAR, width, 3), _PAPER, np.uint8)
    left = 0
    for image in images:
        canvas[: len(image), left : left + image.shape[1]] = image
        left += image.shape[1] + GAP
    canvas[-BAR:, : round(progress * width)] = _BAR
    return canvas


def _gif(frames: list[np.ndarray]) -> tuple[str, bytes]:
    from PIL import Image

    first, *others = (Image.fromarray(frame) for frame in frames)
    buffer = io.BytesIO()
    first.save(
        buffer, format="gif", save_all=True, append_images=others, duration=MILLISECONDS, loop=0
    )
    return "gif", buffer.getvalue()


def _png(frame: np.ndarray) -> tuple[str, bytes]:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(frame).save(buffer, format="png", optimize=True)
    return "png", buffer.getvalue()


def _figure(image: tuple[str, bytes], alt: str, caption: str) -> str:
    kind, content = image
    data = base64.b64encode(content).decode("ascii")
    return (
        f'<figure class="film"><div class="scroll"><img src="data:image/{kind};base64,{data}" '
        f'alt="{escape(alt)}"></div><figcaption>{caption}</figcaption></figure>'
    )
