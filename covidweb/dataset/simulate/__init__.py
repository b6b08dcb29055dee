"""Simulated chest films: computed from a procedural chest, with exact masks; nobody's data."""

from covidweb.dataset.simulate.films import SimulatedFilm, sample_films, simulate_film
from covidweb.dataset.simulate.writer import write_simulated

__all__ = ["SimulatedFilm", "sample_films", "simulate_film", "write_simulated"]
