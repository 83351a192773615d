"""Counts what happened and shows it; writes only its own tables."""
