"""Builds what is made from the notebooks but is not the library.

python nbs/build_site.py            the docs site, into _docs: executes every notebook, renders pages, charts and pictures
python nbs/build_site.py readme     README.md, from index.ipynb
python nbs/build_site.py pictures   the pictures that the README shows, from the results at hand
python nbs/build_site.py quarto     the docs site by Quarto (which must be installed) rather than smalldocs, from the same files
"""
from __future__ import annotations

import ast
import hashlib
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from configparser import ConfigParser
from enum import Enum
from html import escape
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import nbformat

NBS = Path(__file__).resolve().parent
PROJECT = NBS.parent
EXECUTED = PROJECT/'_executed'  # the notebooks with their outputs, as the doc processors read them
CACHE = PROJECT/'.cache'/'site'  # one executed notebook for each state of it, the package and the results
PAGE_TITLES = {'index': 'timm_bench'}


class BuildError(Exception):
    "What stops a build, in one line for people."


def settings() -> dict[str, str]:
    "settings.ini, with the address that the site will have: $TIMM_BENCH_DOCS_URL, or `doc_host` and `doc_baseurl`."
    config = ConfigParser(delimiters=['='])
    config.read(PROJECT/'settings.ini', encoding='utf-8')
    found = dict(config['DEFAULT'])
    host = found['doc_host'] and found['doc_host'] + found['doc_baseurl']
    return found | dict(url=(os.environ.get('TIMM_BENCH_DOCS_URL') or host).rstrip('/'))


def notebooks() -> list[Path]:
    "Every notebook that becomes a page."
    return [path for path in sorted(NBS.rglob('*.ipynb')) if not any(part.startswith(('.', '_')) for part in path.relative_to(NBS).parts)]


# ---------------------------------------------------------------- executing


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def state(results: str) -> str:
    "A fingerprint of what an execution depends on beside the notebook: the package, the results, and the libraries."
    sources = [path for path in sorted((PROJECT/'timm_bench').rglob('*')) if path.is_file() and path.suffix != '.pyc']
    digest = hashlib.sha256(b''.join(path.read_bytes() for path in sources))
    digest.update(' '.join([results, sys.version, *(version(name) for name in ('pandas', 'plotly', 'statsmodels'))]).encode())
    return digest.hexdigest()


def kept(path: Path, state: str) -> Path:
    "Where the outputs of a notebook in this state are kept."
    return CACHE/f'{hashlib.sha256(path.read_bytes() + state.encode()).hexdigest()}.ipynb'


def execute(path: Path, state: str) -> nbformat.NotebookNode:
    "A notebook with its outputs: executed in a process of its own, or as it was when last in this state."
    place = kept(path, state)
    if not place.exists():
        notebook = run(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, place.with_suffix('.part'))
        place.with_suffix('.part').replace(place)
    return nbformat.read(place, as_version=4)


def run(path: Path) -> nbformat.NotebookNode:
    "Execute a notebook in its own folder. An error names the notebook and the cell."
    from nbclient import NotebookClient
    notebook, now = nbformat.read(path, as_version=4), {}
    if re.search(r'^- skip_exec: true$', notebook.cells[0].source, re.M): return notebook  # needs what is not here; shown with the outputs that it has
    client = NotebookClient(notebook, timeout=900, resources=dict(metadata=dict(path=str(path.parent))),
                            on_cell_start=lambda cell, cell_index: now.update(cell=cell, index=cell_index))
    try: client.execute(stderr=subprocess.DEVNULL)  # where kernels say that they listen on loopback
    except Exception as e:  # noqa: BLE001  # told below, with the notebook and the cell
        if getattr(e, 'ename', '') == 'SystemExit': return stopped(notebook, now['cell'], e.evalue)
        last = str(getattr(e, 'ename', type(e).__name__)) + ': ' + str(getattr(e, 'evalue', e)).strip()
        cell = now.get('cell', dict(id='none', source=''))
        raise BuildError(f"{path.relative_to(PROJECT)}, cell {now.get('index', 0) + 1} (id {cell['id']}): {last}\n\n{cell['source']}") from None
    return notebook


def stopped(notebook: nbformat.NotebookNode, cell: nbformat.NotebookNode, why: str) -> nbformat.NotebookNode:
    "A notebook that ended itself, because something that it needs is not installed: it says so, and its other cells have no outputs."
    cell.outputs = [nbformat.v4.new_output('stream', name='stdout', text=why + '\n')]
    return notebook


def execute_all() -> dict[Path, nbformat.NotebookNode]:
    "Every notebook with its outputs, two at a time."
    from timm_bench import get_results
    results = get_results()
    os.environ |= dict(TIMM_BENCH_RESULTS=str(results.folder), PLOTLY_RENDERER='plotly_mimetype', JUPYTER_PLATFORM_DIRS='1',
                       PYTHONWARNINGS='ignore:install "ipywidgets"')  # rich, of its bars
    paths = notebooks()[::-1]  # the longest to run are the last by name
    now = state(str(results))
    with ThreadPoolExecutor(2) as pool: done = list(pool.map(lambda path: execute(path, now), paths))
    for old in set(CACHE.glob('*')) - {kept(path, now) for path in paths}: old.unlink()
    return dict(zip(paths, done))


# ---------------------------------------------------------------- outputs as HTML


def frame(html: str) -> str:
    "HTML in an output of a notebook."
    return nbformat.v4.new_output('display_data', data={'text/html': html})


def figure_of(output) -> dict | None:
    "The plotly figure that an output is, as a dict."
    return output.get('data', {}).get('application/vnd.plotly.v1+json')


def bare(spec: dict) -> tuple[dict, str, str]:
    "A figure for the page: without the heading, which the page shows as text, and the room for it, and without the template, which the page chooses."
    layout = {key: value for key, value in spec['layout'].items() if key != 'template'}
    title = layout.pop('title', None) or {}
    if title and 'height' in layout:
        room = max(0, layout.get('margin', {}).get('t', 100) - 24)
        layout |= dict(margin=dict(layout.get('margin', {}), t=24), height=layout['height'] - room)
    frames = [dict(frame, layout={}) for frame in spec.get('frames', [])]
    subtitle = (title.get('subtitle') or {}).get('text') or ''
    return dict(data=spec['data'], layout=layout, frames=frames), title.get('text') or '', subtitle.replace('<br>', ' · ')


def chart(spec: dict) -> str:
    "An interactive chart: drawn by assets/charts.js with the site's own plotly.js, in words and as a table for those who cannot see it."
    import plotly.graph_objects as go
    from timm_bench.charts.words import as_table, in_words
    figure = go.Figure(dict(data=spec['data'], layout=spec['layout']), skip_invalid=True)
    words, table = in_words(figure), as_table(figure)
    small, title, subtitle = bare(spec)
    packed = json.dumps(small).replace('</', '<\\/')
    heading = f'<figcaption><strong>{escape(title)}</strong><span>{escape(subtitle)}</span></figcaption>' if title else ''
    height = small['layout'].get('height') or 450
    rows = table.to_html(index=False, border=0, float_format='{:.5g}'.format, na_rep='', classes='data')
    return (f'<figure class="chart">{heading}<div class="plot" role="group" aria-label="{escape(words)}" style="height: {height}px"></div>'
            f'<script type="application/json">{packed}</script>'
            f'<details><summary>This chart in words and as a table</summary><p>{escape(words)}</p>'
            f'<template><div class="scroll">{rows}</div></template></details></figure>')  # inert until it is opened: a page may hold thousands of rows


SCRIPTS = '<script src="{up}assets/plotly.min.js" defer></script>\n<script src="{up}assets/charts.js" defer></script>'


def quiet(notebook: nbformat.NotebookNode) -> None:
    "Take out what a notebook says on standard error: where its results are from, which its charts say as well."
    for cell in notebook.cells:
        if 'outputs' in cell: cell.outputs = [output for output in cell.outputs if output.get('name') != 'stderr']


def with_charts(notebook: nbformat.NotebookNode, up: str) -> nbformat.NotebookNode:
    "A notebook whose figures are interactive charts; `up` leads from its page to the site's root."
    found = False
    for cell in notebook.cells:
        for output in cell.get('outputs', []):
            if not (spec := figure_of(output)): continue
            output.data, found = {'text/html': chart(spec)}, True
    if found: notebook.cells.append(raw(SCRIPTS.format(up=up)))
    return notebook


def with_pictures(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    "The gallery: what each cell shows becomes a picture, drawn as the site draws it, and all pictures come first, as links."
    headings, shown = [], []
    for cell in notebook.cells:
        if found := re.match(r'## (.*)', cell.source): headings.append(found[1])
        for output in cell.get('outputs', []):
            if not (alt := spoken(output)): continue
            name = re.sub(r'\W+', '-', headings[-1].lower())
            shown.append((name, headings[-1], chart(figure_of(output)) if figure_of(output) else output.data['text/html'], alt))
            cell.outputs = [frame(picture(f'images/gallery/{name}', alt, link=True))]
            break
    photograph({name: html for name, _, html, _ in shown}, EXECUTED/'images'/'gallery')
    cards = ''.join(f'<a class="card" href="#{name}">{picture(f"images/gallery/{name}", "")}<strong>{escape(heading)}</strong></a>' for name, heading, _, _ in shown)
    notebook.cells.insert(2, raw(f'<div class="cards">{cards}</div>'))
    return notebook


def spoken(output) -> str | None:
    "What an output shows, for those who cannot see it; `None` for what is no chart and no card."
    import plotly.graph_objects as go
    from timm_bench.charts.words import in_words
    if spec := figure_of(output): return in_words(go.Figure(dict(data=spec['data'], layout=spec['layout']), skip_invalid=True))
    heading = re.search(r'<h3>(.*?)</h3>', ''.join(output.get('data', {}).get('text/html', '')))
    return heading and f'The card of {heading[1]}: its licence and pre-training data, its accuracy on every test set, its speed on every benchmark, and what is better.'


def picture(path: str, alt: str, link: bool = False) -> str:
    "A picture in both modes, as a link to itself in full size if asked for. Only the one that is seen is loaded."
    image = '<img{} src="{}" alt="{}" loading="lazy">'
    if not link: return ''.join(image.format(f' class="{mode}-content"', f'{path}-{mode}.png', escape(alt)) for mode in ('light', 'dark'))
    return ''.join(f'<a class="full {mode}-content" href="{path}-{mode}.png">{image.format("", f"{path}-{mode}.png", escape(alt))}</a>' for mode in ('light', 'dark'))


STAGE = """<!DOCTYPE html><html class="{mode}" data-scheme="{scheme}"><meta charset="utf-8"><link rel="stylesheet" href="styles.css">
<style>body {{ margin: 0; width: {width}px; }} #stage {{ padding: 16px 20px; background: var(--page-back); }} details {{ display: none; }} td, th {{ white-space: nowrap; }} {style}</style>
<body><div id="stage"><main class="cell-output-display"><div>{html}</div></main></div><script src="assets/plotly.min.js"></script><script src="assets/charts.js"></script></body></html>"""


def photograph(stages: dict[str, str], folder: Path, modes=('light', 'dark'), width: int = 1040, style: str = '') -> None:
    "Draw parts of pages in Chromium, with the site's own styles and scripts."
    sys.path.insert(0, str(PROJECT/'tests'))
    from browser import browser
    folder.mkdir(parents=True, exist_ok=True)
    stage = EXECUTED/'stage.html'
    with browser() as chromium:
        page = chromium.new_page(viewport=dict(width=width, height=900))
        page.set_default_timeout(180_000)  # milliseconds: a busy machine is slow
        for name, html in stages.items():
            for mode in modes:
                stage.write_text(STAGE.format(mode=f'quarto-{mode}', scheme='alternate' if mode == 'dark' else 'default', width=width, html=html, style=style), encoding='utf-8')
                page.goto(stage.as_uri())
                if 'class="plot"' in html: page.wait_for_selector('.plot .xtick')
                page.locator('#stage').screenshot(path=folder/(f'{name}-{mode}.png' if len(modes) > 1 else f'{name}.png'))
    stage.unlink(missing_ok=True)


def raw(html: str) -> nbformat.NotebookNode:
    "A cell of HTML, as Quarto writes it."
    return nbformat.v4.new_markdown_cell(f'```{{=html}}\n{html}\n```')


def joined(outputs: list) -> list:
    "The outputs of a cell that say something, and what it printed in one piece for each stream: a kernel hands it over in the chunks in which it happened to arrive."
    found, printed = [], {}
    for output in outputs:
        if not ''.join(output.get('data', {}).get('text/plain', 'a picture')).strip(): continue
        if output.output_type != 'stream': printed = {}
        elif output.name in printed: printed[output.name].text += output.text; continue
        else: printed[output.name] = output
        found.append(output)
    return [output for output in found if output.output_type != 'stream' or output.text.strip()]


def tidy(notebook: nbformat.NotebookNode, places: dict[str, str]) -> nbformat.NotebookNode:
    "Without what only matters on the machine that ran it: names of its folders, its terminal's codes, the place in a kernel that warned, pandas' own styles."
    for cell in notebook.cells:
        if 'outputs' not in cell: continue
        text = re.sub(r'\\u001b(\[[0-9;?]*[A-Za-z]|\].*?(\\u001b\\\\|\\u0007))', '', json.dumps(joined(cell.outputs)))
        for place, name in places.items(): text = text.replace(json.dumps(place)[1:-1], name)
        cell.outputs = [nbformat.from_dict(output) for output in json.loads(text)]
        for output in cell.outputs:
            if output.get('name') == 'stderr': output.text = re.sub(r'^\S*ipykernel\S*:\d+: (\w+:)\s+(.*\n)(?:  .*\n|\n)?', r'\1 \2', ''.join(output.text), flags=re.M)
            elif 'text/html' in output.get('data', {}):
                html = re.sub(r'<style scoped>.*?</style>\s*', '', ''.join(output.data['text/html']), flags=re.S)
                output.data['text/html'] = html.replace('<th></th>', '<td></td>')  # a heading without words is none
    return notebook


# ---------------------------------------------------------------- links of a page to its notebook


def notebook_links(path: PurePosixPath, about: dict[str, str]) -> str:
    "The row of links under a page's title: open it in Colab or Kaggle, its source, and the notebook itself."
    up, links = '../' * (len(path.parts) - 1), []
    if about['git_url']:
        source = f"{about['git_url'].rstrip('/')}/blob/{about['branch']}/{NBS.name}/{path}"
        if urlsplit(source).hostname == 'github.com':
            links += [('Open in Colab', 'https://colab.research.google.com/github' + urlsplit(source).path), ('Open in Kaggle', f'https://kaggle.com/kernels/welcome?src={source}')]
        links.append(('Source', source))
    links.append(('Download the notebook', f'{up}notebooks/{path}'))
    anchors = ' '.join(f'<a href="{escape(href)}"{" download" if name.startswith("Download") else ""}>{name}</a>' for name, href in links)
    return f'<p class="notebook-links">{anchors}</p>'


# ---------------------------------------------------------------- the tree that the doc processors read


def quarto_settings(about: dict[str, str]) -> str:
    "nbdev.yml, as nbdev writes it, but without addresses that there are not."
    import yaml
    site = dict(title=about['title'], description=about['description'])
    if about['url']: site['site-url'] = about['url']
    if about['git_url']: site |= {'repo-url': about['git_url'], 'repo-branch': about['branch'], 'repo-subdir': NBS.name}
    return yaml.safe_dump({'project': {'output-dir': about['doc_path']}, 'website': site}, sort_keys=False)


def listed(contents, found=None) -> list[str]:
    "The paths and patterns that a sidebar names."
    found = [] if found is None else found
    for entry in [contents] if isinstance(contents, str) else contents:
        if isinstance(entry, str): found.append(entry)
        else: found.append(entry.get('href', '')); listed(entry.get('contents', []), found)
    return found


def sidebar(pages: list[PurePosixPath]) -> str:
    "sidebar.yml, with the pages that it does not name at the end of their folder's section, and the explorer."
    import yaml
    read = yaml.safe_load((NBS/'sidebar.yml').read_text(encoding='utf-8'))
    contents = read['website']['sidebar']['contents']
    sections = {entry['section'].lower(): entry['contents'] for entry in contents if isinstance(entry, dict)}
    known = listed(contents)
    for page in pages:
        if any(page.match(pattern) and len(page.parts) == len(PurePosixPath(pattern).parts) for pattern in filter(None, known)): continue
        sections[page.parts[0] if page.parts[0] in sections else 'guides'].append(str(page))
    contents.insert(2, dict(text='Explorer', href='explore.html'))
    return yaml.safe_dump(read, sort_keys=False, allow_unicode=True)


def write_tree(executed: dict[Path, nbformat.NotebookNode], about: dict[str, str]) -> None:
    "The executed notebooks and all that goes with them, in `_executed`."
    import plotly.offline
    import timm_bench
    shutil.rmtree(EXECUTED, ignore_errors=True)
    shutil.copytree(NBS, EXECUTED, ignore=shutil.ignore_patterns('*.py', '.*', '__pycache__', '*.ipynb', 'nbdev.yml', 'sidebar.yml'))
    (EXECUTED/'assets'/'plotly.min.js').write_text(plotly.offline.get_plotlyjs(), encoding='utf-8')
    page = timm_bench.explorer().html.replace(os.environ['TIMM_BENCH_RESULTS'], 'timm-results')
    (EXECUTED/'explore.html').write_text(page.replace('<h1>', '<a href="index.html">‹ Docs</a>\n<h1>', 1), encoding='utf-8')
    places = {os.environ['TIMM_BENCH_RESULTS']: 'timm-results', str(PROJECT): '.', str(Path.home()): '~'}
    for path, notebook in executed.items():
        page = PurePosixPath(path.relative_to(NBS).as_posix())
        tidy(notebook, places)
        if str(page) == 'index.ipynb': quiet(notebook)
        (EXECUTED/page).parent.mkdir(parents=True, exist_ok=True)
        if str(page) != 'index.ipynb': notebook.cells.insert(1, raw(notebook_links(page, about)))
        shown = with_pictures(notebook) if str(page) == 'gallery.ipynb' else with_charts(notebook, '../' * (len(page.parts) - 1))
        nbformat.write(documented(shell(shown)), EXECUTED/page)
    preview(executed[NBS/'index.ipynb'])


def preview(front: nbformat.NotebookNode) -> None:
    "The picture that other sites show with a link to this one: the tagline, and the front page's chart."
    html = next((output.data['text/html'] for cell in front.cells for output in cell.get('outputs', []) if 'class="plot"' in output.get('data', {}).get('text/html', '')), '')
    tagline = re.search(r'^> (.*)', front.cells[0].source, re.M)[1]
    style = ('figcaption, .modebar { display: none; } #stage { height: 630px; overflow: hidden; padding: 36px 48px; box-sizing: border-box; } '
             '.plot { height: 430px !important; } h1 { margin: 0; font-size: 52px; } p { font-size: 27px; margin: 6px 0; }')
    html = re.sub(r'("height": |height: )\d{3}', r'\g<1>470', html)
    photograph(dict(social=f'<h1>timm_bench</h1><p>{escape(tagline)}</p>{html}'), EXECUTED/'images', modes=('light',), width=1200, style=style)


def shell(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    "A notebook whose cells of shell commands are shown as such rather than as Python."
    cells = []
    for cell in notebook.cells:
        if cell.cell_type == 'code' and (found := re.match(r'%%(?:sh|bash)\n', cell.source)):
            cells.append(nbformat.v4.new_markdown_cell(f'```sh\n{cell.source[found.end():]}\n```'))
            cell.source = '#| echo: false'
        cells.append(cell)
    notebook.cells = cells
    return notebook


def documented(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    "A notebook of which the doc processors run only what the reference is made from: exported cells and plain imports."
    for cell in notebook.cells:
        if cell.cell_type == 'code' and not re.search(r'^#\| *export', cell.source, re.M) and not only_imports(cell.source):
            cell.source = f'#| eval: false\n{cell.source}'
    return notebook


def only_imports(source: str) -> bool:
    "Whether a cell does nothing but import."
    try: return all(isinstance(statement, (ast.Import, ast.ImportFrom)) for statement in ast.parse(source).body)
    except SyntaxError: return False  # a magic command


# ---------------------------------------------------------------- reference

MISSING = inspect.Parameter.empty


def cell_text(value) -> str:
    "A value for a cell of a Markdown table."
    return str(value).replace('|', '\\|').replace('\n', ' ')


def option_help(hint) -> tuple[str | None, str | None]:
    "The type and the help of a command's option, of `Annotated[type, typer.Option(help=…)]`."
    if not hasattr(hint, '__metadata__'): return None, None
    return re.sub(r'\b(typing|pathlib|__main__)\.', '', inspect.formatannotation(hint.__origin__)), getattr(hint.__metadata__[0], 'help', None)


def written(value) -> str:
    "A default as one would write it."
    return repr(value.value) if isinstance(value, Enum) else getattr(value, '__name__', None) or repr(value)


def parameters(symbol) -> list[tuple[str, str, str, str]]:
    "Name, type, default and comment of each parameter, and of what is returned."
    from typing import get_type_hints
    from fastcore.docments import docments
    try: hints = get_type_hints(symbol, include_extras=True)
    except Exception: hints = {}  # noqa: BLE001  # a name that is imported for type checkers only
    rows = []
    for name, about in docments(symbol, full=True).items():
        type_, comment = option_help(hints.get(name))
        type_, comment = type_ or about.get('anno'), about.get('docment') or comment
        default = '' if about.get('default') is MISSING else f"`{written(about.get('default'))}`"
        if name == 'return' and not comment or name in ('self', 'args', 'kwargs') and not comment: continue
        comment = re.sub(r'(?<![\w`-])--[\w-]+', r'`\g<0>`', comment or '')  # two dashes in prose become one
        rows.append(('*returns*' if name == 'return' else f'`{name}`', f'`{type_}`' if type_ not in (None, MISSING) else '', default, comment))
    return rows


def signature(symbol, name: str) -> str:
    "How a function is called, without its types."
    try: parameters = inspect.signature(symbol).parameters.values()
    except (ValueError, TypeError): return name
    parts, starred = [], False
    for parameter in parameters:
        if parameter.kind is parameter.KEYWORD_ONLY and not starred: parts.append('*'); starred = True
        if parameter.kind is parameter.VAR_POSITIONAL: starred = True
        prefix = {parameter.VAR_POSITIONAL: '*', parameter.VAR_KEYWORD: '**'}.get(parameter.kind, '')
        parts.append(prefix + parameter.name + ('' if parameter.default is MISSING else f'={written(parameter.default)}'))
    line = f"{name}({', '.join(parts)})"
    return line if len(line) <= 80 else f'{name}(\n    ' + ',\n    '.join(parts) + '\n)'


def reference(symbol, name: str, level: int = 3) -> str:
    "The entry of a name: what it does, how it is called, and its parameters with types and units, as Markdown."
    from nbdev.doclinks import NbdevLookup
    source = NbdevLookup().code(getattr(symbol, '__qualname__', name))
    link = f' [source]({source}){{.source}}' if source else ''
    callable_ = inspect.isfunction(symbol) or (inspect.isclass(symbol) and not issubclass(symbol, (Exception, Enum)))
    kind = f'*class, a `{symbol.__mro__[1].__name__}`* · ' if inspect.isclass(symbol) and symbol.__mro__[1] is not object else ''
    if inspect.isclass(symbol) and issubclass(symbol, Enum): kind = '*one of* ' + ', '.join(f'`{choice.value}`' for choice in symbol) + ' · '
    parts = [f'---\n\n{"#" * level} {name}', f'{kind}{inspect.getdoc(symbol) or ""}{link}']
    rows = parameters(symbol) if callable_ else []
    if callable_: parts.append(f'```python\n{signature(symbol, name)}\n```')
    table = ['| parameter | type | default | meaning |', '|---|---|---|---|', *('| ' + ' | '.join(map(cell_text, row)) + ' |' for row in rows)]
    if rows: parts.append('\n'.join(['::: {.parameters}', *table, ':::']))
    return '\n\n'.join(parts)


class Reference:
    "What nbdev's `show_doc` shows in this site: tables that wrap, rather than signatures that scroll."

    def __init__(self, symbol, name: str | None = None, title_level: int = 3):
        self.text = reference(symbol, name or symbol.__qualname__, title_level)

    def _repr_markdown_(self) -> str: return self.text


# ---------------------------------------------------------------- pages


def homes() -> dict[str, str]:
    "The page of each public name: the command of the same name, in `cli`, is not it."
    import timm_bench
    return {name: f"{getattr(timm_bench, name).__module__.removeprefix('timm_bench.')}.html" for name in timm_bench.__all__}


def relink(text: str, page: PurePosixPath, about: dict[str, str]) -> str:
    "Markdown with nbdev's links to names as relative ones, so that the site works under any address, and without sources that are nowhere."
    from timm_bench._modidx import d
    base, up, home = re.escape(d['settings']['doc_host'] + d['settings']['doc_baseurl']), '../' * (len(page.parts) - 1), homes()
    text = re.sub(rf'\]\({base}/([\w/]+\.html)#([\w.]+)\)', lambda m: f"]({up}{home.get(m[2], m[1])}#{m[2].split('.')[0]})", text)  # a member is described with its class
    text = re.sub(r'^(#+ .*?)\[(`[^`\]]+`)\]\([^)]*\)', r'\1\2', text, flags=re.M)  # a heading is not a link
    return text if about['git_url'] else re.sub(r' ?\[source\]\([^)]*\)(\{[^}]*\})?', '', text)


def relink_cell(cell: nbformat.NotebookNode, page: PurePosixPath, about: dict[str, str]) -> None:
    "`relink` wherever a cell holds Markdown."
    if cell.cell_type == 'markdown': cell.source = relink(cell.source, page, about)
    for output in cell.get('outputs', []):
        data = output.get('data', {})
        if 'text/markdown' in data: data['text/markdown'] = relink(''.join(data['text/markdown']), page, about)
        if 'text/html' in data: data['text/html'] = re.sub(r'href="(?:file://\./nbs/)?([\w/]*?)(?:\d+[a-z]?_)?(\w+)\.ipynb', r'href="\1\2.html', ''.join(data['text/html']))


def process(about: dict[str, str]) -> Path:
    "nbdev's doc processors, in this process: they run the exported cells and write the reference of what they define."
    import nbdev.showdoc
    from nbdev.serve import proc_nbs
    nbdev.showdoc.BasicMarkdownRenderer = Reference
    os.chdir(PROJECT)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        folder = Path(proc_nbs(str(EXECUTED.relative_to(PROJECT)), n_workers=0, force=True))
    for path in folder.rglob('*.ipynb'):
        page = PurePosixPath(path.relative_to(folder).as_posix())
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells: relink_cell(cell, page, about)
        once(notebook)
        nbformat.write(notebook, path)
    return folder


def once(notebook: nbformat.NotebookNode) -> None:
    "Show a name once as a heading: where a section has the name of its entry, the entry goes without."
    section = ''
    for cell in notebook.cells:
        if found := re.match(r'## `?([\w.]+)`?$', cell.source.split('\n')[0]): section = found[1]
        for output in cell.get('outputs', []):
            data = output.get('data', {})
            if 'text/markdown' in data: data['text/markdown'] = re.sub(rf'^---\n+### {re.escape(section)}$\n*', '', data['text/markdown'], flags=re.M)


def render(folder: Path) -> list[str]:
    "The pages, by smalldocs, under the names that nbdev gives them (`04_choose.ipynb` becomes `choose.html`). What it warns of."
    from smalldocs.config import load
    from smalldocs.site import Site

    class Pages(Site):
        def read(self, src):
            page = super().read(src)
            page.out = page.out.with_name(str(page.front.get('output-file', page.out.name)))
            return page

        def find_page(self, target):
            return super().find_page(target) or next((page for page in self.pages.values() if page.out == target), None)

    site = Pages(load(folder), quiet=True)
    site.build()
    faults = [warning for warning in site.warnings if 'output-file' not in warning]  # which is read above
    return list({warning.split(': ', 1)[-1]: warning for warning in faults}.values())


def finish(folder: Path, about: dict[str, str]) -> None:
    "What smalldocs' pages lack: no font from another host, this site's script before smalldocs' own, a way past the navigation."
    for theme in (folder/'site_libs'/'themes').glob('*.css'):
        theme.write_text(re.sub(r'@import url\([^)]*\);?', '', theme.read_text(encoding='utf-8')), encoding='utf-8')
    for path in folder.rglob('*.html'):
        if path.parent.name == 'site_libs' or path.name == 'explore.html': continue
        up = '../' * (len(path.relative_to(folder).parts) - 1)
        path.write_text(mended(path.read_text(encoding='utf-8'), up, about), encoding='utf-8')


MENDED = {  # what a keyboard and a screen reader need of smalldocs' navigation
    '<nav class="navbar ': '<nav aria-label="Site" class="navbar ', '<nav id="quarto-sidebar"': '<nav aria-label="Pages" id="quarto-sidebar"',
    '<nav class="quarto-secondary-nav"': '<nav aria-label="Where you are" class="quarto-secondary-nav"',
    '<nav class="page-navigation"': '<nav aria-label="Previous and next page" class="page-navigation"',
    '<nav id="TOC"': '<nav aria-labelledby="toc-title" id="TOC"', 'role="navigation" aria-expanded': 'role="button" tabindex="0" aria-expanded',
    '<i class="bi" ': '<i class="bi" aria-hidden="true" '}


def mended(html: str, up: str, about: dict[str, str]) -> str:
    "One page with the additions of `finish`."
    html = re.sub(r'(?=<script src="[^"]*smalldocs\.js")', f'<script src="{up}assets/site.js" defer></script>', html, count=1)
    html = re.sub(r'(<body[^>]*>)', r'\1<a class="skip" href="#quarto-document-content">Skip to the content</a>', html, count=1)
    html = re.sub(r'<code>(?=(?:--[^<]{1,40}|[^<\s]{1,24})</code>)', '<code class="whole">', html)  # an option or a short name is not broken
    html = re.sub(r'<code>[^<\n]* --[^<\n]*</code>', lambda m: re.sub(r'--[\w-]+', r'<span class="whole">\g<0></span>', m[0]), html)
    for old, new in MENDED.items(): html = html.replace(old, new)
    if not about['url']: html = html.replace('</head>', f'<meta property="og:image" content="{up}images/social.png"></head>', 1)
    return html


def render_by_quarto(folder: Path) -> list[str]:
    "The same pages by Quarto. What it warns of, it prints."
    if not shutil.which('quarto'): raise BuildError('quarto is not installed; without an argument, the site is rendered by smalldocs')
    subprocess.run(['quarto', 'render', '--no-cache', '--no-execute'], cwd=folder, check=True)
    return []


def build(render=render) -> None:
    "The whole site."
    about = settings()
    executed = execute_all()
    write_tree(executed, about)
    folder = process(about)
    pages = [PurePosixPath(path.relative_to(NBS).as_posix()) for path in executed]
    (folder/'nbdev.yml').write_text(quarto_settings(about), encoding='utf-8')
    (folder/'sidebar.yml').write_text(sidebar(pages), encoding='utf-8')
    faults = render(folder)
    finish(folder/about['doc_path'], about)
    for page in pages:
        copy = folder/about['doc_path']/'notebooks'/page
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(NBS/page, copy)
    shutil.rmtree(PROJECT/about['doc_path'], ignore_errors=True)
    shutil.move(folder/about['doc_path'], PROJECT)
    if faults: raise BuildError('the pages are in ' + about['doc_path'] + ', but: ' + '; '.join(faults))


# ---------------------------------------------------------------- README


def readme_link(text: str, page: str, kind: str) -> str:
    "A link of the README: to the published site, where settings.ini names it, otherwise to the notebook, and for what is on the site only none."
    if url := settings()['url']: return f'[{text}]({url}/{page}.html)'
    return f'[{text}]({NBS.name}/{page}.ipynb)' if kind == 'ipynb' else text


def readme() -> None:
    "README.md: the cells of index.ipynb, code as code."
    parts = []
    for cell in nbformat.read(NBS/'index.ipynb', as_version=4).cells:
        options = dict(re.findall(r'^#\| ([\w-]+): "?(.*?)"?$', cell.source, re.M))
        code = re.sub(r'^#\|.*\n', '', cell.source, flags=re.M)
        parts.append(cell.source if cell.cell_type == 'markdown' else f'```python\n{code}\n```')
        if 'fig-alt' in options: parts.append(f"![{options['fig-alt']}]({NBS.name}/images/{options['label']}.png)")
    text = re.sub(r'\[([^\]]+)\]\(([\w/]+)\.(ipynb|html)\)', lambda m: readme_link(*m.groups()), '\n\n'.join(parts))
    (PROJECT/'README.md').write_text(text + '\n', encoding='utf-8')


def pictures() -> None:
    "The README's chart, drawn in a real browser."
    sys.path.insert(0, str(NBS.parent/'tests'))
    from browser import browser
    from timm_bench import get_data, show_subs
    figure = show_subs(get_data('infer'), 'Which image models are best?', 'infer_img_size')
    with browser() as chromium:
        page = chromium.new_page(viewport=dict(width=1000, height=800))
        page.set_content(f'<style>body {{ margin: 0 }}</style>{figure.to_html(full_html=False)}')
        page.wait_for_selector('.legend')
        page.screenshot(path=NBS/'images'/'inference.png')


def main(command: str = 'build', *rest: str) -> None:
    commands = {'build': build, 'quarto': lambda: build(render_by_quarto), 'readme': readme, 'pictures': pictures}
    if rest or command not in commands: sys.exit(__doc__)
    try: commands[command]()
    except BuildError as e: sys.exit(f'build_site: {e}')


if __name__ == '__main__': main(*sys.argv[1:])
