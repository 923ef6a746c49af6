"""The command line: `neuropil systems | run | verify | report | compare | doctor`."""

from ._main import app as app
from ._main import main as main
