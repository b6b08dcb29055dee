"""Streamlit and Plotly parts; the only package code that imports streamlit."""
