"""One worker per problem and competitor: `python -m bench._models_timing.PROBLEM_COMPETITOR`."""
