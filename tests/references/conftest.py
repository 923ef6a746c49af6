"""The script that records is run by hand: it needs Brian2."""

collect_ignore = ["make_references.py"]
