"""Benchmarks: ratios measured in one run, printed as a table, kept as JSON in var/bench/."""
