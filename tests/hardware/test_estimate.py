"Estimates from a dozen measurements, on public files that play a machine at hand."
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from timm_bench.data import get_data
from timm_bench.hardware.estimate import estimate, pick_models
from timm_bench.hardware.machine import (
    COSTS, files_to_start_from, folded_in, nearest_file, predict_all, read_profile, read_public)
from timm_bench.charts.plots import show_all, show_params, show_subs
from timm_bench.checks import ResultsError
from timm_bench.sources.results import bundled, get_results
from timm_bench.sources.benchmarks import Benchmark

import cross_validation

CPU = 'benchmark-infer-fp32-nchw-pt240-cpu-i7_12700h-dynamo.csv'
OTHER_CPU = 'benchmark-infer-fp32-nchw-pt240-cpu-i9_10940x-dynamo.csv'


@pytest.fixture(scope='module')
def newest(snapshots): return get_results(snapshots/'2026-01-06')


@pytest.fixture(scope='module')
def without_cpu(snapshots, tmp_path_factory):
    "The newest results, without the CPU that plays the machine at hand."
    folder = tmp_path_factory.mktemp('others')
    for file in (snapshots/'2026-01-06').glob('*.csv'):
        if 'i7_12700h' not in file.name: (folder/file.name).symlink_to(file)
    return folder


@pytest.fixture(scope='module')
def own(newest, without_cpu, tmp_path_factory):
    "A benchmark file with twelve of the CPU's rows."
    everything = newest.read(CPU)
    picked = pick_models(12, public=OTHER_CPU, among=everything.model, results=without_cpu)
    path = tmp_path_factory.mktemp('own')/CPU
    everything.merge(picked[['model', 'infer_img_size']]).to_csv(path, index=False)
    return path


@pytest.fixture(scope='module')
def estimated(own, without_cpu): return estimate(own, results=without_cpu)


def errors(estimated, newest):
    "Relative errors of estimated rows, and whether the interval holds the truth."
    truth = get_data('infer', benchmark=CPU, results=newest, keep=None)[['model', 'infer_img_size', 'secs']]
    both = estimated[estimated.estimated].merge(truth, on=['model', 'infer_img_size'], suffixes=('', '_true'))
    return (both.secs / both.secs_true - 1).abs(), both.secs_true.between(both.secs_low, both.secs_high)


def test_a_dozen_models_tell_the_rest(own, newest, without_cpu):
    estimated = estimate(own, results=without_cpu, keep=None)
    assert 'i9 10940x' in estimated.attrs['estimated_from'].replace('_', ' ')
    assert estimated.attrs['measured'] == 12 and estimated.attrs['files'][0] == CPU
    error, held = errors(estimated, newest)
    assert len(error) > 800 and error.median() < 0.10 and 0.8 < held.mean() < 0.99


def test_measured_rows_keep_their_values_and_estimated_ones_have_intervals(own, without_cpu):
    estimated = estimate(own, results=without_cpu, keep=None, weights='all')
    measured = 1 / pd.read_csv(own).infer_samples_per_sec
    kept = estimated[~estimated.estimated]
    assert all(np.isclose(secs, measured).any() for secs in kept.secs) and len(kept) >= 6
    assert kept[['secs_low', 'secs_high']].isna().all(axis=None)
    guessed = estimated[estimated.estimated]
    assert (guessed.secs_low < guessed.secs).all() and (guessed.secs < guessed.secs_high).all()
    assert estimated.estimated.dtype == bool and (estimated.infer_batch_size == 1).all()
    assert np.allclose(estimated.secs, 1 / estimated.infer_samples_per_sec)


@pytest.mark.parametrize('chart', [show_all, show_subs, show_params])
def test_the_charts_take_it(estimated, chart):
    assert chart(estimated, 'Estimated', 'infer_img_size').data


def test_table_file_and_frame_give_the_same(own, estimated, without_cpu):
    table = pd.read_csv(own)
    table.attrs['files'] = [own.name]
    pd.testing.assert_frame_equal(estimated, estimate(table, results=without_cpu))
    again = estimate(estimated, results=without_cpu, public=OTHER_CPU)  # only its measured rows count
    assert again.attrs['measured'] <= 12 and not again.secs_high.isna().all()


def test_gpus_alone_do_for_a_cpu(own, newest, without_cpu, tmp_path):
    folder = tmp_path/'gpus'
    folder.mkdir()
    for file in without_cpu.iterdir():
        if '-cpu-' not in file.name: (folder/file.name).symlink_to(file.resolve())
    error, held = errors(estimate(own, results=folder, keep=None), newest)
    assert error.median() < 0.16 and 0.75 < held.mean() <= 1


@pytest.mark.parametrize('count', [3, 5])
def test_few_measurements_do(own, newest, without_cpu, count):
    estimated = estimate(pd.read_csv(own).iloc[::12 // count][:count], results=without_cpu, public=OTHER_CPU, keep=None)
    error, held = errors(estimated, newest)
    assert error.median() < 0.35 and held.mean() > 0.6


def test_the_speed_of_everything_scales_with_the_measurements(own, without_cpu):
    table = pd.read_csv(own)
    one = estimate(table, results=without_cpu, public=OTHER_CPU, keep=None)
    faster = table.assign(infer_samples_per_sec=table.infer_samples_per_sec * 10)
    ten = estimate(faster, results=without_cpu, public=OTHER_CPU, keep=None)
    assert np.allclose(one.secs / ten.secs, 10, rtol=1e-3)
    assert np.allclose(one.secs_high[one.estimated] / ten.secs_high[ten.estimated], 10, rtol=1e-2)


def test_other_image_sizes_can_be_measured(own, newest, without_cpu):
    "The same models at a quarter of the area, at a quarter of the time."
    table = pd.read_csv(own)
    size, rate = (table.infer_img_size / 2).astype(int), table.infer_samples_per_sec * 4
    small = table.assign(infer_img_size=size, infer_samples_per_sec=rate)
    estimated = estimate(small, results=without_cpu, public=OTHER_CPU, keep=None)
    assert errors(estimated, newest)[0].median() < 0.35


def test_models_that_no_public_file_has_are_kept_out_of_the_fit(own, without_cpu):
    table = pd.read_csv(own)
    more = pd.concat([table, table.head(1).assign(model='my_own_net', infer_samples_per_sec=1e-3)])
    with_it, without = (estimate(t, results=without_cpu, public=OTHER_CPU) for t in (more, table))
    assert np.allclose(with_it.secs, without.secs)


def test_the_nearest_file_is_of_the_same_kind(newest):
    public = read_public('infer', newest)
    def near(file):
        about = Benchmark.named(file)
        return nearest_file(None, about, public.without(public.devices.get(about.device, [])))
    assert '-cpu-' in near(CPU) and '-cpu-' in near('benchmark-infer-fp32-nchw-pt291-cpu-mine.csv')
    assert near('benchmark-infer-amp-nhwc-pt240-cu124-mine.csv').startswith('benchmark-infer-amp-nhwc-pt240')
    assert near('benchmark-infer-amp-nchw-pt291-cu130-mine-dynamo.csv').endswith('-dynamo.csv')


def test_the_nearest_file_of_a_nameless_table_is_the_most_proportional(newest):
    public = read_public('infer', newest)
    own = public.secs[OTHER_CPU].dropna().iloc[::50] + 1
    assert nearest_file(own, None, public) == OTHER_CPU


def test_training_can_be_estimated(newest, tmp_path):
    file, public = (f'benchmark-train-amp-{layout}-pt112-cu113-rtx3090.csv' for layout in ('nchw', 'nhwc'))
    whole = newest.read(file)
    picked = pick_models(12, part='train', public=public, among=whole.model, results=newest)
    measured = whole.merge(picked[['model', 'train_img_size']])
    frame = estimate(measured, part='train', public=public, results=newest, keep=None)
    truth = get_data('train', benchmark=file, results=newest, keep=None)
    truth = truth[['model', 'train_img_size', 'secs']]
    both = frame[frame.estimated].merge(truth, on=['model', 'train_img_size'], suffixes=('', '_true'))
    assert len(both) > 300 and (both.secs / both.secs_true - 1).abs().median() < 0.2


def test_picked_models_are_typical_and_rather_small(newest):
    picked = pick_models(12, results=newest)
    assert len(picked) == 12 and picked.stands_for.min() >= 1
    benchmark = newest.read('benchmark-infer-amp-nhwc-pt240-cu124-rtx3090.csv')
    assert picked.stands_for.sum() <= len(benchmark) and picked.stands_for.sum() > 0.95 * len(benchmark)
    assert picked[COSTS].notna().all(axis=None) and picked.infer_gmacs.median() < benchmark.infer_gmacs.quantile(0.6)


def test_public_files_are_read_again_when_one_has_changed(snapshots, tmp_path, monkeypatch):
    table = pd.read_csv(snapshots/'2026-01-06'/CPU)
    table.to_csv(tmp_path/CPU, index=False)
    results = get_results(tmp_path)
    assert read_public('infer', results) is not read_public('infer', results)  # too young to be told from a change
    monkeypatch.setattr('time.time_ns', lambda: (tmp_path/CPU).stat().st_ctime_ns + 10**10)
    first = read_public('infer', results)
    assert read_public('infer', results) is first
    table.assign(infer_samples_per_sec=table.infer_samples_per_sec * 2, infer_step_time=table.infer_step_time / 2).to_csv(tmp_path/CPU, index=False)
    doubled = read_public('infer', results)
    assert np.allclose(first.secs - doubled.secs, np.log(2)) and read_profile(CPU, doubled) is not read_profile(CPU, first)
    table.to_csv(tmp_path/OTHER_CPU, index=False)
    assert len(read_public('infer', results).files) == 2


def test_one_file_alone_is_enough(snapshots, tmp_path):
    "As in the set that the package carries: no other device to judge intervals by."
    for name in [OTHER_CPU, 'results-imagenet.csv']: (tmp_path/name).symlink_to(snapshots/'2026-01-06'/name)
    rows = get_results(tmp_path).read(OTHER_CPU)
    picked = pick_models(8, public=OTHER_CPU, results=tmp_path)
    estimated = estimate(rows.merge(picked[['model', 'infer_img_size']]), results=tmp_path)
    assert estimated.estimated.any() and (estimated.secs_high > estimated.secs)[estimated.estimated].all()
    assert cross_validation.cross_validate(1, results=tmp_path).empty


def test_cross_validation_never_sees_the_device(newest, monkeypatch):
    seen, predict = [], cross_validation.predict_all
    def spy(own, about, public, folded):
        seen.append((about.device, {each.device for each in public.files.values()}))
        return predict(own, about, public, folded=folded)
    monkeypatch.setattr(cross_validation, 'predict_all', spy)
    table = cross_validation.cross_validate(1, files=[CPU], results=newest)
    assert set(table.known) == {'all others', 'GPUs alone'} and len(table) == 2
    assert seen and all(device not in known and 'i7_12700h' not in known for device, known in seen)


@pytest.fixture(scope='module')
def without_4090(snapshots, tmp_path_factory):
    "The newest results without one file of the RTX 4090, which plays the machine at hand: PyTorch 2.4, eager."
    folder = tmp_path_factory.mktemp('without')
    for file in (snapshots/'2026-01-06').glob('*.csv'):
        if file.name != EAGER: (folder/file.name).symlink_to(file)
    return folder


EAGER = 'benchmark-infer-amp-nchw-pt240-cu124-rtx4090.csv'


def dozen_of(file, public, newest, folder):
    "A dozen of a file's rows, and the whole of it."
    whole = newest.read(file)
    picked = pick_models(12, public=public, among=whole.model, results=folder)
    measured = whole.merge(picked[['model', 'infer_img_size']])
    measured.attrs['files'] = [file]
    return measured, get_data('infer', benchmark=file, results=newest, keep=None)[['model', 'infer_img_size', 'secs']]


def beside_truth(estimated, truth):
    rows = estimated[estimated.estimated]
    return rows.merge(truth, on=['model', 'infer_img_size'], suffixes=('', '_true'))


def test_a_machine_that_runs_models_whole_gets_no_folded_deviations(newest, without_4090):
    "timm's files of PyTorch 2.9.1 were measured folded: RepVGG takes three fifths of its time there."
    start = 'benchmark-infer-amp-nchw-pt291-cu128-4090.csv'
    measured, truth = dozen_of(EAGER, start, newest, without_4090)
    estimated = estimate(measured, public=start, results=without_4090, keep=None)
    both = beside_truth(estimated, truth)
    for family in 'repvgg', 'mobileone', 'fastvit', 'repvit':
        ratio = (both.secs / both.secs_true)[both.arch.str.startswith(family)]
        assert len(ratio) > 2 and 0.85 < ratio.median() < 1.18, (family, ratio.median())
    assert not estimated.folded.any() and estimated.attrs['dropped']['measured folded only'] >= 5


def test_a_machine_that_runs_models_folded_gets_their_deviations(newest, without_4090):
    "Where a measured model has fewer parameters than elsewhere, all are taken to be folded."
    file, start = 'benchmark-infer-amp-nchw-pt291-cu130-5090.csv', 'benchmark-infer-amp-nchw-pt240-cu124-rtx3090.csv'
    measured, truth = dozen_of(file, start, newest, without_4090)
    whole = newest.read(file)
    measured = pd.concat([measured, whole[whole.model == 'repvgg_a2']])
    measured.attrs['files'] = [file]
    both = beside_truth(estimate(measured, public=start, results=without_4090, keep=None), truth)
    ratio = (both.secs / both.secs_true)[both.arch.str.startswith(('repvgg', 'mobileone', 'fastvit'))]
    assert len(ratio) > 15 and 0.85 < ratio.median() < 1.18
    assert both.folded[both.arch.str.startswith('repvgg')].all()


@pytest.mark.parametrize('file, start', [(EAGER, 'benchmark-infer-amp-nchw-pt291-cu130-5090-dynamo.csv'),
                                         ('benchmark-infer-amp-nchw-pt291-cu130-5090-dynamo.csv', EAGER)])
def test_eager_and_compiled_are_estimated_from_each_other(newest, file, start):
    "By what other devices' pairs of files tell; without them the errors are 16 and 10 %."
    public = read_public('infer', newest)
    rest = public.without(public.devices[public.files[file].device])
    errors = []
    for draw in range(3):
        own = cross_validation.drawn(file, public, public.without({*public.files} - {start}), draw)
        folded = folded_in(public.params[file], public).any()
        estimates = predict_all(own, public.files[file], rest, start, folded)
        errors.append(cross_validation.median_error(cross_validation.missed(file, public, own, estimates.secs)))
    assert np.median(errors) < 8


def test_an_eager_cpu_starts_from_compiled_cpus_and_eager_cards(newest):
    public, about = read_public('infer', newest), Benchmark.named('benchmark-infer-fp32-nchw-pt2141-cpu-mine.csv')
    starts = [public.files[file] for file in files_to_start_from(None, about, public)]
    assert len({start.device for start in starts}) == len(starts) == len(public.devices) and starts[0].cuda is None
    assert all(start.cuda is None or start.runtime == 'eager' for start in starts)
    compiled = Benchmark.named('benchmark-infer-fp32-nchw-pt2141-cpu-mine-dynamo.csv')
    assert files_to_start_from(None, compiled, public) == [nearest_file(None, compiled, public)]


@pytest.mark.parametrize('layout, most', [('nchw', 11), ('nhwc', 10)])
def test_an_eager_cpu_is_estimated_from_compiled_ones(newest, layout, most):
    "Better than from the nearest of them alone."
    public, own = read_public('infer', newest), read_public('infer', bundled())
    [file] = [name for name, each in own.files.items() if (each.layout, each.runtime) == (layout, 'eager')]
    nearest, errors = nearest_file(None, own.files[file], public), dict(all=[], nearest=[])
    for draw in range(20):
        dozen = cross_validation.drawn(file, own, public, draw)
        ways = dict(all=cross_validation.predicted(file, own, public, dozen),
                    nearest=predict_all(dozen, own.files[file], public, nearest))
        for way, estimates in ways.items():
            errors[way].append(cross_validation.median_error(cross_validation.missed(file, own, dozen, estimates.secs)))
    assert np.median(errors['all']) < min(most, np.median(errors['nearest']))


def test_folded_models_have_no_say_in_a_machines_prices(newest):
    public, file = read_public('infer', newest), 'benchmark-infer-amp-nchw-pt291-cu130-5090.csv'
    state = folded_in(public.params[file], public)
    slower = replace(public, secs=public.secs.copy(), kept={})
    slower.secs.loc[state.index[state], file] += 3
    as_it_is, other = read_profile(file, public), read_profile(file, slower)
    assert state.sum() > 20 and np.allclose(as_it_is.shares, other.shares)
    assert np.allclose((other.deviation - as_it_is.deviation)[state.index[state]], 3)


@pytest.mark.parametrize('file, known, draw', [
    (CPU, 'GPUs alone', 15), (CPU, 'GPUs alone', 20), (OTHER_CPU, 'GPUs alone', 2), (OTHER_CPU, 'GPUs alone', 1)])
def test_intervals_hold_where_the_dozen_happen_to_fit_well(newest, file, known, draw):
    "Draws in which only half to two thirds of the models lay in their intervals when these went by the dozen alone."
    public = read_public('infer', newest)
    rest = public.without(cross_validation.hidden_files(public.files[file], public)[known])
    own = cross_validation.drawn(file, public, rest, draw)
    assert cross_validation.judge(file, public, rest, own)['coverage'] > 75


def test_intervals_of_training_hold_too(newest):
    table = cross_validation.cross_validate(4, part='train', results=newest, of=bundled())
    assert len(table) == 8 and table.coverage.min() > 75 and 85 < table.coverage.mean() < 97


@pytest.mark.parametrize('change, options, message', [
    (lambda t: t.head(2), {}, 'own: 2 of its 2 models are in benchmark-.*; measure at least 3'),
    (lambda t: t.assign(model='none'), {}, 'own: 0 of its .* models'),
    (lambda t: t.rename(columns={'model': 'name'}), {}, "own: no column 'model'; it has name"),
    (lambda t: t[['model', 'infer_img_size']], {}, "own: no column 'infer_samples_per_sec'"),
    (lambda t: t, {'part': 'train'}, "own: these are measurements of part 'infer'; give part='infer'"),
    (lambda t: t, {'part': 'both'}, "part='both': give one of 'infer', 'train'"),
    (lambda t: t.assign(infer_samples_per_sec=0.0), {}, 'has 0 images per second .*; both must be positive'),
    (lambda t: t.assign(infer_samples_per_sec=float('inf')), {}, 'has inf images per second'),
    (lambda t: t.assign(infer_img_size=-1), {}, 'at size -1; both must be positive'),
    (lambda t: t.assign(infer_samples_per_sec='fast'), {},
     "own='infer_samples_per_sec': not numbers, for instance 'fast'"),
    (lambda t: t.assign(infer_batch_size='one'), {}, "own='infer_batch_size': not numbers, for instance 'one'"),
    (lambda t: 'no_such_file.csv', {}, "own='no_such_file.csv': no such file"),
    (lambda t: 5, {}, 'own: a int is neither a DataFrame nor the path'),
    (lambda t: t, {'public': 'no_such_gpu'}, "no benchmark of part 'infer' fits at 'no_such_gpu'"),
])
def test_errors_say_what_to_do(own, without_cpu, change, options, message):
    with pytest.raises(ResultsError, match=message) as raised:
        estimate(change(pd.read_csv(own)), results=without_cpu, **options)
    assert '\n' not in str(raised.value)


@pytest.mark.parametrize('n', [0, 2, 2.5, '12', 10**6])
def test_an_impossible_number_of_models_is_refused(newest, n):
    with pytest.raises(ResultsError, match='give a number from 3 to '): pick_models(n, results=newest)
