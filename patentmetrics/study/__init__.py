"""A study file, one frozen specification, a run."""
