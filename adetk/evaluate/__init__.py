"""Scores with intervals, on documents with gold answers."""
