"""Keras graphs and the standard input."""
