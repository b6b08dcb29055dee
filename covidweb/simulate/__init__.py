"""Simulated chest films: computed from a procedural chest, with exact masks; nobody's data."""

from covidweb.simulate.films import (
    SimulatedFilm,
    sample_film,
    sample_films,
    sample_opacity,
    sample_seed,
    simulate_film,
)
from covidweb.simulate.writer import write_simulated

__all__ = [
    "SimulatedFilm",
    "sample_film",
    "sample_films",
    "sample_opacity",
    "sample_seed",
    "simulate_film",
    "write_simulated",
]
