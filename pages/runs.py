"""Runs: everything that was ever asked, and one run by its link."""

import streamlit as st

from tlcore.ui import frame
from tlcore.ui.archive import archive, one_run

wanted = st.query_params.get("run")
with frame.page("Runs", "" if wanted is not None else "Everything that was ever asked here, newest first."):
    if wanted is not None:
        one_run(wanted)
    else:
        archive()
