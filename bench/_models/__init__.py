"""One worker per competitor: `python -m bench._models.NAME` speaks JSON lines."""
