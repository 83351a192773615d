"""Writes of this app, split by noun."""
