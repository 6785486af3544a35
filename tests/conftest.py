"What several test files share: timm's real results, a repository made of them, and a cache of one's own."
import os
import shutil
import subprocess
from pathlib import Path

import pytest

import timm_bench.clone
import timm_bench.results

PROJECT = Path(__file__).resolve().parent.parent
DAYS = ['2022-04-01', '2023-02-06', '2024-09-04', '2026-01-06']
HEADER = 'model,infer_samples_per_sec,infer_step_time,infer_batch_size,infer_img_size,param_count\n'


@pytest.fixture(scope='session')
def snapshots() -> Path:
    "The folder of dated snapshots of timm's results. A test that needs it is skipped where it is absent, but not in CI."
    folder = Path(os.environ.get('TIMM_BENCH_SNAPSHOTS') or PROJECT.parent/'shared'/'timm-results')
    folder = folder if folder.is_absolute() else PROJECT/folder
    if all((folder/day).is_dir() for day in DAYS): return folder
    reason = f'no snapshots of timm\'s results in {folder}; name their folder with TIMM_BENCH_SNAPSHOTS'
    pytest.fail(reason) if os.environ.get('TIMM_BENCH_REQUIRE_SNAPSHOTS') else pytest.skip(reason)


class Repository:
    "A git repository that a test makes, with commits on chosen days."

    def __init__(self, folder: Path):
        self.folder, self.commits = folder, {}  # day: commit
        folder.mkdir(parents=True)
        self.git('init', '--quiet', '--initial-branch=main')
        for name in ['allowFilter', 'allowAnySHA1InWant']: self.git('config', f'uploadpack.{name}', 'true')

    def git(self, *args: str, moment: str = '2020-01-01T12:00:00Z', **options) -> str:
        environment = {k: v for k, v in os.environ.items() if not k.startswith('GIT_')}
        environment |= {f'GIT_{who}_{what}': value for who in ['AUTHOR', 'COMMITTER']
                        for what, value in [('NAME', 'Test'), ('EMAIL', 'test@localhost'), ('DATE', moment)]}
        environment |= dict(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_SYSTEM=os.devnull)
        return subprocess.run(['git', '-C', str(self.folder), *args], check=True, env=environment, text=True,
                              stdout=subprocess.PIPE, **options).stdout.strip()

    def commit(self, day: str, results: Path | None = None, moment: str = 'T12:00:00Z') -> str:
        "Commit everything, after replacing `results/` by the content of a folder."
        if results:
            shutil.rmtree(self.folder/'results', ignore_errors=True)
            (self.folder/'results').mkdir()
            for file in results.iterdir(): shutil.copyfile(file, self.folder/'results'/file.name)
        self.git('add', '--all')
        self.git('commit', '--quiet', '--allow-empty', '--message', day, moment=day + moment)
        self.commits[day] = self.git('rev-parse', 'HEAD')
        return self.commits[day]


def add_unrelated_files(folder: Path) -> None:
    "What nobody who wants results should have to move: about 1 MB, incompressible."
    (folder/'timm'/'models').mkdir(parents=True)
    (folder/'README.md').write_text('not a result\n')
    for number in range(20): (folder/'timm'/'models'/f'model_{number}.py').write_bytes(os.urandom(50_000))


@pytest.fixture(scope='session')
def timm_repository(snapshots, tmp_path_factory) -> Repository:
    "A repository like timm's, with one commit a snapshot, dated as the snapshot. Shared by all tests: not to be changed."
    repository = Repository(tmp_path_factory.mktemp('server')/'timm')
    add_unrelated_files(repository.folder)
    for day in DAYS: repository.commit(day, snapshots/day)
    return repository


@pytest.fixture
def small_repository(tmp_path) -> Repository:
    "A repository with one commit of a few results, to be changed at will."
    repository = Repository(tmp_path/'server'/'small')
    write_results(repository.folder/'results')
    repository.commit('2024-01-01')
    return repository


@pytest.fixture
def fresh_process(monkeypatch):
    "As if timm_bench had just been imported: nothing said yet, nothing failed yet."
    monkeypatch.setattr(timm_bench.results, '_said', set())
    monkeypatch.setattr(timm_bench.clone, '_failed', {})


@pytest.fixture
def cache(tmp_path, monkeypatch, fresh_process) -> Path:
    "An empty cache, and no setting of the person who runs the tests; $TIMM_BENCH_URL leads nowhere until a test sets it."
    for name in [n for n in os.environ if n.startswith(('TIMM_BENCH_', 'GIT_'))]: monkeypatch.delenv(name)
    for name in ['GIT_CONFIG_GLOBAL', 'GIT_CONFIG_SYSTEM']: monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv('TIMM_BENCH_CACHE', str(tmp_path/'cache'))
    monkeypatch.setenv('TIMM_BENCH_URL', 'http://127.0.0.1:9/nowhere')
    return tmp_path/'cache'


def write_results(folder: Path, **extra: str) -> Path:
    "A small results folder: one benchmark file, and `extra` files by name (without .csv)."
    folder.mkdir(parents=True, exist_ok=True)
    (folder/'benchmark-infer-amp-nhwc-pt240-cu124-rtx3090.csv').write_text(HEADER + 'resnet50,1000.0,1.0,1,224,25.56\n')
    for name, text in extra.items(): (folder/f'{name}.csv').write_text(text)
    return folder
