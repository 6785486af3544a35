"The explorer in Chromium: every control is used as a person would, and its effect read from the page, the address or the file that was saved."
import io
import re
import shutil
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe

import timm_bench
import timm_bench.sources.results
from browser import until
from timm_bench.choosing.budgets import COMMERCIAL
from timm_bench.choosing.choose import best, better_than, frontier
from timm_bench.choosing.comparison import compare
from timm_bench.data import get_accuracy, get_data, timing_in_words
from timm_bench.web.explorer import explorer
from timm_bench.choosing.cards import card, versus
from timm_bench.columns import COLUMNS, FINE_TUNED, TEST_SETS

HERE = Path(__file__).parent
HARDWARE, OTHER = 'infer-amp-nhwc-pt240-cu124-rtx3090', 'infer-amp-nchw-pt291-cu130-5090'
PURE = ['format', 'axes', 'tables', 'frontier', 'filters', 'state', 'csv', 'colours', 'labels']
EVIL = '</script><img src=x onerror="document.title=\'owned\'"> \'q\' "Q" 🙂 \u202eright-to-left &lt;b&gt; <b>bold</b>'
SOON = dict(timeout=30_000)


class Page:
    "One explorer page in a tab, and what a person reads from it."

    def __init__(self, chromium, path, **context):
        self.context = chromium.new_context(**dict(viewport=dict(width=1440, height=900), accept_downloads=True, permissions=['clipboard-read', 'clipboard-write']) | context)
        self.tab, self.url, self.problems, self.asked, self.stopped = self.context.new_page(), path.as_uri(), [], [], []
        self.tab.on('console', lambda message: self.problems.append(message.text) if message.type in ('error', 'warning') else None)
        self.tab.on('pageerror', lambda error: self.problems.append(str(error)))
        self.tab.on('request', lambda request: self.asked.append(request.url))
        self.tab.on('requestfailed', lambda request: self.stopped.append((request.url, request.failure)))
        self.tab.set_default_timeout(120_000)
        self.go('')

    def go(self, fragment):
        "Open the page anew at a fragment."
        self.tab.goto('about:blank')
        self.tab.goto(f'{self.url}#{fragment}')
        self.tab.wait_for_selector('#counts b')
        return self

    def reset(self, fragment=''):
        "Follow a link within the page, without loading it anew."
        self.tab.evaluate('fragment => { location.hash = fragment }', fragment or '#')
        self.tab.wait_for_timeout(30)  # the event comes a little later
        return self

    def count(self): return int(self.tab.text_content('#counts b').replace(',', ''))
    def counts(self): return self.tab.text_content('#counts')
    def points(self): return self.tab.evaluate("document.getElementById('plot').data[0].x.length")
    def chips(self): return self.tab.locator('#chips button').all_text_contents()
    def fragment(self): self.tab.wait_for_timeout(220); return self.tab.evaluate('location.hash')

    def in_step(self):
        "The number of rows, when count, chart and table agree on it."
        table = int(self.tab.get_attribute('#table', 'aria-rowcount')) - 1
        assert self.count() == self.points() == table, (self.count(), self.points(), table)
        return table

    def rows(self, name):
        "A column of the table's rows in sight, from the top."
        heads = self.tab.locator('#table [role=columnheader]').all_text_contents()
        at = next(i for i, head in enumerate(heads) if head.rstrip(' ↑↓') == name)
        found = [self.tab.locator(f'#row-{i} > *').nth(at) for i in range(min(self.count(), 12))]
        return [(cell.locator('.name') if at == 0 else cell).text_content() for cell in found]

    def until(self, expression): until(self.tab, expression)

    def saved(self, button):
        with self.tab.expect_download() as download: self.tab.click(button)
        return download.value.suggested_filename, Path(download.value.path()).read_bytes()

    def csv(self): return pd.read_csv(io.BytesIO(self.saved('#csv')[1]), keep_default_na=False, na_values=[''], float_precision='round_trip')  # pandas 2 drops digits
    def type(self, field, text): self.tab.fill(field, text); self.tab.press(field, 'Enter')


def watched(page):
    "A page whose problems and requests are looked at when a test is done with it."
    yield page
    problems, asked = page.problems[:], [url for url in page.asked if not url.startswith(('file:', 'data:', 'blob:', 'about:'))]
    page.problems.clear(); page.asked.clear()
    assert problems == [] and asked == []


@pytest.fixture(scope='module')
def public_path(snapshots, tmp_path_factory):
    path = tmp_path_factory.mktemp('explorer')/'explorer.html'
    explorer(snapshots/'2026-01-06', out=path)
    return path


@pytest.fixture(scope='module')
def public_page(chromium, public_path): return Page(chromium, public_path)


@pytest.fixture
def page(public_page): yield from watched(public_page.reset())


@pytest.fixture(scope='module')
def frame(snapshots):
    "The default benchmark's rows, as pandas has them."
    return get_data('infer', benchmark=f'benchmark-{HARDWARE}', results=snapshots/'2026-01-06', keep=None, weights='all', vendors=True)


# ---- the scripts that know nothing of the page

LOGIC = (HERE/'logic.js').read_text(encoding='utf-8')


@pytest.fixture(scope='module')
def logic(chromium):
    tab = chromium.new_page()
    scripts = [(Path(timm_bench.__file__).parent/'web'/'assets'/f'{name}.js').read_text(encoding='utf-8') for name in PURE]
    tab.add_script_tag(content='\n'.join([*scripts, LOGIC]))
    return tab


@pytest.mark.parametrize('name', re.findall(r"^tests\['(.*)'\] =", LOGIC, re.M))
def test_logic(logic, name):
    assert logic.evaluate('name => { try { tests[name](); return null } catch (error) { return error.message } }', name) is None


# ---- what is shown

def test_at_first_every_model_of_the_default_benchmark_is_shown(page, frame):
    assert page.in_step() == len(frame)
    assert page.rows('Model')[0] == frame.model[frame.top1.idxmax()]
    words = page.tab.text_content('#meaning')
    assert f'{timing_in_words(frame)}, not latency' in words and f'benchmark-{HARDWARE}.csv' in words and '2026-01-06' in words
    assert 'amortised' in page.tab.text_content('#plot .xtitle')


def test_the_saved_rows_are_those_of_pandas(page, frame, snapshots):
    name, _ = page.saved('#csv')
    saved = page.csv()
    assert name == f'timm_bench-{HARDWARE}.csv' and len(saved) == len(frame)
    both = frame.merge(saved, on=['model', 'img_size'], suffixes=('', '_saved'), validate='1:1')
    assert len(both) == len(frame)
    alike = ['secs', 'infer_samples_per_sec', 'infer_batch_size', 'infer_gmacs', 'infer_macts', 'family', 'pretrain', 'license', 'weight']
    same = {name: f'{name}_saved' for name in alike} | dict(top1='top1_imagenet', top5='top5_imagenet', param_count_y='param_count')
    for own, other in same.items(): pd.testing.assert_series_equal(both[own], both[other], check_names=False, check_dtype=False, rtol=0, atol=0)
    for test_set in TEST_SETS:
        table = get_accuracy(test_set, results=snapshots/'2026-01-06').drop_duplicates(['model', 'img_size'])
        known = saved.merge(table, on=['model', 'img_size'], how='left')
        for top in 'top1', 'top5': np.testing.assert_array_equal(known[f'{top}_{test_set}'], known[top])


def test_filters_together_save_what_the_same_filters_keep_in_pandas(page, frame):
    page.tab.fill('#q', 'vit')
    page.type('#tmax', '1ms'); page.type('#pmax', '100M'); page.type('#accmin', '80'); page.type('#smax', '300')
    page.tab.check('#filters [aria-label="Declared licence"] li:has-text("any that permits") input')
    page.tab.check('#filters [aria-label="Pre-training data"] li:has-text("in21k") input >> nth=0')
    kept = frame[frame.model.str.contains('vit') & frame.license.isin(COMMERCIAL) & frame.pretrain.eq('in21k')]
    kept = kept.query('secs <= 1e-3 and param_count_y <= 100 and top1 >= 80 and img_size <= 300')
    assert 5 < len(kept) == page.in_step() and len(page.chips()) == 7
    saved = page.csv()
    assert set(saved.model) == set(kept.model) and saved.secs.sort_values().to_list() == kept.secs.sort_values().to_list()
    assert page.rows('Model') == kept.sort_values('top1', ascending=False, kind='stable').model.head(12).to_list()
    every = int(re.search(r'of ([\d,]+) shown', page.counts())[1].replace(',', ''))
    assert f'hidden: {every - len(frame):,} that lack' in page.counts() and f'{len(frame) - len(kept):,} by 7 filters' in page.counts()


@pytest.mark.parametrize('field, text, keep', [
    ('tmax', '0.5 ms', 'secs <= 5e-4'), ('tmax', '2000/s', 'secs <= 1 / 2000'), ('tmax', '0.0005 s', 'secs <= 5e-4'), ('pmax', '25.56', 'param_count_y <= 25.56'),
    ('mmax', '4G', 'infer_gmacs <= 4'), ('amax', '10 M', 'infer_macts <= 10'), ('accmin', '85.25 %', 'top1 >= 85.25'), ('smin', '384', 'img_size >= 384'), ('smax', '128', 'img_size <= 128')])
def test_each_budget_as_typed(page, frame, field, text, keep):
    page.type(f'#{field}', text)
    assert 0 < page.in_step() == len(frame.query(keep)) < len(frame)
    assert len(page.chips()) == 1
    page.tab.click('#chips button')
    assert page.in_step() == len(frame) and page.tab.input_value(f'#{field}') == ''


@pytest.mark.parametrize('field, column', [('tmax', 'secs'), ('pmax', 'param_count_y'), ('mmax', 'infer_gmacs'), ('amax', 'infer_macts'), ('accmin', 'top1')])
def test_each_slider_keeps_what_its_field_says(page, frame, field, column):
    slider = page.tab.locator(f'#{field}-slider')
    slider.focus()
    for _ in range(10): slider.press('PageUp' if field == 'accmin' else 'PageDown')
    limit = float(re.search(f'{field}=([^&]*)', page.fragment())[1])
    assert page.in_step() == ((frame[column] >= limit) if field == 'accmin' else (frame[column] <= limit)).sum() < len(frame)
    slider.press('Home' if field == 'accmin' else 'End')
    assert page.in_step() == len(frame) and page.tab.input_value(f'#{field}') == ''


@pytest.mark.parametrize('field, text', [('tmax', 'fast'), ('pmax', 'small'), ('accmin', 'high'), ('smax', 'big')])
def test_what_is_no_budget_is_no_limit_and_says_so_below_its_field(page, frame, field, text):
    page.type(f'#{field}', '80'); page.type(f'#{field}', text)
    assert page.tab.get_attribute(f'#{field}', 'aria-invalid') == 'true' and page.tab.input_value(f'#{field}') == text
    assert page.in_step() == len(frame) and page.chips() == [] and field not in page.fragment()  # what was typed before does not silently stay
    hint = page.tab.locator(f"#{page.tab.get_attribute(f'#{field}', 'aria-describedby')}")
    assert hint.is_visible() and f'“{text}” is not understood, so there is no limit. Write for example' in hint.locator('[role=alert]').text_content()
    field_box, hint_box = page.tab.locator(f'#{field}').bounding_box(), hint.bounding_box()
    assert 0 <= hint_box['y'] - field_box['y'] - field_box['height'] < 12
    page.tab.check('#full')
    assert hint.is_visible() and page.tab.input_value(f'#{field}') == text  # whatever else is filtered by
    page.tab.click('#clear')
    assert hint.is_hidden() and page.tab.input_value(f'#{field}') == '' and page.tab.get_attribute(f'#{field}', 'aria-invalid') == 'false'


def test_a_bare_number_asks_for_a_unit(page, frame):
    page.type('#tmax', '5')
    hint = page.tab.locator(f"#{page.tab.get_attribute('#tmax', 'aria-describedby')}")
    assert '“5” has no unit, so there is no limit. Write 5 ms, 5 s or 5/s' in hint.text_content() and page.in_step() == len(frame)
    page.type('#tmax', '5 ms')
    assert page.in_step() == (frame.secs <= .005).sum()


def test_search_as_one_types(page, frame):
    for end in range(1, 9):
        page.tab.press('#q', 'convnext'[end - 1])
        assert page.in_step() == frame.model.str.contains('convnext'[:end], regex=False).sum()
    page.tab.fill('#q', 'in22k CONVNEXT')
    assert page.in_step() == (frame.model.str.contains('convnext') & frame.model.str.contains('in22k')).sum() > 0


@pytest.mark.parametrize('label, words, keep', [
    ('Family', 'efficientnetv2', lambda df: df.family.eq('efficientnetv2')),
    ('Declared licence', 'cc-by-nc-4.0', lambda df: df.license.eq('cc-by-nc-4.0')), ('Declared licence', 'none declared', lambda df: df.license.isna()),
    ('Declared licence', 'any that permits commercial use', lambda df: df.license.isin(COMMERCIAL)), ('Pre-training data', 'not told', lambda df: df.pretrain.isna())])
def test_each_facet_shows_as_many_as_it_says(page, frame, label, words, keep):
    item = page.tab.locator(f'#filters [aria-label="{label}"] li').filter(has=page.tab.locator(f'span[title="{words}"]'))
    promised = int(item.locator('.number').text_content().replace(',', ''))
    item.locator('input').check()
    assert promised == page.in_step() == keep(frame).sum()
    page.tab.click('#clear')
    assert page.in_step() == len(frame) and not item.locator('input').is_checked()


def test_only_complete_rows(page, frame):
    page.reset('x=params&y=acts')
    before, rows = page.in_step(), page.csv()
    page.tab.check('#full')
    whole = rows.dropna(subset=['secs', 'infer_batch_size', 'param_count', 'infer_gmacs', 'infer_macts', *(f'top1_{test_set}' for test_set in TEST_SETS)])
    assert page.in_step() == len(whole) < before and set(page.csv().model) == set(whole.model)


def test_the_frontier_is_that_of_the_library(page, frame):
    wanted = frontier(frame)
    traces = lambda: page.tab.evaluate("document.getElementById('plot').data.length")
    assert traces() == 2
    page.tab.click('#front')
    assert traces() == 1 and page.tab.locator('.on-edge').count() == 0
    page.tab.press('body', 'f')
    assert traces() == 2 and page.tab.locator('.on-edge').count() > 0
    page.tab.check('#edge')
    assert page.in_step() == len(wanted) and set(page.csv().model) == set(wanted.model)


def test_either_axis_shows_any_quantity_with_or_without_logarithm(page, frame):
    axes = {'rate': 'infer_samples_per_sec', 'params': 'param_count_y', 'macs': 'infer_gmacs', 'acts': 'infer_macts', 'size': 'img_size', 'top1_real': None, 'top5_a': None, 'secs': 'secs'}
    drawn = lambda axis: page.tab.evaluate("axis => { const plot = document.getElementById('plot'); return [plot.layout[axis + 'axis'].type, plot.data[0][axis]] }", axis)
    for axis in 'xy':
        for name, column in axes.items():
            page.tab.select_option(f'#{axis}', name)
            kind, values = drawn(axis)
            assert len(values) == page.in_step() > 1000 and kind == ('linear' if name[:3] in ('top', 'siz') else 'log')
            if column: assert set(frame[column].dropna()) <= set(values)
            page.tab.click(f'#{axis}log')
            assert drawn(axis)[0] != kind and page.in_step() > 1000
    assert page.tab.locator('#plot .xtick').count() >= 3


def test_an_accuracy_on_an_axis_is_the_one_that_budgets_and_table_go_by(page, snapshots):
    page.tab.select_option('#y', 'top1_sketch')
    page.type('#accmin', '50')
    kept = get_data('infer', benchmark=f'benchmark-{HARDWARE}', accuracy='sketch', results=snapshots/'2026-01-06', keep=None, weights='all').query('top1 >= 50')
    assert page.in_step() == len(kept) and page.rows('ImageNet-Sketch top-1 %')[0] == f'{kept.top1.max():.2f}' and page.chips() == ['ImageNet-Sketch top-1 ≥ 50 % ✕']


def test_every_benchmark_can_be_picked_and_says_what_its_time_is(page, snapshots):
    options = page.tab.locator('#hw option').evaluate_all('options => options.map(option => option.value)')
    assert len(options) == 22
    for option in options[::5] + ['infer-fp32-nchw-pt240-cpu-i7_12700h-dynamo', 'train-amp-nhwc-pt112-cu113-rtx3090']:
        page.tab.select_option('#hw', option)
        part = option.split('-')[0]
        df = get_data(part, benchmark=f'benchmark-{option}', results=snapshots/'2026-01-06', keep=None, weights='all')
        words = page.tab.text_content('#meaning')
        assert page.in_step() == len(df) and f'benchmark-{option}.csv' in words and timing_in_words(df) in words
        assert ('latency at batch size 1' in words) == ('cpu' in option) and ('optimiser step' in words) == (part == 'train')


def test_a_training_file_saves_what_pandas_has(page, snapshots):
    page.tab.select_option('#hw', 'train-amp-nhwc-pt112-cu113-rtx3090')
    df, saved = get_data('train', benchmark='nhwc pt112', results=snapshots/'2026-01-06', keep=None, weights='all'), page.csv()
    columns = ['model', 'img_size', 'train_img_size', 'secs', 'train_batch_size']
    key = lambda table: table[columns].astype({column: float for column in columns[1:]}).sort_values(columns).reset_index(drop=True)
    pd.testing.assert_frame_equal(key(df), key(saved), check_dtype=False)


def test_two_benchmarks_are_compared_as_the_library_does(page, snapshots):
    page.tab.select_option('#vs', OTHER)
    saved = page.csv().dropna(subset=['speedup'])
    pairs = compare(f'benchmark-{HARDWARE}', f'benchmark-{OTHER}', results=snapshots/'2026-01-06').set_index(['model', 'img_size'])
    arch = pd.MultiIndex.from_arrays([saved.model.str.split('.').str[0], saved.img_size])
    np.testing.assert_allclose(saved.speedup, pairs.speedup.reindex(arch))
    words = page.tab.text_content('#meaning b')
    assert f'×{saved.speedup.median():.2f} as fast' in words and f'batch sizes are equal for {(saved.infer_batch_size == saved.batch_size_b).sum():,}' in words
    page.tab.select_option('#x', 'speedup')
    assert page.in_step() == len(saved)
    page.tab.select_option('#vs', '')
    assert page.tab.input_value('#x') == 'secs' and 'speedup' not in page.csv()


def test_the_table_sorts_by_every_column(page, frame):
    page.tab.click('#table [data-sort=secs]')
    assert page.csv().secs[0] == frame.secs.min()  # the fastest first
    assert page.tab.get_attribute('#table [role=columnheader]:has([data-sort=secs])', 'aria-sort') == 'ascending'
    page.tab.click('#table [data-sort=secs]')
    assert page.csv().secs[0] == frame.secs.max()
    cut = "buttons => buttons.filter(b => b.scrollWidth > b.clientWidth + 1).map(b => b.textContent)"
    for column in page.tab.locator('#table [data-sort]').evaluate_all('buttons => buttons.map(button => button.dataset.sort)'):
        page.tab.click(f'#table [data-sort="{column}"]')
        assert page.in_step() == len(frame)
        assert page.tab.locator('#table [data-sort]').evaluate_all(cut) == []  # no heading is cut, also with its arrow


# ---- one model

def test_the_keys(page, frame):
    first = page.rows('Model')
    page.tab.focus('#table')
    page.tab.keyboard.press('ArrowDown'); page.tab.keyboard.press('ArrowDown')
    assert page.tab.locator('.row.active .name').text_content() == first[1] and page.tab.get_attribute('#table', 'aria-activedescendant') == 'row-1'
    page.tab.keyboard.press('Enter')
    assert page.tab.text_content('#card h2') == first[1]
    page.tab.keyboard.press('p')
    assert page.tab.text_content('#pins h2') == '1 pinned'
    page.tab.keyboard.press('Escape')
    assert page.tab.is_hidden('#card')
    page.tab.keyboard.press('End')
    assert page.tab.text_content('.row.active .name') == frame.sort_values('top1', ascending=False, kind='stable').model.iloc[-1]
    page.tab.keyboard.press('/')
    page.tab.keyboard.type('f?')
    assert page.tab.input_value('#q') == 'f?' and page.tab.is_hidden('#help-box')
    page.tab.keyboard.press('Escape'); page.tab.keyboard.press('?')
    assert 'search by name' in page.tab.text_content('#help-box') and page.tab.is_visible('#help-box')
    page.tab.keyboard.press('Escape')
    assert page.tab.is_hidden('#help-box')


def test_a_card_tells_what_the_library_tells(page, frame):
    page.tab.fill('#q', 'resnet50.a1_in1k')
    page.tab.click('.row:has-text("resnet50.a1_in1k") >> nth=0')
    size = int(re.search(r'(\d+) px', page.tab.text_content('#card dl'))[1])
    better = better_than(frame, 'resnet50.a1_in1k', size=size)
    words = page.tab.text_content('#card')
    assert f'{len(better)} on RTX 3090' in words and 'they hide' in words
    listed = page.tab.locator('.better li').all_text_contents()
    for text, row in zip(listed, better.head(8).itertuples()):
        assert text.startswith(f'{row.model} at {row.img_size} px') and f'+{row.points:.2f} points' in text and ('(a tie with it)' in text) == row.tie
    page.tab.click('#copy-code')
    assert page.tab.evaluate('navigator.clipboard.readText()') == "timm.create_model('resnet50.a1_in1k', pretrained=True)"
    page.tab.click('.better li >> nth=0 >> button')
    assert page.tab.text_content('#card h2') == better.model.iloc[0] and 'Not among the rows shown now' in page.tab.text_content('#card')


def test_the_table_marks_what_best_and_frontier_mark(page, frame):
    "The same ties with the most accurate, the same tied steps; a model as the budget."
    page.type('#tmax', '1x resnet50.a1_in1k')
    own = frame[frame.model == 'resnet50.a1_in1k'].sort_values('img_size').iloc[0]
    whole = best(frame, len(frame), under=float(own.secs))
    assert page.in_step() == len(whole)
    marked = [page.tab.locator(f'#row-{i}').text_content() for i in range(12)]
    assert ['≈' in text for text in marked] == list(whole.tie[:12]) and whole.tie.any()
    page.reset('edge=1&sort=secs')
    edge = frontier(frame)
    marked = [page.tab.locator(f'#row-{i} .on-edge').text_content() for i in range(12)]
    assert marked == ['◇' if tie else '◆' for tie in edge.tie[:12]] and '◇' in marked


@pytest.mark.parametrize('test_set', FINE_TUNED)
def test_ties_after_fine_tuning_are_those_of_the_library(page, snapshots, test_set):
    "By the error that each row brings: best, frontier, versus, card and the page agree."
    results = snapshots/'2026-01-06'
    df = get_data('infer', benchmark=f'benchmark-{HARDWARE}', accuracy=test_set, results=results, keep=None, weights='all')
    page.reset(f'y=top1_{test_set}')
    whole = best(df, len(df))
    assert page.in_step() == len(whole) and timing_in_words(df) in page.tab.text_content('#meaning')
    assert page.tab.locator(f'#table [data-sort=top1_{test_set}]').text_content().startswith(COLUMNS[test_set].label.replace('top-1 accuracy', 'top-1').removesuffix(' (%)'))
    data = "(() => { const page = JSON.parse(document.getElementById('data').textContent), data = tables.read(page), start = state.initial(data); "
    look = f"const view = filters.look(data, {{ ...start, y: 'top1_{test_set}' }}); const names = rows => rows.map(row => data.model[row]).sort(); "
    ties, steps, errors = page.tab.evaluate(
        data + look + f"return [names([...view.ties]), names([...view.tiedSteps]), view.rows.map(row => [data.model[row], data.errors.top1_{test_set}[row]])] }})()")
    edge = frontier(df)
    assert ties == sorted(whole.model[whole.tie]) and ties and steps == sorted(edge.model[edge.tie])
    assert dict(errors) == dict(zip(df.model, df.top1_error))
    assert [('≈' in page.tab.locator(f'#row-{i}').text_content()) for i in range(12)] == list(whole.tie[:12])
    typical = np.sqrt((df.top1 * (100 - df.top1)) / (df.top1 * (100 - df.top1) / df.top1_error**2).median())
    assert (df.top1_error - typical).abs().max() > 0.05  # one error for all, as before, is not each row's own
    for i in 0, 5: page.tab.click(f'#row-{i} .pin')
    pinned = page.tab.locator('#pins tbody tr', has_text=TEST_SETS[test_set].title).locator('td').all_text_contents()
    first, other = [text.removesuffix('✕') for text in page.tab.locator('#pins thead th').all_text_contents()]
    two = versus(first, other, results=results)
    own = df.set_index('model')
    told, = [row for row in two['accuracy'] if row['test_set'] == test_set]
    for text, side, name in zip(pinned, 'ab', (first, other), strict=True):
        shown, error = text.removesuffix(' tie').split(' ± ')
        assert shown == f'{told[side]:.2f}' and abs(float(error) - 1.96 * own.top1_error[name]) <= .0051
    assert (' tie' in ''.join(pinned)) == told['tie']
    for side, name in ('a', first), ('b', other):
        assert told[side] in [row['top1'] for row in card(name, results=results)['accuracy'] if row['test_set'] == test_set]
    page.tab.click('#unpin')


def test_a_fine_tuned_accuracy_is_told_of_every_size_of_a_model(page, snapshots):
    "What is known at one size stands beside two models that are held against each other at another, as in `versus`."
    results = snapshots/'2026-01-06'
    accuracy = get_accuracy(results=results)
    names = 'resnet18d.ra2_in1k', 'convnext_tiny.fb_in1k'
    sizes = [set(accuracy.img_size[accuracy.model == name]) for name in names]
    size = max(sizes[0] & sizes[1])
    assert size > 224
    page.reset('&'.join('pin=' + quote(f'{name}@{size}') for name in names))
    two = versus(*names, size=size, results=results)
    said = page.tab.text_content('#versus').replace('−', '-')
    middle = two['sentence'].split('; ')
    assert [part for part in middle if part.startswith(('more accurate on', 'once fine-tuned'))] == said.split('; ')[1:3]
    for row in two['accuracy']:
        about = TEST_SETS[row['test_set']]
        line = page.tab.locator('#pins tbody tr', has=page.tab.locator(f'th:text("{about.title} {about.brief} %")')).first
        assert [text.split()[0] for text in line.locator('td').all_text_contents()] == [f"{row[side]:.2f}" for side in 'ab']
    page.tab.click('#unpin')


def test_models_that_ran_folded_are_marked_and_not_compared(page, snapshots):
    page.tab.select_option('#hw', OTHER)
    df, saved = get_data('infer', benchmark=f'benchmark-{OTHER}', keep=None, weights='all', results=snapshots/'2026-01-06'), page.csv()
    folded = set(df.model[df.folded])
    assert len(folded) > 20 and set(saved.model[saved.folded]) == folded
    assert f'{saved.folded.sum():,} of the models shown ran with their branches folded' in page.tab.text_content('#meaning')
    page.tab.fill('#q', 'repvgg_b3.rvgg_in1k')
    assert page.tab.text_content('.row .badge') == 'folded'
    page.tab.click('.row:has(.badge) >> nth=0')
    assert 'ran with its branches folded' in page.tab.text_content('#card dl') and 'folded' in page.tab.locator('#card tr .badge').all_text_contents()
    page.tab.fill('#q', '')
    page.tab.select_option('#vs', HARDWARE)
    both = page.csv()
    both = both[both.secs_b.notna()]
    assert both.folded.any() and both.speedup[both.folded].isna().all() and both.speedup[~both.folded].notna().all()
    assert f'{both.folded.sum():,} left out that ran with their branches folded' in page.tab.text_content('#meaning b')


def test_a_dot_opens_its_card_and_tells_its_numbers(page, frame):
    page.tab.check('#edge')
    where = """() => { const plot = document.getElementById('plot'), i = 3, box = plot.getBoundingClientRect(), { xaxis, yaxis } = plot._fullLayout;
        return [box.left + xaxis._offset + xaxis.d2p(plot.data[0].x[i]), box.top + yaxis._offset + yaxis.d2p(plot.data[0].y[i])] }"""
    left, top = page.tab.evaluate(where)
    page.tab.mouse.move(left - 30, top - 30); page.tab.mouse.move(left, top, steps=4)
    page.tab.wait_for_selector('#tip:not([hidden])', **SOON)
    name, secs = frontier(frame).iloc[3][['model', 'secs']]
    assert page.tab.text_content('#tip strong') == name and 'amortised, batch' in page.tab.text_content('#tip')
    painted = page.tab.evaluate("""([left, top]) => { const canvas = document.getElementById('dots'), box = canvas.getBoundingClientRect(), ratio = canvas.width / box.width;
        return [...canvas.getContext('2d').getImageData((left - box.left) * ratio, (top - box.top) * ratio, 1, 1).data] }""", [left, top])
    assert painted[3] > 0
    page.tab.mouse.click(left, top)
    page.tab.wait_for_selector('#card h2', **SOON)
    assert page.tab.text_content('#card h2') == name


def test_up_to_five_models_side_by_side(page):
    names = page.rows('Model')[:6]
    for i in range(5): page.tab.click(f'#row-{i} .pin')
    assert page.tab.locator('#pins thead th').all_text_contents() == [f'{name}✕' for name in names[:5]]
    assert page.tab.locator('#pins tbody tr').count() >= 15 and page.tab.locator('#pins .best').count() >= 8
    page.tab.click('#row-5 .pin')
    assert 'unpin one first' in page.tab.text_content('#notice') and page.tab.text_content('#pins h2') == '5 pinned'
    page.tab.click(f'#pins [aria-label="Unpin {names[2]}"]')
    assert page.tab.text_content('#pins h2') == '4 pinned'
    page.tab.click('#unpin')
    assert page.tab.is_hidden('#pins')


def test_two_pinned_models_are_held_against_each_other_as_versus_does(page, snapshots):
    for i in 0, 3: page.tab.click(f'#row-{i} .pin')
    names = [text.removesuffix('✕') for text in page.tab.locator('#pins thead th').all_text_contents()]
    sizes = [int(page.tab.locator('#pins tbody tr', has_text='image (px)').locator('td').nth(i).text_content()) for i in (0, 1)]
    said = page.tab.text_content('#versus').replace('−', '-')
    assert said.startswith(f'{names[1]} against {names[0]}: ')
    if sizes[0] == sizes[1]:
        own = versus(*names, size=sizes[0], results=snapshots/'2026-01-06')
        first = own['accuracy'][0]
        assert f"{first['points']:+.2f} points{', a tie' if first['tie'] else ''})" in said
        row, = [row for row in own['speed'] if HARDWARE in row['file']]
        told, = [part for part in own['sentence'].split('; ') if row['benchmark'] in part]
        assert told.removesuffix(' (amortised)') in said
    assert 'pre-training' in said
    top = page.tab.locator('#pins tbody tr').first.locator('td').all_text_contents()
    assert all(re.match(r'\d\d\.\d\d ± 0\.\d\d( tie)?$', text) for text in top)
    assert page.tab.locator('#pins tbody tr', has_text='i9_10940x').count()
    page.tab.click('#row-5 .pin')
    assert page.tab.locator('#versus').count() == 0
    page.tab.click('#unpin')


# ---- the address

SEEN = """() => ({ text: document.querySelector('main').innerText, card: document.getElementById('card').innerText, theme: document.documentElement.dataset.theme,
    fields: [...document.querySelectorAll('input, select')].map(field => [field.id, field.type === 'checkbox' ? field.checked : field.value]),
    pressed: [...document.querySelectorAll('[aria-pressed]')].map(button => button.ariaPressed),
    ranges: ['xaxis', 'yaxis'].map(axis => document.getElementById('plot').layout[axis].range), dots: document.getElementById('dots').toDataURL() })"""


def test_a_link_restores_the_identical_view(page, public_path):
    page.tab.select_option('#hw', OTHER); page.tab.select_option('#vs', HARDWARE)
    page.tab.select_option('#x', 'params'); page.tab.click('#xlog'); page.tab.select_option('#y', 'secs')
    page.tab.fill('#q', 'in1k'); page.type('#pmax', '333.3'); page.type('#tmax', '7/s'); page.type('#smin', '200')
    for name in 'vit', 'convnext', 'resnet': page.tab.check(f'#filters [aria-label="Family"] li:has(span[title="{name}"]) input')
    page.tab.click('#filters [aria-label="Colour vit"]')
    page.tab.check('#filters [aria-label="Declared licence"] li >> nth=0 >> input')
    page.tab.click('#table [data-sort=params]'); page.tab.click('#row-1 .pin'); page.tab.click('#row-3 .pin'); page.tab.click('#row-2 .name'); page.tab.click('#theme')
    page.tab.evaluate("document.querySelector('main').scrollTop = 0")
    box = page.tab.locator('#plot').bounding_box()
    page.tab.mouse.move(box['x'] + 150, box['y'] + 60); page.tab.mouse.down(); page.tab.mouse.move(box['x'] + 420, box['y'] + 240, steps=5); page.tab.mouse.up()
    page.tab.mouse.move(5, 5)
    page.tab.wait_for_selector('#unzoom:not([hidden])', **SOON)
    link = page.fragment()
    assert 'zoom=' in link and page.in_step() > 10 and 'outside of the zoomed chart' in page.counts()
    page.tab.evaluate('document.activeElement.blur()')
    page.tab.click('#link')
    assert page.tab.evaluate('navigator.clipboard.readText()') == public_path.as_uri() + link
    page.until("document.getElementById('link').textContent === 'Copy link'")
    page.tab.mouse.move(5, 5)
    before, rows = page.tab.evaluate(SEEN), page.csv()
    page.go(link[1:])
    after = page.tab.evaluate(SEEN)
    for part in before: assert after[part] == before[part], part
    pd.testing.assert_frame_equal(page.csv(), rows)


def test_back_and_forward(page, frame):
    page.type('#tmax', '1 ms')
    few = page.in_step()
    page.tab.click('#q'); page.tab.keyboard.type('resnet'); page.tab.wait_for_timeout(250)
    fewer = page.in_step()
    page.tab.select_option('#y', 'top1_real')
    page.tab.go_back(); page.until("document.getElementById('y').value === 'top1_imagenet'")
    assert page.in_step() == fewer and page.tab.input_value('#q') == 'resnet'
    page.tab.go_back(); page.until("document.getElementById('q').value === ''")
    assert page.in_step() == few
    page.tab.go_back(); page.until("document.getElementById('tmax').value === ''")
    assert page.in_step() == len(frame)
    for _ in range(3): page.tab.go_forward(); page.tab.wait_for_timeout(50)
    assert page.tab.input_value('#y') == 'top1_real' and page.tab.input_value('#q') == 'resnet' and page.tab.input_value('#tmax') == '1 ms'


def test_a_link_to_what_is_not_there_says_so(page, frame):
    page.reset('hw=infer-abacus&fam=unicorn&tmax=1e-3')
    assert 'hw=infer-abacus: this page has no such benchmark' in page.tab.text_content('#notice') and 'fam=unicorn' in page.tab.text_content('#notice')
    assert page.in_step() == (frame.secs <= 1e-3).sum()


ODD_VALUES = ['%00', '', '%', 'a' * 1000, '__proto__', 'constructor', '-1', '1e999', 'NaN', '%F0%9F', '%ED%A0%80', '%3Cb%3E', '%00&pin=%00&col=%00', '%0A']


def test_no_link_makes_the_page_throw(page, frame):
    "Every name with every odd value is read; each state that comes of them, each name and each value is drawn."
    page.reset('pin=%00')
    assert r'pin="\u0000": this page has no such model' in page.tab.text_content('#notice') and page.in_step() == len(frame)
    names = page.tab.evaluate('Object.keys(state.initial({raw: {default: null, sets: [{id: "imagenet"}]}}))')
    names += ['toString', '__proto__', 'constructor', '%00', 'a%20b']
    links = [f'{name}={value}' for name in names for value in ODD_VALUES]
    states = page.tab.evaluate("""links => {
        const data = tables.read(JSON.parse(document.getElementById('data').textContent));
        const exact = (_, value) => typeof value === 'number' ? String(value) : value;  // NaN and infinity too
        return links.map(link => JSON.stringify(state.read('#' + link, data).now, exact)) }""", links)
    first_of_each = dict(zip(reversed(states), reversed(links))).values()
    assert len(links) > 400 and len(first_of_each) > 3
    for link in [*first_of_each, *(f'pin={value}' for value in ODD_VALUES), *(f'{name}=%00' for name in names)]:
        page.reset(link)
        assert page.problems == [], link
    for name in 'toString', '__proto__':
        page.reset(f'{name}=x')
        assert f'{name}=x: not a setting of this page' in page.tab.text_content('#notice') and page.in_step() == len(frame)


def test_no_filter_is_on_that_is_not_seen(page):
    page.tab.check('#filters [aria-label="Family"] li:has(span[title="vit"]) input')
    page.type('#mmax', '4'); page.tab.select_option('#hw', 'train-amp-nhwc-pt112-cu113-rtx3090')
    assert page.chips() == ['MACs ≤ 4 G ✕', 'family vit ✕']
    page.tab.click('#chips button >> nth=0'); page.tab.click('#chips button >> nth=0')
    assert page.chips() == [] and 'filter' not in page.counts()


def test_an_empty_view_says_what_to_loosen(page, frame):
    page.tab.check('#filters [aria-label="Family"] li:has(span[title="convnext"]) input'); page.type('#tmax', '20us')
    assert page.in_step() == 0 and 'Loosen one of these' in page.tab.text_content('#empty')
    fastest = frame[frame.family.eq('convnext')].secs.min()
    page.tab.click('#empty button >> nth=0')
    saved = page.csv()
    assert page.in_step() == 1 and saved.secs.to_list() == [fastest]
    page.type('#accmin', '99'); page.type('#tmax', '20us')
    assert 'No filter alone is to blame' in page.tab.text_content('#empty')
    page.tab.click('#clear-empty')
    assert page.in_step() == len(frame) and page.tab.is_hidden('#empty')
    page.tab.select_option('#hw', 'train-amp-nhwc-pt112-cu113-rtx3090'); page.tab.select_option('#x', 'macs')
    assert page.in_step() > 0  # MACs are a model's own, whatever it was measured for


def test_zoom_and_back(page):
    whole = page.tab.evaluate("document.getElementById('plot').layout.xaxis.range")
    box = page.tab.locator('#plot').bounding_box()
    page.tab.mouse.move(box['x'] + 300, box['y'] + 40); page.tab.mouse.down(); page.tab.mouse.move(box['x'] + 600, box['y'] + 160, steps=5); page.tab.mouse.up()
    page.tab.wait_for_selector('#unzoom:not([hidden])', **SOON)
    near = page.tab.evaluate("document.getElementById('plot').layout.xaxis.range")
    assert whole[0] < near[0] < near[1] < whole[1]
    for _ in range(20):  # on a machine that is too busy, two clicks come too late to be one
        page.tab.mouse.dblclick(box['x'] + 400, box['y'] + 200)
        page.tab.wait_for_timeout(200)
        if page.tab.is_hidden('#unzoom'): break
    assert page.tab.evaluate("document.getElementById('plot').layout.xaxis.range") == whole


def test_the_chart_is_saved_as_a_picture(page):
    page.tab.fill('#q', 'vit')
    name, picture = page.saved('#png')
    assert name.endswith('.png') and picture[:8] == b'\x89PNG\r\n\x1a\n' and int.from_bytes(picture[16:20], 'big') == 2400 and len(picture) > 30_000


# ---- looks

def test_light_and_dark_by_the_system_and_by_the_switch(page):
    look = lambda: page.tab.evaluate('''[document.documentElement.dataset.theme, getComputedStyle(document.body).backgroundColor,
        document.getElementById('plot').layout.paper_bgcolor]''')
    light = look()
    page.tab.emulate_media(color_scheme='dark'); page.until("document.documentElement.dataset.theme === 'dark'")
    dark = look()
    assert light[0] == 'light' and dark[1] != light[1] and dark[2] != light[2]
    page.tab.click('#theme')
    assert look() == light and 'theme=light' in page.fragment()
    page.tab.emulate_media(color_scheme='light'); page.tab.click('#theme')
    assert look() == dark
    pairs = [('text', 'ground'), ('muted', 'ground'), ('muted', 'panel'), ('accent', 'tint'), ('accent', 'ground'), ('warn', 'warn-ground'), ('good', 'panel')]
    for theme in 'light', 'dark':
        page.reset(f'theme={theme}')
        for pair in pairs: assert page.tab.evaluate('pair => colours.contrast(...pair.map(name => dom.themed(`--${name}`)))', pair) >= 4.5, (theme, pair)


def test_everything_has_a_name_and_the_chart_has_words(page):
    page.reset('open=resnet50.a1_in1k@224&pin=resnet50.a1_in1k@224&tmax=0.001')
    nameless = page.tab.evaluate("""() => [...document.querySelectorAll('button, input, select, [role=grid], [role=img]')].filter(element =>
        !(element.ariaLabel || element.textContent.trim() || [...element.labels ?? []].some(label => label.textContent.trim()))).map(element => element.outerHTML.slice(0, 120))""")
    assert nameless == []
    words = page.tab.get_attribute('#chart', 'aria-label')
    assert re.search(r'[\d,]+ models\. Best across: \S+ \(.*\)\. Best up: \S+ .* on the frontier\. The table below has the same rows', words)


@pytest.mark.parametrize('theme', ['light', 'dark'])
@pytest.mark.parametrize('fragment, width', [(f'open=resnet50.a1_in1k@224&pin=resnet50.a1_in1k@224&tmax=0.001&fam=resnet&vs={OTHER}', 1440), ('tmax=1e-6&q=vit', 360)])
def test_axe_finds_no_fault(page, fragment, width, theme):
    page.tab.set_viewport_size(dict(width=width, height=900))
    try:
        page.reset(f'{fragment}&theme={theme}')
        found = Axe().run(page.tab).response['violations']
        assert [(fault['id'], [node['html'] for node in fault['nodes']][:3]) for fault in found] == []
    finally: page.tab.set_viewport_size(dict(width=1440, height=900))


@pytest.mark.parametrize('width, height', [(360, 740), (1024, 700), (1600, 1000)])
def test_it_fits(page, width, height):
    page.tab.set_viewport_size(dict(width=width, height=height))
    try:
        page.reset('open=resnet50.a1_in1k@224&pin=resnet50.a1_in1k@224&pin=vit_base_patch16_224.augreg2_in21k_ft_in1k@224&tmax=0.001')
        page.reset('pin=resnet50.a1_in1k@224&tmax=0.001&accmin=70')
        assert page.tab.evaluate('document.documentElement.scrollWidth') <= width
        if width < 900: page.tab.click('#show-filters')
        for control in '#hw', '#q', '#tmax', '#front', '#csv', '#png': assert page.tab.locator(control).is_visible()
        plot = page.tab.locator('#plot').bounding_box()
        for part in '.xtitle', '.ytitle':
            box = page.tab.locator(f'#plot {part}').bounding_box()
            for side, length in ('x', 'width'), ('y', 'height'): assert plot[side] <= box[side] and box[side] + box[length] <= plot[side] + plot[length] + 1
    finally: page.tab.set_viewport_size(dict(width=1440, height=900))


def width_of(page, selector):
    "Of a picker's chosen text, as the browser draws it, and of the room for it beside the arrow."
    return page.tab.evaluate("""selector => {
        const select = document.querySelector(selector), pen = document.createElement('canvas').getContext('2d'), text = select.selectedOptions[0].text;
        pen.font = getComputedStyle(select).font;
        return [text, pen.measureText(text).width, select.clientWidth - 34] }""", selector)


@pytest.mark.parametrize('width', [360, 390, 1300])
def test_all_of_the_chosen_hardware_can_be_read(page, width):
    page.tab.set_viewport_size(dict(width=width, height=844))
    try:
        for hardware in HARDWARE, 'infer-amp-nchw-pt291-cu128-4090', 'infer-amp_bf16-nchw-pt291-cu130-pro6000maxq-dynamo':
            for second in '', 'infer-amp_bf16-nchw-pt291-cu130-pro6000maxq-dynamo':
                page.reset(f'hw={hardware}&vs={second}' if second else f'hw={hardware}')
                for picker in '#hw', '#vs':
                    text, needed, room = width_of(page, picker)
                    below = page.tab.locator(f'{picker}-whole')
                    assert needed <= room and below.is_hidden() or width < 400 and below.is_visible() and below.text_content() == text, (picker, text)
                assert page.tab.evaluate('document.documentElement.scrollWidth') <= width
    finally: page.tab.set_viewport_size(dict(width=1440, height=900))


@pytest.mark.parametrize('width', [360, 390])
def test_on_a_phone_names_differ_and_time_stands_beside_accuracy(page, width):
    page.tab.set_viewport_size(dict(width=width, height=844))
    try:
        page.reset('q=patch')
        seen = page.tab.evaluate("""() => [...document.querySelectorAll('#table .row')].map(row => {
            const name = row.querySelector('.name');
            return [name.textContent, name.scrollHeight <= name.clientHeight + 1 && name.scrollWidth <= name.clientWidth + 1, name.offsetHeight <= row.offsetHeight,
                row.children[2].getBoundingClientRect().right] })""")
        assert len(seen) > 8 and len({name for name, *_ in seen}) == len(seen)
        assert [name for name, whole, inside, right in seen if not (whole and inside and right <= width)] == []
        heads = page.tab.locator('#table [role=columnheader]').all_text_contents()
        assert heads[2] == 'Time/image' and page.tab.locator('#table [role=columnheader] >> nth=2').evaluate('head => head.scrollWidth <= head.clientWidth')
        assert 'time per image (amortised' in page.tab.text_content('#plot .xtitle')
        tops = page.tab.evaluate("[...document.querySelectorAll('#table .row')].map(row => row.offsetTop)")
        assert len(set(tops)) == len(tops)
        page.tab.focus('#table'); page.tab.keyboard.press('End')
        assert page.tab.locator('.row.active').evaluate("row => row.getBoundingClientRect().bottom <= document.getElementById('table').getBoundingClientRect().bottom + 1")
    finally: page.tab.set_viewport_size(dict(width=1440, height=900))


def test_a_column_that_is_filtered_by_is_in_sight(page):
    page.tab.set_viewport_size(dict(width=1300, height=900))
    right = lambda column: page.tab.locator(f'#table [data-sort={column}]').evaluate('head => head.getBoundingClientRect().right')
    try:
        page.reset()
        assert right('license') < 1300 and right('pretrain') <= 1300
        for filtered, column in ('mmax=4', 'macs'), ('amax=10', 'acts'), ('fam=vit', 'family'), ('lic=mit', 'license'), ('pre=in1k', 'pretrain'), ('smin=224', 'size'), ('pmax=30', 'params'):
            page.reset(f'{filtered}&vs={OTHER}&x=speedup')
            assert right(column) <= 1300, column
    finally: page.tab.set_viewport_size(dict(width=1440, height=900))


# ---- one's own, and the hostile

@pytest.fixture(scope='module')
def own(snapshots):
    "A page with a measured file, an estimate, and names that attack the page."
    results = snapshots/'2022-04-01'
    frame = get_data('infer', keep=None, weights='all', results=results)
    every = frame.assign(estimated=np.arange(len(frame)) % 3 > 0, secs_low=frame.secs * .8, secs_high=frame.secs * 1.3).head(100)
    evil = frame.head(3).assign(model=[EVIL, f'=HYPERLINK("x")&{EVIL}', '@SUM(1+1)'])
    return explorer(results, own={'my board': every, EVIL: evil}, title=EVIL)


@pytest.fixture(scope='module')
def own_tab(chromium, own, tmp_path_factory): return Page(chromium, own.save(tmp_path_factory.mktemp('own')/'explorer.html'))


@pytest.fixture
def own_page(own_tab): yield from watched(own_tab.reset())


def test_own_measurements_and_estimates_are_marked(own_page):
    assert own_page.tab.input_value('#hw') == 'estimate:my board' and own_page.in_step() == 100
    assert 'not a published figure' in own_page.tab.text_content('#meaning') and 'Open marks are estimates' in own_page.tab.text_content('#meaning')
    saved = own_page.csv()
    assert saved.estimated.sum() == 66 and (saved.secs_low < saved.secs).all() and set(saved.measured) == {'own measurement and estimates'}
    own_page.tab.click('.row:has(.badge) >> nth=0')
    assert 'an estimate:' in own_page.tab.text_content('#card dl') and 'with 90 %' in own_page.tab.text_content('#card dl')
    groups = own_page.tab.locator('#hw optgroup').evaluate_all('groups => groups.map(group => group.label)')
    assert groups == ['Own measurements and estimates', 'Own measurements', 'Inference', 'Training']


def test_they_never_change_the_public_numbers(own_page, snapshots):
    own_page.tab.select_option('#hw', 'infer-amp-nhwc-pt111-cu113-rtx3090')
    df, saved = get_data('infer', benchmark='nhwc pt111', keep=None, weights='all', results=snapshots/'2022-04-01'), own_page.csv()
    assert dict(zip(df.model, df.secs)) == dict(zip(saved.model, saved.secs)) and set(saved.measured) == {'published'} and 'estimated' not in saved
    assert own_page.tab.locator('.badge').count() == 0


def test_hostile_names_stay_text_everywhere(own_page):
    tab = own_page.tab
    keys = tab.evaluate("JSON.parse(document.getElementById('data').textContent).points.model")
    assert EVIL in keys
    own_page.reset(f'hw={quote("own:" + EVIL)}&x=params&y=secs&fam={quote(tab.evaluate("JSON.parse(document.getElementById(`data`).textContent).coloured[0]"))}')
    own_page.reset(f'hw={quote("own:" + EVIL)}&x=params&y=secs&vs={quote("estimate:my board")}')
    assert own_page.in_step() >= 3 and EVIL in tab.text_content('#meaning') and tab.text_content('h1') == EVIL
    tab.fill('#q', '</script>')
    assert own_page.in_step() == 2 and EVIL in own_page.rows('Model') and '</script>' in own_page.chips()[0]
    tab.click('.row .pin >> nth=0'); tab.click('.row .name >> nth=0')
    assert '</script>' in tab.text_content('#card h2') and '</script>' in tab.text_content('#card code') and '</script>' in tab.text_content('#pins thead')
    tab.select_option('#vs', ''); tab.select_option('#hw', 'estimate:my board'); tab.select_option('#vs', 'own:' + EVIL); tab.select_option('#x', 'secs_b')
    assert EVIL[:30] in tab.text_content('#plot .xtitle') or 'second hardware' in tab.text_content('#plot .xtitle')
    own_page.saved('#png')
    own_page.go(own_page.fragment()[1:])
    assert tab.input_value('#q') == '</script>' and tab.title() == EVIL
    assert tab.evaluate("document.querySelectorAll('img, iframe, object, embed, link[rel=stylesheet], script[src]').length") == 0


def test_a_spreadsheet_finds_no_formula_in_what_is_saved(own_page):
    own_page.reset(f'hw={quote("own:" + EVIL)}&x=params&y=secs')
    _, raw = own_page.saved('#csv')
    saved = pd.read_csv(io.BytesIO(raw), keep_default_na=False, float_precision='round_trip')
    assert EVIL in set(saved.model) and {"'@SUM(1+1)", f'\'=HYPERLINK("x")&{EVIL}'} <= set(saved.model)
    assert not any(re.match(r'\s*[=+\-@\t\r]', str(cell)) for cell in saved.select_dtypes(exclude='number').to_numpy().ravel())


def test_the_policy_forbids_what_the_page_does_not_need(own_page):
    tab = own_page.tab
    policy = tab.get_attribute('meta[http-equiv="Content-Security-Policy"]', 'content')
    assert policy.startswith("default-src 'none'; script-src 'sha256-") and 'unsafe-eval' not in policy and "script-src 'unsafe-inline'" not in policy
    blocked = tab.evaluate("""async () => {
        const found = [], add = event => found.push(event.violatedDirective);
        document.addEventListener('securitypolicyviolation', add);
        const script = document.createElement('script'); script.textContent = 'document.title = "owned"'; document.body.append(script);
        const holder = document.createElement('div'); holder.innerHTML = '<img src="https://localhost/x.png" onerror="document.title = `owned`">'; document.body.append(holder);
        await fetch('https://localhost/').catch(() => found.push('fetch failed'));
        await new Promise(done => setTimeout(done, 100));
        document.removeEventListener('securitypolicyviolation', add);
        script.remove(); holder.remove();
        return [found, document.title] }""")
    assert {'script-src-elem', 'img-src', 'connect-src', 'fetch failed'} <= set(blocked[0]) and blocked[1] == EVIL
    assert own_page.stopped == [('https://localhost/x.png', 'csp')] and own_page.asked == ['https://localhost/x.png']
    own_page.problems.clear(); own_page.asked.clear()  # the browser reports what it blocked


def test_in_a_notebooks_frame_it_works_without_an_address_of_its_own(chromium, own, snapshots, tmp_path):
    outer = tmp_path/'notebook.html'
    outer.write_text(f'<!DOCTYPE html><meta charset="utf-8"><title>x</title>{own._repr_html_()}', encoding='utf-8')
    tab, problems = chromium.new_page(viewport=dict(width=1300, height=950)), []
    tab.on('console', lambda message: problems.append(message.text) if message.type in ('error', 'warning') else None)
    tab.on('pageerror', lambda error: problems.append(str(error)))
    tab.goto(outer.as_uri())
    frame = tab.frame_locator('iframe')
    frame.locator('#q').fill('vit')
    names = get_data('infer', keep=None, weights='all', results=snapshots/'2022-04-01').model.head(100)
    assert int(frame.locator('#counts b').text_content()) == names.str.contains('vit').sum() > 0
    frame.locator('.row .name').first.click()
    assert 'vit' in frame.locator('#card h2').text_content()
    frame.locator('#close-card').click()
    tab.close()
    assert problems == []


# ---- the file

def test_the_page_is_small(public_path):
    from plotly.offline import get_plotlyjs
    whole, plotly = public_path.stat().st_size, len(get_plotlyjs().encode())
    assert whole <= 6e6 and whole - plotly <= 1.2e6, (whole, plotly)


def test_other_results_make_a_page(chromium, snapshots, tmp_path):
    for results in [snapshots/'2023-02-06', timm_bench.sources.results.bundled()]:
        explorer(results, out=tmp_path/'explorer.html')
        for page in watched(Page(chromium, tmp_path/'explorer.html')):
            assert page.in_step() > 30
            words = page.tab.text_content('#meaning')
            if 'bundled' in str(results): assert 'An own measurement, not a published figure' in words and 'latency at batch size 1' in words
        page.context.close()


def test_what_timm_did_not_publish_is_named(chromium, snapshots, tmp_path):
    changed, kept, table = 'benchmark-infer-amp-nhwc-pt240-cu124-rtx3090.csv', 'benchmark-infer-amp-nhwc-pt240-cu124-rtx4090.csv', 'results-imagenet.csv'
    for file in (changed, kept, table): (tmp_path/file).write_bytes((snapshots/'2026-01-06'/file).read_bytes())
    assert explorer(tmp_path).data['source']['unknown'] == []
    for file in (changed, table): (tmp_path/file).write_bytes(b''.join((tmp_path/file).read_bytes().splitlines(keepends=True)[:-1]))
    explorer(tmp_path, out=tmp_path/'explorer.html')
    page = Page(chromium, tmp_path/'explorer.html')
    assert f'From {changed}, not a file that timm published.' in page.tab.text_content('#meaning')
    assert f'Not as timm published them: {table}, {changed}.' in page.tab.text_content('#source')
    page.go(f'hw={kept.removeprefix("benchmark-").removesuffix(".csv")}')
    assert f'From {kept}, ' in page.tab.text_content('#meaning') and 'not a file' not in page.tab.text_content('#meaning')


def test_a_bad_file_is_left_out_and_named(snapshots, tmp_path):
    for name in 'results-imagenet.csv', 'benchmark-infer-amp-nhwc-pt111-cu113-rtx3090.csv': shutil.copyfile(snapshots/'2022-04-01'/name, tmp_path/name)
    (tmp_path/'benchmark-infer-amp-nchw-pt111-cu113-rtx3090.csv').write_text('model,infer_samples_per_sec\nresnet50,fast\n')
    with pytest.warns(timm_bench.checks.ResultsWarning, match='left out of the explorer'): data = explorer(tmp_path).data
    assert len(data['benchmarks']) == 1 and 'nchw' in data['source']['faults'][0]
