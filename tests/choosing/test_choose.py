"The decisions, against brute force and against plain pandas filters on every benchmark file of the four snapshots."
import json
import math
import random
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

import timm_bench.checks
from timm_bench.choosing.budgets import COMMERCIAL, NothingFits, time_intervals
from timm_bench.choosing.cards import _tables, card
from timm_bench.choosing.choose import best, better_than, frontier
from timm_bench.choosing.comparison import by_family, compare
from timm_bench.choosing.history import best_by_day, get_history
from timm_bench.data import get_accuracy, get_data
from timm_bench.models import renames
from timm_bench.checks import ResultsError, ResultsWarning
from timm_bench.sources.benchmarks import list_benchmarks
from timm_bench.sources.results import bundled_folder
from timm_bench.columns import FINE_TUNED, TEST_SETS
from timm_bench.stats import medians, standard_error

DAYS = ['2022-04-01', '2023-02-06', '2024-09-04', '2026-01-06']
NEWEST = DAYS[-1]
pytestmark = pytest.mark.filterwarnings('ignore::timm_bench.checks.ResultsWarning')


@pytest.fixture(scope='module')
def every_frame(snapshots):
    "The frame of every benchmark file of every snapshot, beside what `list_benchmarks` says of the file."
    found = [(benchmark, snapshots/day) for day in DAYS for benchmark in list_benchmarks(snapshots/day).itertuples()]
    return [(benchmark, frame_of(benchmark.part, benchmark=benchmark.file, results=folder)) for benchmark, folder in found]


def frame_of(part, **where):
    "Every model of a benchmark, and as `folded` the family that it has where ports are counted to their architecture's."
    apart, together = (get_data(part, keep=None, weights='all', vendors=vendors, **where) for vendors in (False, True))
    assert list(apart.model) == list(together.model)
    return apart.assign(folded=together.family)


# frontier

def beaten(x, y, others, x_sign, y_sign):
    "Whether any other point is at least as good on both axes and better on one; a sign of 1 means more is better."
    ahead = [((a - x) * x_sign, (b - y) * y_sign) for a, b in others]
    return any(a >= 0 and b >= 0 and (a > 0 or b > 0) for a, b in ahead)


numbers = st.one_of(st.integers(-3, 3).map(float), st.floats(-1e6, 1e6), st.just(float('nan')))


@settings(deadline=None, max_examples=500)
@given(st.lists(st.tuples(numbers, numbers), max_size=40), st.sampled_from(['low', 'high']), st.sampled_from(['low', 'high']))
def test_frontier_is_what_brute_force_finds(points, x_best, y_best):
    "Ties, duplicates and NaN included; the index is no help, as it repeats."
    df = pd.DataFrame(points, columns=['x', 'y'], dtype=float).assign(row=range(len(points)))
    df.index = [0] * len(df)
    found = frontier(df, x='x', y='y', x_best=x_best, y_best=y_best)
    signs = [1 if best == 'high' else -1 for best in (x_best, y_best)]
    whole = [p for p in points if not any(map(math.isnan, p))]
    expected = [i for i, p in enumerate(points) if not any(map(math.isnan, p)) and not beaten(*p, whole, *signs)]
    assert sorted(found.row) == expected
    assert list(found.x * signs[0]) == sorted(found.x * signs[0], reverse=True)


@pytest.mark.parametrize('kind', ['cloud', 'falling', 'rising', 'grid', 'with NaN'])
def test_frontier_of_many_rows_is_that_of_a_plain_sweep(kind):
    "As many rows as need thinning out first."
    random_ = np.random.default_rng(0)
    x, y = random_.random(30_000), random_.random(30_000)
    if kind == 'falling': y = 1 - x
    if kind == 'rising': y = x
    if kind == 'grid': x, y = x.round(2), y.round(2)
    if kind == 'with NaN': x[::3], y[::7] = np.nan, np.nan
    df = pd.DataFrame(dict(secs=x, top1=y))
    whole = df.dropna()
    best_before = whole.groupby('secs').top1.max().cummax().shift(fill_value=-np.inf)
    plain = whole[(whole.top1 == whole.groupby('secs').top1.transform('max')) & (whole.top1 > whole.secs.map(best_before))]
    assert sorted(frontier(df).index) == sorted(plain.index)


# best

def budget_of(df, random_):
    "A budget within the frame's own values."
    budget = dict(under=float(df.secs.quantile(random_.uniform(.05, .9))), params=float(df.param_count_y.quantile(random_.uniform(.1, .9))),
                  size=int(df.img_size.quantile(random_.uniform(.3, 1))), license=random_.choice(['commercial', 'mit', ['apache-2.0', 'cc-by-nc-4.0']]),
                  pretrain=random_.choice(sorted(df.pretrain.dropna().unique())), family=random_.choice(sorted({*df.family, *df.folded})))
    if 'infer_gmacs' in df: budget |= dict(macs=float(df.infer_gmacs.quantile(.5)), acts=float(df.infer_macts.quantile(.7)))
    return {name: value for name, value in budget.items() if random_.random() < .4}


def plainly(df, budget):
    "The rows within a budget, by a plain filter."
    if 'under' in budget: df = df[df.secs <= budget['under']]
    if 'params' in budget: df = df[df.param_count_y <= budget['params']]  # of the weight, not of the model as it was measured
    if 'macs' in budget: df = df[df.infer_gmacs <= budget['macs']]
    if 'acts' in budget: df = df[df.infer_macts <= budget['acts']]
    if 'size' in budget: df = df[df.img_size <= budget['size']]
    if 'license' in budget: df = df[df.license.isin(COMMERCIAL if budget['license'] == 'commercial' else np.atleast_1d(budget['license']))]
    if 'pretrain' in budget: df = df[df.pretrain == budget['pretrain']]
    if 'family' in budget: df = df[df.family.eq(budget['family']) | df.folded.eq(budget['family'])]
    return df.sort_values(['top1', 'secs', 'model'], ascending=[False, True, True])


def test_best_agrees_with_a_plain_filter_on_every_benchmark_file(every_frame):
    random_, answered, unanswered = random.Random(0), 0, 0
    for benchmark, df in every_frame:
        for _ in range(6):
            budget = budget_of(df, random_)
            plain = plainly(df, budget)
            if plain.empty:
                with pytest.raises(NothingFits): best(df, **budget)
                unanswered += 1
                continue
            found = best(df, 7, **budget)
            assert list(found.model) == list(plain.model[:7]), (benchmark.file, budget)
            assert list(found.img_size) == list(plain.img_size[:7]), (benchmark.file, budget)
            assert found.attrs['fits'] == len(plain)
            assert list(found.runner_up[:-1]) == list(plain.model[1:len(found)])
            answered += 1
    assert answered > 200 and unanswered > 5


def test_a_more_accurate_model_that_may_fit_is_named():
    df = get_data('infer', results=bundled_folder(), keep=None, weights='all')
    known, named = time_intervals(df, df.attrs), 0
    for limit in df.secs.quantile([i / 60 for i in range(1, 60)]) * .99:
        first = best(df, 1, under=limit).iloc[0]
        near = df[(df.secs > limit) & (known.low <= limit) & (df.top1 > first.accuracy)]
        if near.empty: assert 'may fit too' not in first.reason
        else: assert f'; {near.sort_values(["top1", "secs"], ascending=[False, True]).model.iloc[0]} may fit too, which is more accurate' in first.reason
        named += len(near) > 0
    assert 3 < named < 57


def test_parameters_are_those_of_the_weight_that_is_loaded(snapshots):
    "tiny_vit is timed with a head for 22,000 classes, which its weights for ImageNet-1k do not have."
    df = get_data('infer', results=snapshots/NEWEST, keep=None, weights='all')
    row = df[df.model == 'tiny_vit_5m_224.dist_in22k_ft_in1k'].iloc[0]
    assert row.param_count_y < 6 < row.param_count_x
    assert row.model in set(best(df, params='6M').model)
    assert row.model not in set(best(df.drop(columns='param_count_y'), 50, params='6M').model)


def test_a_family_is_found_under_either_name_and_the_card_has_both(snapshots):
    df = get_data('infer', results=snapshots/NEWEST, keep=None, weights='all')
    shown = card('tf_efficientnet_b0_ap', results=snapshots/NEWEST)
    assert (shown['family'], shown['family_of_port']) == ('efficientnet', 'tf')
    for name in 'efficientnet', 'tf': assert shown['model'] in set(best(df, len(df), family=name).model)
    assert not set(best(df, len(df), family='tf').family) - {'tf'} and 'efficientnet' in set(best(df, len(df), family='efficientnet').family)


@pytest.mark.parametrize('name', ['resnet50_gn', 'resnetv2_50d_gn.ah_in1k'])
def test_a_model_that_frames_leave_out_is_on_its_card_with_its_speeds(snapshots, name):
    df = get_data('infer', results=snapshots/NEWEST, keep=None, weights='all')
    with pytest.raises(ResultsError, match='get_data leaves out architectures whose names end in gn; card'): better_than(df, name)
    shown, arch = card(name, results=snapshots/NEWEST), name.partition('.')[0]
    here = {(row['file'], row['img_size']): row['secs'] for row in shown['speed'] if row['part'] == 'infer'}
    sizes = {row['img_size'] for row in shown['accuracy']}
    for benchmark in list_benchmarks(snapshots/NEWEST).query('part == "infer"').itertuples():
        file = pd.read_csv(snapshots/NEWEST/benchmark.file)
        for row in file[file.model.eq(arch) & file.infer_img_size.isin(sizes)].itertuples():
            assert math.isclose(here[benchmark.file, row.infer_img_size], 1 / row.infer_samples_per_sec)
    own = [row for row in shown['speed'] if row['file'] == df.attrs['files'][0]]
    top1 = {row['img_size']: row['top1'] for row in shown['accuracy'] if row['test_set'] == 'imagenet'}
    assert own and shown['better_count'] == (df.secs.lt(own[0]['secs']) & df.top1.ge(top1[own[0]['img_size']])).sum() > 0


def test_the_budget_that_binds_is_the_one_that_keeps_the_named_model_out(snapshots):
    df, random_, checked = frame_of('infer', results=snapshots/NEWEST), random.Random(1), 0
    for _ in range(60):
        budget = budget_of(df, random_)
        if plainly(df, budget).empty: continue
        first = best(df, 1, **budget).iloc[0]
        freed = {name: plainly(df, {k: v for k, v in budget.items() if k != name}) for name in budget}
        gains = {name: rows.top1.iloc[0] for name, rows in freed.items() if rows.top1.iloc[0] > first.accuracy}
        assert bool(first.binds) == bool(gains)
        if gains:
            name = first.binds.partition('=')[0]
            assert gains[name] == max(gains.values()) and freed[name].model.iloc[0] in first.reason
            checked += 1
    assert checked > 20


@pytest.mark.parametrize('day', DAYS)
@pytest.mark.parametrize('blend', ['v2', {'sketch': 2}, {'imagenet': .5, 'sketch': .5}, {'a': 1, 'r': 1, 'real': 2}], ids=str)
def test_other_test_sets_and_blends(snapshots, blend, day):
    results = snapshots/day
    df = get_data('infer', results=results, keep=None, weights='all')
    weights = {blend: 1} if isinstance(blend, str) else blend
    plain = df[['model', 'img_size', 'secs']].assign(accuracy=0.0)
    for name, weight in weights.items():
        other = get_accuracy(name, results=results)[['model', 'img_size', 'top1']].drop_duplicates(['model', 'img_size'])
        plain = plain.merge(other, on=['model', 'img_size'])
        plain = plain.assign(accuracy=plain.accuracy + plain.top1 * weight / sum(weights.values())).drop(columns='top1')
    plain = plain.sort_values(['accuracy', 'secs', 'model'], ascending=[False, True, True])
    found = best(df, 10, accuracy=blend)  # read where the frame is from
    assert np.allclose(found.accuracy, plain.accuracy[:10])
    assert list(found.model) == list(plain.model[:10]) and list(found.img_size) == list(plain.img_size[:10])
    budget = float(df.secs.median())
    assert list(best(df, 10, accuracy=blend, under=budget, results=results).model) == list(plain[plain.secs <= budget].model[:10])
    own = df.iloc[len(df) // 2]
    better = better_than(df, own.model, size=int(own.img_size), accuracy=blend)
    score = plain.accuracy[(plain.model == own.model) & (plain.img_size == own.img_size)].iloc[0]
    assert sorted(better.model) == sorted(plain.model[(plain.secs < own.secs) & (plain.accuracy >= score)])


def test_a_test_set_of_other_results_is_refused(snapshots):
    df = get_data('infer', results=snapshots/NEWEST)
    with pytest.raises(ResultsError, match='leave it out to read the same'): best(df, accuracy='sketch', results=snapshots/DAYS[0])


def test_a_test_set_is_read_where_the_frame_is_from(snapshots, monkeypatch):
    "Not where results are looked for by default, which is another place."
    monkeypatch.setenv('TIMM_BENCH_RESULTS', str(snapshots/NEWEST))
    df = get_data('infer', results=snapshots, as_of='2023-01-01')
    assert df.attrs['date'] == DAYS[0]
    sketch = get_accuracy('sketch', results=snapshots/DAYS[0]).set_index('model').top1
    found = best(df, 3, accuracy='sketch')
    assert list(found.accuracy) == list(sketch[found.model])


def apart(one, other, images=50_000):
    "Whether two accuracies differ by more than chance, from nothing but the two and the number of images."
    return abs(one - other) > 1.96 * math.sqrt((one * (100 - one) + other * (100 - other)) / images)


@pytest.fixture(scope='module')
def everything(snapshots): return get_data('infer', results=snapshots/NEWEST, keep=None, weights='all')


@pytest.mark.parametrize('under', [.0005, .001, .002, .005])
def test_a_tie_is_with_the_winner_and_none_is_cut_unsaid(everything, under):
    plain = plainly(everything.assign(folded=''), dict(under=under))
    tied = [not apart(plain.top1.iloc[0], top1) for top1 in plain.top1]
    ties = sum(tied) - 1
    assert 2 <= ties <= 6
    whole = best(everything, len(plain), under=under)
    assert list(whole.tie) == [False, *tied[1:]]
    in_set = plain[tied].sort_values('secs', kind='stable')
    for n in 1, 2, 5, 50:
        found, fast = best(everything, n, under=under), best(everything, n, under=under, sort='speed')
        assert found.attrs['ties'] == fast.attrs['ties'] == ties
        assert f'{ties} tie with it' in found.reason[0] and list(fast.model[:ties + 1]) == list(in_set.model[:n])
        quicker = in_set[(in_set.secs < plain.secs.iloc[0]) & (in_set.index != plain.index[0])]
        assert (quicker.model.iloc[0] in found.reason[0]) if len(quicker) else 'none of them faster' in found.reason[0]
        for table in found, fast:
            hidden = ties - table.tie.sum()
            assert (f'({hidden} not shown)' in table.reason[0]) == (hidden > 0)
    small = best(get_data('infer', accuracy='a', results=everything.attrs['folder']), 30)
    assert math.isclose(small.error[0], math.sqrt(small.accuracy[0] * (100 - small.accuracy[0]) / 7500))


def test_the_frontier_marks_steps_that_are_ties(everything):
    edge = frontier(everything)
    assert list(edge.tie) == [False, *(not apart(*pair) for pair in zip(edge.top1[1:], edge.top1))]
    assert (edge.tie.sum(), len(edge)) == (13, 35)
    assert list(frontier(everything, x='infer_samples_per_sec').tie) == list(edge.tie)
    on_a = get_data('infer', accuracy='a', results=everything.attrs['folder'])
    assert list(frontier(on_a).tie[1:]) == [not apart(*pair, images=7500) for pair in zip(frontier(on_a).top1[1:], frontier(on_a).top1)]
    bare = pd.DataFrame(dict(secs=[1., 2.], top1=[80., 80.1]))
    for frame, y in (bare, 'top1'), (everything, 'param_count_x'): assert list(frontier(frame, y=y)) == list(frame)


@pytest.mark.parametrize('blend, of_squares', [({'imagenet': 1, 'sketch': 1}, [['imagenet'], ['sketch']]), ({'v2': 1, 'a': 3}, [['v2'], ['a']]), ({'imagenet': 1, 'real': 1}, [['imagenet', 'real']]),
                                               ({'r-clean': 1, 'real': 2, 'sketch': 1}, [['r-clean', 'real'], ['sketch']])], ids=str)
def test_the_error_of_a_blend_is_that_of_independent_photographs(everything, blend, of_squares):
    found = best(everything, 20, accuracy=blend)
    errors = {name: weight / sum(blend.values()) * standard_error(found[name], name) for name, weight in blend.items()}
    assert np.allclose(found.error, sum(sum(errors[name] for name in group)**2 for group in of_squares)**.5)


def test_chance_moves_a_blend_by_its_error():
    "Two models drawn anew many times on two test sets of 50,000 and 50,889 images."
    random_, accuracies = np.random.default_rng(0), pd.DataFrame(dict(imagenet=[85.], sketch=[50.]))
    from timm_bench.choosing.choose import _blended_error
    known = {name: pd.DataFrame(dict(top1=values, error=standard_error(values, name))) for name, values in accuracies.items()}
    error = _blended_error(known, dict(imagenet=.5, sketch=.5)).iloc[0]
    drawn = (random_.binomial(50_000, .85, 20_000) / 50_000 + random_.binomial(50_889, .5, 20_000) / 50_889) * 50
    assert abs(drawn.std() / error - 1) < .02


def test_a_time_known_to_an_interval_that_holds_the_budget_says_so(everything, tmp_path):
    guess = everything.assign(secs_low=everything.secs * .8, secs_high=everything.secs * 1.3, estimated=True)
    found = best(guess, 40, under='1ms')
    assert [('fits within its error' in why) for why in found.reason] == list(found.secs * 1.3 >= .001) and not found.reason.str.contains('fits within').all()
    assert not best(everything, 40, under='1ms').reason.str.contains('fits within').any() and not best(guess).reason.str.contains('fits within').any()
    from timm_bench.sources import results as sources
    here = get_data('infer', results=sources.bundled(), keep=None)
    rows = [json.loads(line) for line in Path(here.attrs['path']).with_suffix('.jsonl').read_text().splitlines()]
    high = {(row['model'], row['img_size']): row['interval_ms'][1] / 1000 for row in rows if row.get('interval_ms')}
    found = best(here, 60, under='50ms')
    assert [('fits within its error' in why) for why in found.reason] == [high.get((model.partition('.')[0], size), 0) >= .05 for model, size in zip(found.model, found.img_size)]
    assert found.reason.str.contains('fits within its error').sum() >= 1
    for end in '.csv', '.jsonl': shutil.copy(Path(here.attrs['path']).with_suffix(end), tmp_path/f'benchmark-infer-fp32-nchw-pt2141-cpu-mine{end}')
    own = get_data('infer', benchmark=tmp_path/'benchmark-infer-fp32-nchw-pt2141-cpu-mine.csv', results=sources.bundled(), keep=None)
    assert list(best(own, 60, under='50ms').reason) == list(found.reason)


def test_absolute_times_on_the_bundled_set_are_said_once_to_be_anothers(everything, tmp_path):
    from timm_bench.sources import results as sources
    here = get_data('infer', results=sources.bundled(), keep=None)
    shutil.copy(here.attrs['path'], tmp_path)
    own = get_data('infer', benchmark=tmp_path/Path(here.attrs['path']).name, results=sources.bundled(), keep=None)

    def said(call):
        timm_bench.checks._said.clear()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter('always')
            call()
        return [str(one.message) for one in caught if 'not of your machine' in str(one.message)]

    message, = said(lambda: (best(here, under='20ms'), best(here, under=.03), best(here, under='100/s')))
    assert all(words in message for words in ('AMD EPYC', '1 thread', '2026-11-24 to 2026-11-29', 'timm_bench measure', "'0.5x resnet50'"))
    assert len(said(lambda: best_by_day(get_history(results=sources.bundled()), ['20ms', '50ms']))) == 1
    for call in (lambda: best(here, under='resnet50'), lambda: best(here, params='30M'), lambda: best(everything, under='1ms'), lambda: best(own, under='20ms'),
                 lambda: best(here.assign(estimated=True), under='20ms')): assert said(call) == []


@pytest.mark.parametrize('under, times, arch, size', [('resnet50', 1, 'resnet50', 224), ('0.5x resnet50', .5, 'resnet50', 224), ('2 × vit_base_patch16_224', 2, 'vit_base_patch16_224', 224),
                                                      ('resnet50.a3_in1k', 1, 'resnet50', 160), ('3X tv_resnet50', 3, 'resnet50', 224), ('convnext_base_in22ft1k', 1, 'convnext_base', 224)])
def test_a_model_can_be_the_budget_under_any_name(everything, snapshots, under, times, arch, size):
    limit = times * everything[everything.arch.eq(arch) & everything.infer_img_size.eq(size)].secs.iloc[0]
    found = best(everything, 9, under=under)
    assert found.attrs['fits'] == (everything.secs <= limit).sum() and list(found.model) == list(best(everything, 9, under=limit).model)
    assert f'under={under!r}' in found.attrs['excluded']
    past = get_history(results=snapshots/NEWEST)
    assert list(best_by_day(past, [under]).model) == list(best_by_day(past, [limit]).model)


@pytest.mark.parametrize('written, plain', [(dict(under='5MS'), dict(under='5ms')), (dict(under='.005sec'), dict(under='5ms')), (dict(under='200fps'), dict(under='200/s')),
                                            (dict(license='MIT'), dict(license='mit')), (dict(license=['Apache-2.0', 'Commercial']), dict(license='commercial')), (dict(params='25m'), dict(params=25))], ids=str)
def test_budgets_are_read_as_people_write_them(everything, written, plain):
    assert list(best(everything, 9, **written).model) == list(best(everything, 9, **plain).model)


@pytest.mark.parametrize('day', DAYS)
def test_the_sizes_of_the_test_sets_are_those_that_timms_tables_show(snapshots, day):
    for name, about in TEST_SETS.items():
        if name in FINE_TUNED: continue  # see tests/transfer
        right = get_accuracy(name, results=snapshots/day).top1 / 100 * about.images
        assert (right - right.round()).abs().max() < 0.3, name  # any other number of images leaves up to 0.5


def test_nothing_fits_names_the_budget_and_the_nearest_miss(snapshots):
    df = get_data('infer', results=snapshots/NEWEST)
    with pytest.raises(NothingFits) as caught: best(df, under='15us', params='500M')
    fastest = df.loc[df.secs.idxmin()]
    assert f"under='15us' excludes most ({len(df)} of {len(df)} models)" in str(caught.value)
    assert f'nearest miss is {fastest.model}' in str(caught.value) and f'×{fastest.secs / 15e-6:.3g} over' in str(caught.value)


# better_than

def test_better_than_agrees_with_a_plain_filter_on_every_benchmark_file(every_frame):
    random_ = random.Random(2)
    for benchmark, df in every_frame:
        for at in random_.sample(range(len(df)), 4):
            own = df.iloc[at]
            plain = df[(df.secs < own.secs) & (df.top1 >= own.top1)]
            found = better_than(df, own.model, size=int(own.img_size))
            assert sorted(zip(found.model, found.img_size)) == sorted(zip(plain.model, plain.img_size)), (benchmark.file, own.model)
            assert (found.speedup > 1).all() and (found.points >= 0).all()
            assert found.accuracy.is_monotonic_decreasing


def test_old_names_mean_what_they_are_called_today(snapshots):
    df, checked = get_data('infer', results=snapshots/NEWEST, keep=None, weights='all'), 0
    for old, new in renames().items():
        if new in set(df.model):
            with pytest.warns(ResultsWarning, match='is called'):
                import timm_bench.sources.results
                timm_bench.checks._said.clear()
                than = better_than(df, old).attrs['than']
            assert than['model'] == new and f'{old} is called {new} now' == than['understood']
            checked += 1
    assert checked > 100


def test_a_name_without_a_tag_means_the_weights_that_timm_loads(snapshots):
    results = snapshots/NEWEST
    assert better_than(get_data('infer', results=results, keep=None, weights='all'), 'resnet50').attrs['than']['model'] == 'resnet50.a1_in1k'
    shown = get_data('infer', results=results)  # holds the most accurate weights only
    assert better_than(shown, 'resnet50').attrs['than']['model'] == shown[shown.arch == 'resnet50'].sort_values('top1').model.iloc[-1]


# compare

@pytest.fixture(scope='session')
def ampere_and_ada(snapshots):
    return compare('rtx3090 pt240 nhwc', 'rtx4090 pt240 nhwc', results=snapshots/NEWEST)


def plain_pairs(folder, a, b):
    tables = [pd.read_csv(folder/f'benchmark-infer-amp-nhwc-pt240-cu124-{x}.csv', thousands=',').dropna(subset=['infer_samples_per_sec']) for x in (a, b)]
    return tables[0].merge(tables[1], on=['model', 'infer_img_size'])


def test_every_pair_with_different_batch_sizes_is_flagged(snapshots, ampere_and_ada):
    plain = plain_pairs(snapshots/NEWEST, 'rtx3090', 'rtx4090')
    both = ampere_and_ada.dropna(subset=['speedup'])
    assert len(both) == len(plain) > 1400
    merged = both.merge(plain, left_on=['model', 'img_size'], right_on=['model', 'infer_img_size'])
    assert len(merged) == len(plain)
    assert (merged.same_batch == (merged.infer_batch_size_x == merged.infer_batch_size_y)).all()
    assert np.allclose(merged.speedup, merged.infer_samples_per_sec_y / merged.infer_samples_per_sec_x)
    assert 0 < both.same_batch.sum() < len(both)


def test_medians_with_and_without_them(snapshots, ampere_and_ada):
    plain = plain_pairs(snapshots/NEWEST, 'rtx3090', 'rtx4090')
    ratio, same = plain.infer_samples_per_sec_y / plain.infer_samples_per_sec_x, plain.infer_batch_size_x == plain.infer_batch_size_y
    every = by_family(ampere_and_ada).iloc[0]
    assert math.isclose(every['median'], ratio.median()) and math.isclose(every.same_median, ratio[same].median())
    assert every.models == len(plain) and every.same_models == same.sum()
    assert every.low <= every['median'] <= every.high and every.same_low <= every.same_median <= every.same_high
    print(f"\nRTX 4090 against 3090: ×{every['median']:.3f} ({every.low:.3f} to {every.high:.3f}) over {every.models} models; "
          f'×{every.same_median:.3f} ({every.same_low:.3f} to {every.same_high:.3f}) over the {every.same_models} with the same batch size')


def test_the_interval_of_all_families_takes_each_family_as_one_draw(ampere_and_ada):
    "As when whole families are drawn again and again, to within a third of its width; the models alone promise far too much."
    random_, pairs = np.random.default_rng(0), ampere_and_ada.dropna(subset=['speedup']).sort_values('speedup')
    codes = pd.factorize(pairs.family)[0]
    times = random_.multinomial(codes.max() + 1, np.full(codes.max() + 1, 1 / (codes.max() + 1)), size=1000)[:, codes].cumsum(axis=1)
    low, high = np.quantile(pairs.speedup.to_numpy()[(2 * times >= times[:, -1:]).argmax(axis=1)], [.025, .975])
    every, alone = by_family(ampere_and_ada).iloc[0], medians(pairs.assign(of='all'), 'speedup', 'of').loc['all']
    assert abs(every.low - low) < (high - low) / 3 and abs(every.high - high) < (high - low) / 3
    assert alone.high - alone.low < (every.high - every.low) / 2


def test_a_joined_frame_is_compared_as_its_file(snapshots):
    "Models that a newer timm measures with their branches folded have other parameters in either."
    files = 'benchmark-infer-amp-nhwc-pt240-cu124-rtx3090.csv', 'benchmark-infer-amp-nchw-pt291-cu130-5090.csv'
    joined = get_data('infer', benchmark=files[1], results=snapshots/NEWEST, keep=None, weights='all').assign(model=lambda df: df.arch)
    of_file, of_frame = (compare(files[0], other, results=snapshots/NEWEST).set_index(['model', 'img_size']).same_params for other in (files[1], joined))
    folded = of_file.index[~of_file].intersection(pd.MultiIndex.from_frame(joined[['arch', 'infer_img_size']]))
    assert len(folded) > 10 and not of_frame[folded].any()


def test_pairs_with_different_batch_sizes_can_be_left_out(snapshots, ampere_and_ada):
    same = compare('rtx3090 pt240 nhwc', 'rtx4090 pt240 nhwc', batches='same', results=snapshots/NEWEST)
    assert same.same_batch.all() and len(same) == ampere_and_ada.same_batch.sum()


def test_models_in_one_file_only_are_kept(snapshots, ampere_and_ada):
    names = [set(pd.read_csv(snapshots/NEWEST/f).dropna(subset=['infer_samples_per_sec'])[['model', 'infer_img_size']].itertuples(index=False, name=None)) for f in ampere_and_ada.attrs['files']]
    alone = {which: set(ampere_and_ada[ampere_and_ada.measured == which][['model', 'img_size']].itertuples(index=False, name=None)) for which in ('a', 'b')}
    assert alone == {'a': names[0] - names[1], 'b': names[1] - names[0]}


def test_ranks_are_places_among_the_models_measured_in_both(ampere_and_ada):
    both = ampere_and_ada.dropna(subset=['speedup'])
    for x in 'ab':
        order = both.sort_values(f'rate_{x}', ascending=False, kind='stable')
        assert order[f'rank_{x}'].is_monotonic_increasing and order[f'rank_{x}'].iloc[0] == 1
    assert (both.places == both.rank_a - both.rank_b).all()


@pytest.mark.parametrize('a, b, differ', [('rtx3090', 'rtx4090', {'device'}), ('rtx4090 eager', 'rtx4090 compiled', {'compiled'}), ('pt113', 'pt240 rtx3090', {'torch', 'cuda'}),
                                          ('pro6000maxq amp', 'pro6000maxq bf16', {'precision'})])
def test_words_that_fit_several_files_mean_the_pair_most_alike(snapshots, a, b, differ):
    files = compare(a, b, results=snapshots/NEWEST).attrs['files']
    table = list_benchmarks(snapshots/NEWEST).set_index('file').loc[files]
    settings_ = ['precision', 'layout', 'torch', 'cuda', 'device', 'compiled']
    assert {s for s in settings_ if table[s].iloc[0] != table[s].iloc[1] and not table[s].isna().all()} == differ


def test_every_two_files_of_a_snapshot_can_be_compared(snapshots):
    for day in DAYS:
        table = list_benchmarks(snapshots/day)
        for part in 'infer', 'train':
            files = list(table[table.part == part].file)
            for a, b in zip(files, files[1:]):
                found = compare(a, b, part=part, results=snapshots/day)
                assert not found.duplicated(['model', 'img_size']).any() and (found.speedup.dropna() > 0).all()
                assert found.attrs['pairs'] > 400, (day, a, b)


def test_files_of_different_ages_are_matched_by_todays_names(snapshots):
    found = compare('pt111 nhwc rtx3090', 'pt240 nhwc rtx3090', results=snapshots/'2024-09-04')
    plain = [set(pd.read_csv(snapshots/'2024-09-04'/f).dropna(subset=['infer_samples_per_sec'])[['model', 'infer_img_size']].itertuples(index=False, name=None)) for f in found.attrs['files']]
    assert found.attrs['pairs'] > len(plain[0] & plain[1])


def test_a_file_of_ones_own(snapshots, tmp_path):
    own = pd.read_csv(snapshots/NEWEST/'benchmark-infer-amp-nhwc-pt240-cu124-rtx3090.csv').head(50)
    own.assign(infer_samples_per_sec=own.infer_samples_per_sec / 3, infer_step_time=own.infer_step_time * 3).to_csv(tmp_path/'benchmark-infer-amp-nhwc-pt240-cu124-mine.csv', index=False)
    found = compare(tmp_path/'benchmark-infer-amp-nhwc-pt240-cu124-mine.csv', 'rtx3090 pt240 nhwc', results=snapshots/NEWEST)
    assert found.attrs['pairs'] == 50 and np.allclose(found.speedup.dropna(), 3, rtol=.01) and found.attrs['a'].startswith('mine')


# card

@pytest.mark.parametrize('day, name', [(NEWEST, 'resnet50'), (NEWEST, 'tf_efficientnet_b0_ap'), (NEWEST, 'convnext_tiny.fb_in22k_ft_in1k'), (DAYS[0], 'resnet50'), (DAYS[1], 'levit_256')])
def test_a_card_agrees_with_the_tables(snapshots, day, name):
    known = card(name, results=snapshots/day)
    for row in known['accuracy']:
        table = get_accuracy(row['test_set'], results=snapshots/day)
        assert ((table.model == known['model']) & (table.img_size == row['img_size']) & (table.top1 == row['top1'])).any()
        assert row['rank'] == (table.top1 > row['top1']).sum() + 1
    assert {row['test_set'] for row in known['accuracy']} - set(FINE_TUNED) == set(TEST_SETS) - set(FINE_TUNED)
    for row in known['speed']:
        df = get_data(row['part'], benchmark=row['file'], results=snapshots/day, keep=None, weights='all')
        own = df[(df.model == known['model']) & (df.secs == row['secs'])].iloc[0]
        assert row['secs'] <= row['under'] and row['rank'] == ((df.secs <= row['under']) & (df.top1 > own.top1)).sum() + 1
    assert known['speed'] and known['weight'] in known['code'] and known['weight'] in known._repr_html_()


def test_what_a_file_calls_a_model_is_never_markup(snapshots, tmp_path, monkeypatch):
    "A name from a CSV file shows as text in a notebook and on a terminal, should one that is none ever get so far."
    from rich.console import Console
    import re
    monkeypatch.setattr('timm_bench.sources.tables._NAME', re.compile('[^,"\n]+'))
    evil = '<img src=x onerror=alert(1)>[red]\x1b]8;;http://evil\x1b\\'
    table = 'model,img_size,top1,top1_err,top5,top5_err,param_count,crop_pct,interpolation\n' + f'resnet50.a1_in1k,224,80,20,95,5,25,0.9,bicubic\n{evil},224,81,19,95,5,25,0.9,bicubic\n'
    speed = 'model,infer_samples_per_sec,infer_step_time,infer_batch_size,infer_img_size,param_count\n' + f'resnet50,100,10,1,224,25\n{evil},200,5,1,224,25\n'
    (tmp_path/'results-imagenet.csv').write_text(table)
    (tmp_path/'benchmark-infer-amp-nhwc-pt240-cu124-rtx3090.csv').write_text(speed)
    known = card('resnet50', results=tmp_path)
    assert known['better'][0]['model'] == evil
    assert '<img' not in known._repr_html_() and '&lt;img' in known._repr_html_()
    console = Console(width=200, force_terminal=True)
    with console.capture() as shown: console.print(known)
    assert '\x1b]8' not in shown.get() and '[red]' in shown.get()



POLICIES = {'without': None, 'usual': "default-src 'none'; style-src 'unsafe-inline'; img-src data:", 'strictest': "default-src 'none'"}
WATCH = "window.violated = []; document.addEventListener('securitypolicyviolation', violation => window.violated.push(violation.effectiveDirective))"
FOREIGN = "document.querySelectorAll('script, style, link, img, iframe, object, embed, [style]').length"


def test_a_card_is_complete_where_nothing_may_run_or_be_loaded(snapshots, tmp_path, chromium):
    "Under a content security policy a card looks as it does without: it holds no script and no style, asks for nothing, and violates nothing."
    known = card('resnet50', results=snapshots/NEWEST)
    known |= dict(model='<img src=x onerror="document.title = 1">', old_names=['<script>document.title = 1</script>'])
    shots = {}
    tab, told, asked = chromium.new_page(), [], []
    tab.on('console', lambda message: told.append(message.text))
    tab.on('request', lambda request: asked.append(request.url))
    tab.add_init_script(WATCH)
    for name, policy in POLICIES.items():
        head = f'<meta http-equiv="Content-Security-Policy" content="{policy}">' if policy else ''
        (tmp_path/f'{name}.html').write_text(f'<!DOCTYPE html><meta charset="utf-8">{head}<title>card</title>{known._repr_html_()}', encoding='utf-8')
        tab.goto((tmp_path/f'{name}.html').as_uri())
        shots[name] = tab.screenshot(full_page=True)
        assert told == tab.evaluate('violated') == [] and tab.evaluate(FOREIGN) == 0 and tab.title() == 'card'
    assert shots['without'] == shots['usual'] == shots['strictest'] and len(asked) == len(POLICIES)
    assert tab.locator('td').all_text_contents() == [cell for _, _, rows in _tables(known) for row in rows for cell in row]
    tab.evaluate("document.body.append(Object.assign(document.createElement('script'), {textContent: 'document.title = 2'}))")
    assert tab.title() == 'card' and tab.evaluate('violated') == ['script-src-elem']  # the last policy holds


# bad input

@pytest.mark.parametrize('call, says', [
    (lambda df, r: frontier(df, x='latency'), "x='latency': no such column; there are model"),
    (lambda df, r: frontier(df, y='license'), "y='license': not numbers, for instance '"),
    (lambda df, r: frontier('df'), 'df: a str is not a DataFrame'),
    (lambda df, r: best(df, under='5 parsecs'), "under='5 parsecs': give seconds per image"),
    (lambda df, r: best(df, params=25_000_000), "or such as '25M'"),
    (lambda df, r: best(df, params='5\N{KELVIN SIGN}'), "give millions as a number above 0, or such as '25M'"),
    (lambda df, r: best(df, under=10**400), 'give seconds per image as a number above 0'),
    (lambda df, r: best(df, under=10**5000), 'give seconds per image as a number above 0'),
    (lambda df, r: best(df, params=10**400), 'give millions'),
    (lambda df, r: best(df, size=10**5000), 'give the largest side'),
    (lambda df, r: best(df, under='0x resnet50'), 'give seconds per image as a number above 0'),
    (lambda df, r: best(df, under='0.5x resnet5O'), "under='resnet5O': timm knows no model 'resnet5O'; did you mean resnet50"),
    (lambda df, r: best(df[df.arch.ne('resnet50')], under='resnet50'), "under='resnet50': not among the models of df"),
    (lambda df, r: best(df, sort='secs'), "sort='secs': give one of 'accuracy', 'speed'"),
    (lambda df, r: best(df, license='libre'), "license='libre': give one of 'commercial', 'apache-2.0'"),
    (lambda df, r: best(df, pretrain='in3k'), "pretrain='in3k': give one of"),
    (lambda df, r: best(df, family='resnot'), "family='resnot': did you mean 'resnet'"),
    (lambda df, r: best(df, accuracy='imagenet-c'), "accuracy='imagenet-c': give one of 'imagenet', 'real'"),
    (lambda df, r: best(df, accuracy={}), 'give one of'),
    (lambda df, r: best(df, 0), 'n=0: give a whole number above 0'),
    (lambda df, r: best(df.drop(columns='secs')), "df: no column 'secs'"),
    (lambda df, r: better_than(df, 'resnet5O'), 'did you mean resnet50'),
    (lambda df, r: better_than(df, None), "model=None: give a model's name"),
    (lambda df, r: better_than(df, 'swin_tiny_patch4_window7_224'), 'not among the models of df'),
    (lambda df, r: better_than(df, 'resnet50', size=1), 'size=1: give one of'),
    (lambda df, r: compare('rtx3090', 'abacus', results=r), "'abacus': no benchmark of part 'infer' fits at 'abacus'; there are device i7_12700h"),
    (lambda df, r: compare('i7_12700h', 'i7_12700h', results=r), 'both mean the same file'),
    (lambda df, r: compare('rtx3090', 'rtx4090', part='training', results=r), "part='training': give one of 'infer', 'train'"),
    (lambda df, r: compare('', 'rtx4090', results=r), "'': give a file name"),
    (lambda df, r: compare(r/'none.csv', 'i7_12700h', results=r), 'none.csv: cannot be read'),
    (lambda df, r: card('resnet5O', results=r), 'did you mean resnet50'),
])
def test_bad_input_is_answered_in_one_line_with_the_choices(snapshots, call, says):
    with pytest.raises(ResultsError) as caught: call(get_data('infer', results=snapshots/NEWEST), snapshots/NEWEST)
    assert says in str(caught.value) and '\n' not in str(caught.value)


def test_a_decision_loads_no_chart_library(snapshots):
    code = ("import sys; from timm_bench import get_data; from timm_bench.choosing.choose import best, better_than, frontier; df = get_data('infer', results=sys.argv[1]); "
            "best(df, under='5ms'); better_than(df, 'resnet50'); frontier(df); print(sorted({'plotly', 'statsmodels', 'torch', 'timm', 'rich', 'jinja2'} & set(sys.modules)))")
    ran = subprocess.run([sys.executable, '-W', 'ignore', '-c', code, str(snapshots/NEWEST)], capture_output=True, text=True)
    assert ran.stdout.strip() == '[]', ran.stderr


def test_models_that_ran_folded_in_one_file_only_are_left_out_of_medians(snapshots):
    "PyTorch 2.9.1's files were measured with branches folded: up to five times as fast, which is not the machine's doing."
    found = compare('benchmark-infer-amp-nchw-pt240-cu124-rtx4090', 'benchmark-infer-amp-nchw-pt291-cu128-4090', results=snapshots/'2026-01-06')
    pairs = found[found.speedup.notna()]
    families = ('fastvit', 'repvgg', 'mobileone', 'repvit', 'repghostnet')
    assert found.attrs['folded'] == pairs.folded.sum() and set(families) <= set(pairs.family[pairs.folded])
    ran_folded = pairs[pairs.family.isin(families) & ~pairs.folded]
    assert len(ran_folded) <= 3 and not pairs.folded[pairs.family.eq('resnet')].any()
    table = by_family(found)
    assert not set(families) & set(table.family) - set(ran_folded.family)
    assert table['median'][0] < 1.05


def test_answers_and_cards_say_what_ran_folded(snapshots):
    file = 'benchmark-infer-amp-nchw-pt291-cu128-4090.csv'
    df = get_data('infer', benchmark=file, keep=None, weights='all', results=snapshots/NEWEST)
    for options in {}, dict(sort='speed', min_accuracy=60):
        answer = best(df, len(df), **options)
        said = answer.reason.str.contains('ran with its branches folded')
        folded = df[df.folded & (df.top1 >= options.get('min_accuracy', 0))]
        assert said.sum() > 20 and sorted(answer.model[said]) == sorted(folded.model)
    known = card('repvgg_b3.rvgg_in1k', results=snapshots/NEWEST)
    assert {speed['file'] for speed in known['speed'] if speed['folded']} == {
        benchmark for benchmark in list_benchmarks(snapshots/NEWEST).file if 'pt291' in benchmark}
    assert known._repr_html_().count('branches folded') == sum(speed['folded'] for speed in known['speed']) > 4
    assert 'branches folded' not in card('resnet50', results=snapshots/NEWEST)._repr_html_()
