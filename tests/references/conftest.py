"""The scripts that record are run by hand: they need Brian2."""

collect_ignore = ["make_references.py", "make_balanced.py"]
