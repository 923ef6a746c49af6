"""The command line, as `python -m neuropil`."""

from .cli import main

main()
