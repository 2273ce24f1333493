"""Normalise, segment, vocabulary, counts."""
