"""Models that are exported: what is asked wrongly, what cannot be exported or computes something else, and a cache that is
full, damaged, or left half-written by a run that was killed."""
import json
import os
import signal
import threading
import time
from importlib.util import find_spec

import pandas as pd
import pytest
from disks import small_disk
from exporting_engine import WEIGHTS
from forks import children, forked
from test_measure import HERE, MODELS, ROOT, alive, has_timm, needs_timm, wait_for

from timm_bench.checks import ResultsError
from timm_bench.hardware.measure import measure
from timm_bench.hardware.record import read_sidecar
from timm_bench.hardware.runtimes import RUNTIMES, exports_folder, tidy_exports, versions
from timm_bench.hardware.worker import APART
from timm_bench.sources.benchmarks import list_benchmarks, pick_benchmark
from timm_bench.sources.results import get_results

pytestmark = pytest.mark.filterwarnings('ignore:.*fork:DeprecationWarning')
THREE = ['vgg11', 'resnet18', 'resnet50']
FILES = {runtime: f'benchmark-infer-fp32-nchw-pt2141-cpu-1_fake{ending}' for runtime, ending in
         dict(eager='', compile='-dynamo', onnxruntime='-onnxruntime', openvino='-openvino').items()}
needs_runtimes = pytest.mark.skipif(not has_timm or not all(versions().values()),
                                    reason='not all runtimes (the extra `measure`) are installed')


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv('TIMM_BENCH_CACHE', str(tmp_path/'cache'))
    return tmp_path/'cache'


@pytest.fixture
def exporting(monkeypatch):
    "Tell the engine how exporting models goes."
    return lambda **models: monkeypatch.setenv('FAKE_EXPORT', json.dumps(models))


def run(models=THREE, runtime=('eager', 'openvino'), **options) -> pd.DataFrame:
    return measure(models, runtime=runtime, **(dict(engine='exporting_engine', quiet=True, processes=3) | options))


def kept() -> list[str]: return sorted(path.name for path in exports_folder().glob('*/*'))

# Files and names


def test_each_runtime_has_a_file_that_words_find(tmp_path):
    table = run(['vgg11'], [*RUNTIMES], out=tmp_path/'out')
    assert {path.name for path in (tmp_path/'out').glob('bench*')} == {f'{name}.{end}' for name in FILES.values() for end in ('csv', 'jsonl')}
    assert list(table.runtime) == [*RUNTIMES] and table.turns.map(len).eq(4).all()
    results = get_results(tmp_path/'out')
    for words, runtime in {'fake openvino': 'openvino', 'onnxruntime': 'onnxruntime', 'compiled': 'compile', 'compile': 'compile', 'eager': 'eager'}.items():
        assert pick_benchmark('infer', words, results).runtime == runtime
    listed = list_benchmarks(results).set_index('runtime')
    assert listed.compiled.to_dict() == dict(compile=True, eager=False, onnxruntime=False, openvino=False)
    assert pick_benchmark('infer', None, results).runtime == 'eager'


def test_a_runtime_that_is_added_later_measures_that_alone(tmp_path):
    first = run(out=tmp_path/'out', runtime='eager')
    both = run(out=tmp_path/'out')
    assert list(both[both.runtime.eq('eager')].started) == list(first.started)
    assert both[both.runtime.eq('openvino')].turns.map(list).tolist() == [['openvino']]*3

# Bad input


@pytest.mark.parametrize('options, said', [
    (dict(runtime='tensorrt'), "runtime='tensorrt': give one of 'eager', 'compile', 'onnxruntime', 'openvino'"),
    (dict(runtime=[]), 'runtime='), (dict(runtime=None), 'runtime=None'), (dict(runtime=['eager', 5]), 'runtime=5'),
    (dict(runtime='openvino', compile=True), 'give runtime= alone'),
    (dict(runtime='openvino', part='train'), "with part='train': give one of 'infer'"),
    (dict(runtime='openvino', layout='nhwc'), "with layout='nhwc': give one of 'nchw'"),
    (dict(runtime='onnxruntime', precision='bf16'), "with precision='bf16': give one of 'fp32'"),
    (dict(runtime='onnxruntime', device='cuda'), "with device='cuda': give one of 'auto', 'cpu'"),
    (dict(runtime='eager,openvino', out='{}/benchmark-infer-fp32-nchw-pt2141-cpu-x.csv'), 'each runtime has its own')])
def test_what_cannot_be_asked_is_refused_in_one_line(options, said, tmp_path):
    place = dict(out=options.get('out', '{}').format(tmp_path))
    with pytest.raises(ResultsError) as told: run(**options | place)
    assert said in str(told.value) and len(str(told.value).splitlines()) == 1
    assert not [*tmp_path.glob('*.csv')]


def test_a_runtime_that_is_not_installed(tmp_path, monkeypatch):
    monkeypatch.setenv('FAKE_MISSING', 'openvino')
    with pytest.raises(ResultsError, match=r"runtime='openvino': openvino not installed here; pip install '\.\[measure\]'"):
        run(out=tmp_path)
    assert run(runtime='onnxruntime', out=tmp_path).status.eq('ok').all()


def test_a_card_that_auto_finds_runs_no_exported_models(tmp_path, monkeypatch):
    monkeypatch.setenv('FAKE_CUDA', '1')
    with pytest.raises(ResultsError, match="runs on CPUs, and device is cuda:0; give device='cpu'"): run(out=tmp_path)

# Models


def test_what_cannot_be_exported_and_what_differs_are_rows_with_a_reason(tmp_path, exporting, capsys):
    exporting(vgg11='cannot a branch that depends on the image', resnet18='differ')
    table = run(out=tmp_path/'out', quiet=False).set_index(['model', 'runtime'])
    assert table.xs('eager', level=1).status.eq('ok').all()
    failed = table[table.status.eq('failed')].reason.to_dict()
    assert failed == {('vgg11', 'openvino'): 'cannot be exported (a branch that depends on the image)',
                      ('resnet18', 'openvino'): 'outputs are not those of eager PyTorch: they differ by 0.4 of the largest'}
    assert list(pd.read_csv(tmp_path/'out'/f"{FILES['openvino']}.csv").model) == ['resnet50']
    said = capsys.readouterr().err
    assert 'models in 2 runtimes each: 4 measured, 2 failed' in said
    assert '  vgg11 (openvino): failed: cannot be exported (a branch that depends on the image)' in said


def test_a_smaller_batch_is_exported_anew(tmp_path, monkeypatch):
    monkeypatch.setenv('FAKE_ENGINE', json.dumps(dict(vgg11='fits 2')))
    row = run(['vgg11'], 'openvino', batch_size=8, out=tmp_path/'out').iloc[0]
    assert (row.status, row.batch_size) == ('ok', 2)
    assert kept() == ['vgg11-2', 'vgg11-4', 'vgg11-8']


@pytest.mark.skipif(not APART, reason='only on Linux does each turn have a process of its own')
def test_runtimes_take_turns(tmp_path, monkeypatch):
    monkeypatch.setenv('FAKE_ENGINE', json.dumps(dict.fromkeys(THREE, 'differ')))
    table = run(out=tmp_path/'out')
    assert (table.processes > 1).all() and table.memory_mb.notna().sum() == 3

# The cache


def test_a_model_is_exported_once(tmp_path, exporting):
    first = run(out=tmp_path/'one')
    exporting(**dict.fromkeys(THREE, 'cannot any more'))
    assert kept() == ['resnet18-1', 'resnet50-1', 'vgg11-1']
    assert not first.cached.fillna(False).any()


@pytest.mark.parametrize('damage', [b'', b'w'*99_999, b'w'*99_999 + b'x'], ids=['empty', 'cut short', 'one byte'])
def test_a_damaged_export_is_made_again(damage, tmp_path, recorded):
    run(out=tmp_path/'one')
    (exports_folder()/'timm-1'/'vgg11-1'/'model.onnx').write_bytes(damage)
    (exports_folder()/'timm-1'/'resnet18-1'/'about.json').write_bytes(damage)
    table = run(out=tmp_path/'two')
    assert table.status.eq('ok').all()
    assert table[table.runtime.eq('openvino')].cached.tolist() == [False, False, True]
    assert (exports_folder()/'timm-1'/'vgg11-1'/'model.onnx').read_text() == WEIGHTS
    recorded('measure: an exported model in the cache is damaged', 'as if nothing had been')


def test_a_full_cache_is_a_reason_and_loses_nothing(tmp_path, cache, recorded):
    with small_disk(cache, '250k'):
        table = run(out=tmp_path/'out').set_index(['runtime', 'model'])
        assert table.loc['eager'].status.eq('ok').all()
        assert table.loc['openvino'].status.tolist().count('ok') == 2
        assert table.reason.dropna().str.contains(r'cannot be kept in .* \(No space left on device\)').all()
        assert not [name for name in kept() if name.startswith('tmp-')]
    again = run(out=tmp_path/'out').set_index(['runtime', 'model'])
    assert again.status.eq('ok').all() and list(again.loc['eager'].started) == list(table.loc['eager'].started)
    recorded('measure: the cache of exported models is full', 'one line in the summary; complete after the next call')


def test_a_cache_that_may_not_be_written(tmp_path, cache):
    cache.write_text('a file in its place')
    table = run(out=tmp_path/'out')
    assert table[table.runtime.eq('openvino')].reason.str.contains('cannot be kept in').all()


def test_what_is_done_is_deleted_where_it_takes_too_much(tmp_path, monkeypatch):
    monkeypatch.setenv('TIMM_BENCH_EXPORTS_GB', '0.00022')  # two models
    assert run(MODELS, out=tmp_path/'out').status.eq('ok').all()
    assert len(kept()) == 2
    monkeypatch.setenv('TIMM_BENCH_EXPORTS_GB', 'much')
    tidy_exports()
    assert len(kept()) == 2


@pytest.mark.skipif(not APART, reason='only on Linux does a model get a process of its own')
def test_killed_while_it_exports(tmp_path, exporting, recorded):
    "The model's own process, then the whole run: nothing is half-written, and the next call goes on."
    exporting(resnet18='kill')
    table = run(out=tmp_path/'out')
    failed = table[table.status.eq('failed')]
    assert list(failed.model) == ['resnet18'] and failed.reason.str.contains('SIGKILL').all()
    exporting(resnet18='sleep 60')
    process = forked(run, out=tmp_path/'out')
    wait_for(lambda: any(exports_folder().glob('*/tmp-*/new/model.onnx')))
    workers = children(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    wait_for(lambda: not any(alive(worker) for worker in workers))
    exporting()
    again = run(out=tmp_path/'out')
    assert again.status.eq('ok').all()
    assert kept() == ['resnet18-1', 'resnet50-1', 'vgg11-1']  # and nothing of the two that were killed
    assert [row['model'] for row in read_sidecar(tmp_path/'out'/f"{FILES['eager']}.jsonl")] == THREE
    recorded('measure: kill -9 while a model is exported', 'complete after the next call', times=2)


def test_two_runs_export_the_same_model(tmp_path, exporting):
    exporting(vgg11='sleep 0.5')
    other = forked(run, ['vgg11'], out=tmp_path/'other')
    assert run(['vgg11'], out=tmp_path/'one').status.eq('ok').all()
    other.join(60)
    assert all(row['status'] == 'ok' for row in read_sidecar(tmp_path/'other'/f"{FILES['openvino']}.jsonl"))
    assert kept() == ['vgg11-1']

# With timm itself


@needs_runtimes
def test_real_models_in_every_runtime(tmp_path):
    options = dict(device='cpu', threads=1, seconds=1, quiet=True, out=tmp_path/'out')
    table = measure(['test_resnet', 'test_vit'], runtime=['eager', 'onnxruntime', 'openvino'], **options)
    assert table.status.eq('ok').all(), table.reason.dropna().tolist()
    exported = table[table.runtime.ne('eager')]
    assert exported.outputs_differ_by.lt(1e-4).all() and exported.export_s.gt(0).all() and exported.size_mb.gt(1).all()
    assert table.groupby('model').param_count.nunique().eq(1).all() and table.groupby('model').gmacs.nunique().eq(1).all()
    if APART: assert table.memory_mb.between(2, 200).all()
    half = measure('test_vit', runtime='openvino', precision='bf16', **options).iloc[0]
    assert half.status == 'ok' and 0 < half.outputs_differ_by < 0.1


@needs_timm
def test_a_model_that_torch_cannot_export(tmp_path):
    from timm.models import register_model
    pytest.importorskip('onnxscript')
    import torch
    from timm_bench.hardware.engine import export_model
    class Branches(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(3, 2)
        def forward(self, images): return self.layer(images.mean((2, 3))) * (1 if images.sum() > 0 else 2)
    def test_branches(pretrained=False, **_): return Branches()
    register_model(test_branches)
    job = dict(model='test_branches', img_size=32, batch_size=1, runtime='openvino', threads=1)
    started = time.monotonic()
    with pytest.raises(ResultsError, match='cannot be exported') as told: export_model(job)
    assert len(str(told.value).splitlines()) == 1 and time.monotonic() - started < 120
    assert kept() == []

# What is made of the files


def test_everything_that_reads_a_benchmark_knows_the_runtime(tmp_path, monkeypatch):
    from timm_bench import best, card, compare, explorer, frontier, get_data, show_compare, with_cost
    monkeypatch.setenv('FAKE_ENGINE', json.dumps(dict(vgg11='differ')))
    out = tmp_path/'out'
    run(['vgg11', 'resnet18', 'efficientnet_b0'], ['eager', 'openvino'], out=out)
    rows = 'vgg11.tv_in1k,224,69.0,31,88.6,11.4,132.86\nresnet18.tv_in1k,224,69.7,30.3,89,11,11.69\nefficientnet_b0.ra_in1k,224,77.7,22.3,93.5,6.5,5.29\n'
    (out/'results-imagenet.csv').write_text('model,img_size,top1,top1_err,top5,top5_err,param_count\n' + rows)
    results = get_results(out)
    df = get_data('infer', benchmark='openvino', results=results, keep=None)
    assert df.memory_mb.eq(80).all() and 'openvino' in df.attrs['benchmark']
    assert 'memory_mb' not in get_data('infer', benchmark='eager', results=results, keep=None)
    assert len(best(df, memory='80MB')) == 3
    with pytest.raises(ResultsError, match='nothing fits: memory='): best(df, memory='79MB')
    with pytest.raises(ResultsError, match='does not tell what models take'): best(get_data('infer', benchmark='eager', results=results), memory=500)
    assert len(frontier(df, x='memory_mb')) and len(frontier(with_cost(df, '$1/h'), x='cost_per_million'))
    both = compare('eager', 'openvino', results=results, prices=('$1/h', '$1/h'))
    assert both.attrs['pairs'] == 3 and 'openvino' in both.attrs['b']
    assert 'openvino' in show_compare(both, 'Runtimes').to_json()
    assert {row['benchmark'].split(', ')[-1] for row in card('resnet18', results=results)['speed']} == {'eager', 'openvino'}
    explorer(results, out=tmp_path/'page.html')
    page = (tmp_path/'page.html').read_text()
    assert 'openvino' in page


def test_a_dozen_in_a_runtime_predicts_the_others_in_it(tmp_path):
    "Of two machines that are alike but for a factor, each runtime's own file is what is leaned on, and not the eager one."
    from timm_bench import estimate
    from timm_bench.sources.results import bundled
    eager = bundled().read(FILES['eager'].replace('1_fake', 'epyc_1core') + '.csv')
    gain = eager.model.str[:3].map(lambda letters: 1 + sum(map(ord, letters)) % 50/10)  # by family, from 1 to 6
    speeds = 'infer_samples_per_sec'
    def faster(table, by): return table.assign(**{speeds: table[speeds]*by, 'infer_step_time': table.infer_step_time/by})
    eager.to_csv(tmp_path/f"{FILES['eager']}.csv", index=False)
    exported = faster(eager, gain)
    exported.to_csv(tmp_path/f"{FILES['openvino']}.csv", index=False)
    accuracies = bundled().read('results-imagenet.csv')
    accuracies.to_csv(tmp_path/'results-imagenet.csv', index=False)
    (tmp_path/'own').mkdir()
    own = tmp_path/'own'/f"{FILES['openvino'].replace('1_fake', 'mine')}.csv"
    faster(exported, 1.7)[::16].to_csv(own, index=False)
    guessed = estimate(own, results=tmp_path, keep=None).query('estimated')
    assert 'openvino' in guessed.attrs['estimated_from']
    truth = exported.set_index('model')[speeds]*1.7
    error = (guessed.secs*guessed.arch.map(truth) - 1).abs()
    assert len(error.dropna()) > 100 and error.median() < 0.1

# Many machines


def test_on_an_executor_each_runtime_has_its_file(tmp_path):
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(2) as executor: table = run(out=tmp_path/'out', executor=executor)
    assert table.status.eq('ok').all() and list(table.runtime) == ['eager', 'openvino']*3
    with ThreadPoolExecutor(2) as executor: again = run(out=tmp_path/'out', executor=executor)
    assert list(again.started) == list(table.started)


@pytest.mark.skipif(not find_spec('distributed'), reason='dask.distributed (the extra `fleet`) is not installed')
def test_a_dask_worker_that_is_killed_loses_no_model(tmp_path, monkeypatch):
    from distributed import Client, LocalCluster
    monkeypatch.setenv('FAKE_ENGINE', json.dumps(dict.fromkeys(MODELS, 'sleep 0.3')))
    monkeypatch.setenv('PYTHONPATH', os.pathsep.join([str(ROOT), str(HERE)]))
    two = dict(n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True)
    with LocalCluster(**two) as cluster, Client(cluster) as client:
        def kill():
            rows = wait_for(lambda: len(rows := rows_of_runtime(tmp_path/'out', 'openvino')) >= 2 and rows)
            os.kill(int(rows[-1]['host'].removeprefix('host-')), signal.SIGKILL)
        killer = threading.Thread(target=kill)
        killer.start()
        table = run(MODELS, out=tmp_path/'out', executor=client, processes=1)
        killer.join()
    assert table.status.eq('ok').all() and list(table.runtime) == ['eager', 'openvino']*len(MODELS)
    for runtime in 'eager', 'openvino':
        assert sorted(row['model'] for row in rows_of_runtime(tmp_path/'out', runtime)) == sorted(MODELS)


def rows_of_runtime(folder, runtime):
    "The rows of a runtime's sidecar, none before there is one."
    path = folder/f'{FILES[runtime]}.jsonl'
    return read_sidecar(path) if path.exists() else []
