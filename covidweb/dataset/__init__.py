"""Manifests, splits, statistics, duplicates, downloads and simulated films."""
