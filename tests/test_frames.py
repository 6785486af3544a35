"""Frames as people have them: without the `attrs`, put together, of other types and libraries, and with an index that gets in the way.

What can be understood answers as the plain frame does; all else is refused in one line."""
import io
import os
import pickle
import warnings
from functools import cache

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

import timm_bench
from timm_bench import ResultsError, best, compare, explorer, frontier, get_data, get_history, show_all, show_frontier
from timm_bench.checks import _said

NEWEST = '2026-01-06'
SIZE = 'infer_img_size'


def said_by(work):
    "What a call says, and what it answers."
    _said.clear()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter('always')
        answer = work()
    return ' | '.join(str(each.message) for each in said), answer


def by_csv(df): return pd.read_csv(io.StringIO(df.to_csv(index=False)))


def by_merge(df): return df.drop(columns='family').merge(df[['model', SIZE, 'family']].rename_axis('n'), on=['model', SIZE])


def by_concat(df): return pd.concat([df[:100], df[100:].assign()], ignore_index=True).pipe(without_attrs)


def by_group(df): return pd.concat(dict(list(df.groupby('family', sort=False)))).reset_index(drop=True).pipe(without_attrs)


def without_attrs(df):
    df = df.copy()
    df.attrs = {}
    return df


WAYS = {'CSV and back': by_csv, 'merge': by_merge, 'concat': by_concat, 'groupby': by_group, 'pickle': lambda df: pickle.loads(pickle.dumps(df)),  # noqa: S301
        'no attrs': without_attrs}


@pytest.mark.parametrize('way', WAYS)
def test_test_set_benchmark_and_source_are_found_again(way, snapshots):
    folder = snapshots/NEWEST
    whole = get_data('infer', accuracy='sketch', results=folder)
    through = WAYS[way](whole)
    for accuracy in [None, 'sketch', 'imagenet', {'sketch': 1, 'r': 2}]:
        expected, found = (best(df, 9, accuracy=accuracy, results=folder) for df in (whole, through))
        assert list(found.model) == list(expected.model) and np.allclose(found.accuracy, expected.accuracy) and np.allclose(found.error, expected.error), accuracy
    charts = [show_all(df, 'x', SIZE) for df in (whole, through)]
    for chart in charts: assert 'ImageNet-Sketch' in chart.layout.yaxis.title.text and 'RTX 3090' in chart.layout.title.subtitle.text
    assert list(frontier(through).tie) == list(frontier(through.assign()).tie) and 'tie' in frontier(through)


def test_a_frame_of_other_results_is_not_answered_from_those_at_hand(snapshots, monkeypatch):
    old = by_csv(get_data('infer', results=snapshots/'2024-09-04'))
    expected = best(get_data('infer', results=snapshots/'2024-09-04'), accuracy='sketch')
    monkeypatch.setenv('TIMM_BENCH_RESULTS', str(snapshots/NEWEST))
    assert list(best(old, accuracy='sketch').accuracy) == list(expected.accuracy)  # the folder has a history
    with pytest.raises(ResultsError, match='df is of 2024-09-04, and not from'): best(old, accuracy='sketch', results=snapshots/NEWEST)
    with pytest.raises(ResultsError, match='df is not from .* in df, .* there'): best(old.assign(as_of=''), accuracy='sketch')


def test_two_test_sets_in_one_frame_are_refused_and_named(snapshots):
    mixed = pd.concat([get_data('infer', accuracy=name, results=snapshots/NEWEST) for name in ('sketch', 'imagenet')])
    for accuracy in [None, 'imagenet', 'sketch']:
        with pytest.raises(ResultsError, match="top1 is of several test sets .'sketch', 'imagenet'."): best(mixed, accuracy=accuracy)
    assert show_all(mixed, 'x', SIZE).layout.yaxis.title.text == 'top-1 accuracy (%)'


def test_a_frame_that_does_not_say_what_its_accuracy_is_of_vouches_for_none(snapshots):
    bare = without_attrs(get_data('infer', accuracy='sketch', results=snapshots/NEWEST)).drop(columns='test_set')
    with pytest.raises(ResultsError, match="accuracy='imagenet': df does not say"): best(bare, accuracy='imagenet')
    said, answer = said_by(lambda: best(bare))
    assert 'df does not say which test set' in said and answer.accuracy[0] < 75


def test_models_without_an_accuracy_and_repeated_ones_are_said(snapshots):
    df = get_data('infer', results=snapshots/NEWEST)
    said, _ = said_by(lambda: best(df.assign(top1=df.top1.where(df.index > 2))))
    assert f'3 of {len(df)} rows of df left out: no accuracy on ImageNet' in said
    said, found = said_by(lambda: best(pd.concat([df, df])))
    assert f'{len(df)} of {2 * len(df):,} rows of df left out: they repeat others' in said and not found.model.duplicated().any()
    other = get_data('infer', benchmark='rtx4090 amp nhwc eager newest', results=snapshots/NEWEST)
    said, _ = said_by(lambda: best(pd.concat([df, other])))
    assert 'df has the times of 2 benchmarks' in said and 'of models that it has already' in said
    with pytest.raises(ResultsError, match='a frame of 2 benchmarks'): compare(pd.concat([df, other]), 'rtx4090 amp nhwc eager newest', results=snapshots/NEWEST)


def test_days_that_are_put_together_are_a_history(snapshots):
    days = ['2024-09-04', NEWEST]
    together = pd.concat([get_data('infer', results=snapshots/day, benchmark='rtx3090 amp nhwc pt240 eager') for day in days])
    assert list(timm_bench.best_by_day(together).as_of.unique()) == days


def test_a_folder_stays_the_same_after_the_working_folder_changed(snapshots, monkeypatch, tmp_path):
    monkeypatch.chdir(snapshots/NEWEST)
    results = timm_bench.get_results('.')
    df = get_data('infer', results=results)
    os.chdir(snapshots/'2024-09-04')
    again = get_data('infer', results=results)
    pd.testing.assert_frame_equal(again, df)
    assert results.date == NEWEST and list(best(df, accuracy='sketch').model) == list(best(again, accuracy='sketch').model)


# Forms

FORMS = {
    'index of a column\'s name': lambda df: df.set_index('model', drop=False),
    'index of two columns\' names': lambda df: df.set_index(['model', 'family'], drop=False),
    'index that repeats': lambda df: df.set_index(np.zeros(len(df), int)),
    'index of a size': lambda df: df.assign(side=df.img_size).set_index('side').rename_axis('img_size'),
    'categories': lambda df: df.astype({column: 'category' for column in ('model', 'family')}),
    'nullable': lambda df: df.convert_dtypes(),
    'objects': lambda df: df.astype(object)}
BROKEN = {
    'a column twice': lambda df: pd.concat([df, df[['model']]], axis=1),
    'columns of levels': lambda df: pd.concat({'a': df}, axis=1),
    'a name in the index alone': lambda df: df.set_index('model'),
    'a series': lambda df: df.model,
    'an array': lambda df: df.to_numpy(),
    'a list': lambda df: df.model.tolist()}

try:
    import polars as pl
    import pyarrow as pa
except ImportError:
    if os.environ.get('TIMM_BENCH_REQUIRE_ARROW'): raise
    pl = None
if pl:
    FORMS |= {'arrow': lambda df: df.convert_dtypes(dtype_backend='pyarrow'), 'polars': pl.from_pandas, 'a table of arrow': pa.Table.from_pandas}
    BROKEN |= {'a lazy frame': lambda df: pl.from_pandas(df).lazy(), 'a series of polars': lambda df: pl.from_pandas(df)['model']}


@cache
def made(kind, folder):
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        few = 'resnet|vgg|levit|convnext'
        makers = dict(data=lambda: get_data('infer', results=folder, keep=few), history=lambda: get_history(['2024-09-04', NEWEST], results=folder),
                      accuracy=lambda: timm_bench.get_accuracy(sets='all', results=folder).loc[lambda df: df.model.str.contains(few)],
                      comparison=lambda: compare('rtx3090 amp nhwc eager pt240', 'rtx4090 amp nhwc eager pt240', results=folder))
        return makers[kind]()


USES = {
    'show_all': ('data', lambda df: timm_bench.show_all(df, 'x', SIZE)), 'show_subs': ('data', lambda df: timm_bench.show_subs(df, 'x', SIZE)),
    'show_params': ('data', lambda df: timm_bench.show_params(df, 'x', SIZE)), 'show_frontier': ('data', lambda df: timm_bench.show_frontier(df, 'x', SIZE)),
    'frontier': ('data', frontier), 'best': ('data', lambda df: best(df, under='5ms', family='resnet', license='commercial')),
    'better_than': ('data', lambda df: timm_bench.better_than(df, 'resnet50')), 'compare': ('data', lambda df: compare(df, df)),
    'estimate': ('data', None), 'explorer': ('data', None),
    'show_history': ('history', lambda df: timm_bench.show_history(df, 'x', SIZE)), 'best_by_day': ('history', timm_bench.best_by_day),
    'show_compare': ('comparison', lambda df: timm_bench.show_compare(df, 'x')),
    'effective_robustness': ('accuracy', timm_bench.effective_robustness), 'show_robustness': ('accuracy', lambda df: timm_bench.show_robustness(df, 'x'))}


def use_of(name, folder):
    "A function of one frame."
    if name == 'estimate': return lambda df: timm_bench.estimate(df, results=folder)
    if name == 'explorer': return lambda df: timm_bench.explorer(folder, own=df)
    return USES[name][1]


def what_it_says(answer):
    "An answer, to be compared."
    if isinstance(answer, go.Figure): return sum(len(trace.x) for trace in answer.data)
    if isinstance(answer, pd.DataFrame): return answer.model.tolist(), len(answer)
    return len(answer.data['points']['model'])


@pytest.mark.filterwarnings('ignore::timm_bench.ResultsWarning')
@pytest.mark.parametrize('name', USES)
def test_every_form_of_a_frame_is_taken_as_the_plain_one_or_refused_in_a_line(name, snapshots, tmp_path):
    folder = snapshots/NEWEST
    if name == 'explorer':  # a small one
        for file in ('results-imagenet.csv', 'benchmark-infer-amp-nhwc-pt240-cu124-rtx3090.csv'): (tmp_path/file).write_bytes((folder/file).read_bytes())
        folder = tmp_path
    use, df = use_of(name, folder), made(USES[name][0], snapshots/NEWEST)
    if name == 'estimate': df = df[:40]
    expected = what_it_says(use(df))
    few = ('arrow', 'polars', 'categories', 'index of a column\'s name') if pl else ('nullable',)  # for what takes seconds
    for form, change in FORMS.items():
        if name in ('estimate', 'explorer') and form not in few: continue
        if form != 'index of a size' or 'img_size' in df: assert what_it_says(use(change(df))) == expected, form
    for form, change in BROKEN.items():
        if name == 'explorer' and form == 'a list': continue  # of paths
        if name == 'frontier' and form == 'a name in the index alone': continue  # it needs no name
        with pytest.raises(ResultsError) as refused: use(change(df))
        assert len(str(refused.value).splitlines()) == 1 and len(str(refused.value)) < 1500


def test_polars_without_arrow_is_refused_in_a_line():
    class Frame:
        def to_pandas(self): raise ModuleNotFoundError('pyarrow is required')
    with pytest.raises(ResultsError, match='df: cannot be made a frame of pandas .pyarrow is required.'): frontier(Frame())


def test_a_comparison_of_equal_batches_is_drawn(snapshots):
    both = ('rtx3090 amp nhwc eager pt240', 'rtx4090 amp nhwc eager pt240')
    assert timm_bench.show_compare(compare(*both, batches='same', results=snapshots/NEWEST), 'x').data


def test_where_nothing_fits_rows_may_have_one_number():
    twice = pd.concat([get_data('infer').head(30)] * 2).assign(license=None)
    for ask in lambda: show_frontier(twice, 'x', 'infer_img_size', license='commercial'), lambda: best(twice, license='commercial'), lambda: frontier(twice, license='commercial'):
        with pytest.raises(ResultsError, match=r"license='commercial' excludes most \((60 of 60|30 of 30) models\); the nearest miss is"): ask()  # `best` takes repeated rows once


@pytest.mark.parametrize('odd', [0, 1.5, True, b'rtx3090', []])
def test_a_benchmark_that_is_no_text_is_refused(odd):
    with pytest.raises(ResultsError, match='^benchmark=.*give a file name or words'): get_data('infer', benchmark=odd)


def test_a_frame_without_rows_has_nothing_to_explore():
    with pytest.raises(ResultsError, match='own: the frame has no rows'): explorer(own=get_data('infer').head(0))
