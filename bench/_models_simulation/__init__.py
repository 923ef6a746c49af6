"""One worker per simulator: `python -m bench._models_simulation.NAME` speaks JSON lines."""
