"The charts by their specification, and their legends and titles by their places in a real browser."
import shutil
import warnings

import pandas as pd
import plotly.graph_objects as go
import pytest

from browser import draw, overlap
from timm_bench.data import get_data
from timm_bench.charts.frontier import show_frontier
from timm_bench.charts.parts import HUES
from timm_bench.charts.plots import show_all, show_params, show_subs


@pytest.fixture(scope='module')
def frames(snapshots):
    "Frames that differ in what could spoil a chart: few families, many, far too many, a CPU, training."
    return {'2022': get_data('infer', results=snapshots/'2022-04-01'),
            '2026': get_data('infer', results=snapshots/'2026-01-06'),
            'all families': get_data('infer', keep=None, results=snapshots/'2026-01-06'),
            'CPU': get_data('infer', benchmark='i7_12700h', results=snapshots/'2026-01-06'),
            'training': get_data('train', results=snapshots/'2026-01-06')}


def size(df): return df.filter(regex='^(infer|train)_img_size$').columns[0]


def test_the_seeds_lines_work_unchanged(snapshots, monkeypatch):
    monkeypatch.setenv('TIMM_BENCH_RESULTS', str(snapshots/'2026-01-06'))
    import plotly.express as px
    from timm_bench import get_data, show_all, show_subs
    df = get_data('infer', 'infer_samples_per_sec')
    tdf = get_data('train', 'train_samples_per_sec')
    figures = [show_all(df, 'Inference', 'infer_img_size'), show_subs(df, 'Inference', 'infer_img_size'),
               px.scatter(df, x='param_count_x', y='secs', log_x=True, log_y=True, color='infer_img_size',
                          hover_name='model', hover_data=['infer_samples_per_sec', 'family']),
               show_all(tdf, 'Training', 'train_img_size'), show_subs(tdf, 'Training', 'train_img_size')]
    assert all(isinstance(figure, go.Figure) and len(figure.data) for figure in figures)


def test_a_family_has_the_same_hue_in_every_chart(frames):
    hues = {}
    for df in frames.values():
        for show in show_all, show_subs:
            for trace in show(df, 'x', size(df)).data:
                if trace.name in HUES: hues.setdefault(trace.name, set()).add(trace.line.color or trace.marker.color)
    assert len(hues) >= 9 and all(len(found) == 1 for found in hues.values()), hues


def test_the_nine_families_of_the_seed_have_nine_hues():
    nine = ['levit', 'resnet', 'resnetd', 'regnetx', 'vgg', 'convnext', 'convnext_in22', 'efficientnetv2', 'beit']
    assert len({HUES[family] for family in nine}) == 9


def test_the_subset_of_2022_is_the_seeds_nine_families_each_with_its_trend(frames):
    data = show_subs(frames['2022'], 'Inference', 'infer_img_size').data
    assert {t.name for t in data if t.mode == 'markers'} == {t.name for t in data if t.mode == 'lines'}
    assert len({t.name for t in data}) == 9


def test_trends_are_least_squares_on_the_logarithm(frames):
    import statsmodels.api as sm
    import numpy as np
    df = frames['2026']
    for trace in show_subs(df, 'Inference', 'infer_img_size').select_traces(dict(mode='lines')):
        family = df[df.family == trace.name].sort_values('secs')
        fitted = sm.OLS(family.top1.to_numpy(), sm.add_constant(np.log10(family.secs.to_numpy()))).fit().fittedvalues
        assert np.allclose(sorted(trace.y), sorted(fitted))


def test_one_point_gets_no_trend_and_no_warning(frames):
    df = frames['2026']
    one = pd.concat([df[df.family == 'vgg'].head(1), df[df.family == 'beit']])
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        figure = show_subs(one, 'One', 'infer_img_size')
    assert [t.name for t in figure.data if t.mode == 'lines'] == ['beit']


def test_the_hover_tells_what_a_reader_needs(frames):
    for name, df in frames.items():
        hover = show_all(df, 'x', size(df)).data[-1].hovertemplate
        for words in 'batch size', 'declared licence', 'pre-training data', 'family', 'top-1':
            assert words in hover, (name, words)
        assert '_area' not in hover


def test_the_hover_names_what_ran_folded(snapshots):
    df = get_data('infer', benchmark='pt291 4090 eager', keep=None, weights='all', results=snapshots/'2026-01-06')
    folded = df.model[df.folded] + ' (ran with its branches folded)'
    assert len(folded) > 20
    for show in show_all, show_params, show_frontier:
        named = [name for trace in show(df, 'x', size(df)).data if trace.hovertext is not None for name in trace.hovertext]
        assert sorted(name for name in named if '(' in name) == sorted(folded)
        assert sorted(named) == sorted([*df.model[~df.folded], *folded])


def test_the_subtitle_says_hardware_day_and_kind_of_time(frames):
    figure = show_all(frames['2026'], 'x', 'infer_img_size')
    for words in 'RTX 3090', 'PyTorch 2.4.0', '2026-01-06', 'batch size':
        assert words in figure.layout.title.subtitle.text
    assert 'amortised' in figure.layout.xaxis.title.text
    on_cpu = show_all(frames['CPU'], 'x', 'infer_img_size')
    assert 'latency at batch size 1' in on_cpu.layout.xaxis.title.text


def test_a_chart_of_a_file_that_timm_did_not_publish_says_so(frames, snapshots, tmp_path):
    benchmark, table = 'benchmark-infer-amp-nhwc-pt240-cu124-rtx3090.csv', 'results-imagenet.csv'
    for file in (benchmark, table): (tmp_path/file).write_bytes((snapshots/'2026-01-06'/file).read_bytes())
    def said(): return show_all(get_data('infer', results=tmp_path), 'x', 'infer_img_size').layout.title.subtitle.text
    def cut(file): (tmp_path/file).write_bytes(b''.join((tmp_path/file).read_bytes().splitlines(keepends=True)[:-1]))
    for df in frames.values(): assert 'publish' not in show_all(df, 'x', size(df)).layout.title.subtitle.text
    assert 'publish' not in said()
    cut(table)
    assert 'accuracies from a file that timm did not publish' in said()
    cut(benchmark)
    assert 'speeds and accuracies from files that timm did not publish' in said()
    elsewhere = tmp_path.with_suffix('.own')
    elsewhere.mkdir()
    shutil.copy(tmp_path/benchmark, elsewhere/'benchmark-infer-own.csv')
    own = get_data('infer', benchmark=elsewhere/'benchmark-infer-own.csv', results=snapshots/'2026-01-06')
    assert own.attrs['published'] == {'benchmark-infer-own.csv': 'not a file that timm published', table: 'as timm published it on 2025-10-30'}
    assert own.attrs['files'] == ['benchmark-infer-own.csv', table]
    assert 'speeds from a file that timm did not publish' in show_all(own, 'x', 'infer_img_size').layout.title.subtitle.text
    (tmp_path/benchmark).with_suffix('.jsonl').write_text('{}\n')  # measured with timm_bench
    assert 'accuracies from a file that timm did not publish' in said() and 'speeds' not in said()


def test_a_chart_of_a_choice_says_so_and_one_of_all_does_not(frames, snapshots):
    every = get_data('infer', results=snapshots/'2026-01-06', keep=None, weights='all')
    few = frames['2026']
    says = f"{len(few):,} of {len(every):,} models: the families chosen in 2022, the best weights of each; keep=None, weights='all' for all"
    for show in show_all, show_subs, show_params, show_frontier:
        assert says in show(few, 'x', 'infer_img_size').layout.title.subtitle.text
        assert 'for all' not in show(every, 'x', 'infer_img_size').layout.title.subtitle.text
        assert says in show(few[few.secs < 1e-3], 'x', 'infer_img_size').layout.title.subtitle.text  # also of a part of it


def test_no_axis_of_an_accuracy_goes_above_100_percent(frames, snapshots):
    for accuracy in 'r-clean', 'a-clean', 'imagenet':
        df = get_data('infer', results=snapshots/'2026-01-06', keep=None, weights='all', accuracy=accuracy)
        figure = show_frontier(df, 'x', 'infer_img_size')
        low, high = figure.layout.yaxis.range
        assert high <= 100 and df.top1.max() < high
        pixels = (figure.layout.height - 140) / (high - low)
        for name in figure.layout.annotations: assert low <= name.y - name.ay / pixels <= high, name.text


def test_names_are_text_not_markup(frames):
    df = frames['2022'].head(5).assign(model='</script><img src=x onerror=alert(1)>', family='vgg')
    assert '</script><img' not in show_all(df, 'x', 'infer_img_size').to_html(include_plotlyjs=False)


BOXES = """() => Object.fromEntries(Object.entries({
    title: '.gtitle', subtitle: '.gtitle-subtitle', x: '.xtitle', y: '.ytitle', legend: '.legend',
    colorbar: '.colorbar', plot: '.bglayer .bg, .plotbg, .cartesianlayer .plot'})
    .map(([name, selector]) => [name, document.querySelector(selector)])
    .filter(([_, element]) => element)
    .map(([name, element]) => [name, element.getBoundingClientRect()])
    .map(([name, b]) => [name, [b.left, b.top, b.right, b.bottom]]))"""


def test_no_title_or_legend_is_clipped_or_overlaps(frames, chromium):
    "In Chromium, every chart of every frame, at the size that the seed had."
    page = chromium.new_page(viewport=dict(width=1000, height=800))
    problems = []
    unwell = ('error', 'warning')
    page.on('console', lambda message: problems.append(message.text) if message.type in unwell else None)
    page.on('pageerror', lambda error: problems.append(str(error)))
    for name, df in frames.items():
        for show in show_all, show_subs, show_params:
            figure = show(df, f'{name}: a title of some length', size(df))
            draw(page, figure)
            boxes, chart = page.evaluate(BOXES), (name, show.__name__)
            assert {'title', 'subtitle', 'x', 'y'} <= set(boxes) and ('legend' in boxes or 'colorbar' in boxes)
            for part, (left, top, right, bottom) in boxes.items():
                assert left >= 0 and top >= 0 and right <= 1000.5 and bottom <= 800.5, (chart, part, boxes[part])
            for one in boxes:
                for other in boxes:
                    assert one >= other or not overlap(boxes[one], boxes[other], by=1), (chart, one, other, boxes)
    assert problems == []
