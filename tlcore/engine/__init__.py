"""Where runs are trained: one dispatcher a data folder, a fresh worker process a job. Nothing here imports Streamlit.

local starts the dispatcher; dispatcher hands out jobs; worker trains them; recorder writes for it; preload is what a
worker has imported when it is born; inline does the same work in the caller's process.
"""
