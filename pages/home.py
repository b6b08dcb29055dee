import streamlit as st

from covidweb.views import home, parts

st.title("COVID-19 on chest X\u2011rays")
st.markdown(
    "Drop in chest X-rays and get, for each, a probability of COVID-19 or an honest “not sure”, a "
    "heatmap of the evidence, and the lung zones that carry it. The probability is calibrated for "
    "the hospitals that the model learned from; how far it holds elsewhere is said beside it."
)
st.warning(parts.DISCLAIMER, icon=":material/medical_information:")
with st.container(key="home_door"):
    home.take_film()
home.next_steps()
with st.container():
    home.models()
home.what_it_is_not()
