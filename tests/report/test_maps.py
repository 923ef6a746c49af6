"""Maps and films that a system names are drawn."""

import base64
import io
import re

import numpy as np
from PIL import Image

from neuropil.report._film import films
from neuropil.report._maps import maps


def images(section, kind):
    found = re.findall(rf'src="data:image/{kind};base64,([^"]+)"', section)
    return [Image.open(io.BytesIO(base64.b64decode(text))) for text in found]


def test_without_any_there_is_no_section():
    assert maps({}) == films({}) == ""
    assert maps({"maps/kernel/a": np.full((2, 4), np.nan)}) == ""
    assert films({"film/thinking/a": np.zeros((3, 0, 2))}) == ""


def test_maps_of_one_title_share_a_picture_and_its_scale():
    arrays = {"maps/kernel/a": np.eye(3), "maps/kernel/b": -2 * np.eye(3), "maps/b/c": np.eye(2)}
    section = maps(arrays)
    assert section.count("<figure") == 2
    assert "from -2 (cold) to 1 (warm)" in section and "up to 1" in section


def test_a_film_has_a_frame_per_tick_whose_pixels_are_its_values():
    dot = np.zeros((5, 4, 6))
    dot[np.arange(5), 1, np.arange(5)] = 1.0
    section = films({"film/a dot moves/where": dot})
    (film,) = images(section, "gif")
    assert film.n_frames == 5
    for tick in range(5):
        film.seek(tick)
        frame = np.asarray(film.convert("RGB")).astype(int)
        factor = frame.shape[1] // 6
        warm = frame[factor + factor // 2, factor // 2 :: factor, 0][:6]
        assert warm.argmax() == tick
    (strip,) = images(section, "png")
    assert strip.width > film.width


def test_layers_are_side_by_side_and_colours_are_kept():
    red = np.zeros((2, 2, 2, 3))
    red[..., 0] = 1.0
    (film,) = images(films({"film/x/a": np.ones((2, 2, 2)), "film/x/b": red}), "gif")
    frame = np.asarray(film.convert("RGB")).astype(int)
    assert frame[10, -10].tolist() == [255, 0, 0]
    assert frame[10, 10].tolist() != [255, 0, 0]
