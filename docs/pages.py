"The pages: nbdev's doc processors, then smalldocs or Quarto, then what their pages lack."
from __future__ import annotations

import os
import re
import shutil
import subprocess
import warnings
from html import unescape
from pathlib import Path, PurePosixPath

import nbformat
from cells import html_of
from project import EXECUTED, PROJECT, BuildError, page_of, way_up
from reference import Reference


def process(about: dict[str, str]) -> Path:
    "nbdev's doc processors, in this process: they run the exported cells and write the reference of what they define."
    import nbdev.showdoc
    from nbdev.serve import proc_nbs
    nbdev.showdoc.BasicMarkdownRenderer = Reference
    os.chdir(PROJECT)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        folder = Path(proc_nbs(str(EXECUTED.relative_to(PROJECT)), n_workers=0, force=True))
    names = page_of_each_name()
    for path in folder.rglob('*.ipynb'):
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells: relink_cell(cell, page_of(path, folder), names, about)
        show_names_once(notebook)
        nbformat.write(notebook, path)
    return folder


# ---------------------------------------------------------------- links


def page_of_each_name() -> dict[str, str]:
    "The page of each public name: the command of the same name, in `cli`, is not it."
    import timm_bench
    modules = {name: getattr(timm_bench, name).__module__ for name in timm_bench.__all__}
    return {name: module.removeprefix('timm_bench.').replace('.', '/') + '.html' for name, module in modules.items()}


def relink_cell(cell: nbformat.NotebookNode, page: PurePosixPath, names: dict[str, str], about: dict[str, str]) -> None:
    "Make the links of a cell and its outputs relative to its page."
    if cell.cell_type == 'markdown': cell.source = relink(cell.source, page, names, about)
    for output in cell.get('outputs', []):
        data = output.get('data', {})
        if 'text/markdown' in data: data['text/markdown'] = relink(''.join(data['text/markdown']), page, names, about)
        if 'text/html' in data: data['text/html'] = relink_notebooks(html_of(output), page)


PARAMETERS = re.compile(r'::: \{\.parameters\}\n.*?\n:::', re.S)  # a table of `reference`


def relink(text: str, page: PurePosixPath, names: dict[str, str], about: dict[str, str]) -> str:
    """Markdown with nbdev's links to names as relative ones, so that the site works under any address.

    Not linked are headings, a parameter that has the name of some function, and sources that are nowhere."""
    from timm_bench._modidx import d
    base = re.escape(d['settings']['doc_host'] + d['settings']['doc_baseurl'])

    def relative(link: re.Match) -> str:
        target, name = link.groups()
        anchor = name.split('.')[0]  # a member is described with its class
        return f']({way_up(page)}{names.get(name, target)}#{anchor})'

    text = re.sub(rf'\]\({base}/([\w/]+\.html)#([\w.]+)\)', relative, text)
    text = re.sub(r'^(#+ .*?)\[(`[^`\]]+`)\]\([^)]*\)', r'\1\2', text, flags=re.M)
    text = PARAMETERS.sub(lambda table: re.sub(r'^\| \[(`\w+`)\]\([^)]*\)', r'| \1', table[0], flags=re.M), text)
    if about['git_url']: return text
    return re.sub(r' ?\[source\]\([^)]*\)(\{[^}]*\})?', '', text)


NOTEBOOK_LINK = re.compile(r'href="(file://\./nbs/)?([\w./]*?)(?:\d+_)?(\w+)\.ipynb')  # from the root, or relative


def relink_notebooks(html: str, page: PurePosixPath) -> str:
    "HTML with links to notebooks, as `fastnbs` writes them, as links to their pages."
    def relative(link: re.Match) -> str:
        from_root, folder, name = link.groups()
        return f'href="{way_up(page) if from_root else ""}{folder}{name}.html'

    return NOTEBOOK_LINK.sub(relative, html)


def show_names_once(notebook: nbformat.NotebookNode) -> None:
    "Where a section has the name of its entry, the entry goes without that heading."
    section = ''
    for cell in notebook.cells:
        if found := re.match(r'## `?([\w.]+)`?$', cell.source.split('\n')[0]): section = found[1]
        heading = re.compile(rf'^---\n+### {re.escape(section)}$\n*', re.M)
        for output in cell.get('outputs', []):
            data = output.get('data', {})
            if 'text/markdown' in data: data['text/markdown'] = heading.sub('', data['text/markdown'])


# ---------------------------------------------------------------- rendering


def render_by_smalldocs(folder: Path) -> list[str]:
    "The pages, under the names that nbdev gives them (`00_budgets.ipynb` becomes `budgets.html`). What it warns of."
    from smalldocs.config import load
    from smalldocs.site import Site

    class Pages(Site):
        def read(self, src):
            page = super().read(src)
            page.out = page.out.with_name(str(page.front.get('output-file', page.out.name)))
            return page

        def find_page(self, target):
            by_address = (page for page in self.pages.values() if page.out == target)
            return super().find_page(target) or next(by_address, None)

    site = Pages(load(folder), quiet=True)
    site.build()
    faults = [warning for warning in site.warnings if 'output-file' not in warning]  # which is read above
    return list({warning.split(': ', 1)[-1]: warning for warning in faults}.values())


def render_by_quarto(folder: Path) -> list[str]:
    "The same pages by Quarto. What it warns of, it prints."
    if not shutil.which('quarto'):
        raise BuildError('quarto is not installed; without an argument, the site is rendered by smalldocs')
    subprocess.run(['quarto', 'render', '--no-cache', '--no-execute'], cwd=folder, check=True)
    return []


# ---------------------------------------------------------------- what the pages lack


def finish(folder: Path, about: dict[str, str]) -> None:
    "Mend the pages: no font from another host, this site's script before smalldocs' own, a way past the navigation."
    for theme in (folder/'site_libs'/'themes').glob('*.css'):
        without_fonts = re.sub(r'@import url\([^)]*\);?', '', theme.read_text(encoding='utf-8'))
        theme.write_text(without_fonts, encoding='utf-8')
    for path in folder.rglob('*.html'):
        if path.parent.name == 'site_libs' or path.name == 'explore.html': continue
        page = page_of(path, folder)
        html = mended(path.read_text(encoding='utf-8'), way_up(page), about)
        if len(page.parts) > 1:  # several folders have a module of one name
            html = html.replace(f'<title>{path.stem} ', f'<title>{page.parent}.{path.stem} ', 1)
        path.write_text(html, encoding='utf-8')
    for_machines(folder)


CHART = re.compile(r'<figure class="chart">(?:<figcaption><strong>(.*?)</strong><span>(.*?)</span></figcaption>)?'
                   r'<div class="plot" role="group" aria-label="(.*?)".*?</figure>', re.S)
ANSWERS = re.compile(r'<section id="answers".*?</section>', re.S)
NO_TEXT = re.compile(r'<script.*?</script>\n*|<p class="notebook-links">.*?</p>\n*', re.S)


def for_machines(folder: Path) -> None:
    """Make the Markdown beside the pages fit to be read: a chart is its words, and the answers are their table.

    In `llms.txt` each page has its description."""
    from timm_bench.choosing.answers import answers, answers_as_markdown
    table = answers_as_markdown(answers())
    for path in folder.rglob('*.llms.md'):
        text = CHART.sub(chart_in_words, path.read_text(encoding='utf-8'))
        text = NO_TEXT.sub('', ANSWERS.sub(lambda _: table, text))
        path.write_text(text, encoding='utf-8')
    index = folder/'llms.txt'
    if index.exists():
        described = re.sub(r'^(- \[.*?\]\((.*?)\.llms\.md\))$', lambda line: line[1] + description(folder, line[2]),
                           index.read_text(encoding='utf-8'), flags=re.M)
        index.write_text(described, encoding='utf-8')


def chart_in_words(chart: re.Match) -> str:
    "A chart of a page as a paragraph."
    title, subtitle, words = (unescape(part or '') for part in chart.groups())
    return f'**Chart: {title}** ({subtitle}). {words}' if title else f'**Chart.** {words}'


def description(folder: Path, page: str) -> str:
    "What a page says of itself, for the list of pages."
    names = [str(page_of(path, folder).with_suffix('')) for path in folder.rglob('*.html')]
    own = [name for name in names if name == page or page.endswith(f'/{name}')]  # which may be a whole address
    if not own: return ''
    path = folder/f'{max(own, key=len)}.html'
    html = path.read_text(encoding='utf-8')
    found = re.search(r'<meta name="description" content="(.*?)"', html)
    return f': {unescape(found[1])}' if found else ''


SPOKEN = {  # what a keyboard and a screen reader need of smalldocs' navigation
    '<nav class="navbar ': '<nav aria-label="Site" class="navbar ',
    '<nav id="quarto-sidebar"': '<nav aria-label="Pages" id="quarto-sidebar"',
    '<nav class="quarto-secondary-nav"': '<nav aria-label="Where you are" class="quarto-secondary-nav"',
    '<nav class="page-navigation"': '<nav aria-label="Previous and next page" class="page-navigation"',
    '<nav id="TOC"': '<nav aria-labelledby="toc-title" id="TOC"',
    'role="navigation" aria-expanded': 'role="button" tabindex="0" aria-expanded',
    '<i class="bi" ': '<i class="bi" aria-hidden="true" ',
}
SKIP = '<a class="skip" href="#quarto-document-content">Skip to the content</a>'
SHORT_CODE = re.compile(r'<code>(?=(?:--[^<]{1,40}|[^<\s]{1,24})</code>)')  # an option or a short name
LONG_CODE = re.compile(r'<code>[^<\n]* --[^<\n]*</code>')  # a command with options


def mended(html: str, up: str, about: dict[str, str]) -> str:
    "One page with the additions of `finish`."
    script = f'<script src="{up}assets/site.js" defer></script>'
    html = re.sub(r'(?=<script src="[^"]*smalldocs\.js")', script, html, count=1)
    html = re.sub(r'<body[^>]*>', rf'\g<0>{SKIP}', html, count=1)
    html = SHORT_CODE.sub('<code class="whole">', html)  # is not broken
    html = LONG_CODE.sub(lambda code: re.sub(r'--[\w-]+', r'<span class="whole">\g<0></span>', code[0]), html)
    for old, new in SPOKEN.items(): html = html.replace(old, new)
    if about['url']: return html
    return html.replace('</head>', f'<meta property="og:image" content="{up}images/social.png"></head>', 1)
