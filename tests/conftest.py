"What several test files share: timm's real results, a repository made of them, and a cache of one's own."
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import timm_bench.sources.clone
import timm_bench.sources.results

settings.register_profile('short', max_examples=6, derandomize=True, deadline=None, suppress_health_check=[*HealthCheck])
settings.register_profile('nightly', max_examples=620, deadline=None, suppress_health_check=[*HealthCheck])

PROJECT = Path(__file__).resolve().parent.parent
DAYS = ['2022-04-01', '2023-02-06', '2024-09-04', '2026-01-06']
HEADER = 'model,infer_samples_per_sec,infer_step_time,infer_batch_size,infer_img_size,param_count\n'


@pytest.fixture(scope='session')
def snapshots() -> Path:
    "The folder of dated snapshots of timm's results. A test that needs it is skipped where it is absent, but not in CI."
    folder = PROJECT/(os.environ.get('TIMM_BENCH_SNAPSHOTS') or '../shared/timm-results')
    if all((folder/day).is_dir() for day in DAYS): return folder.resolve()
    reason = f"no snapshots of timm's results in {folder}; name their folder with TIMM_BENCH_SNAPSHOTS"
    pytest.fail(reason) if os.environ.get('TIMM_BENCH_REQUIRE_SNAPSHOTS') else pytest.skip(reason)


class Repository:
    "A git repository made for a test, with commits on chosen days."

    def __init__(self, folder: Path):
        self.folder, self.commits = folder, {}  # day: commit
        folder.mkdir(parents=True)
        self.git('init', '--quiet', '--initial-branch=main')
        for name in ['allowFilter', 'allowAnySHA1InWant']: self.git('config', f'uploadpack.{name}', 'true')

    def git(self, *arguments: str, moment: str = '2020-01-01T12:00:00Z', stdin: str = '') -> str:
        environment = {name: value for name, value in os.environ.items() if not name.startswith('GIT_')} | dict(GIT_CONFIG_GLOBAL=os.devnull)
        for who in ['AUTHOR', 'COMMITTER']: environment |= {f'GIT_{who}_NAME': 'Test', f'GIT_{who}_EMAIL': 'test@localhost', f'GIT_{who}_DATE': moment}
        return subprocess.run(['git', '-C', str(self.folder), *arguments], check=True, env=environment, text=True, input=stdin, stdout=subprocess.PIPE).stdout.strip()

    def commit(self, day: str, results: Path | None = None, time: str = 'T12:00:00Z') -> str:
        "Commit everything, after replacing `results/` by the content of a folder."
        if results:
            shutil.rmtree(self.folder/'results', ignore_errors=True)
            shutil.copytree(results, self.folder/'results', copy_function=shutil.copyfile)
            (self.folder/'results').chmod(0o755)  # the snapshots are read-only
        self.git('add', '--all')
        self.git('commit', '--quiet', '--message', day, moment=day + time)
        self.commits[day] = self.git('rev-parse', 'HEAD')
        return self.commits[day]


@pytest.fixture(scope='session')
def timm_repository(snapshots, tmp_path_factory) -> Repository:
    "A repository like timm's, with one commit a snapshot, dated as the snapshot. Shared by all tests: not to be changed."
    repository = Repository(tmp_path_factory.mktemp('server')/'timm')
    (repository.folder/'timm'/'models').mkdir(parents=True)
    for number in range(20): (repository.folder/'timm'/'models'/f'model_{number}.py').write_bytes(os.urandom(50_000))  # what nobody wants to move
    for day in DAYS: repository.commit(day, snapshots/day)
    return repository


@pytest.fixture(scope='module')
def chromium():
    "A headless Chromium."
    from browser import browser
    with browser() as found: yield found


@pytest.fixture
def small_repository(tmp_path) -> Repository:
    "A repository with one commit of a few results, to be changed at will."
    repository = Repository(tmp_path/'server'/'small')
    write_results(repository.folder/'results')
    repository.commit('2024-01-01')
    return repository


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    "An empty cache, and none of the settings of the person who runs the tests, as if timm_bench had just been imported."
    monkeypatch.setattr(timm_bench.checks, '_said', set())
    monkeypatch.setattr(timm_bench.sources.clone, '_failed', {})
    for name in list(os.environ):
        if name.startswith(('TIMM_BENCH_', 'GIT_')): monkeypatch.delenv(name)
    for name in ['GIT_CONFIG_GLOBAL', 'GIT_CONFIG_SYSTEM']: monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv('TIMM_BENCH_URL', 'http://127.0.0.1:9/nowhere')  # until a test sets it
    monkeypatch.setenv('TIMM_BENCH_CACHE', str(tmp_path/'cache'))
    return tmp_path/'cache'


def write_results(folder: Path, **extra: str) -> Path:
    "A small results folder: one benchmark file, and `extra` files by name (without .csv)."
    folder.mkdir(parents=True, exist_ok=True)
    (folder/'benchmark-infer-amp-nhwc-pt240-cu124-rtx3090.csv').write_text(HEADER + 'resnet50,1000.0,1.0,1,224,25.56\n')
    for name, text in extra.items(): (folder/f'{name}.csv').write_text(text)
    return folder


@pytest.fixture
def recorded(record_property):
    "Notes what a fault led to, for the table in the docs (see tests/benchmarks/trouble.py); only of tests that pass."
    return lambda kind, outcome, figures='', times=1: record_property('fault', f'{kind} | {outcome} | {times} | {figures}')
