"""The films a model learns from: manifest, groups and splits, facts, duplicates, download."""

from covidweb.dataset.manifest import (
    LABELS,
    data_root,
    film_path,
    group_names,
    load_manifest,
    manifest_sha256,
)
from covidweb.dataset.split import split_manifest, split_pool, split_sha256

__all__ = [
    "LABELS",
    "data_root",
    "film_path",
    "group_names",
    "load_manifest",
    "manifest_sha256",
    "split_manifest",
    "split_pool",
    "split_sha256",
]
