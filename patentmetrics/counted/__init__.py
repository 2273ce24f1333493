"""The counted corpus on disk: its format, how it is built, and its way to and from scipy."""
