"""Networks fitted to films: one folder a network; writes bundles."""
