"""Runs: everything that was ever asked, and one run by its link."""

import streamlit as st

from tlcore.ui import frame
from tlcore.ui.archive import archive, one_run

frame.page("Runs", lead="" if "run" in st.query_params else "Everything that was ever asked here, newest first.")
if "run" in st.query_params:
    one_run(st.query_params["run"])
else:
    archive()
