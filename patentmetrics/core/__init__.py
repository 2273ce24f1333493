"""The public types, the column registry, errors, files, provenance."""
