"Pictures, drawn by Chromium with the site's own styles and scripts: the gallery's, the preview's and the README's."
from __future__ import annotations

import re
import sys
from html import escape
from pathlib import Path

import nbformat
from cells import html_of, html_output, raw
from charts import chart, figure_of
from project import EXECUTED, NBS, PROJECT

sys.path.append(str(PROJECT/'tests'))  # where `browser` is

STAGE = """<!DOCTYPE html>
<html class="quarto-{mode}" data-scheme="{scheme}">
<meta charset="utf-8">
<link rel="stylesheet" href="styles.css">
<style>
body {{ margin: 0; width: {width}px; }}
#stage {{ padding: 16px 20px; background: var(--page-back); }}
details {{ display: none; }}
td, th {{ white-space: nowrap; }}
{style}
</style>
<body>
<div id="stage"><main class="cell-output-display"><div>{html}</div></main></div>
<script src="assets/plotly.min.js"></script>
<script src="assets/charts.js"></script>
</body>
</html>"""
SCHEMES = dict(light='default', dark='alternate')  # what smalldocs calls the two modes


def photograph(shots: dict[Path, tuple[str, str]], width: int = 1040, style: str = '') -> None:
    "Draw parts of pages: for each file its mode ('light', 'dark') and its HTML."
    from browser import browser
    stage = EXECUTED/'stage.html'
    with browser() as chromium:
        page = chromium.new_page(viewport=dict(width=width, height=900))
        page.set_default_timeout(180_000)  # milliseconds: a busy machine is slow
        for file, (mode, html) in shots.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            text = STAGE.format(mode=mode, scheme=SCHEMES[mode], width=width, html=html, style=style)
            stage.write_text(text, encoding='utf-8')
            page.goto(stage.as_uri())
            if 'class="plot"' in html: page.wait_for_selector('.plot .xtick')
            page.locator('#stage').screenshot(path=file)
    stage.unlink(missing_ok=True)


# ---------------------------------------------------------------- the gallery


def show_gallery(notebook: nbformat.NotebookNode) -> None:
    "Make a picture of what each cell of the gallery shows, and put all pictures first, as links."
    heading, cards, shots = '', [], {}
    for cell in notebook.cells:
        if found := re.match(r'## (.*)', cell.source): heading = found[1]
        output = next((output for output in cell.get('outputs', []) if spoken(output)), None)
        if not output: continue
        name = re.sub(r'\W+', '-', heading.lower())
        path = f'images/gallery/{name}'
        html = chart(figure_of(output)) if figure_of(output) else html_of(output)
        shots |= {EXECUTED/f'{path}-{mode}.png': (mode, html) for mode in SCHEMES}
        cell.outputs = [html_output(picture(path, spoken(output), link=True))]
        cards.append(f'<a class="card" href="#{name}">{picture(path)}<strong>{escape(heading)}</strong></a>')
    photograph(shots)
    notebook.cells.insert(2, raw(f'<div class="cards">{"".join(cards)}</div>'))


def spoken(output: nbformat.NotebookNode) -> str | None:
    "What an output shows, for those who cannot see it; `None` for what is no chart and no card."
    import plotly.graph_objects as go
    from timm_bench.charts.words import in_words
    if spec := figure_of(output):
        return in_words(go.Figure(dict(data=spec['data'], layout=spec['layout']), skip_invalid=True))
    heading = re.search(r'<h3>(.*?)</h3>', html_of(output))
    return heading and (f'The card of {heading[1]}: its licence and pre-training data, its accuracy on every test set, '
                        'its speed on every benchmark, and what is better.')


def picture(path: str, alt: str = '', link: bool = False) -> str:
    "A picture in both modes, as a link to itself in full size if asked for. Only the one that is seen is loaded."
    parts = []
    for mode in SCHEMES:
        file, shown = f'{path}-{mode}.png', f'{mode}-content'
        image = f'src="{file}" alt="{escape(alt)}" loading="lazy"'
        if link: parts.append(f'<a class="full {shown}" href="{file}"><img {image}></a>')
        else: parts.append(f'<img class="{shown}" {image}>')
    return ''.join(parts)


# ---------------------------------------------------------------- the preview, and the README's


PREVIEW = """figcaption, .modebar { display: none; }
#stage { height: 630px; overflow: hidden; padding: 36px 48px; box-sizing: border-box; }
.plot { height: 430px !important; }
h1 { margin: 0; font-size: 52px; }
p { font-size: 27px; margin: 6px 0; }"""


def preview(front: nbformat.NotebookNode) -> None:
    "The picture that other sites show with a link to this one: the tagline, and the front page's chart."
    shown = [html_of(output) for cell in front.cells for output in cell.get('outputs', [])]
    html = next((html for html in shown if 'class="plot"' in html), '')
    html = re.sub(r'("height": |height: )\d{3}', r'\g<1>470', html)
    tagline = re.search(r'^> (.*)', front.cells[0].source, re.M)[1]
    page = f'<h1>timm_bench</h1><p>{escape(tagline)}</p>{html}'
    photograph({EXECUTED/'images'/'social.png': ('light', page)}, width=1200, style=PREVIEW)


def readme_pictures() -> None:
    "The README's chart, from the results at hand."
    from browser import browser
    from timm_bench import get_data, show_subs
    figure = show_subs(get_data('infer', keep=None, weights='all'), 'Which image models are best?', 'infer_img_size')
    with browser() as chromium:
        page = chromium.new_page(viewport=dict(width=1000, height=800))
        page.set_content(f'<style>body {{ margin: 0 }}</style>{figure.to_html(full_html=False)}')
        page.wait_for_selector('.legend')
        page.screenshot(path=NBS/'images'/'inference.png')
