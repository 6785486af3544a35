"""More of what can go wrong with the cache and the server: links, other disks, foreign users, clocks, other versions, redirects, submodules, huge files."""
import json
import os
import re
import resource
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import PROJECT, write_results
from disks import small_disk
from gitserver import Handler, git_server
from test_clone import bundled, content, names_in, result_and_warning, small  # noqa: F401 (fixtures)

import timm_bench.sources.clone
from timm_bench.checks import ResultsError
from timm_bench.sources.results import get_results
from timm_bench.sources.benchmarks import list_benchmarks

pytestmark = pytest.mark.filterwarnings('ignore::timm_bench.checks.ResultsWarning')


def again() -> None:
    "As in a new process."
    timm_bench.sources.clone._failed.clear()


def test_a_cache_that_is_a_link_is_used_as_what_it_leads_to(small, cache, tmp_path, recorded):  # noqa: F811
    (tmp_path/'elsewhere').mkdir()
    cache.symlink_to(tmp_path/'elsewhere')
    found = get_results()
    assert get_results() == found and names_in(tmp_path/'elsewhere') == names_in(cache) != []
    recorded('the cache is a link', 'as if nothing had been')


def test_a_cache_that_is_a_link_to_nowhere_is_named(small, cache, tmp_path, bundled):  # noqa: F811
    cache.symlink_to(tmp_path/'nowhere'/'at'/'all')
    found, message = result_and_warning()
    assert found == bundled or content(found.folder)
    assert not (tmp_path/'nowhere').exists() or found.folder.is_relative_to(cache) or str(cache) in message


def test_a_cache_on_another_file_system_is_as_good(small, cache, tmp_path, monkeypatch, recorded):  # noqa: F811
    "Temporary folders lie in the cache itself, so that moving into place is one step there too, wherever TMPDIR is."
    (tmp_path/'tmp').mkdir()
    monkeypatch.setenv('TMPDIR', str(tmp_path/'tmp'))
    with small_disk(cache, '20m'):
        found = get_results()
        assert content(found.folder) and get_results() == found and not [*(tmp_path/'tmp').iterdir()]
    recorded('the cache is on another file system', 'as if nothing had been')


def test_a_clock_that_goes_backwards_loses_nothing(small, cache, monkeypatch, recorded):  # noqa: F811
    "The clone was made on a day that is yet to come. It is used, and one that is asked for again replaces it."
    found = get_results()
    told = next(cache.glob('*/repo-0001/timm_bench.json'))
    told.write_text(json.dumps(json.loads(told.read_text()) | dict(cloned='2199-01-01')))
    ahead = time.time() + 10**8
    for path in [*cache.rglob('*')]: os.utime(path, (ahead, ahead), follow_symlinks=False)
    assert get_results() == found == get_results(as_of=found.date)
    small.commit('2024-02-01', write_results(small.folder.parent/'new', added='model\na\n'))
    assert 'added.csv' in get_results(update=True).files
    monkeypatch.setattr(timm_bench.sources.clone, '_today', lambda: '1999-01-01')
    assert 'added.csv' in get_results().files
    recorded('the clock goes backwards', 'as if nothing had been')


@pytest.mark.parametrize('text', ['', '{', '[]', 'null', '{"commit": 1}', '{"commit": "../..", "date": "..", "cloned": ""}', '{"version": 2, "commit": "abcd", "date": "2030-01-01"}'])
def test_what_another_version_left_in_the_cache_is_replaced_or_left_alone(text, small, cache, recorded):  # noqa: F811
    found = get_results()
    next(cache.glob('*/repo-0001/timm_bench.json')).write_text(text)
    (next(cache.glob('*'))/'layout-2').mkdir()  # of a version that keeps its things otherwise
    again()
    after = get_results()
    assert content(after.folder) == content(found.folder) and after.folder.is_relative_to(cache)
    assert next(cache.glob('*/layout-2')).is_dir()
    recorded('a cache of another version', 'as if nothing had been')


@pytest.mark.skipif(not hasattr(os, 'geteuid') or os.geteuid() != 0, reason='only root can become somebody else')
@pytest.mark.parametrize('closed', ['cache', 'results', 'home'])
def test_permission_denied_is_said(closed, small, tmp_path, cache, recorded):  # noqa: F811
    "As another user, who may not write to the cache, read the folder of results, or make a cache in the home folder."
    results = write_results(tmp_path/'results')
    cache.mkdir()
    for path in [tmp_path, *tmp_path.parents]:
        if path.stat().st_uid == 0 and path != Path(path.anchor) and not path.stat().st_mode & 0o001: path.chmod(path.stat().st_mode | 0o011)
    {'cache': cache, 'results': results, 'home': tmp_path}[closed].chmod(0o711 if closed == 'home' else 0o700)
    settings = dict(TIMM_BENCH_CACHE=str(cache)) if closed == 'cache' else dict(HOME=str(tmp_path), XDG_CACHE_HOME='')
    named = f'get_results({str(results)!r})' if closed == 'results' else 'get_results(as_of="2024-01-01")'
    code = (f'import os, sys; sys.path.insert(0, {str(PROJECT)!r})\nimport timm_bench.sources.results, timm_bench.sources.clone, pandas, filelock, platformdirs\nos.setgid(65534); os.setuid(65534)\n'
            f'try: timm_bench.sources.results.{named}\nexcept timm_bench.sources.results.ResultsError as e: print(e)')
    environment = {k: v for k, v in os.environ.items() if not k.startswith('TIMM_BENCH_CACHE')} | settings | dict(TIMM_BENCH_URL=str(small.folder))
    done = subprocess.run([sys.executable, '-W', 'ignore', '-c', code], env=environment, text=True, capture_output=True)
    assert 'Permission denied' in done.stdout and len(done.stdout.splitlines()) == 1, done
    recorded('cache, results or home of somebody else', 'refused in one line')


class Redirecting(Handler):
    "Sends every request to another address."
    target = ''

    def do_GET(self):
        self.server.requests.append(f'{self.command} {self.path}')
        self.reply('302 Found', {'Location': self.target + self.path}, b'')

    do_POST = do_GET


@pytest.mark.parametrize('target', ['file:///etc', 'http://127.0.0.1:9', 'ext::sh -c true', 'itself'])
def test_a_redirect_leads_to_nothing_but_a_repository(target, small, cache, bundled, monkeypatch, recorded):  # noqa: F811
    with git_server(small.folder.parent) as server:
        server.RequestHandlerClass = type('To', (Redirecting,), dict(target=server.url if target == 'itself' else target))
        monkeypatch.setenv('TIMM_BENCH_URL', f'{server.url}/small')
        found, message = result_and_warning()
        assert found == bundled and 'git: ' in message and names_in(cache) == [] and len(server.requests) < 50
    recorded('the server redirects', 'the next source, and why')


def test_a_submodule_is_not_fetched(small, cache, tmp_path, recorded):  # noqa: F811
    commit = small.commits['2024-01-01']
    (small.folder/'.gitmodules').write_text(f'[submodule "results/sub"]\n\tpath = results/sub\n\turl = {tmp_path}/secret\n')
    small.git('update-index', '--add', '--cacheinfo', f'160000,{commit},results/sub')
    small.git('commit', '--quiet', '--message', 'submodule')
    assert not [*(get_results().folder/'sub').glob('*')]
    recorded('hostile: a submodule', 'as if nothing had been')


HUGE = int(os.environ.get('TIMM_BENCH_HUGE') or 8)  # megabytes; at night 1024


class Watcher(threading.Thread):
    "Keeps how many megabytes a folder held at most."
    def __init__(self, folder: Path):
        super().__init__(daemon=True)
        self.folder, self.most, self.done = folder, 0., threading.Event()

    def run(self):
        while not self.done.wait(0.02): self.most = max(self.most, self.megabytes())

    def megabytes(self) -> float:
        "What is really taken of the disk."
        found = 0
        for path in (Path(where, name) for where, _, names in os.walk(self.folder) for name in names):
            with suppress(OSError): found += path.lstat().st_blocks * 512
        return found / 1e6

    def __enter__(self): self.start(); return self
    def __exit__(self, *error): self.done.set(); self.join()


def write_huge(path: Path, kind: str, megabytes: int = HUGE) -> None:
    "The same row over and over, which is next to nothing on the way, or noise, which is not."
    with path.open('wb') as file:
        for _ in range(megabytes): file.write(os.urandom(10**6) if kind == 'noise' else b'resnet50,224,80.1,95.2\n' * 43_500)


@pytest.mark.parametrize('kind', ['one row', 'noise'])
def test_a_repository_larger_than_any_results_is_refused_while_it_comes(kind, small, cache, tmp_path, bundled, monkeypatch, recorded):  # noqa: F811
    if kind == 'noise' and HUGE > 100: pytest.skip('the noise would be made, packed and sent for minutes')
    write_huge(small.folder/'results'/'results-imagenet.csv', kind)
    small.commit('2024-02-01')
    for name in ['HOME', 'TMPDIR', 'XDG_CACHE_HOME']:
        (tmp_path/name).mkdir()
        monkeypatch.setenv(name, str(tmp_path/name))
    monkeypatch.setenv('TIMM_BENCH_MEGABYTES', str(HUGE // 4))
    with git_server(small.folder.parent) as server, Watcher(cache) as watcher:
        monkeypatch.setenv('TIMM_BENCH_URL', f'{server.url}/small')
        begin = time.monotonic()
        found, message = result_and_warning()
        took = time.monotonic() - begin
    assert found == bundled and f'more than {HUGE // 4} MB' in message and names_in(cache) == []
    assert (watcher.most < HUGE or HUGE < 500) and not [*(tmp_path/'HOME').iterdir(), *(tmp_path/'TMPDIR').iterdir(), *(tmp_path/'XDG_CACHE_HOME').iterdir()]
    recorded(f'a file of {HUGE} MB ({kind})', 'the next source, and why', f'{server.sent / 1e6:.1f} MB sent, {watcher.most:.0f} MB on disk at most, {took:.1f} s, '
             f'{resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MB of memory')


def test_a_large_day_in_the_past_is_no_hindrance_to_other_days(small, cache, monkeypatch, recorded):  # noqa: F811
    "What git had half fetched when it was ended is removed before the next; what it had wholly fetched by then does not count again."
    write_huge(small.folder/'results'/'results-imagenet.csv', 'noise', 8)
    small.commit('2024-02-01')
    newest = small.commit('2024-03-01', write_results(small.folder.parent/'new'))
    monkeypatch.setenv('TIMM_BENCH_MEGABYTES', '2')
    monkeypatch.setenv('TIMM_BENCH_URL', small.folder.as_uri())  # a clone by path is a copy of everything
    assert get_results().commit == newest
    with pytest.raises(ResultsError, match='more than 2 MB'): get_results(as_of='2024-02-01')
    assert get_results(as_of='2024-01-01').date == '2024-01-01' and not [*cache.rglob('tmp_pack_*')]
    recorded('hostile: more than the limit on an earlier day', 'refused in one line')


def test_a_huge_file_is_neither_read_nor_counted(small, recorded):  # noqa: F811
    name = 'benchmark-infer-amp-nchw-pt240-cu124-rtx3090.csv'
    with (small.folder/'results'/name).open('wb') as file: file.write(b'model,infer_samples_per_sec\n'), file.truncate(timm_bench.sources.tables.MAX_BYTES + 10)
    small.commit('2024-02-01')
    found = get_results()
    with pytest.raises(ResultsError, match=f'{re.escape(name)}: larger than 64 MiB'): found.read(name)
    assert list_benchmarks(found).set_index('file').problem[name] == 'not a benchmark table'
    recorded('a benchmark file of more than 64 MB', 'refused in one line')
