"""Lexicons: load, check, count."""
