"""Similarity and breakthrough scores of patents."""
