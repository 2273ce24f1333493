"""Runs a function over blocks."""
