"""Leaf modules named by topic; they know none of our apps and hold no tables."""
