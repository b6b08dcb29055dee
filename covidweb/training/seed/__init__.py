"""The article's network."""
