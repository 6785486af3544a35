"Several test sets side by side, and the trends through them, against plain pandas and statsmodels."
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings, strategies as st

from browser import boxes, browser, overlap, page_with
from timm_bench.accuracy import get_accuracy
from timm_bench.checks import ResultsError
from timm_bench.choosing.robustness import AGAINST, effective_robustness
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


@pytest.mark.parametrize('day', DAYS)
@pytest.mark.parametrize('trend', ['in1k', 'all'])
def test_trends_and_who_is_above_them_are_those_of_statsmodels(snapshots, day, trend):
    wide = get_accuracy(sets='all', results=snapshots/day)
    found = effective_robustness(wide, trend=trend)
    assert set(found.test_set) == set(AGAINST)
    for name, clean in AGAINST.items():
        own = wide.dropna(subset=[name, clean])
        odds = {}
        for column in name, clean:
            least = 50 / TEST_SETS[column].images
            right = own[column].clip(least, 100 - least)
            odds[column] = np.log(right / (100 - right))
        usual = own.pretrain.eq('in1k') if trend == 'in1k' else own.pretrain.isna() | own.pretrain.notna()
        line = sm.OLS(odds[name][usual], sm.add_constant(odds[clean][usual])).fit()
        band = line.get_prediction(sm.add_constant(odds[clean])).summary_frame(alpha=.05)
        rows = found[found.test_set == name]
        assert len(rows) == len(own) and np.allclose(rows.expected, 100 / (1 + np.exp(-band['mean'])), atol=1e-3)
        assert set(rows.model[rows.above]) == set(own.model[odds[name] > band.obs_ci_upper])
        assert set(rows.model[rows.below]) == set(own.model[odds[name] < band.obs_ci_lower])
        assert found.attrs['trends'][name]['r2'] == pytest.approx(line.rsquared, abs=1e-6)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(5, 95), min_size=8, max_size=40, unique=True), st.floats(.3, 2), st.floats(-2, 2))
def test_models_on_a_line_gain_nothing(clean, slope, height):
    odds = np.log(np.array(clean) / (100 - np.array(clean)))
    sketch = 100 / (1 + np.exp(-(slope * odds + height)))
    df = pd.DataFrame(dict(model=[f'm{i}' for i in range(len(clean))], imagenet=clean, sketch=sketch))
    if df.imagenet.round(6).nunique() < 4: return
    found = effective_robustness(df, trend='all')
    assert found.gain.abs().max() < .2  # accuracies of less than half an image are moved there
    assert found.attrs['trends']['sketch']['slope'] == pytest.approx(slope, rel=.05, abs=.05)


def test_a_trend_through_all_models_needs_no_pre_training_data(snapshots):
    df = get_accuracy(sets='all', results=snapshots/DAYS[-1])
    fig = show_robustness(df.drop(columns='pretrain'), 'Robustness', trend='all')
    clouds = [trace for trace in fig.data if trace.mode == 'markers']
    assert sum(len(trace.x) for trace in clouds) == len(effective_robustness(df, trend='all'))
    assert {trace.name for trace in clouds} == {'not told by the name'}


def test_every_name_in_the_chart_is_above_the_band_and_touches_nothing(snapshots):
    wide = get_accuracy(sets='all', results=snapshots/'2026-01-06')
    fig = show_robustness(wide, 'Robustness')
    with browser() as chromium:
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
