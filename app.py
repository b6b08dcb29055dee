"""The frame: page settings and navigation. Each page also runs alone, without it."""

from pathlib import Path

import streamlit as st

from covidweb.views import session

icon = Path(session.__file__).with_name("icon.png")
st.set_page_config(page_title="covidweb", page_icon=str(icon), layout="wide")

pages = [
    st.Page("pages/home.py", title="Home", icon=":material/home:", default=True),
    st.Page("pages/screen.py", title="Screen", icon=":material/radiology:"),
    st.Page("pages/dataset.py", title="Dataset", icon=":material/photo_library:"),
    st.Page("pages/training.py", title="Training", icon=":material/monitoring:"),
    st.Page("pages/model_card.py", title="Model card", icon=":material/id_card:"),
]
# On top: a film wants the width, and a sidebar that comes late pushes the page aside.
current = st.navigation(pages, position="top")
current.run()
if current in pages[:2]:
    session.warm_choice()
