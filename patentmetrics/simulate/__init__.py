"""Corpora and panels with known answers, for tests, documents and benchmarks."""
