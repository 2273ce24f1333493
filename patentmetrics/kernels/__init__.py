"""Numba loops and nothing else."""
