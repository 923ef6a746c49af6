"""Benchmarks of neuropil against other libraries."""
