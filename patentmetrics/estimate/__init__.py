"""Estimators, each a thin adapter over a library that was checked."""
