"""Curves and points that a system names are drawn, and labelled by their names."""

import re
from urllib.parse import unquote

import numpy as np

from neuropil.report._relations import relations


def pictures(section):
    return [unquote(text) for text in re.findall(r'src="data:image/svg\+xml,([^"]+)"', section)]


def test_without_any_there_is_no_section():
    assert relations({}) == ""
    assert relations({"curves/y over x/a": np.full((2, 4), np.nan)}) == ""


def test_points_are_drawn_one_by_one():
    points = np.random.default_rng(0).random((2, 17))
    (picture,) = pictures(relations({"points/simulated over measured/pairs": points}))
    collection = picture.split('id="PathCollection_1"')[1].split("</g>\n   </g>")[0]
    assert collection.count("<use ") == 17


def test_lines_of_one_name_share_a_picture_and_errors_are_explained():
    line = np.stack([np.arange(5.0), np.arange(5.0) ** 2])
    arrays = {f"curves/rate (Hz) over time (ms)/{name}": line for name in ("a", "b")}
    section = relations(arrays)
    assert len(pictures(section)) == 1 and "standard error" not in section
    arrays["curves/other over time (ms)/a"] = np.stack([*line, np.ones(5)])
    section = relations(arrays)
    assert len(pictures(section)) == 2 and "one standard error" in section
    assert section.count("rate (Hz) over time (ms)") >= 1
