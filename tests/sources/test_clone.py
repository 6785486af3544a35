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
from disks import small_disk

import timm_bench
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


PARTIAL = '[core]\n\trepositoryformatversion = 1\n[extensions]\n\tpartialClone = origin\n[remote "origin"]\n\turl = .\n\tpromisor = true\n'
HOSTILE_SETTINGS = {  # which of git's settings would run a program
    'uploadpack': PARTIAL + '\tuploadpack = "touch {marker}; false"\n', 'vcs': PARTIAL + '\tvcs = evil\n', 'ext': PARTIAL.replace('url = .', 'url = "ext::touch {marker}"'),
    'ssh': PARTIAL.replace('url = .', 'url = ssh://localhost/x') + '[core]\n\tsshCommand = touch {marker};\n',
    'fsmonitor, pager, hooks': PARTIAL + '[core]\n\tfsmonitor = "touch {marker}"\n\tpager = touch {marker}\n\thooksPath = {folder}\n\talternateRefsCommand = touch {marker}\n',
    'mailmap': PARTIAL + '\tuploadpack = "touch {marker}; false"\n[log]\n\tmailmap = true\n[mailmap]\n\tblob = 0123456789abcdef0123456789abcdef01234567\n',
    'included': '[core]\n\trepositoryformatversion = 1\n[extensions]\n\tpartialClone = origin\n[include]\n\tpath = {folder}/more\n',
    'bundle': PARTIAL.replace('url = .', 'url = {folder}/x.bundle') + '\tuploadpack = "touch {marker}; false"\n'}


def hostile(folder: Path, settings: str, marker: Path) -> None:
    "A repository that lacks the commit that it is at, with settings that have git fetch it by a program."
    for inner in ['objects', 'refs/heads']: (folder/inner).mkdir(parents=True)
    told = HOSTILE_SETTINGS[settings].format(marker=marker, folder=folder)
    (folder/'config').write_text(told)
    (folder/'more').write_text(HOSTILE_SETTINGS['uploadpack'].format(marker=marker))
    (folder/'HEAD').write_text('ref: refs/heads/main\n')
    (folder/'refs'/'heads'/'main').write_text('0123456789abcdef0123456789abcdef01234567\n')


@pytest.mark.parametrize('settings', HOSTILE_SETTINGS)
@pytest.mark.parametrize('lies', ['.git', 'elsewhere', 'in another one'])
def test_a_repository_beside_results_runs_nothing(lies, settings, tmp_path, cache, marker, recorded):
    "git knows ways to fetch what is missing that are programs: no settings of a repository that was found are ever read."
    own = tmp_path/'unpacked'/'.git'
    write_results(tmp_path/'unpacked'/'results')
    hostile(own if lies == '.git' else tmp_path/'elsewhere', settings, marker)
    if lies == 'elsewhere': own.write_text(f'gitdir: {tmp_path}/elsewhere\n')
    if lies == 'in another one':
        own.mkdir()
        (own/'HEAD').write_text('ref: refs/heads/main\n')
        (own/'commondir').write_text(f'{tmp_path}/elsewhere\n')
    found = get_results(tmp_path/'unpacked')
    assert (found.commit, found.date) == (None, None) and len(found.read(found.files[0])) == 1 and not marker.exists()
    recorded('hostile: a repository beside results whose settings run a program', 'as if nothing had been')


@pytest.mark.parametrize('settings', HOSTILE_SETTINGS)
def test_a_poisoned_cache_runs_nothing(settings, small, cache, tmp_path, marker, recorded):
    "A cache that others may write to: settings beside the objects, or in a repository that a clone is said to be a part of."
    small.commit('2024-02-01', write_results(small.folder.parent/'new', added='model\na\n'))
    newest, older = get_results(), get_results(as_of='2024-01-15')
    clone = max(cache.glob('*/repo-*'))
    hostile(tmp_path/'elsewhere', settings, marker)
    for name in ['config', 'HEAD', 'more']: shutil.copy(tmp_path/'elsewhere'/name, clone)
    (clone/'commondir').write_text(f'{tmp_path}/elsewhere\n')
    shutil.copytree(tmp_path/'template'/'hooks', clone/'hooks')
    for objects in (clone/'objects').glob('*'): shutil.rmtree(objects)
    shutil.rmtree(older.folder)
    timm_bench.sources.clone._failed.clear()
    with suppress(ResultsError): assert get_results(as_of='2024-01-15') == older
    with suppress(ResultsError): get_results(rev='0123456789abcdef0123456789abcdef01234567')
    assert get_results() == newest and not marker.exists()
    assert get_results(update=True) == newest and get_results(as_of='2024-01-15') == older and not marker.exists()
    recorded('hostile: a shared cache whose settings run a program', 'as if nothing had been')


def test_a_repository_of_pipes_holds_nobody_up(tmp_path, cache):
    "git would wait for somebody to write into them."
    own = tmp_path/'unpacked'/'.git'
    write_results(tmp_path/'unpacked'/'results')
    hostile(own, 'uploadpack', tmp_path/'marker')
    (own/'objects'/'info').mkdir()
    os.mkfifo(own/'objects'/'info'/'alternates')
    begin = time.monotonic()
    assert get_results(tmp_path/'unpacked').commit is None and time.monotonic() - begin < 15
    for file in [own/'HEAD', own/'refs'/'heads'/'main']:
        file.unlink()
        os.mkfifo(file)
        assert get_results(tmp_path/'unpacked').commit is None
        file.unlink()
        file.write_text('ref: refs/heads/main\n')


@pytest.mark.parametrize('packed', [False, True])
def test_a_checkout_is_known_without_its_settings(packed, small, tmp_path):
    "A worktree of it, one that is at a commit and no branch, and one whose branches are packed."
    small.git('worktree', 'add', '--quiet', str(tmp_path/'tree'), '-b', 'side')
    if packed: small.git('pack-refs', '--all')
    told = small.commits['2024-01-01'], '2024-01-01'
    for folder in [small.folder, tmp_path/'tree']:
        found = get_results(folder)
        assert (found.commit, found.date) == told
    small.git('checkout', '--quiet', '--detach')
    assert get_results(small.folder).commit == told[0]


# What lies in the cache is looked at again

def damage(path: Path, kind: str) -> None:
    "Change a file in the cache."
    raw = path.read_bytes()
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    if kind == 'a digit': path.write_bytes(raw.replace(b'1000.0', b'9000.0'))
    elif kind == 'a digit, and the old time': path.write_bytes(raw.replace(b'1000.0', b'9000.0')), os.utime(path, ns=times)
    elif kind == 'cut off': path.write_bytes(raw[:raw.index(b'\n') + 1])
    elif kind == 'empty': path.write_bytes(b'')
    elif kind == 'gone': path.unlink()
    elif kind == 'a link': path.unlink(), path.symlink_to('/dev/null')


@pytest.mark.parametrize('kind', ['a digit', 'a digit, and the old time', 'cut off', 'empty', 'gone', 'a link'])
@pytest.mark.parametrize('ask', [{}, dict(update=True), dict(as_of='2024-01-01'), 'rev', 'again'])
def test_a_table_that_was_changed_in_the_cache_is_written_anew(ask, kind, small, cache, recorded):
    found = get_results()
    before = content(found.folder)
    damage(found.folder/found.files[0], kind)
    options = dict(results=found) if ask == 'again' else dict(rev=found.commit) if ask == 'rev' else ask
    assert content(get_results(**options).folder) == before
    recorded('a table changed, cut or lost in the cache', 'as if nothing had been')


def test_a_table_that_was_changed_once_it_had_been_looked_at_is_looked_at_again(small, cache, monkeypatch):
    found = get_results()
    before, file = content(found.folder), found.folder/found.files[0]
    for path in found.folder.iterdir(): os.utime(path, (1e9, 1e9))
    monkeypatch.setattr(time, 'time_ns', lambda: time.monotonic_ns() + 10**18 * 3)  # later, so that a file that has not changed is not read again
    assert get_results() == found
    damage(file, 'a digit, and the old time')
    assert content(get_results().folder) == before


def test_a_table_that_cannot_be_mended_is_refused_by_name(small, cache, bundled, recorded):
    "Neither in silence nor by what another source has."
    found = get_results()
    file = found.files[0]
    small.folder.rename(small.folder.with_name('away'))
    for objects in cache.glob('*/repo-*/objects/*'): shutil.rmtree(objects)
    damage(found.folder/file, 'a digit')
    for ask in [get_results, lambda: get_results(found), lambda: get_results(rev=found.commit)]:
        with pytest.raises(ResultsError, match=f'^{file}: in the cache, but not as commit {found.commit[:8]} has it, and cannot be mended .git: ') as error: ask()
        assert len(str(error.value).splitlines()) == 1
    small.folder.with_name('away').rename(small.folder)
    assert get_results(update=True) == found and b'1000.0' in (found.folder/file).read_bytes()
    recorded('a table changed in the cache, and the clone lost', 'refused in one line')


def test_a_table_that_no_commit_has_is_refused_by_name(small, cache):
    found = get_results()
    (found.folder/'results-imagenet.csv').write_text('model,top1\na,99\n')
    with pytest.raises(ResultsError, match='^results-imagenet.csv: in the cache, .*remove it from '): get_results()
    (found.folder/'results-imagenet.csv').unlink()
    assert get_results() == found


def test_a_cache_without_its_list_of_hashes_is_proven_all_the_same(small, cache):
    "Of another version, or damaged."
    found = get_results()
    before, hashes = content(found.folder), found.folder.with_suffix('.json')
    for text in [None, '', '[]', '{', '{}']:
        hashes.unlink() if text is None else hashes.write_text(text)
        damage(found.folder/found.files[0], 'a digit')
        assert content(get_results().folder) == before


# What a clone of a day knows of it

def test_a_day_that_had_not_ended_when_it_was_asked_for_is_asked_for_again(small, cache, monkeypatch):
    "The clone was made in the morning; another commit came in the evening."
    today = lambda day: monkeypatch.setattr(timm_bench.sources.clone, '_today', lambda: day)
    today('2024-02-01')
    assert get_results().date == get_results(as_of='2024-02-01').date == '2024-01-01'
    evening = small.commit('2024-02-01', write_results(small.folder.parent/'new', added='model\na\n'), time='T20:00:00Z')
    assert get_results(as_of='2024-02-01').date == '2024-01-01'  # on the day itself, nothing is moved again
    today('2024-02-02')
    assert get_results(as_of='2024-02-01').commit == evening
    small.commit('2024-02-03', write_results(small.folder.parent/'new', more='model\na\n'))
    today('2024-02-05')
    assert get_results(as_of='2024-02-01').commit == evening and get_results(as_of='2024-02-04').date == '2024-02-03'


@pytest.mark.parametrize('wrong', ['2199-01-01', '1999-01-01'])
def test_a_clock_that_was_wrong_once_freezes_no_day(wrong, small, cache, monkeypatch):
    with monkeypatch.context() as then:
        then.setattr(timm_bench.sources.clone, '_today', lambda: wrong)
        get_results()
    later = small.commit('2024-02-01', write_results(small.folder.parent/'new', added='model\na\n'))
    assert get_results(as_of='2024-03-01').commit == later


# Sources that do not simply go on

def rewritten(small, day: str) -> str:
    "As after a force-push: one commit of another day, and nothing of what was there."
    small.git('checkout', '--quiet', '--orphan', f'of-{day}')
    commit = small.commit(day, write_results(small.folder.parent/f'of-{day}', other='model\na\n'))
    small.git('branch', '--quiet', '-M', 'main')
    return commit


def test_a_rewritten_history_is_called_by_its_name(small, cache, monkeypatch):
    monkeypatch.setenv('TIMM_BENCH_URL', small.folder.as_uri())
    small.commit('2024-02-01', write_results(small.folder.parent/'new', added='model\na\n'))
    old = get_results()
    new = rewritten(small, '2024-03-01')
    small.git('gc', '--quiet', '--prune=now')
    with pytest.raises(ResultsError, match=f'its source no longer has commit {old.commit[:8]} of 2024-02-01.*history was rewritten.*update=True'): get_results(as_of='2024-01-15')
    assert get_results() == old
    timm_bench.sources.clone._failed.clear()
    assert get_results(as_of='2024-03-02', update=True).commit == new


def test_a_source_that_went_back_or_was_rewritten_is_said_once(small, cache, monkeypatch):
    monkeypatch.setenv('TIMM_BENCH_URL', small.folder.as_uri())
    first = small.commits['2024-01-01']
    second = small.commit('2024-02-01', write_results(small.folder.parent/'new', added='model\na\n'))
    assert get_results().commit == second
    small.git('reset', '--quiet', '--hard', first)
    found, message = result_and_warning(update=True)
    assert found.commit == first and f'its source went back from commit {second[:8]} of 2024-02-01 to an older one' in message
    assert 'went back' not in result_and_warning()[1]
    get_results(as_of='2024-01-01')
    again = small.commit('2024-02-01', write_results(small.folder.parent/'new', added='model\nb\n'))
    get_results(as_of='2024-01-01', update=True)
    small.git('reset', '--quiet', '--hard', first)
    later = small.commit('2024-03-01', write_results(small.folder.parent/'new', added='model\nc\n'))
    found, message = result_and_warning(update=True)
    assert found.commit == later and f'its source no longer has commit {again[:8]} of 2024-02-01' in message


# Addresses with a password

HIDDEN = 's3cr3t-t0ken'


@pytest.mark.parametrize('user', [f'me:{HIDDEN}@', f'{HIDDEN}@', f'{HIDDEN}:x-oauth-basic@'])
def test_a_password_in_the_address_is_shown_to_nobody(user, server, cache, monkeypatch, capfd, bundled):
    "Neither in what is answered, nor in a warning, an error, a page, a file of the cache, or its name."
    with_password = server.url.replace('://', f'://{user}')
    monkeypatch.setenv('TIMM_BENCH_URL', f'{with_password}/timm')
    found, message = result_and_warning()
    assert found.commit and server.url in message and server.url in found.origin and found.url == f'{server.url}/timm'
    frame = timm_bench.get_data('infer', results=get_results(as_of=DAYS[0]))
    shown = [message, repr(found), str(found), repr(frame.attrs), repr(get_results(found, as_of=DAYS[0]))]
    server.fault = 'missing'
    shown.append(result_and_warning(update=True)[1])
    monkeypatch.setenv('TIMM_BENCH_URL', f'{with_password}/nowhere')
    shown.append(result_and_warning()[1])
    for fault in ['locked', 'garbage', 'cut']:
        server.fault = fault
        with pytest.raises(ResultsError) as error: get_results(as_of=DAYS[0], update=True)
        shown.append(str(error.value))
    with pytest.raises(ResultsError, match='but .TIMM_BENCH_URL is') as error:
        server.fault = None
        monkeypatch.setenv('TIMM_BENCH_URL', server.url.replace('://', f'://{user}') + '/timm/.git')
        get_results(found, as_of=DAYS[0])
    shown += [str(error.value), *capfd.readouterr(), *map(str, cache.rglob('*'))]
    shown += [path.read_bytes().decode(errors='replace') for path in cache.rglob('*') if path.is_file()]
    assert not [text for text in shown if HIDDEN in text]


def test_a_new_password_needs_no_new_clone(server, cache, monkeypatch):
    found = get_results()
    asked = len(server.requests)
    monkeypatch.setenv('TIMM_BENCH_URL', f'{server.url}/timm'.replace('://', '://me:another@'))
    assert get_results() == found and len(server.requests) == asked


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


MOMENTS = KILLS or 10


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
