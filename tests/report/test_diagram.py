"""A phase diagram shows what was stored, and nothing where nothing was."""

import numpy as np

from neuropil.report._diagram import diagram, regimes


def test_a_diagram_needs_values_and_both_axes():
    ends = {"diagram/up/drive": np.array([0.9, 2.0]), "diagram/across/g": np.array([3.0, 5.0, 6.0])}
    values = np.array([[1.0, np.nan, 3.0], [4.0, 5.0, 123.4]])
    drawn = diagram({**ends, "diagram/rate": values})
    assert drawn is not None and b"123" in drawn and b"nan" not in drawn
    assert diagram(ends) is None
    assert diagram({"diagram/rate": values}) is None
    assert diagram({**ends, "diagram/rate": np.full((2, 3), np.nan)}) is not None


def test_regimes_stand_where_they_are():
    ends = {"diagram/up/drive": np.array([0.9, 2.0]), "diagram/across/g": np.array([3.0, 5.0])}
    slow = np.array([[True, False], [False, False]])
    drawn = regimes({**ends, "diagram/is/SI slow": slow, "diagram/is/AI": ~slow})
    assert drawn is not None and drawn.count(b">SI slow<") == 1 and drawn.count(b">AI<") == 3
    assert regimes(ends) is None and regimes({"diagram/is/AI": slow}) is None
