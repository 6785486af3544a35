"""What a notebook cell can't test well of `measure`.

Processes that die, disks that fill up, runs that meet, clusters that lose a machine."""
import json, os, shutil, signal, subprocess, sys, threading, time
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
import pandas as pd
import pytest
from forks import children
from hypothesis import HealthCheck, given, settings, strategies as st
from timm_bench.data import get_data
from timm_bench.hardware.measure import measure
from timm_bench.hardware.model_names import models_like
from timm_bench.hardware.record import BenchmarkFile, TIMM_COLUMNS, add_row, read_sidecar
from timm_bench.checks import ResultsError
from timm_bench.sources.benchmarks import Benchmark
from timm_bench.hardware.worker import APART, Worker, ask

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PLACES = [Path(os.environ.get('TIMM_BENCH_SNAPSHOTS', ROOT/'no-such')), ROOT.parent/'shared'/'timm-results']
SNAPSHOTS = next((place for place in PLACES if place.is_dir()), None)
NO_SNAPSHOTS = "timm's results are not at hand: set TIMM_BENCH_SNAPSHOTS"
needs_snapshots = pytest.mark.skipif(SNAPSHOTS is None, reason=NO_SNAPSHOTS)
has_timm = find_spec('timm') and find_spec('torch') or os.environ.get('TIMM_BENCH_REQUIRE_TORCH')
needs_timm = pytest.mark.skipif(not has_timm, reason='timm and torch (the extra `measure`) are not installed')
MODELS = ['resnet18', 'vgg11', 'resnet50', 'convnext_tiny', 'efficientnet_b0', 'vit_tiny_patch16_224']
NAME = 'benchmark-infer-fp32-nchw-pt2141-cpu-1_fake.csv'

@pytest.fixture
def behave(monkeypatch):
    "Tell the fake engine how models behave."
    return lambda **models: monkeypatch.setenv('FAKE_ENGINE', json.dumps(models))

def run(models=MODELS, **options) -> pd.DataFrame:
    return measure(models, **(dict(engine='fake_engine', quiet=True) | options)).set_index('model', drop=False)

def start(folder: Path, behaviour: dict, models=MODELS, before='', **options) -> subprocess.Popen:
    "Measure in a process of its own, by a script that has no `if __name__ == '__main__'`."
    options = ''.join(f', {name}={value!r}' for name, value in (options | dict(out=str(folder))).items())
    call = f'measure({models!r}, engine="fake_engine"{options})'
    script = f'{before}\nfrom timm_bench.hardware.measure import measure\n{call}\n'
    env = os.environ | dict(FAKE_ENGINE=json.dumps(behaviour), PYTHONPATH=os.pathsep.join([str(ROOT), str(HERE)]))
    command = [sys.executable, '-c', script]
    return subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True, start_new_session=True)

def wait_for(condition, seconds=60):
    "Wait until something is so."
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, 'waited in vain'
        time.sleep(0.02)
    return value

def rows_of(folder: Path) -> list[dict]:
    sidecar = folder/NAME.replace('.csv', '.jsonl')
    return read_sidecar(sidecar) if sidecar.exists() else []

def alive(pid: int) -> bool:
    try: return Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()[0] != 'Z'
    except OSError: return False

def staying(pid: int) -> list[int]:
    "The children of a process that is at a model which hangs: not the one that is just ending."
    before = children(pid)
    time.sleep(0.5)
    return [child for child in before if child in children(pid)]

def assert_complete(folder: Path, models) -> None:
    "The CSV holds just these models, fastest first."
    table = pd.read_csv(folder/NAME)
    assert list(table.columns) == TIMM_COLUMNS['infer'] and sorted(table.model) == sorted(models)
    assert table.infer_samples_per_sec.is_monotonic_decreasing and (folder/NAME).read_text().endswith('\n')

# The file

def test_columns_are_those_of_timms_newest_files():
    if SNAPSHOTS is None: pytest.skip(NO_SNAPSHOTS)
    newest = SNAPSHOTS/'2026-01-06'
    files = dict(infer='benchmark-infer-amp-nchw-pt291-cu130-5090.csv',
                 train='benchmark-train-amp-nhwc-pt112-cu113-rtx3090.csv')
    for part, file in files.items():
        assert list(pd.read_csv(newest/file, nrows=1).columns) == TIMM_COLUMNS[part]

def test_units(tmp_path):
    table = run(out=tmp_path, batch_size=4)
    csv = pd.read_csv(tmp_path/NAME).set_index('model')
    told = csv.loc['vgg11', ['infer_step_time', 'infer_samples_per_sec', 'infer_batch_size']]
    assert list(told) == [20.0, 200.0, 4]
    assert list(table.model) == MODELS and set(table.status) == {'ok'}
    fields = ('median_ms mean_ms p10_ms p90_ms p99_ms interval_ms interval_pct peak_memory_mb threads cpu_model torch '
              'timm started finished retries host')
    for field in fields.split(): assert field in table

@pytest.mark.parametrize('change, name', [
    (dict(part='train'), 'benchmark-train-fp32-nchw-pt2141-cpu-1_fake.csv'),
    (dict(precision='amp', layout='nhwc', compile=True), 'benchmark-infer-amp-nhwc-pt2141-cpu-1_fake-dynamo.csv'),
    (dict(device='cuda', precision='amp_bf16'), 'benchmark-infer-amp_bf16-nchw-pt2141-cu130-1_fake.csv')])
def test_names(tmp_path, monkeypatch, change, name):
    if 'device' in change: monkeypatch.setenv('FAKE_CUDA', '1')
    table = run(['vgg11'], out=tmp_path, **change)
    assert [Path(f).name for f in table.attrs['files']] == [name] and Benchmark.named(name).problem is None
    assert list(pd.read_csv(tmp_path/name).columns) == TIMM_COLUMNS[change.get('part', 'infer')]
    assert table.batch_size.iloc[0] == (256 if 'device' in change else 8 if 'part' in change else 1)

@needs_snapshots
def test_get_data_reads_it_like_any_other(tmp_path):
    shutil.copy(SNAPSHOTS/'2026-01-06'/'results-imagenet.csv', tmp_path)
    run(out=tmp_path)
    run(out=tmp_path, part='train')
    own, trained = get_data('infer', results=tmp_path, keep=None), get_data('train', results=tmp_path, keep=None)
    assert {'resnet18', 'resnet50', 'convnext_tiny'} <= set(own.arch) and set(trained.arch) == set(MODELS)
    assert (own.secs.round(5) == own.arch.str.len()/1000).all() and own.family.notna().all()
    assert models_like('fake', results=tmp_path) == list(pd.read_csv(tmp_path/NAME).model)

def test_the_csv_is_complete_at_any_moment(tmp_path, behave):
    behave(**{m: 'sleep 0.05' for m in MODELS})
    seen, done = [], threading.Event()
    def watch():
        while not done.is_set():
            if (tmp_path/NAME).exists(): seen.append(((tmp_path/NAME).read_text()))
    watcher = threading.Thread(target=watch); watcher.start()
    run(out=tmp_path); done.set(); watcher.join()
    counts = sorted({text.count('\n') for text in seen})
    assert len(counts) >= 3 and all(text.endswith('\n') for text in seen)
    assert all(len({line.count(',') for line in text.splitlines()}) == 1 for text in set(seen))

# Models that do harm

def test_failures_are_rows_and_the_run_goes_on(tmp_path, behave, capfd):
    behave(resnet18='raise no luck today', resnet50='signal SIGSEGV', convnext_tiny='hang', efficientnet_b0='exit 3')
    table = run(out=tmp_path, timeout=2, quiet=False)
    reasons = table.reason.dropna()
    assert reasons['resnet18'] == 'ValueError: no luck today' and 'SIGSEGV' in reasons['resnet50']
    assert reasons['convnext_tiny'] == 'no answer within 2 s'
    assert reasons['efficientnet_b0'] == 'the worker ended with code 3: last words'
    assert_complete(tmp_path, ['vgg11', 'vit_tiny_patch16_224'])
    said = capfd.readouterr().err
    assert 'models: 2 measured, 4 failed' in said
    assert all(f'{model}: failed: {reason}' in said for model, reason in reasons.items())
    assert {r['model']: r['status'] for r in rows_of(tmp_path)} == dict(table.status)

@pytest.mark.parametrize('engine', ['fake_engine', 'shared_engine'])
def test_a_model_that_ends_its_process_with_code_0_is_not_waited_for(tmp_path, behave, engine):
    behave(resnet18='exit 0', vgg11='leave 0')
    begin = time.monotonic()
    table = run(MODELS[:3], out=tmp_path, engine=engine, timeout=100)
    assert time.monotonic() - begin < 60 and dict(table.status) == dict(resnet18='failed', vgg11='failed', resnet50='ok')
    assert table.reason['resnet18'] == 'the worker ended with code 0: last words'
    assert table.reason['vgg11'].startswith('the worker ended with code 0: ')

@pytest.mark.parametrize('apart', [True, False])
def test_a_worker_is_kept_while_healthy_and_replaced_after_a_failure(tmp_path, behave, monkeypatch, apart):
    if apart and not APART: pytest.skip('only on Linux does a model get a process of its own')
    behave(resnet50='raise trouble', efficientnet_b0='signal SIGSEGV')
    table = run(out=tmp_path, engine='fake_engine' if apart else 'shared_engine')
    assert table.status.eq('ok').sum() == 4 and 'SIGSEGV' in table.reason['efficientnet_b0']
    if apart: assert table.worker.nunique() == 1 and table.pid.nunique() == 4
    else:
        first, second, third, last = table.pid[['resnet18', 'vgg11', 'convnext_tiny', 'vit_tiny_patch16_224']]
        assert first == second != third != last
        assert (table.pid == table.worker)[table.status == 'ok'].all()

@pytest.mark.parametrize('which', ['worker', 'child'])
def test_kill_9_of_the_worker_loses_the_model_in_hand_only(tmp_path, which):
    process = start(tmp_path, dict(convnext_tiny='hang'), timeout=100)
    worker = wait_for(lambda: next((r['worker'] for r in rows_of(tmp_path) if r['model'] == 'resnet50'), None))
    child = wait_for(lambda: staying(worker)) if APART else [worker]
    os.kill(worker if which == 'worker' else child[0], signal.SIGKILL)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 0 and 'convnext_tiny: failed: the worker was ended by SIGKILL' in said
    assert_complete(tmp_path, set(MODELS) - {'convnext_tiny'})

@pytest.mark.parametrize('behaviour', ['fits 24', 'survives 16'])
def test_a_batch_that_does_not_fit_is_made_smaller_and_said(tmp_path, behave, behaviour, capfd):
    behave(vgg11=behaviour)
    table = run(out=tmp_path, batch_size=64, quiet=False)
    assert table.batch_size['vgg11'] == 16 and table.batch_size['resnet18'] == 64
    assert [retry['batch_size'] for retry in table.retries['vgg11']] == [64, 32]
    assert 'vgg11: batch size 64 did not fit, measured with 16' in capfd.readouterr().err
    assert pd.read_csv(tmp_path/NAME).set_index('model').infer_batch_size['vgg11'] == 16
    again = run(out=tmp_path, batch_size=64)
    assert list(again.started) == list(table.started)

def test_a_model_that_never_fits_fails(tmp_path, behave):
    behave(vgg11='fits 0')
    row = run(['vgg11'], out=tmp_path, batch_size=8).iloc[0]
    assert row.status == 'failed' and 'out of memory' in row.reason
    assert [retry['batch_size'] for retry in row.retries] == [8, 4, 2]
    assert not (tmp_path/NAME).exists()

@pytest.mark.skipif(not APART, reason='only on Linux does a model get processes of its own')
def test_a_model_is_timed_in_as_many_processes_as_it_takes(tmp_path, behave):
    behave(vgg11='differ')
    table = run(out=tmp_path, processes=7)
    assert table.processes['vgg11'] == 7 and (table.processes.drop('vgg11') == 3).all()
    spread = table.process_ms['vgg11']
    assert len(set(spread)) > 2 and table.median_ms['vgg11'] == pytest.approx(sorted(spread)[3])
    assert table.repeats['vgg11'] == 140
    assert table.interval_pct['vgg11'] > 5 and (table.interval_pct.drop('vgg11') < 1e-6).all()
    assert set(run(['vgg11'], out=tmp_path, resume=False, processes=1).processes) == {1}
    assert set(run(['vgg11'], out=tmp_path, compile=True).processes) == {1}

# Runs that end early

def test_kill_9_of_the_parent(tmp_path):
    process = start(tmp_path, dict(efficientnet_b0='hang'))
    done = wait_for(lambda: len(rows := rows_of(tmp_path)) == 4 and rows)
    worker = done[0]['worker']
    family = [worker, *wait_for(lambda: staying(worker))] if APART else [worker]
    assert all(map(alive, family))
    process.kill(); process.communicate()
    assert_complete(tmp_path, MODELS[:4])
    wait_for(lambda: not any(map(alive, family)))
    table = run(out=tmp_path)
    assert_complete(tmp_path, MODELS)
    assert [row['started'] for row in rows_of(tmp_path)][:4] == [row['started'] for row in done]
    assert len(table) == len(rows_of(tmp_path)) == 6

def test_ctrl_c(tmp_path, recorded):
    # what is started in the background is deaf to it
    heard = 'import signal; signal.signal(signal.SIGINT, signal.default_int_handler)'
    process = start(tmp_path, dict(efficientnet_b0='hang'), before=heard)
    done = wait_for(lambda: len(rows := rows_of(tmp_path)) == 4 and rows)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=30)[1]
    assert process.returncode != 0 and 'KeyboardInterrupt' in said
    assert 'models: 4 measured, 2 not reached' in said and 'the same call goes on from there' in said
    assert_complete(tmp_path, MODELS[:4])
    wait_for(lambda: not alive(done[0]['worker']))
    recorded('measure: Ctrl-C', 'complete after the next call')

def test_two_ctrl_c_at_once_are_no_other_error_than_one(behave, monkeypatch):
    "The second comes just when what waits for an answer takes its lock back."
    behave(vgg11='hang')
    take_back = threading.Condition._acquire_restore
    def pressed_again(condition, state):
        if threading.current_thread() is threading.main_thread(): raise KeyboardInterrupt
        take_back(condition, state)
    with Worker('fake_engine') as worker:
        worker.start()
        before = signal.signal(signal.SIGINT, signal.default_int_handler)  # what is started in the background is deaf to it
        threading.Timer(1, os.kill, [os.getpid(), signal.SIGINT]).start()
        monkeypatch.setattr(threading.Condition, '_acquire_restore', pressed_again)
        try:
            with pytest.raises(KeyboardInterrupt): ask(worker, 'benchmark', dict(model='vgg11'), 30)
        finally:
            monkeypatch.undo()
            signal.signal(signal.SIGINT, before)

def test_two_runs_on_one_file_are_refused(tmp_path, recorded):
    process = start(tmp_path, dict(vgg11='hang'))
    wait_for(lambda: rows_of(tmp_path))
    with pytest.raises(ResultsError, match='another run is writing it'): run(out=tmp_path)
    run(out=tmp_path, part='train')  # another file
    process.kill(); process.communicate()
    assert len(run(out=tmp_path)) == 6
    recorded('measure: two runs on one file', 'refused in one line')

def test_a_full_disk_by_quota(tmp_path, recorded):
    "The system refuses to let any file grow beyond a limit, in the middle of a row."
    limit = 'import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))'
    process = start(tmp_path, {}, before=limit)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 1 and 'cannot be written (File too large)' in said.splitlines()[-1]
    done = [r['model'] for r in rows_of(tmp_path)]
    assert 1 <= len(done) < 6 and done == MODELS[:len(done)]
    assert (tmp_path/NAME.replace('.csv', '.jsonl')).read_bytes().endswith(b'}\n')
    assert_complete(tmp_path, done)
    assert len(run(out=tmp_path)) == 6 and len(rows_of(tmp_path)) == 6
    recorded('measure: a file may not grow', 'complete after the next call')

def test_a_full_disk(tmp_path, recorded):
    "A real one, of 16 kB."
    mount = ['mount', '-t', 'tmpfs', '-o', 'size=16k', 'none', tmp_path]
    if subprocess.run(mount, capture_output=True).returncode: pytest.skip('mounting a small disk is not permitted here')
    try:
        models = [*MODELS, 'vgg13', 'vgg16', 'vgg19', 'resnet34', 'resnet101', 'resnet152']
        process = start(tmp_path, {}, models=models)
        said = process.communicate(timeout=60)[1]
        done = [r['model'] for r in rows_of(tmp_path)]
        assert process.returncode == 1 and 'No space left on device' in said.splitlines()[-1] and len(done) >= 1
        table = pd.read_csv(tmp_path/NAME)
        assert set(done) - set(table.model) <= {done[-1]} and len(table) >= 1
        assert not list(tmp_path.glob('*.partial'))
    finally: subprocess.run(['umount', '-l', tmp_path], check=True)
    recorded('measure: the disk is full (16 kB)', 'refused in one line')

# Going on

def test_failed_models_get_another_chance(tmp_path, behave):
    behave(vgg11='raise bad day')
    assert run(out=tmp_path).status['vgg11'] == 'failed'
    behave()
    assert run(out=tmp_path).status['vgg11'] == 'ok'
    assert len(rows_of(tmp_path)) == 7
    assert_complete(tmp_path, MODELS)

def test_another_size_or_batch_is_measured_anew(tmp_path):
    run(['vgg11'], out=tmp_path); run(['vgg11'], out=tmp_path, img_size=288); run(['vgg11'], out=tmp_path, batch_size=2)
    table = pd.read_csv(tmp_path/NAME)
    assert sorted(zip(table.infer_img_size, table.infer_batch_size)) == [(224, 2), (288, 1)]
    assert len(rows_of(tmp_path)) == 3

def test_beginning_anew(tmp_path):
    run(out=tmp_path)
    run(['vgg11'], out=tmp_path, resume=False)
    assert_complete(tmp_path, ['vgg11'])
    assert len(rows_of(tmp_path)) == 1

def test_another_device_is_refused(tmp_path, monkeypatch):
    run(['vgg11'], out=tmp_path)
    monkeypatch.setenv('FAKE_TITLE', 'Other(R) Processor 1')
    with pytest.raises(ResultsError, match=r'measured on Fake\(R\) Processor 1, and this is Other'): run(out=tmp_path)
    monkeypatch.delenv('FAKE_TITLE')
    with pytest.raises(ResultsError, match='measured on 2 threads, and this is 1 threads'): run(out=tmp_path, threads=1)
    with pytest.raises(ResultsError, match='whose file would be benchmark-infer-fp32-nchw-pt2141-cpu-mine.csv'):
        run(out=tmp_path/'benchmark-infer-fp32-nchw-pt240-cpu-mine.csv')

def test_timms_own_file_is_not_touched(tmp_path):
    (tmp_path/NAME).write_text('model\n')
    for resume in True, False:
        with pytest.raises(ResultsError, match='not made by measure'): run(out=tmp_path, resume=resume)
    assert (tmp_path/NAME).read_text() == 'model\n'

@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 10_000))
def test_a_sidecar_cut_anywhere_is_read(tmp_path, at):
    machine = dict(device_model='x', threads=1, torch='2.14.1', cuda=None, label='x')
    path = tmp_path/'benchmark-infer-fp32-nchw-pt2141-cpu-x.csv'
    figures = dict(img_size=224, batch_size=1, median_ms=1., param_count=1.)
    row = machine | dict(status='ok', asked=dict(img_size=224, batch_size=1)) | figures
    lines = [json.dumps(row | dict(model=f'modèle{i}'), ensure_ascii=False) + '\n' for i in range(5)]
    raw = ''.join(lines).encode()[:at]
    path.with_suffix('.jsonl').write_bytes(raw)
    file = BenchmarkFile(path, machine, resume=True)
    add_row(file, row | dict(model='last')); file.close()
    kept = [row['model'] for row in read_sidecar(path.with_suffix('.jsonl'))]
    assert kept == [*(f'modèle{i}' for i in range(raw.count(b'\n'))), 'last']

# Bad input

@pytest.mark.parametrize('mistake, answer', [
    (dict(models='resnet5O'), "timm knows no model 'resnet5O'; did you mean"),
    (dict(models=['vgg11', 7]), "name=7: give a model's name"), (dict(models=[]), 'give at least one name'),
    (dict(models=7), "name=7: give a model's name"),
    (dict(device='gpu'), "give 'auto', 'cpu', 'cuda'"), (dict(batch_size=-1), '1 or more'),
    (dict(batch_size='8'), 'whole number'), (dict(img_size=0), 'pixels'), (dict(threads=0.5), 'threads'),
    (dict(precision='fp16'), "'fp32', 'amp', 'amp_bf16', 'bf16'"), (dict(layout='chw'), "'nchw', 'nhwc'"),
    (dict(part='test'), "'infer', 'train'"),
    (dict(seconds=-1), 'seconds'), (dict(timeout=None), 'seconds'),
    (dict(out='/dev/null/x'), 'cannot be written'), (dict(out='speeds.csv'), "not timm's name"),
    (dict(out='benchmark-train-fp32-nchw-pt2141-cpu-x.csv'), 'part: train is not infer')])
def test_mistakes_are_answered_before_any_work(tmp_path, mistake, answer):
    usual = dict(models='vgg11', out=tmp_path, engine='no_such_engine')
    with pytest.raises(ResultsError) as error: measure(**usual | mistake)
    assert answer in str(error.value) and '\n' not in str(error.value)

def test_a_device_that_is_not_there(tmp_path):
    with pytest.raises(ResultsError, match="device 'mps' is not there; there are cpu"): run(out=tmp_path, device='mps')
    assert not list(tmp_path.iterdir())

def test_without_torch(tmp_path, monkeypatch):
    engine = "def describe(device): raise ModuleNotFoundError(\"No module named 'torch'\")"
    (tmp_path/'engine_without_torch.py').write_text(engine)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ResultsError, match=r'pip install timm torch'):
        run(out=tmp_path, engine='engine_without_torch')

# Executors

def test_a_process_pool(tmp_path):
    with ProcessPoolExecutor(2, mp_context=get_context('spawn')) as pool:
        table = run(out=tmp_path, executor=pool)
        assert set(table.status) == {'ok'} and table.host.nunique() <= 2
        assert_complete(tmp_path, MODELS)
        assert list(run(out=tmp_path, executor=pool).started) == list(table.started)

class TwoKinds(Executor):
    "Runs at once, every other task on a machine of another kind."
    number = 0
    def submit(self, function, *args):
        future = Future(); self.number += 1
        if 'machine' not in function.__name__ and args[0][0]['model'] == 'resnet50':
            future.set_exception(RuntimeError('lost'))
            return future
        result = function(*args)
        second = dict(label='2_fake', device_model='Fake(R) Processor 2', host='second')
        if self.number % 2: result = [row | second for row in result] if isinstance(result, list) else result | second
        future.set_result(result)
        return future

def test_one_file_for_each_kind_of_hardware(tmp_path):
    table = run(out=tmp_path, executor=TwoKinds())
    files = {Path(f).name: set(pd.read_csv(f).model) for f in table.attrs['files']}
    assert set(files) == {NAME, NAME.replace('1_fake', '2_fake')}
    one, other = files.values()
    assert one | other == set(MODELS) - {'resnet50'} and not one & other
    assert table.reason['resnet50'] == 'the executor lost it: RuntimeError lost'
    assert set(table.host.dropna()) == {'second', f'host-{os.getpid()}'}
    with pytest.raises(ResultsError, match='an executor may have several'): run(out=tmp_path/NAME, executor=TwoKinds())

@pytest.mark.skipif(not find_spec('distributed'), reason='dask.distributed (the extra `fleet`) is not installed')
def test_a_dask_cluster_that_loses_a_worker(tmp_path, monkeypatch):
    from distributed import Client, LocalCluster
    monkeypatch.setenv('FAKE_ENGINE', json.dumps({m: 'sleep 0.7' for m in MODELS}))
    monkeypatch.setenv('PYTHONPATH', os.pathsep.join([str(ROOT), str(HERE)]))
    two = dict(n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True)
    with LocalCluster(**two) as cluster, Client(cluster) as client:
        pids = {p: client.run(os.getpid)[p] for p in client.scheduler_info()['workers']}
        first = {}
        def kill():
            rows = wait_for(lambda: len(rows := rows_of(tmp_path)) >= 2 and rows)
            victim = int(rows[-1]['host'].removeprefix('host-'))
            assert victim in pids.values()
            first.update(rows=rows, victim=victim)
            os.kill(victim, signal.SIGKILL)
        killer = threading.Thread(target=kill); killer.start()
        table = run(out=tmp_path, executor=client)
        killer.join()
    assert set(table.status) == {'ok'}
    assert_complete(tmp_path, MODELS)
    assert len(set(table.host)) >= 2
    assert [row['model'] for row in rows_of(tmp_path)][:2] == [row['model'] for row in first['rows']][:2]

# With timm itself

@needs_timm
def test_real_models(tmp_path):
    table = measure(['test_vit', 'test_resnet'], device='cpu', out=tmp_path, threads=1, seconds=2, quiet=True)
    assert set(table.status) == {'ok'} and set(table.img_size) == {160} and set(table.threads) == {1}
    assert table.processes.between(3 if APART else 1, 5).all()
    assert (table.p10_ms <= table.median_ms).all() and (table.median_ms <= table.p90_ms).all()
    assert (table.peak_memory_mb > 50).all()
    options = dict(part='train', batch_size=4, device='cpu', out=tmp_path, threads=1, seconds=1, quiet=True)
    trained = measure('test_vit', **options)
    assert trained.status[0] == 'ok' and trained.median_ms[0] > table.median_ms[0]
    mixed = measure('test_vit', precision='amp', layout='nhwc', **options)
    assert mixed.status[0] == 'ok', mixed.reason[0]

@needs_timm
@pytest.mark.skipif(not (shutil.which('g++') or shutil.which('clang++')), reason='torch.compile needs a C++ compiler')
def test_compiled(tmp_path):
    row = measure('test_resnet', compile=True, device='cpu', out=tmp_path, threads=1, seconds=1, quiet=True).iloc[0]
    assert row.status == 'ok', row.reason
    assert row.first_step_s > row.median_ms/1000 and next(tmp_path.glob('*-dynamo.csv'))

@needs_timm
def test_a_size_that_a_model_cannot_take_is_a_row(tmp_path):
    options = dict(device='cpu', out=tmp_path, threads=1, seconds=1, quiet=True)
    table = measure(['test_vit', 'vgg11'], img_size=8, **options).set_index('model')
    assert (table.status == 'failed').any() and table.reason.dropna().str.contains('Error').all()
