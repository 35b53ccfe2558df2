"""Charts: what runs measured, as a table, and the table as a figure; two pure functions a chart.

``table(...)`` gives a DataFrame fit for a CSV file; ``figure(table, theme)`` a plain dict in Plotly's JSON, or HTML for
what is not a plot. pandas is imported where a table is made, so that importing a chart costs nothing.
"""
