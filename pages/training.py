import streamlit as st

from covidweb.views import training

st.title("Training results")
st.caption("What the models learned, and how far to believe it. Every figure is read from files.")
training.show()
