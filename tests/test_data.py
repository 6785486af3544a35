"The join, on every benchmark file of the four snapshots, against the seed's steps and against a plain search."
import numpy as np
import pandas as pd
import pytest

from timm_bench.checks import ResultsWarning
from timm_bench.data import KEEP, get_data, unmatched
from timm_bench.models import renames
from timm_bench.charts.parts import SUBS
from timm_bench.sources.benchmarks import list_benchmarks

DAYS = ['2022-04-01', '2023-02-06', '2024-09-04', '2026-01-06']
SEED_FAMILIES = {'levit', 'resnet', 'resnetd', 'regnetx', 'vgg', 'convnext', 'convnext_in22', 'efficientnetv2', 'beit'}


def seed_steps(folder, part):
    "What the seed notebook did with its own files, in its own order, before its choice of families."
    table = pd.read_csv(folder/f'benchmark-{part}-amp-nhwc-pt111-cu113-rtx3090.csv', thousands=',')
    table = table.merge(pd.read_csv(folder/'results-imagenet.csv', thousands=','), on='model')
    table['secs'] = 1 / table[f'{part}_samples_per_sec']
    table['family'] = table.model.str.extract(r'^([a-z]+?(?:v2)?)(?:\d|_|$)')[0]
    table = table[~table.model.str.endswith('gn')].copy()
    table['family'] += table.model.map(lambda name: '_in22' if 'in22' in name else '')
    table['family'] += table.model.str.contains('resnet.*d').map({True: 'd', False: ''})
    return table.reset_index(drop=True)


@pytest.mark.parametrize('part, rows', [('infer', 165), ('train', 168)])
def test_row_for_row_what_the_seed_gave(snapshots, part, rows):
    folder = snapshots/'2022-04-01'
    seed = seed_steps(folder, part)
    seed = seed[seed.family.str.contains(KEEP)].reset_index(drop=True)
    ours = get_data(part, f'{part}_samples_per_sec', results=folder)
    assert len(ours) == rows and ours.family.nunique() == 22
    for column in 'model', 'secs', 'top1', 'family', 'param_count_x', 'param_count_y', 'img_size':
        assert list(ours[column]) == list(seed[column]), column
    assert set(ours[ours.family.str.fullmatch(SUBS)].family) == SEED_FAMILIES


def test_all_of_the_seeds_columns_are_there(snapshots):
    seed = seed_steps(snapshots/'2022-04-01', 'infer').rename(columns={'cropt_pct': 'crop_pct'})
    assert set(seed) <= set(get_data('infer', results=snapshots/'2022-04-01'))


def test_the_subset_chart_of_today_has_all_of_the_seeds_families(snapshots):
    families = set(get_data('infer', results=snapshots/'2026-01-06').family)
    assert SEED_FAMILIES <= {f for f in families if pd.Series(f).str.fullmatch(SUBS).all()}


@pytest.mark.parametrize('words, rows, arches', [(None, 1430, 810), ('5090 pt291 nchw eager', 1539, 885), ('i7_12700h pt240', 1444, 818)])
def test_nothing_that_can_be_joined_is_lost(snapshots, words, rows, arches):
    everything = get_data('infer', benchmark=words, results=snapshots/'2026-01-06', keep=None, weights='all')
    assert len(everything) >= rows and everything.arch.nunique() >= arches
    assert (everything.infer_img_size == everything.img_size).all()


def test_training_rows_are_joined_or_returned_with_their_reason(snapshots):
    "Most have no published weights, and ig_resnext101_32x48d none any more: timm's rename of it means a model a tenth of its size."
    left = unmatched('train', results=snapshots/'2026-01-06')
    rows = get_data('train', results=snapshots/'2026-01-06').attrs['rows']
    assert rows['read'] == 834 and rows['joined'] + rows['superseded'] == 681
    assert len(left) == 153 == rows['unmatched'] and set(left.reason) == {'no accuracy is published under its name, present or past'}
    assert set(left.kind) == {'no weights in timm', 'weights without an accuracy'}
    assert 'ig_resnext101_32x48d' in set(left.model)


def every_benchmark(snapshots):
    "Every benchmark file of every snapshot."
    for day in DAYS:
        for benchmark in list_benchmarks(snapshots/day).itertuples(): yield snapshots/day, benchmark


def test_every_benchmark_file_gives_a_sound_frame(snapshots):
    checked = 0
    for folder, benchmark in every_benchmark(snapshots):
        table = get_data(benchmark.part, benchmark=benchmark.file, results=folder, keep=None, weights='all', vendors=True)
        size = f'{benchmark.part}_img_size'
        assert len(table) > 500, benchmark.file
        assert np.isfinite(table.secs).all() and (table.secs > 0).all(), benchmark.file
        assert not table.duplicated(['weight', size]).any() and not table.duplicated(['model', size]).any(), benchmark.file
        assert table[['model', 'top1', 'family', 'arch', 'weight']].notna().all(axis=None), benchmark.file
        rows, dropped = table.attrs['rows'], table.attrs['dropped']
        assert rows['read'] == benchmark.rows == rows['joined'] + rows['superseded'] + rows['unmatched'], benchmark.file
        assert len(unmatched(benchmark.part, benchmark=benchmark.file, results=folder)) == rows['unmatched'], benchmark.file
        assert dropped['family not in keep'] == dropped['a better weight is shown'] == 0, benchmark.file
        checked += 1
    assert checked == 8 + 10 + 19 + 22


def belongs(name, weight):
    "Whether a benchmark row of that name tells the speed of that weight, by the rules in their plainest form."
    now = renames().get(name, name)
    return weight in (name, now) or ('.' in weight and weight.split('.')[0] == now.split('.')[0])


@pytest.mark.parametrize('day', DAYS)
def test_no_speed_is_paired_with_somebody_elses_accuracy(snapshots, day):
    "Each joined row's speed stands in the file in a row that may be joined to it, and its accuracy in the table at that size."
    for benchmark in list_benchmarks(snapshots/day).itertuples():
        part, size, rate = benchmark.part, f'{benchmark.part}_img_size', f'{benchmark.part}_samples_per_sec'
        speed = pd.read_csv(snapshots/day/benchmark.file, thousands=',')
        accuracy = pd.read_csv(snapshots/day/'results-imagenet.csv', thousands=',')
        accuracies = set(zip(accuracy.model, accuracy.img_size, accuracy.top1))
        best = accuracy.groupby('model').top1.max()
        rows = {(m, s, r) for m, s, r in zip(speed.model, speed[size], speed[rate])}
        at = {}
        for name, image, value in rows: at.setdefault((image, value), []).append(name)
        for row in get_data(part, benchmark=benchmark.file, results=snapshots/day, keep=None, weights='all').itertuples():
            assert any(belongs(name, row.model) for name in at[getattr(row, size), getattr(row, rate)]), row.model
            assert (row.model, row.img_size, row.top1) in accuracies
            assert part == 'infer' or row.top1 == best[row.model]
            assert part == 'train' or row.img_size == row.infer_img_size


def test_an_old_name_is_not_taken_for_a_model_of_another_size(snapshots):
    "In the files of PyTorch 1.11, convnext_tiny_in22ft1k has the parameters of convnext_base."
    table = get_data('train', benchmark='pt111 nhwc', results=snapshots/'2024-09-04', keep=None, weights='all')
    left = unmatched('train', benchmark='pt111 nhwc', results=snapshots/'2024-09-04').set_index('model')
    assert left.kind['convnext_tiny_in22ft1k'] == 'parameters of another model'
    left = left.reason
    assert table[table.model == 'convnext_tiny.fb_in22k_ft_in1k'].param_count_x.tolist() == [28.59]  # convnext_tiny's own row
    assert left['convnext_tiny_in22ft1k'] == 'its 88.59 million parameters are not those of convnext_tiny.fb_in22k_ft_in1k (28.59 million)'
    sixteen = table[table.model == 'resnext101_32x16d.fb_wsl_ig1b_ft_in1k']
    assert sixteen.empty or (sixteen.param_count_x == sixteen.param_count_y).all()


@pytest.mark.parametrize('day', DAYS)
def test_best_keeps_the_most_accurate_weight_and_no_other(snapshots, day):
    everything = get_data('infer', results=snapshots/day, keep=None, weights='all')
    best = get_data('infer', results=snapshots/day, keep=None)
    key = [everything.model.str.partition('.')[0].rename('name'), 'infer_img_size', 'family']
    tops = everything.groupby(key).top1.max()
    assert len(best) == len(tops)
    found = best.set_index([best.model.str.partition('.')[0].rename('name'), 'infer_img_size', 'family']).top1
    assert (found.sort_index() == tops.sort_index()).all()


def test_all_test_sets_join(snapshots):
    for test_set in 'real', 'v2', 'a', 'a-clean', 'r', 'r-clean', 'sketch':
        table = get_data('infer', accuracy=test_set, results=snapshots/'2026-01-06', keep=None, weights='all')
        assert len(table) > 1000 and table.attrs['accuracy'] == test_set


def test_vendors_are_folded_on_request(snapshots):
    apart, folded = (get_data('infer', results=snapshots/'2026-01-06', vendors=vendors) for vendors in (False, True))
    assert not apart.model.str.startswith('tf_').any()
    assert folded[folded.model.str.startswith('tf_efficientnetv2')].family.str.startswith('efficientnetv2').all()
    assert folded.model.str.startswith('tf_').any()


def test_a_speed_of_another_model_under_an_exact_name_pairs_only_where_the_seed_paired_it(tmp_path):
    "In 2022-07 timm's `convnext_tiny_in22ft1k` was timed with the base model's 88.59 million parameters."
    speed = 'model,infer_samples_per_sec,infer_step_time,infer_batch_size,infer_img_size,param_count\n'
    (tmp_path/'benchmark-infer-amp-nhwc-pt112-cu113-rtx3090.csv').write_text(f'{speed}convnext_tiny_in22ft1k,600,100,60,224,88.59\n')
    head = 'model,img_size,top1,top1_err,top5,top5_err,param_count,crop_pct,interpolation\n'
    table = f'{head}convnext_tiny_in22ft1k,224,82.9,17.1,96.6,3.4,28.59,0.875,bicubic\n'
    (tmp_path/'results-imagenet.csv').write_text(table)
    with pytest.warns(ResultsWarning, match='1 speeds are of a model of another size'): df = get_data('infer', results=tmp_path)
    assert df.doubtful.tolist() == [True]
    (tmp_path/'results-imagenet.csv').write_text(f'{table}resnet50.a1_in1k,224,80.2,19.8,94.6,5.4,25.56,0.95,bicubic\n')
    assert get_data('infer', results=tmp_path, keep=None).empty
    assert unmatched('infer', results=tmp_path).kind.tolist() == ['parameters of another model']
