"The program as a user runs it: what it prints, writes and returns."
import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from browser import browser


def timm_bench(*arguments, cwd=None, **environment):
    "Run the program in a process of its own."
    return subprocess.run([sys.executable, '-c', 'from timm_bench.cli import main; main()', *map(str, arguments)], cwd=cwd, text=True,
                          capture_output=True, timeout=300, env=os.environ | dict(NO_COLOR='1', FORCE_COLOR='') | environment)


@pytest.fixture(scope='module')
def page(snapshots, tmp_path_factory):
    "The page that `timm_bench charts` writes."
    folder = tmp_path_factory.mktemp('charts')
    done = timm_bench('charts', '--results', snapshots/'2026-01-06', cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout == 'timm_bench_charts.html\n'
    return folder/'timm_bench_charts.html'


def test_the_page_has_seven_full_charts_and_needs_no_network(page):
    assert page.read_text().count('plotly.js v') == 1
    with browser() as chromium:
        tab, asked, problems = chromium.new_page(), [], []
        tab.on('request', lambda request: asked.append(request.url))
        tab.on('console', lambda message: problems.append(message.text) if message.type in ('error', 'warning') else None)
        tab.on('pageerror', lambda error: problems.append(str(error)))
        tab.goto(page.as_uri())
        tab.wait_for_function("document.querySelectorAll('.plotly-graph-div .legend, .plotly-graph-div .colorbar').length == 7")
        points = tab.evaluate("[...document.querySelectorAll('.plotly-graph-div')].map(d => d.querySelectorAll('.point').length)")
        titles = tab.evaluate("[...document.querySelectorAll('.gtitle')].map(t => t.textContent)")
    assert len(points) == 7 and min(points) > 50 and len(set(titles)) == 7
    assert problems == [] and [url for url in asked if not url.startswith(('file:', 'data:', 'blob:'))] == []


def test_with_cdn_the_page_is_small(snapshots, tmp_path):
    done = timm_bench('charts', '--results', snapshots/'2022-04-01', '--cdn', '--out', tmp_path/'small.html')
    assert done.returncode == 0, done.stderr
    assert (tmp_path/'small.html').stat().st_size < 1e6


def test_explore_writes_one_page_with_ones_own_measurements(snapshots, tmp_path):
    mine = tmp_path/'benchmark-infer-fp32-nchw-pt2141-cpu-board.csv'
    mine.write_text('model,infer_img_size,infer_samples_per_sec,infer_step_time,infer_batch_size,param_count\nresnet50,224,10.0,100.0,1,25.56\n')
    done = timm_bench('explore', '--results', snapshots/'2022-04-01', '--own', mine, '--out', tmp_path/'explorer.html')
    assert (done.returncode, done.stdout, done.stderr.count('\n')) == (0, f'{tmp_path}/explorer.html\n', 1), done.stderr
    assert '"kind":"own"' in (tmp_path/'explorer.html').read_text(encoding='utf-8')
    for wrong in [['--own', tmp_path/'nowhere.csv'], ['--out', tmp_path]]:
        done = timm_bench('explore', '--results', snapshots/'2022-04-01', *wrong)
        assert done.returncode in (1, 2) and done.stderr.count('\n') == 1 and str(wrong[1]) in done.stderr


def test_sources_lists_every_benchmark(snapshots):
    done = timm_bench('sources', '--results', snapshots/'2026-01-06', '--format', 'json')
    assert done.returncode == 0, done.stderr
    listed = json.loads(done.stdout)
    assert len(listed) == 22 and {row['device'] for row in listed} == {'rtx3090', 'rtx4090', 'rtx5090', 'pro6000maxq', 'i7_12700h', 'i9_10940x'}
    assert timm_bench('sources', '--results', snapshots/'2026-01-06').stdout.startswith('file,part,')
    assert timm_bench('sources', '--results', snapshots/'2026-01-06', '--format', 'markdown').stdout.count('\n') == 24
    assert 'benchmark-infer-amp-nchw-pt291-cu130-pro6000maxq-dynamo.csv' in timm_bench('sources', '--results', snapshots/'2026-01-06', '--format', 'table', COLUMNS='200').stdout


def test_what_is_used_is_said_on_standard_error(snapshots):
    done = timm_bench('sources', TIMM_BENCH_RESULTS=str(snapshots/'2022-04-01'))
    assert re.fullmatch(r'timm_bench: using folder .* \(\$TIMM_BENCH_RESULTS\) of 2022-04-01\n', done.stderr)


@pytest.mark.parametrize('arguments, code, says', [
    (['charts', '--results', 'nowhere'], 1, 'nowhere: no such folder'),
    (['charts', '--as-of', 'yesterday'], 2, 'yesterday'),
    (['chart'], 2, "No such command 'chart'"),
    (['sources', '--format', 'xml'], 2, 'markdown'),
])
def test_mistakes_are_answered_in_one_line_and_an_exit_code(arguments, code, says):
    done = timm_bench(*arguments)
    assert done.returncode == code and says in done.stderr and 'Traceback' not in done.stderr
    assert code == 2 or done.stderr.count('\n') == 1


def test_a_page_is_never_written_over_something_else(snapshots, tmp_path):
    mine = tmp_path/'mine.html'
    mine.write_text('my own page')
    done = timm_bench('charts', '--results', snapshots/'2022-04-01', '--out', mine)
    assert done.returncode == 1 and 'is not a page of timm_bench' in done.stderr and mine.read_text() == 'my own page'


def test_a_full_disk_leaves_the_old_page(page, snapshots, tmp_path):
    disk = tmp_path/'disk'
    disk.mkdir()
    if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', disk], capture_output=True).returncode: pytest.skip('no tmpfs can be mounted here')
    try:
        shutil.copy(page, disk/'charts.html')
        done = timm_bench('charts', '--results', snapshots/'2026-01-06', '--out', disk/'charts.html')
        assert done.returncode == 1 and 'No space left' in done.stderr
        assert (disk/'charts.html').read_bytes() == page.read_bytes() and [p.name for p in disk.iterdir()] == ['charts.html']
    finally: subprocess.run(['umount', disk], check=True)


def test_a_reader_that_has_seen_enough_is_no_error(snapshots):
    piped = f'{sys.executable} -c "from timm_bench.cli import main; main()" sources --results {snapshots}/2026-01-06 | head -1'
    done = subprocess.run(['bash', '-c', f'set -o pipefail; {piped}'], capture_output=True, text=True)
    assert done.stdout.startswith('file,') and 'Traceback' not in done.stderr and 'Exception' not in done.stderr


def test_as_of_takes_results_of_that_day(timm_repository, tmp_path):
    done = timm_bench('sources', '--as-of', '2023-01-01', '--format', 'csv', TIMM_BENCH_RESULTS='', TIMM_BENCH_URL=timm_repository.folder.as_uri(), TIMM_BENCH_CACHE=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert 'pt110' in done.stdout and 'of 2022-04-01' in done.stderr
