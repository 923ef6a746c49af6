"""One worker per way to run many tiny networks: `python -m bench._models_sweep.NAME`."""
