"The tree that the doc processors read, in `_executed`: the notebooks with their outputs, and all that goes with them."
from __future__ import annotations

import os
import shutil
from html import escape
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import nbformat
from answers import show_answers, the_explorer
from cells import keep_from_running, raw, show_shell, tidy, without_stderr
from charts import show_charts
from pictures import preview, show_gallery
from project import EXECUTED, NBS, PROJECT, page_of, way_up


def write_tree(executed: dict[Path, nbformat.NotebookNode], about: dict[str, str]) -> None:
    "Write the whole tree anew."
    import plotly.offline
    from timm_bench.web.explorer import asset
    shutil.rmtree(EXECUTED, ignore_errors=True)
    written_below = shutil.ignore_patterns('.*', '__pycache__', '*.ipynb', 'nbdev.yml', 'sidebar.yml')
    shutil.copytree(NBS, EXECUTED, ignore=written_below)
    (EXECUTED/'assets'/'plotly.min.js').write_text(plotly.offline.get_plotlyjs(), encoding='utf-8')
    (EXECUTED/'assets'/'charts.js').write_text(asset('figures.js'), encoding='utf-8')
    write_explorer()
    results = os.environ['TIMM_BENCH_RESULTS']
    places = {results: 'timm-results', str(PROJECT): '.', str(Path.home()): '~'}
    for path, notebook in executed.items():
        tidy(notebook, places)
        prepare(notebook, page_of(path), about)
        (EXECUTED/page_of(path)).parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, EXECUTED/page_of(path))
    preview(executed[NBS/'index.ipynb'])


def prepare(notebook: nbformat.NotebookNode, page: PurePosixPath, about: dict[str, str]) -> None:
    "Give a notebook what its page shows beside its own cells."
    front = str(page) == 'index.ipynb'
    if front:
        without_stderr(notebook)
        show_answers(notebook)
    else: notebook.cells.insert(1, raw(notebook_links(page, about)))
    if str(page) == 'gallery.ipynb': show_gallery(notebook)
    else: show_charts(notebook, way_up(page))
    show_shell(notebook)
    keep_from_running(notebook)


def write_explorer() -> None:
    "The explorer as a page of the site, with a way back."
    html = the_explorer().html.replace(os.environ['TIMM_BENCH_RESULTS'], 'timm-results')
    html = html.replace('<h1>', '<a href="index.html">‹ Docs</a>\n<h1>', 1)
    (EXECUTED/'explore.html').write_text(html, encoding='utf-8')


def notebook_links(page: PurePosixPath, about: dict[str, str]) -> str:
    "The row of links under a page's title: open it in Colab or Kaggle, its source, and the notebook itself."
    links = []
    if about['git_url']:
        source = f"{about['git_url'].rstrip('/')}/blob/{about['branch']}/{NBS.name}/{page}"
        if urlsplit(source).hostname == 'github.com':
            links.append(('Open in Colab', 'https://colab.research.google.com/github' + urlsplit(source).path))
            links.append(('Open in Kaggle', f'https://kaggle.com/kernels/welcome?src={source}'))
        links.append(('Source', source))
    anchors = [f'<a href="{escape(href)}">{name}</a>' for name, href in links]
    anchors.append(f'<a href="{way_up(page)}notebooks/{page}" download>Download the notebook</a>')
    return f'<p class="notebook-links">{" ".join(anchors)}</p>'


# ---------------------------------------------------------------- what Quarto and smalldocs are told of the site


def quarto_settings(about: dict[str, str]) -> str:
    "nbdev.yml, as nbdev writes it, but without addresses that there are not."
    import yaml
    site = dict(title=about['title'], description=about['description'])
    if about['url']: site['site-url'] = about['url']
    if about['git_url']:
        site |= {'repo-url': about['git_url'], 'repo-branch': about['branch'], 'repo-subdir': NBS.name}
    return yaml.safe_dump({'project': {'output-dir': about['doc_path']}, 'website': site}, sort_keys=False)


def sidebar(pages: list[PurePosixPath]) -> str:
    "sidebar.yml, with the pages that it does not name at the end of their folder's section, and the explorer."
    import yaml
    read = yaml.safe_load((NBS/'sidebar.yml').read_text(encoding='utf-8'))
    contents = read['website']['sidebar']['contents']
    sections = {entry['section'].lower(): entry['contents'] for entry in contents if isinstance(entry, dict)}
    named = named_in(contents)
    for page in pages:
        if any(matches(page, pattern) for pattern in named): continue
        sections.get(page.parts[0], sections['reference']).append(str(page))
    contents.insert(2, dict(text='Explorer', href='explore.html'))
    return yaml.safe_dump(read, sort_keys=False, allow_unicode=True)


def named_in(contents: list | str) -> list[str]:
    "The paths and patterns that a sidebar names."
    if isinstance(contents, str): return [contents]
    found = []
    for entry in contents:
        if isinstance(entry, str): found.append(entry)
        else: found += [entry.get('href', ''), *named_in(entry.get('contents', []))]
    return [path for path in found if path]


def matches(page: PurePosixPath, pattern: str) -> bool:
    "Whether a page is meant by a path or a pattern from the root of `nbs/`."
    return page.match(pattern) and len(page.parts) == len(PurePosixPath(pattern).parts)
