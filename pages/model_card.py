import streamlit as st

from covidweb.views import model_card

st.title("Model card")
st.caption("Written from the bundle's own files: what it is for, how good it is, how it was made.")
model_card.show()
