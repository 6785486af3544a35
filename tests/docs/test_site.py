"The docs site as a reader meets it: every link, every page in Chromium, and what the pages say without a picture."
import functools
import html
import http.server
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import threading
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import timm_bench

PROJECT = Path(__file__).resolve().parents[2]
BUILD = PROJECT/'docs'/'build.py'
pytestmark = pytest.mark.skipif(not find_spec('smalldocs'), reason='smalldocs needs Python 3.11')


@pytest.fixture(scope='module')
def site() -> Path:
    "The built site: the one that tests/run has just built, or one built now."
    built = os.environ.get('TIMM_BENCH_SITE')
    if not built: subprocess.run([sys.executable, BUILD], check=True)
    return Path(built or PROJECT/'_docs')


class Page(HTMLParser):
    "What the tests ask of a page."

    def __init__(self, path: Path):
        super().__init__()
        self.ids, self.links, self.loads, self.images, self.meta = set(), [], [], [], {}
        self.text = path.read_text(encoding='utf-8')
        self.feed(self.text)

    def handle_starttag(self, tag, attributes):
        about = dict(attributes)
        if 'id' in about: self.ids.add(about['id'])
        if tag == 'a' and about.get('href') is not None: self.links.append(about['href'])
        if tag in ('script', 'img', 'link', 'iframe', 'source') and (where := about.get('src') or about.get('href')): self.loads.append(where)
        if tag == 'img': self.images.append(about)
        if tag == 'meta': self.meta[about.get('property') or about.get('name')] = about.get('content')


@pytest.fixture(scope='module')
def pages(site) -> dict[str, Page]:
    "Every page, by its path."
    return {path.relative_to(site).as_posix(): Page(path) for path in sorted(site.rglob('*.html')) if path.name != 'explore.html'}


def faults_of_links(site: Path, pages: dict[str, Page]) -> list[str]:
    faults = []
    for name, page in pages.items():
        for link in {*page.links, *page.loads}:
            parts = urlsplit(link)
            if parts.scheme in ('https', 'mailto') or link in ('', '#'): continue
            target = (site/name).parent/unquote(parts.path) if parts.path else site/name
            target = target/'index.html' if target.is_dir() else target
            if parts.scheme or not target.is_file(): faults.append(f'{name}: {link}')
            elif parts.fragment and target.suffix == '.html' and target.name != 'explore.html' and unquote(parts.fragment) not in pages[target.resolve().relative_to(site.resolve()).as_posix()].ids:
                faults.append(f'{name}: {link}: no such place')
    return faults


def test_every_link_leads_somewhere(site, pages):
    assert faults_of_links(site, pages) == []
    assert sum(len(page.links) for page in pages.values()) > 300


def test_nothing_is_loaded_from_elsewhere(pages):
    assert [f'{name}: {load}' for name, page in pages.items() for load in page.loads if urlsplit(load).netloc] == []


def test_plotly_js_is_there_once(site, pages):
    assert [path.relative_to(site).as_posix() for path in site.rglob('*plotly*.js')] == ['assets/plotly.min.js']
    drawn = {name for name, page in pages.items() if 'class="plot"' in page.text}
    assert len(drawn) >= 4 and drawn == {name for name, page in pages.items() if any(load.endswith('assets/plotly.min.js') for load in page.loads)}
    assert max(len(page.text) for page in pages.values()) < 3_000_000


INSTALLS = re.compile(r"^if not importlib\.util\.find_spec\('timm_bench'\):", re.M)  # in place of which a portable notebook carries the library


def cells_of(notebook):
    return [''.join(cell['source']) for cell in json.loads(notebook.read_bytes())['cells']]


def alone(source):
    "A cell where there are no other notebooks: their names are all that links leave."
    return re.sub(r'\[([^]]+)\]\((?:[\w.]+/)*(\w+\.ipynb)\)', r'\1 (`\2`)', source)


def test_every_notebook_is_a_page_and_can_be_had(site, pages):
    for path in (PROJECT/'nbs').rglob('*.ipynb'):
        if any(part.startswith(('.', '_')) for part in path.relative_to(PROJECT/'nbs').parts): continue
        name = path.relative_to(PROJECT/'nbs')
        carries = path.parent.name == 'tutorials' or path.stem == 'gallery'
        if not carries: assert (site/'notebooks'/name).read_bytes() == path.read_bytes()
        else: assert cells_of(site/'notebooks'/name)[1:] == [alone(cell) for cell in cells_of(path) if not INSTALLS.search(cell)], name
        assert name.with_name(re.sub(r'^\d+_', '', name.stem) + '.html').as_posix() in pages


def test_every_public_name_is_in_the_reference(pages):
    for name in timm_bench.__all__:
        page = f"{getattr(timm_bench, name).__module__.removeprefix('timm_bench.').replace('.', '/')}.html"
        assert name.lower() in pages[page].ids, name
        assert f'href="{page}#{name.lower()}"' in pages['reference.html'].text.replace(f'#{name}"', f'#{name.lower()}"'), name


def test_parameters_have_types_units_and_errors(pages):
    text = ' '.join(html.unescape(re.sub(r'<[^>]+>', '', pages['choosing/choose.html'].text)).split())
    for part in ("frontier( df, *, x='secs'", 'pd.DataFrame', 'seconds', 'raises ResultsError'): assert part in text, part


def test_a_parameter_is_not_linked_to_a_function_of_its_name(pages):
    tables = [table for page in pages.values() for table in re.findall(r'<div class="parameters".*?</div>', page.text, re.S)]
    assert len(tables) > 150 and not [table for table in tables if re.search(r'<tr>\s*<td[^>]*>\s*<a ', table)]


def test_charts_say_what_they_show(pages):
    for name, page in pages.items():
        charts = re.findall(r'<figure class="chart">.*?</figure>', page.text, flags=re.S)
        assert len(charts) == page.text.count('class="plot"')
        for chart in charts:
            words = re.search(r'aria-label="([^"]+)"', chart)[1]
            assert len(words) > 15 and f'<p>{words}</p>' in chart and '<template>' in chart and '<td>' in chart, (name, words)


def test_pictures_have_alternatives(pages):
    assert [f'{name}: {image["src"]}' for name, page in pages.items() for image in page.images if 'alt' not in image] == []
    gallery = [image for image in pages['gallery.html'].images if 'gallery/' in image['src']]
    told = {image['alt'] for image in gallery if image['alt']}
    assert len(told) >= 9 and len(gallery) == 4 * len(told)  # light and dark, in the overview and beside the code
    assert all(len(words) > 40 for words in told)


def test_the_gallery_has_three_lines_each(site):
    import nbformat
    cells = [cell for cell in nbformat.read(PROJECT/'nbs'/'gallery.ipynb', 4).cells if cell.cell_type == 'code']
    assert [len(cell.source.splitlines()) for cell in cells] == [3] * len(cells)


def test_pages_tell_nothing_of_the_machine(pages):
    for name, page in pages.items():
        assert str(PROJECT) not in page.text and not re.search(r'/ipykernel_\d+', page.text), name


def test_what_a_cell_printed_is_in_one_piece(pages):
    "A kernel hands it over in chunks, and with the codes of a terminal."
    twice = re.compile(r'cell-output-(stdout|stderr)">\s*<pre>(?:(?!</pre>).)*</pre>\s*</div>\s*<div class="cell-output cell-output-\1"', re.S)
    assert sum(page.text.count('cell-output-stdout') for page in pages.values()) > 20
    assert {name: (page.text.count('\x1b'), len(twice.findall(page.text))) for name, page in pages.items() if '\x1b' in page.text or twice.search(page.text)} == {}


def test_no_heading_stands_twice_in_a_row(pages):
    for name, page in pages.items():
        headings = [re.sub(r'<[^>]+>', '', heading) for heading in re.findall(r'<h[2-4] .*?</h[2-4]>', page.text, flags=re.S)]
        assert [one for one, other in zip(headings, headings[1:]) if one == other] == [], name


def test_preview_picture(site, pages):
    assert struct.unpack('>II', (site/'images'/'social.png').read_bytes()[16:24]) == (1200, 630)
    for name, page in pages.items(): assert page.meta['og:image'].endswith('images/social.png'), name


# ---------------------------------------------------------------- in Chromium


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_): pass


@pytest.fixture(scope='module')
def address(site):
    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), functools.partial(Quiet, directory=str(site))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f'http://127.0.0.1:{server.server_port}'
        server.shutdown()


@pytest.fixture
def open_page(chromium, address):
    "Opens a page; what it complains of, or asks of other hosts, is in `.faults`."
    contexts = []

    def opened(name: str, width: int = 1280, mode: str = 'light'):
        contexts.append(chromium.new_context(viewport=dict(width=width, height=900), color_scheme=mode))
        contexts[-1].set_default_timeout(120_000)
        page = contexts[-1].new_page()
        page.faults = []
        page.on('console', lambda message: page.faults.append(f'{message.type}: {message.text}') if message.type in ('error', 'warning') else None)
        page.on('pageerror', lambda error: page.faults.append(str(error)))
        page.on('request', lambda request: page.faults.append(request.url) if not request.url.startswith((address, 'data:', 'blob:')) else None)
        page.goto(f'{address}/{name}')
        return page

    yield opened
    for context in contexts: context.close()


@functools.cache
def axe() -> str:
    return (Path(find_spec('axe_playwright_python').origin).parent/'axe.min.js').read_text(encoding='utf-8')


ONE_OF_A_KIND = ['index.html', 'gallery.html', 'choosing/choose.html', 'tutorials/which_image_model_is_best.html', 'guides/how_to_read_the_figures.html']
ALL_PAGES_HAVE = ['.navbar', '#quarto-sidebar']  # the bar and the list of pages
CONTRAST_OF_NEW_LOOKS = """async ([rules, measured]) => {  // a look: a colour, size and weight of text on some ground, which is what contrast depends on
    const looks = new Map()
    for (const element of document.body.querySelectorAll('*')) {
        const says = [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim())
        if (!(says || element.matches('input, select, textarea')) || !element.checkVisibility()) continue
        const {color, fontSize, fontWeight, textShadow} = getComputedStyle(element)
        const look = [color, fontSize, fontWeight, textShadow]
        for (let under = element; under; under = under.parentElement) {
            const {backgroundColor, backgroundImage, opacity} = getComputedStyle(under)
            look.push(...[backgroundColor, backgroundImage, opacity].filter(part => !['rgba(0, 0, 0, 0)', 'none', '1'].includes(part)))
        }
        if (!looks.has(look.join())) looks.set(look.join(), element)
    }
    for (const look of measured) looks.delete(look)
    const found = looks.size ? await axe.run({include: [...looks.values()]}, {...rules, runOnly: ['color-contrast']}) : {violations: []}
    return [[...looks.keys()], found.violations]
}"""
WITHOUT_COLOURS = """for (const block of document.querySelectorAll('pre code, pre:not(:has(code))'))
    block.textContent = block.textContent  // half of a page's elements are the coloured words of its code"""
RULES = dict(resultTypes=['violations'], runOnly=['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'])


def grave(page, measured: set[str] | None = None) -> list[str]:
    """What axe-core finds that is serious or critical.

    With the looks whose contrast was `measured` before, which takes most of the time: contrast of new ones, and all else in what pages do not have alike, with code in one colour."""
    page.evaluate(axe())
    if measured is None: found = page.evaluate('rules => axe.run(rules)', RULES)['violations']
    else:
        looks, found = page.evaluate(CONTRAST_OF_NEW_LOOKS, [RULES, list(measured)])
        measured.update(looks)
        page.evaluate(WITHOUT_COLOURS)
        run = 'async ([parts, rules]) => axe.run({exclude: parts.map(part => [part])}, rules)'
        found += page.evaluate(run, [ALL_PAGES_HAVE, RULES | dict(rules={'color-contrast': dict(enabled=False)})])['violations']
    return [f"{fault['id']}: {fault['nodes'][0]['html'][:120]}" for fault in found if fault['impact'] in ('serious', 'critical')]


def too_wide(page, width: int) -> str | None:
    page.set_viewport_size(dict(width=width, height=900))
    page.wait_for_timeout(50)
    reach = page.evaluate('document.documentElement.scrollWidth')
    return f'{reach} pixels at a width of {width}' if reach > width else None


@pytest.mark.parametrize('share', range(4))
def test_every_page_in_chromium(open_page, address, pages, share):
    "No complaint, no request to another host, nothing serious for axe, and no scrolling sideways, from a phone to a wide screen."
    page, found, measured = open_page('index.html'), {}, set()
    for name in list(pages)[share::4]:
        page.goto(f'{address}/{name}')
        wide = filter(None, [too_wide(page, width) for width in (360, 1600, 1280)])
        found[name] = [*wide, *grave(page, None if name in ONE_OF_A_KIND else measured), *page.faults]
        page.faults.clear()
    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.mark.parametrize('name', ONE_OF_A_KIND)
def test_dark_pages(open_page, name):
    page = open_page(name, mode='dark')
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == 'rgb(23, 27, 33)'
    assert grave(page) + page.faults == []


def test_a_chart_in_both_modes_and_its_table(open_page):
    page = open_page('index.html')
    page.locator('.plot').first.scroll_into_view_if_needed()
    page.wait_for_selector('.plot .xtick')
    colour = "getComputedStyle(document.querySelector('.plot .xtick text')).fill"
    light, back = page.evaluate(colour), page.evaluate('getComputedStyle(document.body).backgroundColor')
    page.click('.quarto-color-scheme-toggle')
    page.wait_for_function(f"{colour} != '{light}'")
    assert page.evaluate('getComputedStyle(document.body).backgroundColor') != back
    page.reload()
    page.locator('.plot').first.scroll_into_view_if_needed()
    page.wait_for_selector('.plot .xtick')
    assert page.evaluate(colour) != light  # the choice is remembered
    page.click('figure.chart summary')
    page.wait_for_selector('figure.chart table')
    words = page.get_attribute('.plot', 'aria-label')
    assert page.locator('figure.chart tbody tr').count() == int(re.search(r'([\d,]+) models', words)[1].replace(',', ''))
    assert page.faults == []


def test_a_laptop_shows_charts_as_wide_as_they_are(open_page):
    page = open_page('tutorials/which_image_model_is_best.html', width=1300)
    page.locator('.plot').first.scroll_into_view_if_needed()  # which draws it
    page.wait_for_selector('.plot .xtick')
    assert page.evaluate("[...document.querySelectorAll('.plot')].every(plot => plot.clientWidth >= 985)")
    assert page.locator('#title-block-header #TOC').is_visible()
    page.set_viewport_size(dict(width=1600, height=900))
    page.wait_for_selector('#quarto-margin-sidebar #TOC')


ROWS = "[...document.querySelectorAll('#answers tbody tr')].map(row => [...row.cells].map(cell => cell.textContent))"


@pytest.mark.parametrize('width', [390, 1300])
def test_the_answer_is_on_the_first_screen(open_page, width):
    page = open_page('index.html', width=width)
    for part in ('#answers form', '#answers a.explore', '#answers tbody tr'):
        assert page.locator(part).first.is_visible() and page.locator(part).first.bounding_box()['y'] < 850, part
    assert page.evaluate('document.documentElement.scrollWidth') <= width
    assert len(page.evaluate(ROWS)) >= 3 and page.faults == []


def test_the_answers_change_in_place_and_are_those_of_the_library(open_page):
    from timm_bench import best, get_data
    from timm_bench.choosing.answers import answers, answers_in_words, two_kinds
    results = os.environ.get('TIMM_BENCH_RESULTS')
    page = open_page('index.html')
    built = page.evaluate(ROWS)
    words = answers_in_words(answers(results)).drop(columns='on').to_numpy().tolist()
    assert built == words
    by_hardware = [[row for row, on in zip(words, answers(results).on) if on == benchmark.describe()] for benchmark in two_kinds(results)]
    options = dict(page.locator('#answers [name=hardware] option').evaluate_all('all => all.map(each => [each.textContent, each.value])'))
    for benchmark, rows in zip(two_kinds(results), by_hardware):  # the page's own logic finds what was built
        page.select_option('#answers [name=hardware]', options[benchmark.describe()])
        page.wait_for_function(f'JSON.stringify({ROWS}) === JSON.stringify({json.dumps(rows)})')
    last = two_kinds(results)[-1]
    df = get_data('infer', benchmark=last.path, keep=None, weights='all', results=results)
    budget = df.secs.quantile(.2)
    page.fill('#answers [name=budget]', f'{1000 * budget:.3f} ms')
    page.select_option('#answers [name=licence]', 'commercial')
    asked = best(df, 1, under=f'{1000 * budget:.3f}ms', license='commercial').model[0]
    page.wait_for_function(f'{ROWS}.at(-1)[1] === {json.dumps(asked)}')
    assert '--under ' in page.inner_text('[data-part=line]') and page.inner_text('[data-part=line]').endswith('--license commercial')
    assert 'lic=commercial' in page.get_attribute('[data-part=explore]', 'href')
    page.fill('#answers [name=budget]', '5')
    page.wait_for_selector('text=5 what?')
    page.click('[data-part=explore]')
    page.wait_for_selector('#counts b')
    assert page.locator('.notice:visible').count() == 0 and page.faults == []


def test_the_explorer_is_in_the_top_bar_and_the_front_page_leads_to_it(pages):
    for name, page in pages.items():
        assert re.search(r'<nav[^>]*class="navbar.*?href="(\.\./)*(\./)?explore\.html".*?</nav>', page.text, re.S), name
    assert re.findall(r'href="([^"]*)"[^>]*>the explorer</a>', pages['index.html'].text) in (['explore.html'] * 2, ['./explore.html'] * 2)


def test_every_page_is_there_as_markdown_with_charts_in_words(site, pages):
    index = (site/'llms.txt').read_text(encoding='utf-8')
    listed = dict(re.findall(r'^- \[.*?\]\((.*?)\): (.+)$', index, re.M))
    assert {path.removesuffix('.llms.md') + '.html' for path in listed} == set(pages)
    for path in listed:
        text = (site/path).read_text(encoding='utf-8')
        prose = re.sub(r'^(`{3,}).*?^\1', '', text, flags=re.M | re.S)  # code may speak of them
        assert len(text) < 150_000 and 'class="plot"' not in prose and '<script' not in prose, path
    assert '**Chart: Which image models are best?**' in (site/'index.llms.md').read_text(encoding='utf-8')
    assert '| most accurate |' in (site/'index.llms.md').read_text(encoding='utf-8')


def test_titles_and_descriptions(pages):
    titles = {name: re.search('<title>(.*?)</title>', page.text)[1] for name, page in pages.items()}
    assert len(set(titles.values())) == len(titles)
    assert [name for name, page in pages.items() if len(page.meta.get('description') or '') < 20] == []


def test_a_printed_page_has_its_charts(open_page):
    page = open_page('tutorials/which_image_model_is_best.html')
    drawn = "[...document.querySelectorAll('.plot')].filter(plot => plot.querySelector('.xtick')).length"
    charts = page.locator('.plot').count()
    assert page.evaluate(drawn) < charts  # those in view
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.wait_for_function(f'{drawn} === {charts}')
    page.emulate_media(media='print')
    assert page.evaluate("[...document.querySelectorAll('.plot .main-svg')].every(svg => svg.getBoundingClientRect().width <= 1001)")
    assert not page.locator('.navbar').first.is_visible() and not page.locator('#quarto-sidebar').is_visible()


def test_what_scrolls_sideways_says_so(open_page):
    page = open_page('tutorials/your_hardware.html', width=700)
    plot = page.locator('.plot').first
    plot.scroll_into_view_if_needed()
    page.wait_for_selector('.plot.goes-right')
    plot.evaluate('plot => plot.scrollTo(10_000, 0)')
    page.wait_for_selector('.plot.goes-left:not(.goes-right)')


@pytest.mark.parametrize('name, width', [
    ('reference.html', 1300), ('reference.html', 390), ('guides/terminal.html', 390), ('choosing/cards.html', 390), ('choosing/cards.html', 1300), ('tutorials/choosing.html', 390)])
def test_sentences_wrap_and_only_code_and_columns_fade(open_page, name, width):
    page = open_page(name, width=width)
    page.wait_for_selector('main :is(pre, table)')
    faded = page.eval_on_selector_all('main :is(.goes-left, .goes-right)', """all => all.map(each => [
        each.outerHTML.slice(0, 80), each.matches('.sd-table') || Boolean(each.querySelector('h3, p, b, pre')) || [...each.querySelectorAll('tbody :is(td, th)')].some(cell =>
            cell.textContent.trim().split(/\\s+/).length > 6 && getComputedStyle(cell).whiteSpace === 'nowrap')])""")
    assert [html for html, sentences in faded if sentences] == []
    cut = page.eval_on_selector_all('main td', 'all => all.filter(each => each.closest(".sd-table") && each.getBoundingClientRect().right > innerWidth).length')
    assert cut == 0


def test_no_breadcrumb_stands_twice_in_a_row(pages):
    for name, page in pages.items():
        for trail in re.findall(r'<ol class="breadcrumb">.*?</ol>', page.text, flags=re.S):
            crumbs = [re.sub(r'<[^>]+>', '', crumb) for crumb in re.findall(r'<li.*?</li>', trail, flags=re.S)]
            assert [one for one, other in zip(crumbs, crumbs[1:]) if one == other] == [], name


@pytest.mark.parametrize('name', ['index.html', 'tutorials/hardware.html'])
def test_a_chart_fits_a_phone(open_page, name):
    page = open_page(name, width=360)
    page.locator('figure.chart').first.scroll_into_view_if_needed()
    page.wait_for_selector('.plot .xtick')
    assert page.evaluate("document.querySelector('.plot .main-svg').getBoundingClientRect().right") <= 360
    boxes = "[...document.querySelector('.plot').querySelectorAll('.xtick text, .ytick text, .legendtext, .xtitle')].map(part => part.getBoundingClientRect()).filter(box => box.width)"
    plot, parts = page.evaluate(f"[document.querySelector('.plot').getBoundingClientRect(), {boxes}].map(part => JSON.parse(JSON.stringify(part)))")
    for i, one in enumerate(parts):
        assert plot['left'] <= one['left'] and one['right'] <= plot['right'] and one['bottom'] <= plot['bottom']
        for other in parts[:i]: assert one['right'] <= other['left'] + 1 or other['right'] <= one['left'] + 1 or one['bottom'] <= other['top'] + 2 or other['bottom'] <= one['top'] + 2


def test_an_option_is_not_broken(open_page):
    page = open_page('guides/terminal.html', width=360)
    found = page.eval_on_selector_all('main code .whole', 'all => all.map(each => [each.textContent, each.getClientRects().length])')
    assert len(found) >= 5 and {lines for _, lines in found} == {1} and all(re.fullmatch(r'--[a-z-]+', text) for text, _ in found)


def test_the_explorer_leads_back(open_page, site):
    assert (os.environ.get('TIMM_BENCH_RESULTS') or str(PROJECT)) not in (site/'explore.html').read_text(encoding='utf-8')
    page = open_page('explore.html')
    page.wait_for_selector('#counts b')
    page.click('header a')
    page.wait_for_url('**/index.html')
    assert page.faults == []


@pytest.mark.parametrize('query, first', [
    ('frontier', 'choosing/choose.html'), ('standard error', 'guides/how_to_read_the_figures.html'), ('TIMM_BENCH_CACHE', 'guides/where_results_come_from.html'),
    ('distribution shift', 'tutorials/robustness.html'), ('fronteir', None)])
def test_search(open_page, query, first):
    page = open_page('index.html')
    page.keyboard.press('/')
    page.keyboard.type(query)
    page.wait_for_selector('.search-result')
    results = "[...document.querySelectorAll('.search-result')].map(each => each.getAttribute('href'))"
    if first: page.wait_for_function(f"{results}.slice(0, 3).join(' ').includes('{first}')", timeout=20_000)  # results come while one types
    found = page.evaluate(results)
    page.keyboard.press('Enter')
    page.wait_for_url(re.compile(re.escape(found[0].lstrip('./'))))


def test_keyboard(open_page):
    page = open_page('choosing/choose.html')
    page.keyboard.press('Tab')
    assert page.evaluate('document.activeElement.textContent') == 'Skip to the content'
    toggle = page.locator('#quarto-sidebar a[role=button]').first
    was = toggle.get_attribute('aria-expanded')
    toggle.focus()
    page.keyboard.press('Enter')
    page.wait_for_function("was => document.querySelector('#quarto-sidebar a[role=button]').getAttribute('aria-expanded') != was", arg=was)


# ---------------------------------------------------------------- a small site of its own


def small(folder: Path, **changes: str) -> Path:
    "A project with the site's own settings and two pages, and the bundled results."
    import nbformat
    nbs = folder/'nbs'
    nbs.mkdir(parents=True)
    for name in ('_quarto.yml', 'styles.css'): shutil.copy(PROJECT/'nbs'/name, nbs/name)
    for name in ('nbs/assets', 'nbs/images', 'docs', 'tests'):
        shutil.copytree(PROJECT/name, folder/name, ignore=shutil.ignore_patterns('__pycache__'))
    for name in ('setup.py', 'pyproject.toml', 'MANIFEST.in', 'README.md', 'LICENSE'): shutil.copy(PROJECT/name, folder)
    shutil.copytree(PROJECT/'timm_bench', folder/'timm_bench', ignore=shutil.ignore_patterns('__pycache__'))
    sections = ', '.join(f'{{section: {name}, contents: []}}' for name in ('Tutorials', 'Guides', 'Reference'))
    (nbs/'sidebar.yml').write_text(f'website: {{sidebar: {{contents: [index.ipynb, {sections}]}}}}')
    text = (PROJECT/'settings.ini').read_text()
    for key, value in changes.items(): text = re.sub(rf'^{key} =.*$', f'{key} = {value}', text, flags=re.M)
    (folder/'settings.ini').write_text(text)
    cells = {'index': ['# Home\n\n> A tagline.', 'See [a tutorial](tutorials/one.ipynb).'], 'gallery': ['# Gallery\n\n> None.'], 'tutorials/one': ['# One\n\n> A page.', '## A place'],
             'guides/how_to_read_the_figures': ['# Reading\n\n> A page.'], 'reference': ['# Reference\n\n> A page.'], 'tutorials/which_image_model_is_best': ['# Which\n\n> A page.']}
    for name, sources in cells.items():
        (nbs/name).parent.mkdir(exist_ok=True)
        nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(source) for source in sources]), nbs/f'{name}.ipynb')
    return folder


def build(folder: Path) -> subprocess.CompletedProcess:
    environment = os.environ | dict(TIMM_BENCH_RESULTS=str(PROJECT/'timm_bench'/'bundled'/'results'), TIMM_BENCH_DOCS_URL='')
    return subprocess.run([sys.executable, folder/'docs'/'build.py'], env=environment, capture_output=True, text=True)


def test_a_repository_and_an_address_make_links(tmp_path):
    done = build(small(tmp_path, git_url='https://github.com/huggingface/pytorch-image-models', doc_host='https://docs.example.org', doc_baseurl='/bench'))
    assert done.returncode == 0, done.stderr
    page, site = Page(tmp_path/'_docs'/'tutorials'/'one.html'), tmp_path/'_docs'
    assert 'https://colab.research.google.com/github/huggingface/pytorch-image-models/blob/main/nbs/tutorials/one.ipynb' in page.links
    assert 'https://kaggle.com/kernels/welcome?src=https://github.com/huggingface/pytorch-image-models/blob/main/nbs/tutorials/one.ipynb' in page.links
    assert 'https://github.com/huggingface/pytorch-image-models/blob/main/nbs/tutorials/one.ipynb' in page.links
    assert page.meta['og:image'] == 'https://docs.example.org/bench/images/social.png'
    assert faults_of_links(site, {path.relative_to(site).as_posix(): Page(path) for path in site.rglob('*.html') if path.name != 'explore.html'}) == []


def test_without_a_repository_there_are_no_such_links(pages):
    if re.search(r'^git_url = *\S', (PROJECT/'settings.ini').read_text(), flags=re.M): pytest.skip('settings.ini names a repository')
    assert [link for page in pages.values() for link in page.links if re.search(r'colab\.research|kaggle\.com/kernels', link)] == []
    assert not any('>source</a>' in page.text for page in pages.values())


def test_an_error_names_notebook_and_cell(tmp_path):
    import nbformat
    folder = small(tmp_path)
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell('# Broken\n\n> A page.'), nbformat.v4.new_code_cell('1 / 0', id='abc')]), folder/'nbs'/'guides'/'broken.ipynb')
    done = build(folder)
    assert done.returncode == 1
    assert 'nbs/guides/broken.ipynb, cell 2 (id abc): ZeroDivisionError: division by zero' in done.stderr
