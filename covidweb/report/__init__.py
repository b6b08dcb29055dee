"""From screening results to overlays, CSV, PDF and ZIP."""
