"""What is left of a run of `measure` that is killed, or whose folder can no longer be written; and in which folders it
can be.

The next call with the same arguments must go on, with everything that was measured, but for the one model in hand."""
import json
import os
import random
import shutil
import signal
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pandas as pd
import pytest
from forks import KILLS, children, forked
from disks import small_disk
from test_measure import MODELS, NAME, alive, assert_complete, rows_of, run, wait_for

import timm_bench.hardware.worker
from timm_bench.hardware.measure import measure
from timm_bench.hardware.record import BenchmarkFile, add_row, read_sidecar
from timm_bench.checks import ResultsError
from timm_bench.sources.results import get_results
from timm_bench.hardware.worker import APART

pytestmark = pytest.mark.filterwarnings('ignore:.*fork:DeprecationWarning')
ROW = dict(model='vgg11', status='ok', img_size=224, batch_size=1, median_ms=5., param_count=132.86, device_model='x',
           threads=1, torch='2.14.1', asked=dict(img_size=None, batch_size=1), retries=[])
MACHINE = dict(device_model='x', threads=1, torch='2.14.1', cuda=None, label='x')

# Killed


def victims(kind: str, process: int) -> list[int]:
    "Whom to kill: the process that measures, its worker, or the worker's process for one model."
    if kind == 'parent': return [process]
    workers = children(process)
    return workers if kind == 'worker' else [child for worker in workers for child in children(worker)]


def kill(kind: str, process) -> bool:
    "kill -9; returns whether there was anything to kill."
    while not (found := victims(kind, process.pid)) and process.is_alive(): time.sleep(0.002)  # until there is one
    for pid in found:
        with suppress(ProcessLookupError): os.kill(pid, signal.SIGKILL)
    process.join(60)
    return bool(found)


def check_what_is_left(folder: Path, finished: list[str]) -> list[dict]:
    """The rows of a run that was killed: all that was finished but for the last.

    The CSV says the same, but for the last."""
    rows = rows_of(folder)
    measured = [row['model'] for row in rows if row['status'] == 'ok']
    assert measured == [model for model in finished if model in measured] and len(finished) - len(measured) <= 1
    shown = sorted(pd.read_csv(folder/NAME).model) if (folder/NAME).exists() else []
    assert shown in (sorted(measured), sorted(measured[:-1]))
    assert not shown or (folder/NAME).read_text().endswith('\n')
    return rows


TIMES = dict(parent=KILLS or 4, worker=KILLS // 2 or 3, model=KILLS // 2 or 3)


@pytest.mark.parametrize('kind, moments', TIMES.items())
def test_killed_at_any_moment_it_goes_on_and_loses_the_model_in_hand_alone(kind, moments, tmp_path, monkeypatch,
                                                                            recorded):
    if kind == 'model' and not APART: pytest.skip('only on Linux does a model get a process of its own')
    monkeypatch.setenv('FAKE_ENGINE', json.dumps(dict.fromkeys(MODELS, 'sleep 0.03')))
    chance, options, killed, lost = random.Random(5), dict(engine='ledger_engine', processes=1), 0, 0
    monkeypatch.setenv('LEDGER', str(tmp_path/'ledger'))
    for folder in 'first', 'second':  # the first of all loads what the others have
        begin = time.monotonic()
        run(out=tmp_path/folder, **options)
        undisturbed = time.monotonic() - begin
    for moment in range(5 * moments):
        if killed == moments: break
        folder, ledger = tmp_path/str(moment), tmp_path/f'ledger {moment}'
        monkeypatch.setenv('LEDGER', str(ledger))
        process = forked(run, out=folder, **options)
        time.sleep(chance.uniform(0, undisturbed))
        workers = children(process.pid)
        if kill(kind, process): killed += 1
        else: undisturbed /= 2  # it came too late: where others work too, the next run may be much faster than the last
        wait_for(lambda pids=workers: not any(map(alive, pids)))  # nobody goes on measuring for a parent that is gone
        finished = ledger.read_text().split() if ledger.exists() else []
        before = check_what_is_left(folder, finished)
        lost += len(finished) - sum(row['status'] == 'ok' for row in before)
        run(out=folder, **options)
        after = rows_of(folder)
        assert after[:len(before)] == before
        assert sum(row['status'] == 'failed' for row in after) <= 1  # whose process was killed
        assert_complete(folder, MODELS)
        assert sorted(row['model'] for row in after if row['status'] == 'ok') == sorted(MODELS)  # none of them twice
        assert not [*folder.glob('.*.partial')]
    assert killed == moments
    whose = dict(parent='process', worker='worker', model='model’s own process')[kind]
    recorded(f'measure: kill -9 of the {whose} at a random moment',
            'complete after the next call', f'{lost} of {killed} lost the model in hand', killed)


@pytest.mark.skipif(not APART, reason='only on Linux does a model get a process of its own')
def test_a_process_that_is_killed_once_it_has_answered_shifts_no_answer_to_the_next_model(
        tmp_path, monkeypatch, recorded):
    monkeypatch.setenv('FAKE_ENGINE', json.dumps(dict(vgg11='late', convnext_tiny='late')))
    table = run(out=tmp_path, processes=1)
    assert table.status.eq('ok').all()
    assert (table.median_ms.round(6) == table.model.str.len()).all()  # the fake engine's figure for each
    recorded('measure: kill -9 of the model’s own process once it has answered', 'as if nothing had been')

# Folders


@contextmanager
def as_somebody_else(*folders: Path):
    "As a user to whom nothing here belongs, and who may pass through these folders."
    if not hasattr(os, 'geteuid') or os.geteuid() != 0: pytest.skip('only root can become somebody else')
    for folder in folders:
        for path in [folder, *folder.parents]:
            closed = not path.stat().st_mode & 0o001
            if path.stat().st_uid == 0 and path != Path(path.anchor) and closed: path.chmod(path.stat().st_mode | 0o011)
    os.seteuid(65534)
    try: yield
    finally: os.seteuid(0)


def test_a_folder_that_may_not_be_written_is_said_before_any_work(tmp_path, recorded):
    (tmp_path/'closed').mkdir(mode=0o755)
    with as_somebody_else(tmp_path), pytest.raises(ResultsError, match=r'cannot be written \(Permission denied\)'):
        measure('vgg11', out=tmp_path/'closed', engine='no_such_engine')
    with small_disk(tmp_path/'read-only', '1m') as mount_again:
        mount_again('ro')
        with pytest.raises(ResultsError, match=r'cannot be written \(Read-only file system\)'):
            run(out=tmp_path/'read-only')
    recorded('measure: a folder that may not be written, a read-only disk', 'refused in one line', times=2)


def test_permission_taken_away_in_mid_run_loses_nothing(tmp_path, recorded):
    "The folder is closed while a model is measured: its row is kept, and the CSV follows with the next call."
    folder = tmp_path/'open'
    folder.mkdir()
    folder.chmod(0o777)
    path = folder/'benchmark-infer-fp32-nchw-pt2141-cpu-x.csv'
    with as_somebody_else(tmp_path):
        file = BenchmarkFile(path, MACHINE, resume=True)
        add_row(file, ROW)
    folder.chmod(0o755)
    said = r'cannot be written \(Permission denied\); what was measured before is safe in it'
    with as_somebody_else(tmp_path), pytest.raises(ResultsError, match=said):
        add_row(file, ROW | dict(model='resnet18'))
    file.close()
    assert list(pd.read_csv(path).model) == ['vgg11']
    assert [row['model'] for row in read_sidecar(path.with_suffix('.jsonl'))] == ['vgg11', 'resnet18']
    folder.chmod(0o777)
    with as_somebody_else(tmp_path): BenchmarkFile(path, MACHINE, resume=True).close()
    assert sorted(pd.read_csv(path).model) == ['resnet18', 'vgg11'] and not [*folder.glob('.*.partial')]
    recorded('measure: permission taken away in mid-run', 'complete after the next call')


def test_what_is_deleted_in_mid_run_is_written_again_or_said_to_be_gone(tmp_path, capsys, recorded):
    path = tmp_path/'out'/'benchmark-infer-fp32-nchw-pt2141-cpu-x.csv'
    path.parent.mkdir()
    file = BenchmarkFile(path, MACHINE, resume=True)
    for model in 'vgg11', 'resnet18':
        add_row(file, ROW | dict(model=model))
        for each in path, path.with_suffix('.jsonl'): each.unlink()
    add_row(file, ROW | dict(model='resnet50'))
    assert [row['model'] for row in read_sidecar(path.with_suffix('.jsonl'))] == ['vgg11', 'resnet18', 'resnet50']
    assert sorted(pd.read_csv(path).model) == ['resnet18', 'resnet50', 'vgg11']
    shutil.rmtree(path.parent)
    with pytest.raises(ResultsError, match='its folder is gone, and what was measured with it$'): add_row(file, ROW)
    file.close()
    recorded('measure: its files are deleted in mid-run', 'as if nothing had been')
    recorded('measure: its folder is deleted in mid-run', 'refused in one line')


def test_a_folder_that_is_deleted_in_mid_run_is_not_called_safe(tmp_path, capfd, monkeypatch):
    monkeypatch.setenv('FAKE_ENGINE', json.dumps(dict(vgg11='delete')))
    monkeypatch.setenv('FAKE_FOLDER', str(tmp_path/'out'))
    with pytest.raises(ResultsError, match='its folder is gone'): run(['resnet18', 'vgg11', 'resnet50'], out=tmp_path/'out', quiet=False)
    said = capfd.readouterr().err
    assert 'safe' not in said and 'goes on from there' not in said and str(tmp_path/'out') not in said


def test_a_folder_by_two_names_is_one(tmp_path, recorded):
    "A link to the folder: what one name was given is there under the other, and two runs at once are refused."
    (tmp_path/'real').mkdir()
    (tmp_path/'link').symlink_to('real')
    first = run(['vgg11'], out=tmp_path/'link')
    again = run(['vgg11', 'resnet18'], out=tmp_path/'real')
    assert again.started['vgg11'] == first.started['vgg11'] and (tmp_path/'link').is_symlink()
    assert_complete(tmp_path/'link', ['vgg11', 'resnet18'])
    held = BenchmarkFile((tmp_path/'link'/NAME), rows_of(tmp_path/'real')[0], resume=True)
    with pytest.raises(ResultsError, match='another run is writing it'): run(out=tmp_path/'real')
    held.close()
    (tmp_path/'lost').symlink_to('nowhere')
    with pytest.raises(ResultsError, match='cannot be written'): run(out=tmp_path/'lost')
    assert not (tmp_path/'nowhere').exists()
    recorded('measure: the folder is a link', 'as if nothing had been')
    recorded('measure: a link to nowhere', 'refused in one line')


def test_a_folder_on_another_file_system_is_as_good(tmp_path, monkeypatch, recorded):
    "What is moved into place was written beside it, wherever TMPDIR is; links to other disks would fail."
    (tmp_path/'tmp').mkdir()
    monkeypatch.setenv('TMPDIR', str(tmp_path/'tmp'))
    with small_disk(tmp_path/'disk', '1m'):
        run(['vgg11'], out=tmp_path/'disk')
        run(out=tmp_path/'disk')
        assert_complete(tmp_path/'disk', MODELS)
    assert not [*(tmp_path/'tmp').iterdir()]
    recorded('measure: the folder is on another file system', 'as if nothing had been')

# Clocks and versions


def test_a_clock_that_goes_backwards_changes_nothing(tmp_path, monkeypatch, recorded):
    "Rows count by their order in the file: the later one of a model wins although its clock was earlier."
    days = iter(f'20{day:02}-01-01T00:00:00+00:00' for day in range(99, 0, -1))
    monkeypatch.setattr(timm_bench.hardware.worker, '_now', lambda: next(days))
    run(['vgg11', 'resnet18'], out=tmp_path)
    for path in [*tmp_path.iterdir()]: os.utime(path, (time.time() + 10**8,) * 2)
    again = run(['vgg11'], out=tmp_path, batch_size=2)
    table = run(MODELS, out=tmp_path)
    assert again.started['vgg11'] < rows_of(tmp_path)[0]['started'] and list(table.model) == MODELS
    others = [model for model in MODELS if model not in ('vgg11', 'resnet18')]
    assert [row['model'] for row in rows_of(tmp_path)] == ['vgg11', 'resnet18', 'vgg11', *others]
    assert pd.read_csv(tmp_path/NAME).set_index('model').infer_batch_size['vgg11'] == 2
    recorded('measure: the clock goes backwards', 'as if nothing had been')


def test_what_a_newer_version_added_to_a_row_is_kept(tmp_path):
    run(['vgg11'], out=tmp_path)
    sidecar = tmp_path/NAME.replace('.csv', '.jsonl')
    sidecar.write_text(json.dumps(rows_of(tmp_path)[0] | dict(joules=[1.5, None], format=2)) + '\n')
    run(['vgg11', 'resnet18'], out=tmp_path)
    rows = rows_of(tmp_path)
    assert rows[0]['joules'] == [1.5, None] and rows[0]['format'] == 2
    assert [row['model'] for row in rows] == ['vgg11', 'resnet18']


NEEDED = ['model', 'status', 'img_size', 'batch_size', 'median_ms', 'param_count', 'device_model', 'torch', 'threads',
          'asked']


@pytest.mark.parametrize('value', ['gone', None, '', 'fast', -1, 0, float('nan'), [], {}, True], ids=repr)
def test_a_row_of_another_version_is_refused_with_its_place_and_left_alone(value, tmp_path, recorded):
    "Each field that a run needs, missing or of another kind."
    path, fit = tmp_path/'benchmark-infer-fp32-nchw-pt2141-cpu-x.csv', 0
    for field in NEEDED:
        row = {k: v for k, v in ROW.items() if k != field} if value == 'gone' else ROW | {field: value}
        path.with_suffix('.jsonl').write_text(text := json.dumps(ROW) + '\n' + json.dumps(row) + '\n')
        try: BenchmarkFile(path, MACHINE, resume=True).close(); fit += 1
        except ResultsError as error:
            message = str(error)
            assert len(message.splitlines()) == 1
            assert f'line 2 has no {field} that can be used' in message or 'measured on' in message
            assert path.with_suffix('.jsonl').read_text() == text
    assert fit <= 3  # a word for a name, another status
    recorded('measure: a sidecar’s row that lacks a field or has another kind of value in it', 'refused in one line',
             times=len(NEEDED) - fit)


def test_a_sidecar_that_says_nothing_leaves_the_table_readable(tmp_path):
    "What `get_data` tells of one's own machine is read from the sidecar, where there is one that can be."
    run(['vgg11', 'resnet18'], out=tmp_path)
    for text in ['', '[]\n', '{"model": 1}\n', 'null\n', '\0\n']:
        (tmp_path/NAME.replace('.csv', '.jsonl')).write_text(text)
        assert len(get_results(tmp_path).read(NAME)) == 2
