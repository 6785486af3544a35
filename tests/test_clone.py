"""The cached clone: what it holds, and what is left of it when something goes wrong.

Every server runs on this machine. A fault must end in one line that says why and in the next source, never in half a cache."""
from multiprocessing import Process
import os
import random
import re
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

import pytest
from conftest import DAYS, write_results
from forks import KILLS, children, forked
from gitserver import FAULTS, git_server

import timm_bench.sources.clone
import timm_bench.sources.results
from timm_bench.sources.results import Results, get_results
from timm_bench.checks import ResultsError, ResultsWarning

pytestmark = [pytest.mark.filterwarnings('ignore::timm_bench.checks.ResultsWarning'), pytest.mark.filterwarnings('ignore:.*fork:DeprecationWarning')]


@pytest.fixture
def server(timm_repository, cache, monkeypatch):
    "A sound server of timm's repository, and $TIMM_BENCH_URL pointing to it."
    with git_server(timm_repository.folder.parent) as running:
        monkeypatch.setenv('TIMM_BENCH_URL', f'{running.url}/timm')
        yield running


@pytest.fixture
def small(small_repository, cache, monkeypatch):
    "The small repository, and $TIMM_BENCH_URL pointing to its folder."
    monkeypatch.setenv('TIMM_BENCH_URL', str(small_repository.folder))
    return small_repository


@pytest.fixture
def bundled(tmp_path, monkeypatch) -> Results:
    "Stands for the results that the package carries."
    own = Results(write_results(tmp_path/'bundled'), 'the bundled results')
    monkeypatch.setattr(timm_bench.sources.results, 'bundled', lambda: own)
    return own


def content(folder: Path) -> dict[str, bytes]: return {file.name: file.read_bytes() for file in Path(folder).iterdir()}


def names_in(cache: Path) -> list[str]:
    "What lies in a cache, but for the lock, and the lists of hashes that lie beside results."
    return sorted(path.name for path in cache.glob('*/*') if path.name != 'lock' and not path.with_suffix('').is_dir() or path.is_dir())


def result_and_warning(**options) -> tuple[Results, str]:
    "What `get_results` finds, and the one line in which it says so."
    with pytest.warns(ResultsWarning) as caught: found = get_results(**options)
    message, = [str(warning.message) for warning in caught if issubclass(warning.category, ResultsWarning)]
    assert len(message.splitlines()) == 1
    return found, message


# What a clone holds

@pytest.mark.parametrize('filters', [True, False], ids=['partial', 'server without filters'])
def test_clone_is_the_newest_snapshot_byte_for_byte(server, filters, snapshots, timm_repository):
    server.filters = filters
    found, message = result_and_warning()
    assert content(found.folder) == content(snapshots/DAYS[-1])
    assert (found.date, found.commit) == (DAYS[-1], timm_repository.commits[DAYS[-1]])
    assert server.url in found.origin and str(found) in message


def test_only_results_are_moved(server, cache, timm_repository):
    def held(name: str) -> bool:
        objects = ['git', f'--git-dir={max(cache.glob("*/repo-*"))}', 'cat-file', '--batch-all-objects', '--batch-check=%(objectname)']
        return timm_repository.git('rev-parse', name) in subprocess.run(objects, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    get_results()
    today, before, code = 'HEAD:results/results-imagenet.csv', ['HEAD~1', 'HEAD~1:results', 'HEAD~2:results'], 'HEAD:timm/models/model_0.py'
    assert held(today) and not any(map(held, [*before, code]))
    get_results(as_of=DAYS[-2])
    assert [held(name) for name in [*before, code]] == [True, True, False, False]


def test_history_is_fetched_when_it_is_asked_for_and_once(server, timm_repository):
    def asked(**options) -> int:
        before = server.packs
        get_results(**options)
        return server.packs - before
    assert [asked(), asked(as_of=date.today()), asked(rev=timm_repository.commits[DAYS[-1]][:6])] == [2, 0, 0]
    assert asked(as_of=DAYS[0]) > asked(rev=timm_repository.commits[DAYS[1]]) > 0 == asked(as_of=DAYS[1])


def test_an_update_keeps_the_history(server):
    "A day that was asked for once is there without a network, whatever was done since."
    old, _ = get_results(as_of=DAYS[0]), get_results(update=True)
    server.fault = 'missing'
    assert get_results(as_of=DAYS[0]) == old and get_results().date == DAYS[-1]


def test_history_does_not_move_the_newest(small, snapshots):
    "Results are of one day until somebody asks for newer ones."
    old = get_results()
    small.commit('2024-02-01', write_results(small.folder.parent/'new', added='model\na\n'))
    with pytest.raises(ResultsError, match='begin on 2024-01-01'): get_results(as_of='2023-01-01')
    assert get_results() == old == get_results(as_of='2024-01-15')


def test_rev_takes_a_commit_in_full_or_short(server, snapshots, timm_repository):
    for day, length in [(DAYS[0], 40), (DAYS[1], 8)]:
        found = get_results(rev=timm_repository.commits[day][:length])
        assert (found.date, found.commit, content(found.folder)) == (day, timm_repository.commits[day], content(snapshots/day))


@pytest.mark.parametrize('as_of, day', [('2022-04-01', DAYS[0]), ('2023-02-05', DAYS[0]), ('2023-02-06', DAYS[1]), (date(2024, 9, 4), DAYS[2]),
                                        ('2026-01-05', DAYS[2]), (date.today(), DAYS[3])])
def test_as_of_takes_the_results_as_they_stood(server, as_of, day, snapshots):
    found = get_results(as_of=as_of)
    assert found.date == day and content(found.folder) == content(snapshots/day)


@pytest.mark.parametrize('options, message', [(dict(rev=rev), f'rev={rev!r}') for rev in ['0123456789abcdef0123456789abcdef01234567', 'abcd', '--all', 'HEAD', '']] + [
    (dict(as_of=day), 'YYYY-MM-DD') for day in ['2022-13-01', '--all', 20220401]] + [
    (dict(as_of='2023-12-31'), 'begin on 2024-01-01'), (dict(as_of='9999-12-31'), 'yet to come')])
def test_commit_or_day_that_is_not_there_is_named(small, options, message):
    with pytest.raises(ResultsError, match=message) as error: get_results(**options)
    assert len(str(error.value).splitlines()) == 1


def test_days_are_counted_in_utc_everywhere(small):
    "A commit made at night in California is of the next day; the day that a result names must lead back to it."
    evening = small.commit('2024-02-01', write_results(small.folder.parent/'new', added='model\na\n'), time='T22:00:00-08:00')
    assert get_results(as_of='2024-02-01').date == '2024-01-01'
    assert get_results().date == '2024-02-02' and get_results(as_of='2024-02-02').commit == evening


def test_second_call_needs_neither_git_nor_network(server, timm_repository, monkeypatch, tmp_path):
    commit = timm_repository.commits[DAYS[0]]
    before = [get_results(), get_results(rev=commit)]
    asked, server.fault = len(server.requests), 'missing'
    monkeypatch.setenv('PATH', str(tmp_path))
    assert [get_results(), get_results(rev=commit[:7])] == before and len(server.requests) == asked


def test_as_of_again_moves_nothing(server):
    "Neither a day that was already fetched nor today, once asked for, is a reason to clone again."
    before = [get_results(as_of='2022-05-01'), get_results(as_of=date.today())]
    asked = len(server.requests)
    assert [get_results(as_of='2022-05-01'), get_results(as_of=date.today())] == before and len(server.requests) == asked


def test_update_sees_a_new_commit_and_leaves_old_results_readable(small):
    old = get_results()
    commit = small.commit('2024-02-01', write_results(small.folder.parent/'new', added='model\na\n'))
    assert get_results() == old
    new = get_results(update=True)
    assert (new.commit, new.date) == (commit, '2024-02-01') and 'added.csv' in new.files
    assert get_results() == get_results(update=True) == new
    assert 'added.csv' not in old.files and len(old.read(old.files[0])) == 1


# What can go wrong

WRONG = {'no git': 'git cannot be run', 'no network': 'git: .*connect', 'no repository': 'git: .*nowhere', 'no commit': 'git: .*HEAD',
         'no results': 'no results', 'results is a file': 'results', 'results is a link': 'results', 'results without CSV': 'no CSV files',
         'hang': 'longer than 2 s', 'hang after 1': 'longer than 2 s', 'cut': 'git: ', 'cut after 1': 'git: ',
         'garbage': 'git: ', 'garbage after 1': 'git: ', 'missing': 'git: .*not found', 'locked': 'git: .*Username',
         'TIMM_BENCH_TIMEOUT=soon': 'TIMM_BENCH_TIMEOUT', 'TIMM_BENCH_CACHE=/dev/null': '/dev/null'}


@contextmanager
def wrong(kind: str, small, monkeypatch, tmp_path):
    "Something is wrong with git, the network, the server (after some packs), the repository or a setting. Yields the server, if any."
    monkeypatch.setenv('TIMM_BENCH_TIMEOUT', '2')
    fault, _, packs = kind.partition(' after ')
    if fault in FAULTS:
        with git_server(small.folder.parent, fault=fault, sound_packs=int(packs or 0)) as server:
            monkeypatch.setenv('TIMM_BENCH_URL', f'{server.url}/small')
            yield server
        return
    results = small.folder/'results'
    if '=' in kind: monkeypatch.setenv(*kind.split('='))
    elif kind == 'no git': monkeypatch.setenv('PATH', str(tmp_path))
    elif kind == 'no network': monkeypatch.setenv('TIMM_BENCH_URL', 'http://127.0.0.1:9/nowhere')
    elif kind == 'no repository': monkeypatch.setenv('TIMM_BENCH_URL', str(tmp_path/'nowhere'))
    elif kind == 'no commit': small.git('update-ref', '-d', 'HEAD')
    else:
        results.rename(small.folder/'outcome')
        if kind == 'results is a file': results.write_text('see outcome\n')
        if kind == 'results is a link': results.symlink_to('outcome')
        if kind == 'results without CSV': write_results(results/'deeper')
        small.commit('2024-02-01')
    yield None


@pytest.mark.parametrize('kind, reason', WRONG.items(), ids=list(WRONG))
def test_fault_is_said_in_one_line_and_leaves_no_cache(kind, reason, small, cache, monkeypatch, tmp_path, bundled, recorded):
    with wrong(kind, small, monkeypatch, tmp_path) as server:
        found, message = result_and_warning()
        assert found == bundled and re.search(reason, message) and names_in(cache) == []
        asked, begin = server and len(server.requests), time.monotonic()
        assert get_results() == bundled  # without trying again in this process
        assert time.monotonic() - begin < 1 and asked == (server and len(server.requests))
        with pytest.raises(ResultsError, match=reason) as error: get_results(as_of='2024-02-01')  # which no other source can answer
        assert len(str(error.value).splitlines()) == 1
    recorded(f'clone: {kind}', 'the next source, and why')


def test_failed_clone_is_tried_again_only_on_request(server, bundled):
    server.fault = 'missing'
    assert get_results() == bundled
    server.fault = None
    assert get_results() == bundled
    assert get_results(update=True).date == get_results().date == DAYS[-1]


@pytest.mark.parametrize('fault, sound_packs', [('missing', 0), ('hang', 0), ('cut', 0), ('cut', 1), ('hang', 1), ('garbage', 1)])
def test_failed_update_keeps_the_old_clone_and_says_so(fault, sound_packs, small, monkeypatch, bundled, recorded):
    monkeypatch.setenv('TIMM_BENCH_TIMEOUT', '2')
    with git_server(small.folder.parent) as server:
        monkeypatch.setenv('TIMM_BENCH_URL', f'{server.url}/small')
        old = get_results()
        small.commit('2024-02-01', write_results(small.folder.parent/'new', added='model\na\n'))
        server.fault, server.sound_packs = fault, server.packs + sound_packs
        found, message = result_and_warning(update=True)
        assert found == old and 'could not be refreshed: git' in message
        timm_bench.sources.clone._failed.clear()  # as in a new process
        assert get_results() == old
    recorded(f'update: {fault} after {sound_packs} of 2 packs', 'the old clone, and why')


@pytest.mark.parametrize('fault, sound_packs', [('missing', 0), ('hang', 0), ('cut', 0), ('garbage', 0), ('cut', 1), ('hang', 2)])
@pytest.mark.parametrize('ask', ['as_of', 'rev'])
def test_history_that_cannot_be_fetched_is_said_and_harms_nothing(ask, fault, sound_packs, server, snapshots, timm_repository, monkeypatch, recorded):
    options = {ask: dict(as_of=DAYS[0], rev=timm_repository.commits[DAYS[0]])[ask]}
    newest = get_results()
    server.fault, server.sound_packs = fault, server.packs + sound_packs
    if fault == 'hang': monkeypatch.setenv('TIMM_BENCH_TIMEOUT', '2')
    with pytest.raises(ResultsError, match='git') as error: get_results(**options)
    assert len(str(error.value).splitlines()) == 1 and get_results() == newest
    server.fault = None
    monkeypatch.delenv('TIMM_BENCH_TIMEOUT', raising=False)
    timm_bench.sources.clone._failed.clear()  # as in a new process
    assert content(get_results(**options).folder) == content(snapshots/DAYS[0]) and get_results() == newest
    recorded(f'an earlier day: {fault} after {sound_packs} of 3 packs', 'refused in one line')


@contextmanager
def small_disk(folder: Path, size: str):
    "A disk of its own in `folder`; yields a function that mounts it again with another option."
    def mount(option: str): return subprocess.run(['mount', '-t', 'tmpfs', '-o', option, 'tmpfs', folder], stderr=subprocess.DEVNULL).returncode == 0
    folder.mkdir(parents=True)
    if not shutil.which('mount') or not mount(f'size={size}'): pytest.skip('cannot mount a disk here: needs root')
    try: yield lambda option: mount(f'remount,{option}')
    finally: subprocess.run(['umount', '--lazy', folder], check=True)


@pytest.mark.parametrize('size', ['16k', '128k', '1m', '3m'])
def test_full_disk_is_named_and_left_clean(size, server, cache, bundled, snapshots, recorded):
    with small_disk(cache, size) as mount_again:
        found, message = result_and_warning()
        assert found == bundled and re.search('No space left|disk.*full|full.*disk', message) and names_in(cache) == []
        mount_again('size=50m')
        assert content(get_results(update=True).folder) == content(snapshots/DAYS[-1])
    recorded('the disk is full (16 kB to 3 MB)', 'the next source, and why')


def test_read_only_cache_still_answers(server, cache, recorded):
    with small_disk(cache, '50m') as mount_again:
        newest, older = get_results(), get_results(as_of=DAYS[0])
        mount_again('ro')
        assert get_results() == newest and get_results(rev=older.commit[:8]) == get_results(as_of=DAYS[0]) == older
        with pytest.raises(ResultsError, match='Read-only'): get_results(as_of=DAYS[1])  # not there yet, and cannot be added
        found, message = result_and_warning(update=True)
        assert found == newest and 'Read-only' in message
    recorded('a read-only cache: what it has', 'as if nothing had been')
    recorded('a read-only cache: another day', 'refused in one line')
    recorded('a read-only cache: an update', 'the old clone, and why')


# Hostile repositories, addresses and surroundings

@pytest.fixture
def marker(tmp_path, monkeypatch) -> Path:
    "A file that appears when something is run that must not be; and git settings, as a user may have them, that would run it."
    marker, hooks, run = tmp_path/'marker', tmp_path/'template'/'hooks', tmp_path/'run'
    run.write_text(f'#!/bin/sh\ntouch {marker}\nprintf "a\\nb\\n"\n')
    run.chmod(0o755)
    hooks.mkdir(parents=True)
    for hook in ['post-checkout', 'post-index-change', 'reference-transaction']: shutil.copy(run, hooks/hook)
    (tmp_path/'gitconfig').write_text(
        f'[core]\nhooksPath = {hooks}\nautocrlf = true\nsymlinks = true\n[init]\ntemplateDir = {hooks.parent}\n[filter "evil"]\nsmudge = {run}\n'
        f'required = true\n[safe]\nbareRepository = explicit\n[log]\nshowSignature = true\n[gpg]\nprogram = {run}\n')
    monkeypatch.setenv('GIT_CONFIG_GLOBAL', str(tmp_path/'gitconfig'))
    return marker


def test_hostile_repository_runs_nothing_and_leads_nowhere(small, tmp_path, marker, recorded):
    "Its links are not followed, its attributes start no filter and change no byte, its hooks stay where they are."
    (small.folder/'results'/'leak.csv').symlink_to(tmp_path/'secret')
    (small.folder/'results'/'outside').symlink_to(tmp_path)
    (tmp_path/'secret').write_text('model\nsecret\n')
    for place in [small.folder, small.folder/'results']: (place/'.gitattributes').write_text('* filter=evil text eol=crlf ident\n')
    small.commit('2024-02-01')
    shutil.copytree(tmp_path/'template'/'hooks', small.folder/'.git'/'hooks', dirs_exist_ok=True)
    found = get_results()
    assert not [path for path in found.folder.rglob('*') if path.is_symlink()]
    for name, raw in content(found.folder).items(): assert b'secret\n' not in raw and b'\r' not in raw, name
    assert not marker.exists()
    recorded('hostile: links out of the folder, filters, hooks', 'as if nothing had been')


@pytest.mark.parametrize('name', ['..', '.git', '.GIT', 'git~1'])
def test_tree_with_a_path_that_leaves_it_is_refused(name, small, cache, bundled, recorded):
    blob = small.git('hash-object', '-w', '--stdin', stdin='model\nx\n')
    inner = small.git('mktree', stdin=f'100644 blob {blob}\tescaped.csv\n')
    results = small.git('mktree', stdin=f'040000 tree {inner}\t{name}\n100644 blob {blob}\tgood.csv\n')
    top = small.git('mktree', stdin=f'040000 tree {results}\tresults\n')
    small.git('update-ref', 'refs/heads/main', small.git('commit-tree', top, '-m', 'hostile'))
    assert result_and_warning()[0] == bundled and not list(cache.rglob('escaped.csv')) and names_in(cache) == []
    recorded('hostile: .. and .git as names', 'the next source, and why')


def test_signed_commits_are_read_whatever_the_users_settings(small, marker):
    "Merges made on GitHub are signed, and git shows the signature to whom wants it."
    signed = small.git('cat-file', 'commit', 'HEAD').replace('\n\n', '\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n -----END PGP SIGNATURE-----\n\n', 1)
    commit = small.git('hash-object', '-t', 'commit', '-w', '--stdin', stdin=signed + '\n')
    small.git('update-ref', 'refs/heads/main', commit)
    assert get_results().commit == get_results(as_of='2024-02-01').commit == get_results(rev=commit[:8]).commit == commit
    assert not marker.exists()


def test_variables_of_a_calling_git_do_not_matter(small, monkeypatch, tmp_path, recorded):
    "timm_bench may run inside a git hook, where such variables point to the caller's repository."
    (tmp_path/'callers').mkdir()
    for name in 'DIR WORK_TREE INDEX_FILE OBJECT_DIRECTORY COMMON_DIR NAMESPACE PREFIX SHALLOW_FILE GRAFT_FILE CONFIG'.split():
        monkeypatch.setenv(f'GIT_{name}', str(tmp_path/'callers'/name.lower()))
    assert get_results().commit == get_results(as_of='2024-01-01').commit == small.commits['2024-01-01']
    assert list((tmp_path/'callers').iterdir()) == []
    recorded('called from a git hook', 'as if nothing had been')


@pytest.mark.parametrize('address', ['--upload-pack=touch {}', '-utouch {}', 'ext::touch {}', 'ext::sh -c touch% {}', 'fd::0', 'x;touch {}', '$(touch {})',
                                     'ssh://-oProxyCommand=touch {}/x', '-oProxyCommand=touch {}:x'])
def test_address_cannot_run_a_program(address, cache, monkeypatch, marker, bundled, recorded):
    monkeypatch.setenv('TIMM_BENCH_URL', address.format(marker))
    found, message = result_and_warning()
    assert found == bundled and 'git: ' in message and names_in(cache) == [] and not marker.exists()
    if address.startswith('-'): assert address.split()[0] in message  # git took it for an address, not for an option
    recorded('hostile: an address that would run a program', 'the next source, and why')


# Killed processes, and several at once

def use_clone(**options) -> None:
    "Call `get_results`, and fail where it had to take another source."
    assert get_results(**options).commit


def kill(process: Process, with_git: bool) -> bool:
    "kill -9, as when memory runs out: of the process alone, so that its git runs on, or of its git as well. Returns whether that interrupted it."
    if process.is_alive(): os.kill(process.pid, signal.SIGSTOP)  # so that it starts no further git
    for child in children(process.pid) if with_git else []:
        for end in [os.kill, os.killpg]:  # git leads a group of its own
            with suppress(ProcessLookupError): end(child, signal.SIGKILL)
    process.kill()
    process.join(10)
    return process.exitcode == -signal.SIGKILL


def left_by_the_killed(cache: Path) -> list[str]: return [name for name in names_in(cache) if name.startswith('tmp-')]


MOMENTS = KILLS or 40


CALLS = {'first clone': {}, 'update': dict(update=True), 'an earlier day': dict(as_of=DAYS[0])}


@pytest.mark.parametrize('call, moments', [('first clone', MOMENTS // 2), ('update', MOMENTS // 5), ('an earlier day', MOMENTS * 3 // 10)])
def test_killed_at_any_moment_the_next_call_has_a_complete_cache(call, moments, server, cache, snapshots, monkeypatch, recorded):
    chance, options, interrupted = random.Random(3), CALLS[call], 0
    again = {} if call == 'update' else options
    expected = content(snapshots/again.get('as_of', DAYS[-1]))
    if options: get_results()
    begin = time.monotonic()
    get_results(**options)
    undisturbed = time.monotonic() - begin
    for moment in range(moments):
        monkeypatch.setenv('TIMM_BENCH_CACHE', str(cache/str(moment)))
        if options: get_results()
        process = forked(get_results, **options)
        time.sleep(chance.uniform(0, undisturbed))
        if kill(process, with_git=moment % 2 == 0): interrupted += 1
        else: undisturbed *= 0.8  # it came too late: on a machine that others use, the next call may be much faster than the last
        assert content(get_results(**again).folder) == expected
        patience = time.monotonic() + (10 if moment % 2 else 0)  # a git that lives on may write on; what it wrote goes with the next call after its end
        while left_by_the_killed(cache/str(moment)) and time.monotonic() < patience:
            time.sleep(0.1)
            get_results()
        assert left_by_the_killed(cache/str(moment)) == []
        assert not [*(cache/str(moment)).glob('*/repo-*/shallow?*')]
    assert interrupted >= moments / 4  # or nothing was tested
    recorded(f'{call}: kill -9 at a random moment', 'complete after the next call', f'{interrupted} of {moments} were at work', moments)


def test_four_processes_at_once_make_one_clone(server, cache, snapshots, monkeypatch, recorded):
    monkeypatch.setenv('TIMM_BENCH_CACHE', str(cache/'alone'))
    get_results()
    requests_of_one, server.requests[:] = list(server.requests), []
    monkeypatch.setenv('TIMM_BENCH_CACHE', str(cache/'shared'))
    processes = [forked(use_clone) for _ in range(4)]
    for process in processes: process.join(60)
    assert [process.exitcode for process in processes] == [0] * 4 and server.requests == requests_of_one
    results, clone = names_in(cache/'shared')
    assert clone == 'repo-0001' and content(*cache.glob(f'shared/*/{results}')) == content(snapshots/DAYS[-1])
    recorded('four processes at once', 'as if nothing had been')
