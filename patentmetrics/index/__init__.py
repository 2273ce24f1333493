"""From indicators to indices: composite indices, coupling, efficiency, capital stock, location, primacy."""
