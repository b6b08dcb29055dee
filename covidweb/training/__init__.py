"""Fit, calibrate, evaluate and audit: writes bundles."""
