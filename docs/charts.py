"A notebook's plotly figures as interactive charts of the page, with their words and their table."
from __future__ import annotations

import json
from html import escape

import nbformat
from cells import raw

CHART = """<figure class="chart">{heading}\
<div class="plot" role="group" aria-label="{words}" style="height: {height}px"></div>\
<script type="application/json">{data}</script>\
<details><summary>This chart in words and as a table</summary><p>{words}</p>\
<template><div class="scroll">{table}</div></template></details></figure>"""  # a template is inert until it is opened

SCRIPTS = """<script src="{up}assets/plotly.min.js" defer></script>
<script src="{up}assets/charts.js" defer></script>"""


def figure_of(output: nbformat.NotebookNode) -> dict | None:
    "The plotly figure that an output is, as a dict."
    return output.get('data', {}).get('application/vnd.plotly.v1+json')


def chart(spec: dict) -> str:
    "An interactive chart: drawn by assets/charts.js with the site's own plotly.js."
    import plotly.graph_objects as go
    from timm_bench.charts.words import as_table, in_words
    from timm_bench.web.charts import for_a_page
    figure = go.Figure(dict(data=spec['data'], layout=spec['layout']), skip_invalid=True)
    table = as_table(figure).to_html(index=False, border=0, float_format='{:.5g}'.format, na_rep='', classes='data')
    small, title, subtitle = for_a_page(spec)
    heading = f'<strong>{escape(title)}</strong><span>{escape(subtitle)}</span>'
    return CHART.format(heading=f'<figcaption>{heading}</figcaption>' if title else '', words=escape(in_words(figure)),
                        height=small['layout'].get('height') or 450, table=table,
                        data=json.dumps(small).replace('</', '<\\/'))


def show_charts(notebook: nbformat.NotebookNode, up: str) -> None:
    "Make a notebook's figures charts; `up` leads from its page to the site's root."
    found = False
    for cell in notebook.cells:
        for output in cell.get('outputs', []):
            if not (spec := figure_of(output)): continue
            output.data, found = {'text/html': chart(spec)}, True
    if found: notebook.cells.append(raw(SCRIPTS.format(up=up)))
