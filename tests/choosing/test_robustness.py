"Several test sets side by side, and the trends through them, against plain pandas and statsmodels."
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings, strategies as st

from browser import boxes, overlap, page_with
from timm_bench.accuracy import get_accuracy
from timm_bench.checks import ResultsError
from timm_bench.choosing.robustness import AGAINST, effective_robustness, fit_trend, trend_at
from timm_bench.charts.robustness import show_robustness
from timm_bench.columns import TEST_SETS

DAYS = ['2022-04-01', '2023-02-06', '2024-09-04', '2026-01-06']
FILES = {
    'imagenet': 'results-imagenet', 'real': 'results-imagenet-real', 'v2': 'results-imagenetv2-matched-frequency',
    'a': 'results-imagenet-a', 'a-clean': 'results-imagenet-a-clean',
    'r': 'results-imagenet-r', 'r-clean': 'results-imagenet-r-clean', 'sketch': 'results-sketch'}
KEY = ['model', 'img_size']


def published(folder, name):
    "A test set's file, as pandas reads it."
    return pd.read_csv(folder/f'{FILES[name]}.csv', thousands=',')


@pytest.mark.parametrize('day', DAYS)
def test_test_sets_side_by_side_are_what_a_merge_of_the_files_gives(snapshots, day):
    wide = get_accuracy(sets='all', results=snapshots/day)
    plain = None
    for name in FILES:
        own = published(snapshots/day, name).drop_duplicates(KEY)[[*KEY, 'top1']].rename(columns=dict(top1=name))
        plain = own if plain is None else plain.merge(own, on=KEY, how='outer')
    assert wide.attrs['sets'] == list(FILES) and len(wide) == len(plain) and not wide.duplicated(KEY).any()
    ours = wide[[*KEY, *FILES]].sort_values(KEY, ignore_index=True)
    pd.testing.assert_frame_equal(ours, plain.sort_values(KEY, ignore_index=True), check_dtype=False)
    for name, rows in wide.attrs['rows'].items():
        joined, missing = wide[name].notna().sum(), wide[name].isna().sum()
        assert rows == dict(read=len(published(snapshots/day, name)), joined=joined, missing=missing)
    assert wide.attrs['date'] == day and wide.param_count.notna().all()


@pytest.mark.parametrize('day', DAYS)
@pytest.mark.parametrize('name', FILES)
def test_one_test_set_is_the_file_as_it_is(snapshots, day, name):
    own, plain = get_accuracy(name, results=snapshots/day), published(snapshots/day, name)
    assert list(own.model) == list(plain.model) and (own.top1 == plain.top1).all()
    assert own.attrs['files'] == [f'{FILES[name]}.csv']


def odds_of(accuracy, name):
    "Log-odds of accuracies on a test set, none right counting as half an image."
    least = 50 / TEST_SETS[name].images
    right = accuracy.clip(least, 100 - least)
    return np.log(right / (100 - right))


@pytest.mark.parametrize('day', DAYS)
@pytest.mark.parametrize('trend', ['in1k', 'all'])
def test_trends_leave_no_bend_in_the_residuals(snapshots, day, trend):
    found = effective_robustness(get_accuracy(sets='all', results=snapshots/day), trend=trend)
    assert set(found.test_set) == set(AGAINST)
    for name, rows in found.groupby('test_set'):
        usual = rows[rows.in_trend]
        left = odds_of(usual.accuracy, name) - odds_of(usual.expected, name)
        clean = odds_of(usual.clean, AGAINST[name])
        place = (clean - clean.mean()) / clean.std()
        bend = sm.OLS(left, sm.add_constant(np.column_stack([place, place**2]))).fit()
        assert abs(bend.params.iloc[2]) < .1 * left.std(), (name, bend.params)
        r2 = 1 - left.var() / odds_of(usual.accuracy, name).var()
        assert found.attrs['trends'][name]['r2'] == pytest.approx(r2, abs=.01)


@pytest.mark.parametrize('trend', ['in1k', 'all'])
def test_the_band_holds_about_95_percent_in_each_fifth_of_the_range(snapshots, trend):
    found = effective_robustness(get_accuracy(sets='all', results=snapshots/DAYS[-1]), trend=trend)
    for name, rows in found[found.in_trend].groupby('test_set'):
        held = ~(rows.above | rows.below)
        fifths = held.groupby(pd.qcut(rows.clean, 5, labels=False)).mean()
        assert fifths.between(.91, .98).all(), (name, list(fifths))


@pytest.mark.parametrize('day', DAYS)
def test_there_is_no_verdict_outside_the_range_of_the_models_of_the_trend(snapshots, day):
    found = effective_robustness(get_accuracy(sets='all', results=snapshots/day))
    for name, rows in found.groupby('test_set'):
        usual = rows.clean[rows.in_trend]
        assert (rows.within == rows.clean.between(usual.min(), usual.max())).all()
        outside = rows[~rows.within]
        assert len(outside) == found.attrs['trends'][name]['outside'] > 0
        assert not (outside.above | outside.below).any() and outside[['expected', 'gain']].isna().all(axis=None)
        assert rows[rows.within][['expected', 'gain']].notna().all(axis=None)


def test_the_chart_shows_models_without_a_verdict_hollow(snapshots):
    wide = get_accuracy(sets='all', results=snapshots/DAYS[-1])
    fig, outside = show_robustness(wide, 'Robustness'), (~effective_robustness(wide).within).sum()
    symbols = [symbol for trace in fig.data if trace.mode == 'markers' for symbol in trace.marker.symbol]
    assert symbols.count('circle-open') == outside
    assert f"{outside:,} outside the range of the trend's models: no verdict" in fig.layout.title.subtitle.text


@pytest.mark.parametrize('name', ['a', 'sketch'])
def test_the_trend_goes_by_the_number_of_images_that_it_was_fitted_with(name):
    clean = pd.Series([*np.linspace(40, 95, 12), 100])
    accuracy = pd.Series(np.linspace(10, 80, 13))
    trend = fit_trend(clean, accuracy, name)
    odds = odds_of(accuracy, name)
    fitted = trend_at(trend, clean).expected
    plain = sm.OLS(odds, sm.add_constant(odds_of(clean, AGAINST[name]))).fit().fittedvalues
    assert np.allclose(fitted, 100 / (1 + np.exp(-plain)))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(5, 95), min_size=8, max_size=40, unique=True), st.floats(.3, 2), st.floats(-2, 2))
def test_models_on_a_line_gain_nothing(clean, slope, height):
    odds = np.log(np.array(clean) / (100 - np.array(clean)))
    sketch = 100 / (1 + np.exp(-(slope * odds + height)))
    df = pd.DataFrame(dict(model=[f'm{i}' for i in range(len(clean))], imagenet=clean, sketch=sketch))
    if df.imagenet.round(6).nunique() < 4: return
    found = effective_robustness(df, trend='all')
    assert found.gain.abs().max() < .2  # accuracies of less than half an image are moved there


def test_a_trend_through_all_models_needs_no_pre_training_data(snapshots):
    df = get_accuracy(sets='all', results=snapshots/DAYS[-1])
    fig = show_robustness(df.drop(columns='pretrain'), 'Robustness', trend='all')
    clouds = [trace for trace in fig.data if trace.mode == 'markers']
    assert sum(len(trace.x) for trace in clouds) == len(effective_robustness(df, trend='all'))
    assert {trace.name for trace in clouds} == {'not told by the name'}


def test_every_name_in_the_chart_is_above_the_band_and_touches_nothing(snapshots, chromium):
    wide = get_accuracy(sets='all', results=snapshots/'2026-01-06')
    fig = show_robustness(wide, 'Robustness')
    page = page_with(chromium, fig)
    names = boxes(page, '.annotation-text-g text')
    titles = boxes(page, '.gtitle, .xtitle, .x2title, .x3title, .ytitle, .legend')
    assert len(names) == len(fig.layout.annotations) > 15
    for left, top, right, bottom in names + titles:
        assert left >= 0 and top >= 0 and right <= 1000 and bottom <= fig.layout.height
    for i, name in enumerate(names): assert not any(overlap(name, other, by=1) for other in names[:i])
    arches = {a.text.split(' (')[0] for a in fig.layout.annotations if a.xref != 'paper'}
    above = effective_robustness(wide).query('above')
    assert arches <= set(above.model.str.partition('.')[0])


@pytest.mark.parametrize('call, says', [
    (lambda w, r: get_accuracy(sets=['imagenet', 'imagenet-c'], results=r), "sets='imagenet-c': give one of 'all'"),
    (lambda w, r: get_accuracy(sets=[], results=r), "sets=[]: give 'all' or some of 'imagenet'"),
    (lambda w, r: get_accuracy(sets=5, results=r), 'sets=5: give one of'),
    (lambda w, r: get_accuracy('sketch', sets='all', results=r), 'give accuracy= for one test set or sets= for several'),
    (lambda w, r: effective_robustness(w, ['imagenet']), "sets='imagenet': give one of 'real', 'v2'"),
    (lambda w, r: effective_robustness(w[['model', 'imagenet']], trend='all'), "get_accuracy(sets='all') has them"),
    (lambda w, r: effective_robustness('wide'), 'df: a str is not a DataFrame'),
    (lambda w, r: show_robustness(w, '', names=1.5), 'names=1.5: give a whole number'),
    (lambda w, r: show_robustness(w, '', trend='imagenet'), "trend='imagenet': give one of 'in1k', 'all'"),
])
def test_bad_input_is_answered_in_one_line_with_the_choices(snapshots, call, says):
    folder = snapshots/'2026-01-06'
    with pytest.raises(ResultsError) as caught: call(get_accuracy(sets='all', results=folder), folder)
    assert says in str(caught.value) and '\n' not in str(caught.value)
