import streamlit as st

from covidweb.views import dataset

st.title("Dataset")
st.caption("What the models learned from and were tested on, film by film.")
dataset.show()
