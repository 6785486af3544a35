"What is said of a chart to those who cannot see it, held to the frames that the charts were made of."
import pytest
import plotly.io as pio
from timm_bench import (ResultsWarning, compare, get_accuracy, get_data, get_history, show_all, show_compare,
                        show_frontier, show_history, show_params, show_robustness, show_subs)
from timm_bench.charts.parts import SUBS
from timm_bench.web.charts import both_speeds, page_charts
from timm_bench.choosing.robustness import effective_robustness
from timm_bench.charts.words import as_table, in_words

pytestmark = pytest.mark.filterwarnings(f'ignore::{ResultsWarning.__module__}.{ResultsWarning.__name__}')
DAYS = ['2022-04-01', '2026-01-06']


def saved(figure):
    "A figure as the docs site has it: written and read again."
    return pio.from_json(figure.to_json())


def true(figure, models, x, y):
    "Hold words and table to the frame: how many models, who is furthest to the left and highest up, and their values."
    table, words = as_table(saved(figure)), in_words(saved(figure))
    assert words.startswith(f'{figure.layout.title.text}: {len(models):,} models, ')
    left, high = models.loc[models[x].idxmin()], models.loc[models[y].idxmax()]
    assert f'Furthest to the left is {left.model} (' in words
    assert f': {left[x]:.4g}), highest up {high.model} (' in words
    assert words.endswith(f': {high[y]:.4g}).')
    assert rows(table[['model', *table.columns[-2:]]]) == rows(models[['model', x, y]])


def rows(table): return sorted(table.itertuples(index=False, name=None))


@pytest.fixture(scope='module', params=DAYS)
def infer(snapshots, request):
    return get_data('infer', results=snapshots/request.param)


def test_charts_of_speed(infer):
    few = infer[infer.family.str.fullmatch(SUBS)]
    true(show_all(infer, 'All', 'infer_img_size'), infer, 'secs', 'top1')
    true(show_subs(infer, 'Subset', 'infer_img_size'), few, 'secs', 'top1')
    true(show_params(infer, 'Parameters', 'infer_img_size'), infer, 'param_count_x', 'secs')
    true(show_frontier(infer, 'Frontier', 'infer_img_size'), infer, 'secs', 'top1')


def test_a_chart_that_leaves_models_out_counts_those_it_shows(infer):
    infer = infer.assign(secs=infer.secs.mask(infer.index % 3 == 0))
    true(show_all(infer, 'All', 'infer_img_size'), infer.dropna(subset='secs'), 'secs', 'top1')


@pytest.mark.parametrize('day', DAYS)
def test_robustness_is_in_percent_and_each_panel_has_its_own_axes(snapshots, day):
    table = effective_robustness(get_accuracy(sets='all', results=snapshots/day))
    figure = saved(show_robustness(get_accuracy(sets='all', results=snapshots/day), 'Robustness'))
    words, said = in_words(figure), as_table(figure)
    models = len(table.drop_duplicates(['model', 'img_size']))
    assert words.startswith(f'Robustness: {models:,} models, in {table.test_set.nunique()} panels.')
    columns = [axis.title.text for axis in figure.select_yaxes()]
    for (_, own), column in zip(table.groupby('test_set', sort=False), columns):
        left, high = own.loc[own.clean.idxmin()], own.loc[own.accuracy.idxmax()]
        part = words.partition(f'{column} against')[2]
        highest = f': {left.clean:.4g}), highest up {high.model} ({column}: {high.accuracy:.4g})'
        assert part.index(f'is {left.model} (') < part.index(highest)
        assert rows(said[['model', column]].dropna()) == rows(own[['model', 'accuracy']])
    assert said.filter(like='%').stack().dropna().between(0, 100).all()


def test_a_single_test_set(snapshots):
    wide = get_accuracy(sets='all', results=snapshots/'2026-01-06')
    true(show_robustness(wide, 'Sketch', sets=['sketch']), effective_robustness(wide, ['sketch']), 'clean', 'accuracy')


def test_a_history_counts_the_day_that_is_seen(snapshots):
    history = get_history(results=snapshots/'2026-01-06')
    newest = history[history.as_of.eq(history.as_of.max())]
    true(show_history(history, 'History', 'infer_img_size'), newest, 'secs', 'top1')


@pytest.mark.parametrize('pair', [('rtx3090 nhwc pt240', 'rtx4090 nhwc'), ('rtx4090 nchw pt240', 'rtx4090 nhwc pt240')])
def test_a_comparison_counts_models_and_names_families(snapshots, pair):
    comparison = compare(*pair, results=snapshots/'2026-01-06').dropna(subset='speedup')
    figure = saved(show_compare(comparison, 'Two', most=1000))
    words, table = in_words(figure), as_table(figure)
    assert words.startswith(f'Two: {len(comparison):,} models, family against speed-up.')
    slow, fast = comparison.loc[comparison.speedup.idxmin()], comparison.loc[comparison.speedup.idxmax()]
    assert f'{slow.model} (speed-up: {slow.speedup:.4g}), furthest to the right {fast.model} (' in words
    assert f'{fast.model} (speed-up: {fast.speedup:.4g}).' in words
    same = comparison.speedup[comparison.same_batch]
    assert words.endswith(f'The median speed-up is ×{comparison.speedup.median():.2f} over all models '
                          f'and ×{same.median():.2f} over the {len(same):,} with the same batch size.')
    assert rows(table[['model', 'speed-up', 'family']]) == rows(comparison[['model', 'speedup', 'family']])


def test_a_comparison_of_nothing_says_no_median(snapshots):
    comparison = compare('rtx3090 nhwc pt240', 'rtx4090 nhwc', results=snapshots/'2026-01-06')
    assert 'median' not in in_words(show_compare(comparison[:0], 'None'))
    assert 'with the same batch size' not in in_words(show_compare(comparison[~comparison.same_batch], 'Other batches'))


def test_the_charts_of_the_page(snapshots):
    results = snapshots/'2026-01-06'
    infer, train = (get_data(part, results=results, keep=None, weights='all') for part in ('infer', 'train'))
    figures = page_charts(results)
    assert 'on the frontier' in in_words(figures[0]) or len(figures[0].data) == 2
    for df, drawn in ((infer, figures[1:4]), (train, figures[4:7])):
        few = df[df.family.str.fullmatch(SUBS)]
        for figure, models, axes in zip(drawn, (df, few, df), (('secs', 'top1'), ('secs', 'top1'), ('param_count_x', 'secs'))): true(figure, models, *axes)
    true(figures[7], both_speeds(infer, train), 'infer_secs', 'train_secs')


def test_of_a_cpu_there_are_no_charts_of_training(snapshots, recwarn):
    figures = page_charts(snapshots/'2026-01-06', 'i9 newest')
    assert [figure.layout.title.text for figure in figures] == ['What nothing beats', 'Inference', 'Inference: the families most used', 'Inference: parameters and speed']
    assert any('the charts of training are left out' in str(warning.message) for warning in recwarn)
