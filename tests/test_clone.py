"""The cached clone: what it holds, and what is left of it when something goes wrong.

Every server runs on this machine. A fault must end in one line that says why and in the next source, never in half a cache."""
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

import pytest
from conftest import DAYS, write_results
from gitserver import FAULTS, git_server

import timm_bench.clone
import timm_bench.results
from timm_bench.results import Results, ResultsError, ResultsWarning, get_results

pytestmark = pytest.mark.filterwarnings('ignore::timm_bench.results.ResultsWarning')


@pytest.fixture
def server(timm_repository, cache, monkeypatch):
    "A sound server of timm's repository, and $TIMM_BENCH_URL pointing to it."
    with git_server(timm_repository.folder.parent) as running:
        monkeypatch.setenv('TIMM_BENCH_URL', f'{running.url}/timm')
        yield running


@pytest.fixture
def bundled(tmp_path, monkeypatch) -> Results:
    "Stands for the results that the package carries."
    own = Results(write_results(tmp_path/'bundled'), 'the bundled results')
    monkeypatch.setattr(timm_bench.results, '_bundled', lambda: own)
    return own


def content(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in Path(folder).iterdir()}


def names_in(cache: Path) -> list[str]:
    "What the cache holds besides its lock."
    return sorted(path.name for path in cache.glob('*/*') if path.name != 'lock')


def no_network(server, monkeypatch, tmp_path):
    "From here on there is neither the server nor git."
    server.fault = 'missing'
    monkeypatch.setenv('PATH', str(tmp_path))


def warning_of(**options) -> tuple[Results, str]:
    "What `get_results` finds, and the one line in which it says so."
    with pytest.warns(ResultsWarning) as caught: found = get_results(**options)
    assert len(caught) == 1 and '\n' not in str(caught[0].message)
    return found, str(caught[0].message)


# What a clone holds

@pytest.mark.parametrize('filters', [True, False], ids=['partial', 'server without filters'])
def test_clone_is_the_newest_snapshot_byte_for_byte(server, filters, snapshots, timm_repository):
    server.filters = filters
    found, message = warning_of()
    assert content(found.folder) == content(snapshots/DAYS[-1])
    assert (found.date, found.commit) == (DAYS[-1], timm_repository.commits[DAYS[-1]])
    assert server.url in found.origin and str(found) in message


def test_only_results_are_moved(server, cache, timm_repository):
    get_results()
    repo, = cache.glob('*/repo-0001')
    held = subprocess.run(['git', '-C', repo, 'cat-file', '--batch-all-objects', '--batch-check=%(objectname)'], stdout=subprocess.PIPE, text=True).stdout.split()
    assert timm_repository.git('rev-parse', 'HEAD:results/results-imagenet.csv') in held
    for unasked in ['HEAD:README.md', 'HEAD:timm/models/model_0.py', 'HEAD~1:results']:  # other files, and other days' results
        assert timm_repository.git('rev-parse', unasked) not in held


def test_rev_takes_a_commit_in_full_or_short(server, snapshots, timm_repository):
    for day, length in [(DAYS[0], 40), (DAYS[1], 8)]:
        found = get_results(rev=timm_repository.commits[day][:length])
        assert (found.date, found.commit) == (day, timm_repository.commits[day])
        assert content(found.folder) == content(snapshots/day)


@pytest.mark.parametrize('rev', ['0123456789abcdef0123456789abcdef01234567', 'abcd', '--all', 'HEAD', 'a; touch b', ''])
def test_unknown_rev_is_named(server, rev):
    with pytest.raises(ResultsError, match='rev=') as error: get_results(rev=rev)
    assert repr(rev) in str(error.value) and '\n' not in str(error.value)


@pytest.mark.parametrize('as_of, day', [('2022-04-01', DAYS[0]), ('2022-04-02', DAYS[0]), ('2023-02-05', DAYS[0]), ('2023-02-06', DAYS[1]),
                                        (date(2024, 9, 4), DAYS[2]), ('2026-01-05', DAYS[2]), ('2030-01-01', DAYS[3])])
def test_as_of_takes_the_results_as_they_stood(server, as_of, day, snapshots):
    found = get_results(as_of=as_of)
    assert found.date == day and content(found.folder) == content(snapshots/day)


def test_as_of_before_the_first_day_names_it(server):
    with pytest.raises(ResultsError, match='as_of=.2022-03-31.*2022-04-01'): get_results(as_of='2022-03-31')


@pytest.mark.parametrize('as_of', ['2022-13-01', 'yesterday', '--all', 20220401])
def test_as_of_must_be_a_day(server, as_of):
    with pytest.raises(ResultsError, match='YYYY-MM-DD'): get_results(as_of=as_of)


def test_days_are_counted_in_utc_everywhere(small_repository, cache, monkeypatch):
    "A commit made at night in California is of the next day; the day that a result names must lead back to it."
    evening = small_repository.commit('2024-02-01', moment='T22:00:00-08:00')
    monkeypatch.setenv('TIMM_BENCH_URL', str(small_repository.folder))
    assert get_results(as_of='2024-02-01').date == '2024-01-01'
    assert get_results().date == '2024-02-02'
    assert get_results(as_of=get_results().date).commit == evening


def test_second_call_needs_neither_git_nor_network(server, timm_repository, monkeypatch, tmp_path):
    commit = timm_repository.commits[DAYS[0]]
    before = [get_results(), get_results(rev=commit)]
    asked = len(server.requests)
    no_network(server, monkeypatch, tmp_path)
    assert [get_results(), get_results(rev=commit[:7])] == before
    assert len(server.requests) == asked


def test_as_of_again_moves_nothing(server, timm_repository):
    "A day that was already fetched, and one on which the clone was made: neither is a reason to clone again."
    before = [get_results(as_of='2022-05-01'), get_results(as_of=date.today())]
    asked = len(server.requests)
    assert [get_results(as_of='2022-05-01'), get_results(as_of=date.today())] == before
    assert len(server.requests) == asked


def test_update_sees_a_new_commit_and_leaves_old_results_readable(small_repository, cache, monkeypatch):
    monkeypatch.setenv('TIMM_BENCH_URL', str(small_repository.folder))
    old = get_results()
    write_results(small_repository.folder/'results', added='model\nresnet50\n')
    commit = small_repository.commit('2024-02-01')
    assert get_results() == old
    new = get_results(update=True)
    assert (new.commit, new.date) == (commit, '2024-02-01') and 'added.csv' in new.files
    assert get_results() == get_results(update=True) == new
    assert 'added.csv' not in old.files and len(old.read(old.files[0])) == 1


# What can go wrong

@contextmanager
def wrong(kind: str, small_repository, monkeypatch, tmp_path):
    "Something is wrong with git, the network or the repository."
    monkeypatch.setenv('TIMM_BENCH_TIMEOUT', '2')
    if kind.split()[0] in FAULTS:
        fault, _, packs = kind.partition(' after ')
        with git_server(small_repository.folder.parent, fault, sound_packs=int(packs or 0)) as faulty:
            monkeypatch.setenv('TIMM_BENCH_URL', f'{faulty.url}/small')
            yield faulty
        return
    monkeypatch.setenv('TIMM_BENCH_URL', str(small_repository.folder))
    if kind == 'no git': monkeypatch.setenv('PATH', str(tmp_path))
    elif kind == 'no network': monkeypatch.setenv('TIMM_BENCH_URL', 'http://127.0.0.1:9/nowhere')
    elif kind == 'no repository': monkeypatch.setenv('TIMM_BENCH_URL', str(tmp_path/'nowhere'))
    elif kind == 'no commit': small_repository.git('update-ref', '-d', 'HEAD')
    else:
        old = small_repository.folder/'results'
        old.rename(small_repository.folder/'outcome')
        if kind == 'results is a file': old.write_text('see outcome\n')
        if kind == 'results is a link': old.symlink_to('outcome')
        if kind == 'results without CSV': write_results(old) and [file.rename(file.with_suffix('.txt')) for file in old.iterdir()]
        small_repository.commit('2024-02-01')
    yield None


WRONG = {'no git': 'git cannot be run', 'no network': 'git: .*connect', 'no repository': 'git: .*nowhere', 'no commit': 'git: .*commit',
         'no results': 'no results/', 'results is a file': 'results/', 'results is a link': 'results/', 'results without CSV': 'no CSV files',
         'hang': 'longer than 2 s', 'hang after 1': 'longer than 2 s', 'cut': 'git: ', 'cut after 1': 'git: ', 'cut after 2': 'git: ',
         'garbage': 'git: ', 'garbage after 2': 'git: ', 'missing': 'git: .*not found', 'locked': 'git: .*Username'}


@pytest.mark.parametrize('kind, reason', WRONG.items(), ids=list(WRONG))
def test_fault_is_said_in_one_line_and_leaves_no_cache(kind, reason, small_repository, cache, monkeypatch, tmp_path, bundled):
    with wrong(kind, small_repository, monkeypatch, tmp_path) as faulty:
        found, message = warning_of()
        assert found == bundled and re.search(reason, message)
        assert names_in(cache) == []
        asked, start = faulty and len(faulty.requests), time.monotonic()
        assert get_results() == bundled  # without trying again in this process
        assert time.monotonic() - start < 1 and asked == (faulty and len(faulty.requests))
        with pytest.raises(ResultsError, match=reason) as error: get_results(as_of='2024-01-01')  # which no other source can answer
        assert '\n' not in str(error.value)


def test_without_any_source_the_error_says_what_to_do(cache, monkeypatch):
    def none(): raise ResultsError('nothing bundled')
    monkeypatch.setattr(timm_bench.results, '_bundled', none)
    with pytest.raises(ResultsError, match='TIMM_BENCH_RESULTS is not set.*no clone.*nothing bundled.*results=') as error: get_results()
    assert '\n' not in str(error.value)


def test_failed_clone_is_tried_again_only_on_request(server, bundled):
    server.fault = 'missing'
    assert get_results() == bundled
    server.fault = None
    assert get_results() == bundled
    assert get_results(update=True).date == DAYS[-1]
    assert get_results().date == DAYS[-1]


@pytest.mark.parametrize('fault, sound_packs', [('missing', 0), ('hang', 0), ('cut', 0), ('cut', 1), ('hang', 2), ('garbage', 2)])
def test_failed_update_keeps_the_old_clone_and_says_so(fault, sound_packs, small_repository, cache, monkeypatch, bundled):
    monkeypatch.setenv('TIMM_BENCH_TIMEOUT', '2')
    with git_server(small_repository.folder.parent) as server:
        monkeypatch.setenv('TIMM_BENCH_URL', f'{server.url}/small')
        old = get_results()
        write_results(small_repository.folder/'results', added='model\nresnet50\n')
        small_repository.commit('2024-02-01')
        server.fault, server.sound_packs = fault, server.packs + sound_packs
        found, message = warning_of(update=True)
        assert found == old and 'could not be refreshed: git' in message
        timm_bench.clone._failed.clear()  # as in a new process
        assert get_results() == old


@pytest.mark.parametrize('name, value', [('TIMM_BENCH_TIMEOUT', 'soon'), ('TIMM_BENCH_TIMEOUT', '-1'), ('TIMM_BENCH_CACHE', __file__)])
def test_setting_that_makes_no_sense_is_named(name, value, small_repository, cache, monkeypatch, bundled):
    monkeypatch.setenv('TIMM_BENCH_URL', str(small_repository.folder))
    monkeypatch.setenv(name, value)
    found, message = warning_of()
    assert found == bundled and (name in message or value in message)


# The disk

@contextmanager
def small_disk(folder: Path, size: str):
    "A disk of its own in `folder`; yields a function that mounts it again with other options."
    def mount(*options: str) -> bool:
        return not subprocess.run(['mount', '-t', 'tmpfs', '-o', ','.join(options), 'tmpfs', folder], stderr=subprocess.DEVNULL).returncode
    folder.mkdir(parents=True)
    if not shutil.which('mount') or not mount(f'size={size}'): pytest.skip('cannot mount a disk here: needs root')
    try: yield lambda *options: mount('remount', *options)
    finally: subprocess.run(['umount', '--lazy', folder], check=True)


@pytest.mark.parametrize('size', ['16k', '128k', '1m', '3m'])
def test_full_disk_is_named_and_left_clean(size, server, cache, bundled, snapshots):
    with small_disk(cache, size) as mount_again:
        found, message = warning_of()
        assert found == bundled and re.search('No space left|disk full', message)
        assert names_in(cache) == []
        mount_again('size=50m')
        assert content(get_results(update=True).folder) == content(snapshots/DAYS[-1])


def test_read_only_cache_still_answers(server, cache, timm_repository):
    with small_disk(cache, '50m') as mount_again:
        newest, older = get_results(), get_results(as_of=DAYS[0])
        mount_again('ro')
        assert get_results() == newest and get_results(rev=older.commit[:8]) == get_results(as_of=DAYS[0]) == older
        with pytest.raises(ResultsError, match='Read-only'): get_results(as_of=DAYS[1])  # not there yet, and cannot be added
        found, message = warning_of(update=True)
        assert found == newest and 'Read-only' in message
        mount_again('rw')  # or the mount cannot be left


# Hostile repositories, addresses and settings

@pytest.fixture
def marker(tmp_path, monkeypatch) -> Path:
    "A file that appears when something is run that must not be; and git settings, as a user may have them, that would run it."
    marker, hooks, run = tmp_path/'marker', tmp_path/'hooks', tmp_path/'run'
    run.write_text(f'#!/bin/sh\ntouch {marker}\nprintf "a\\nb\\n"\n')
    hooks.mkdir()
    for hook in ['post-checkout', 'post-index-change', 'reference-transaction', 'pre-auto-gc']: shutil.copy(run, hooks/hook)
    for file in [run, *hooks.iterdir()]: file.chmod(0o755)
    (tmp_path/'template').mkdir()
    shutil.copytree(hooks, tmp_path/'template'/'hooks')
    (tmp_path/'gitconfig').write_text(
        f'[core]\nhooksPath = {hooks}\nautocrlf = true\nsymlinks = true\n[init]\ntemplateDir = {tmp_path}/template\n'
        f'[filter "evil"]\nsmudge = {run}\nrequired = true\n[safe]\nbareRepository = explicit\n'
        f'[log]\nshowSignature = true\n[gpg]\nprogram = {run}\n')
    monkeypatch.setenv('GIT_CONFIG_GLOBAL', str(tmp_path/'gitconfig'))
    return marker


def test_hostile_repository_runs_nothing_and_leaves_the_cache_alone(small_repository, cache, monkeypatch, tmp_path, marker):
    folder = small_repository.folder
    (folder/'results'/'leak.csv').symlink_to(tmp_path/'secret')
    (folder/'results'/'outside').symlink_to(tmp_path)
    (tmp_path/'secret').write_text('model\nsecret\n')
    for place in [folder, folder/'results']: (place/'.gitattributes').write_text('* filter=evil text eol=crlf ident\n')
    (folder/'.gitmodules').write_text('[submodule "x"]\npath = results/x\nurl = --upload-pack=touch\n')
    small_repository.commit('2024-02-01')
    shutil.copytree(tmp_path/'hooks', folder/'.git'/'hooks', dirs_exist_ok=True)
    monkeypatch.setenv('TIMM_BENCH_URL', str(folder))
    found = get_results(as_of='2024-02-01')
    assert not [path for path in found.folder.rglob('*') if path.is_symlink()]
    assert 'secret' not in found.files and b'secret\n' not in content(found.folder).get('leak.csv', b'')
    name = 'benchmark-infer-amp-nhwc-pt240-cu124-rtx3090.csv'
    assert (found.folder/name).read_bytes() == (folder/'results'/name).read_bytes()
    assert not marker.exists()


@pytest.mark.parametrize('name', ['..', '.git', '.GIT', 'git~1'])
def test_tree_with_a_path_that_leaves_it_is_refused(name, small_repository, cache, monkeypatch, bundled):
    blob = small_repository.git('hash-object', '-w', '--stdin', input='model\nx\n')
    inner = small_repository.git('mktree', input=f'100644 blob {blob}\tescaped.csv\n')
    outer = small_repository.git('mktree', input=f'040000 tree {inner}\t{name}\n100644 blob {blob}\tgood.csv\n')
    top = small_repository.git('mktree', input=f'040000 tree {outer}\tresults\n')
    small_repository.git('update-ref', 'refs/heads/main', small_repository.git('commit-tree', top, '-m', 'hostile'))
    monkeypatch.setenv('TIMM_BENCH_URL', str(small_repository.folder))
    found, _ = warning_of()
    assert not list(cache.rglob('escaped.csv')) and names_in(cache) == [] and found == bundled


def test_signed_commits_and_a_users_own_git_settings_change_nothing(small_repository, cache, monkeypatch, marker):
    "Merges made on GitHub are signed; git shows the signature where the user's settings ask for it."
    plain = small_repository.git('cat-file', 'commit', 'HEAD')
    signed = plain.replace('\n\n', '\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n -----END PGP SIGNATURE-----\n\n', 1) + '\n'
    commit = small_repository.git('hash-object', '-t', 'commit', '-w', '--stdin', input=signed)
    small_repository.git('update-ref', 'refs/heads/main', commit)
    monkeypatch.setenv('TIMM_BENCH_URL', str(small_repository.folder))
    assert get_results().commit == get_results(as_of='2024-02-01').commit == get_results(rev=commit[:8]).commit == commit
    assert not marker.exists()


def test_variables_of_a_calling_git_do_not_matter(small_repository, cache, monkeypatch, tmp_path):
    "timm_bench may run inside a git hook, where such variables point to the caller's repository."
    (tmp_path/'callers').mkdir()
    for name in ['DIR', 'WORK_TREE', 'INDEX_FILE', 'OBJECT_DIRECTORY', 'COMMON_DIR', 'NAMESPACE', 'PREFIX', 'SHALLOW_FILE', 'GRAFT_FILE', 'CONFIG']:
        monkeypatch.setenv(f'GIT_{name}', str(tmp_path/'callers'/name.lower()))
    monkeypatch.setenv('TIMM_BENCH_URL', str(small_repository.folder))
    assert get_results().commit == get_results(as_of='2024-01-01').commit == small_repository.commits['2024-01-01']
    assert list((tmp_path/'callers').iterdir()) == []


@pytest.mark.parametrize('address', ['--upload-pack=touch {}', '-utouch {}', 'ext::touch {}', 'ext::sh -c touch% {}', 'fd::0', 'x;touch {}', '$(touch {})',
                                     'ssh://-oProxyCommand=touch {}/x', '-oProxyCommand=touch {}:x'])
def test_address_cannot_run_a_program(address, cache, monkeypatch, marker, bundled):
    monkeypatch.setenv('TIMM_BENCH_URL', address.format(marker))
    found, message = warning_of()
    assert found == bundled and 'git: ' in message
    assert not marker.exists() and names_in(cache) == []


# Killed processes, and several at once

FORKER = """
import os, sys
from timm_bench.results import get_results
for line in sys.stdin:
    cache, update, count = line.split()
    os.environ['TIMM_BENCH_CACHE'] = cache
    children = []
    for _ in range(int(count)):
        children.append(os.fork())
        if not children[-1]:
            get_results(update=update == 'True')
            os._exit(0)
    print(*children, flush=True)
    print(*[os.waitpid(child, 0)[1] for child in children], flush=True)
"""


@pytest.fixture
def forker(server):
    "A process that has imported timm_bench and forks as many as are wanted, so that none of them spends its time on importing."
    if not hasattr(os, 'fork') or not Path('/proc').is_dir(): pytest.skip('needs fork and /proc')
    with subprocess.Popen([sys.executable, '-W', 'ignore', '-c', FORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        yield process
        process.stdin.close()


def start(forker, cache: Path, update: bool = False, count: int = 1) -> list[int]:
    "Start processes that call `get_results`."
    forker.stdin.write(f'{cache} {update} {count}\n')
    return numbers(forker)


def numbers(forker) -> list[int]: return [int(number) for number in forker.stdout.readline().split()]


def children(process: int) -> list[int]:
    found = []
    for stat in Path('/proc').glob('[0-9]*/stat'):
        with suppress(OSError):
            if int(stat.read_text().rpartition(')')[2].split()[1]) == process: found.append(int(stat.parent.name))
    return found


def kill(process: int, with_git: bool) -> None:
    "kill -9, as when memory runs out: of the process alone, so that its git runs on, or of its git as well."
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGSTOP)  # so that it starts no further git
        for child in children(process) if with_git else []:
            with suppress(ProcessLookupError): os.killpg(child, signal.SIGKILL)  # git leads a group of its own
        os.kill(process, signal.SIGKILL)


@pytest.mark.parametrize('update, moments', [(False, 32), (True, 8)], ids=['first clone', 'update'])
def test_killed_at_any_moment_the_next_call_has_a_complete_cache(update, moments, forker, cache, snapshots, monkeypatch):
    chance, expected, interrupted = random.Random(3), content(snapshots/DAYS[-1]), 0
    if update: get_results()
    begin = time.monotonic()
    get_results(update=update)
    undisturbed = time.monotonic() - begin
    for moment in range(moments):
        monkeypatch.setenv('TIMM_BENCH_CACHE', str(cache/str(moment)))
        if update: get_results()
        process, = start(forker, cache/str(moment), update)
        time.sleep(chance.uniform(0, undisturbed))
        kill(process, with_git=moment % 2 == 0)
        interrupted += numbers(forker) != [0]
        assert content(get_results().folder) == expected
        if update: get_results(update=True)  # the call before found all it needs, and so had no reason to tidy up
        assert [name for name in names_in(cache/str(moment)) if name.startswith('tmp-')] == []
    assert interrupted >= moments / 4  # or nothing was tested


def test_four_processes_at_once_make_one_clone(server, forker, cache, snapshots, monkeypatch):
    monkeypatch.setenv('TIMM_BENCH_CACHE', str(cache/'alone'))
    get_results()
    requests_of_one, server.requests[:] = list(server.requests), []
    assert len(start(forker, cache/'shared', count=4)) == 4 and numbers(forker) == [0, 0, 0, 0]
    assert server.requests == requests_of_one
    results, clone = names_in(cache/'shared')
    assert clone == 'repo-0001'
    assert content(*cache.glob(f'shared/*/{results}')) == content(snapshots/DAYS[-1])
