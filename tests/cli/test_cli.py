"The program as a user runs it: what it prints, writes and returns."
import inspect
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from browser import until
from conftest import PROJECT
from program import PROGRAM, timm_bench, without_colour


@pytest.mark.parametrize('words', ['--version', 'best -n 2', 'best --under soon', 'best --format table'])
def test_python_runs_it_by_the_packages_name(words, snapshots):
    "A process that nothing was forked for says the same."
    words = words if words == '--version' else f'{words} --results {snapshots}/2026-01-06'
    command = [sys.executable, '-m', 'timm_bench', *words.split()]
    done = subprocess.run(command, text=True, capture_output=True, timeout=120, env=without_colour())
    forked = timm_bench(*words.split())
    refused = 'soon' in words
    assert (done.returncode, done.stdout == '', done.stderr == '') == (2 if refused else 0, refused, not refused)
    assert (forked.returncode, forked.stdout, forked.stderr) == (done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope='module')
def page(snapshots, tmp_path_factory):
    "The page that `timm_bench charts` writes."
    folder = tmp_path_factory.mktemp('charts')
    done = timm_bench('charts', '--results', snapshots/'2026-01-06', cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout == 'timm_bench_charts.html\n'
    return folder/'timm_bench_charts.html'


def test_the_page_has_full_charts_and_needs_no_network(page, chromium):
    assert page.read_text().count('plotly.js v') == 1
    tab, asked, problems = chromium.new_page(), [], []
    tab.on('request', lambda request: asked.append(request.url))
    bad = ('error', 'warning')
    tab.on('console', lambda message: problems.append(message.text) if message.type in bad else None)
    tab.on('pageerror', lambda error: problems.append(str(error)))
    tab.goto(page.as_uri())
    draw_all(tab)
    points = tab.evaluate("[...document.querySelectorAll('.plot')]"
                          ".map(chart => chart.querySelectorAll('.point').length)")
    titles = tab.evaluate("[...document.querySelectorAll('h2')].map(t => t.textContent).filter(Boolean)")
    looks = ("[getComputedStyle(document.body).backgroundColor, ...['.point', '.xtick text']"
             ".map(part => document.querySelector(`.plot ${part}`).style.fill)]")
    light = tab.evaluate(looks)
    tab.emulate_media(color_scheme='dark')
    until(tab, "document.querySelector('.plot .xtick text').style.fill == 'rgb(215, 220, 227)'")
    dark = tab.evaluate(looks)
    tab.emulate_media(color_scheme='light')
    until(tab, f'JSON.stringify({looks}) == JSON.stringify({json.dumps(light)})')
    assert len(points) == 8 and min(points) > 50 and len(titles) == len(set(titles)) == 9
    assert (light[0], dark[0]) == ('rgb(255, 255, 255)', 'rgb(23, 27, 33)') and dark[1:] != light[1:]
    assert problems == []
    assert [url for url in asked if not url.startswith(('file:', 'data:', 'blob:'))] == []


def test_the_pages_policy_lets_its_own_scripts_run_and_nothing_else(page, tmp_path, chromium):
    tab = chromium.new_page()
    tab.goto(page.as_uri())
    policy = tab.get_attribute('meta[http-equiv="Content-Security-Policy"]', 'content')
    assert policy.startswith("default-src 'none'; script-src 'sha256-") and 'unsafe-eval' not in policy and "script-src 'unsafe-inline'" not in policy
    blocked = tab.evaluate("""async () => {
        const found = [];
        document.addEventListener('securitypolicyviolation', event => found.push(event.violatedDirective));
        const script = document.createElement('script'); script.textContent = 'document.title = "owned"'; document.body.append(script);
        document.body.insertAdjacentHTML('beforeend', '<img src="https://localhost/x.png" onerror="document.title = `owned`">');
        await fetch('https://localhost/').catch(() => found.push('fetch failed'));
        await new Promise(done => setTimeout(done, 100));
        return [found, document.title] }""")
    assert {'script-src-elem', 'img-src', 'connect-src', 'fetch failed'} <= set(blocked[0]) and blocked[1] == 'Which image models are best?'


def test_a_page_that_loads_plotly_draws_under_its_policy(snapshots, tmp_path, chromium):
    from plotly.offline import get_plotlyjs
    done = timm_bench('charts', '--results', snapshots/'2022-04-01', '--cdn', '--out', tmp_path/'small.html')
    assert done.returncode == 0, done.stderr
    assert (tmp_path/'small.html').stat().st_size < 1e6
    tab, asked, problems = chromium.new_page(), [], []
    tab.on('pageerror', lambda error: problems.append(str(error)))
    def answer(route):
        asked.append(route.request.url)
        route.fulfill(body=get_plotlyjs(), content_type='text/javascript')
    tab.route(re.compile('^https:'), answer)
    tab.goto((tmp_path/'small.html').as_uri())
    draw_all(tab)
    assert re.fullmatch(r'https://cdn\.plot\.ly/plotly-[\d.]+\.min\.js', *asked) and problems == []


def draw_all(tab):
    "Have every chart of a page come into view, and so be drawn."
    charts = tab.locator('.plot')
    for number in range(charts.count()):
        charts.nth(number).scroll_into_view_if_needed()
        charts.nth(number).locator('.xtick').first.wait_for(timeout=60_000)


@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_the_page_fits_a_phone_and_begins_with_the_first_answers(page, scheme, chromium):
    tab = chromium.new_page(viewport=dict(width=390, height=844), color_scheme=scheme)
    tab.goto(page.as_uri())
    draw_all(tab)
    assert tab.evaluate('document.documentElement.scrollWidth') == 390
    assert tab.locator('.plot').evaluate_all('plots => plots.filter(p => p.scrollWidth > p.clientWidth + 1).length') == 0
    assert tab.locator('h2').first.inner_text() == 'Which model do I take?'
    assert tab.locator('table.answers').count() == 2 and tab.locator('table.answers').nth(1).locator('tbody tr').count() == 3


def test_the_charts_of_a_chosen_benchmark(snapshots, tmp_path):
    out = tmp_path/'cpu.html'
    done = timm_bench('charts', '--results', snapshots/'2026-01-06', '--benchmark', 'i9 newest', '--cdn', '--out', out)
    assert done.returncode == 0 and 'the charts of training are left out' in done.stderr
    text = out.read_text()
    assert text.count('class="plot"') == 4 and 'i9_10940x' in text and 'latency at batch size 1' in text
    done = timm_bench('charts', '--results', snapshots/'2026-01-06', '--benchmark', 'nosuch', '--out', tmp_path/'none.html')
    assert done.returncode == 2 and 'nosuch' in done.stderr.splitlines()[-1] and not (tmp_path/'none.html').exists()


def test_explore_writes_one_page_with_ones_own_measurements(snapshots, tmp_path):
    mine = tmp_path/'benchmark-infer-fp32-nchw-pt2141-cpu-board.csv'
    mine.write_text('model,infer_img_size,infer_samples_per_sec,infer_step_time,infer_batch_size,param_count\n'
                    'resnet50,224,10.0,100.0,1,25.56\n')
    done = timm_bench('explore', '--results', snapshots/'2022-04-01', '--own', mine,
                      '--out', tmp_path/'explorer.html')
    printed = (done.returncode, done.stdout, done.stderr.count('\n'))
    assert printed == (0, f'{tmp_path}/explorer.html\n', 1), done.stderr
    assert '"kind":"own"' in (tmp_path/'explorer.html').read_text(encoding='utf-8')
    for wrong in [['--own', tmp_path/'nowhere.csv'], ['--out', tmp_path]]:
        done = timm_bench('explore', '--results', snapshots/'2022-04-01', *wrong)
        assert done.returncode in (1, 2) and done.stderr.count('\n') == 1 and str(wrong[1]) in done.stderr


def test_no_name_from_a_file_is_obeyed_by_the_terminal(tmp_path):
    "A model's name and a file's name that hold a terminal's commands are shown, or refused, without them."
    evil = '\x1b]8;;http://evil\x1b\\\x1b[31mred'
    columns = 'model,infer_samples_per_sec,infer_step_time,infer_batch_size,infer_img_size,param_count\n'
    for name in 'levit_128', evil:
        (tmp_path/'results-imagenet.csv').write_text(
            f'model,img_size,top1,top5,param_count\n{name},224,81,95,25\nresnet50,224,80,95,25\n')
        (tmp_path/'benchmark-infer-amp-nhwc-pt240-cu124-\x1b[31mred.csv').write_text(
            f'{columns}{name},200,5,1,224,25\nresnet50,100,10,1,224,25\n')
        for command in 'best', 'instead-of resnet50', 'frontier', 'sources', 'card resnet50':
            as_table = [] if command.startswith('card') else ['--format', 'table']
            done = timm_bench(*command.split(), '--results', tmp_path, *as_table)
            refused = name == evil and command != 'sources'
            said = done.stdout + done.stderr
            assert done.returncode == refused and '[31mred' in said and '\x1b' not in said, (command, said)


def test_sources_lists_every_benchmark(snapshots):
    sources = ['sources', '--results', snapshots/'2026-01-06']
    done = timm_bench(*sources, '--format', 'json')
    assert done.returncode == 0, done.stderr
    listed = json.loads(done.stdout)
    devices = {'rtx3090', 'rtx4090', 'rtx5090', 'pro6000maxq', 'i7_12700h', 'i9_10940x'}
    assert len(listed) == 22 and {row['device'] for row in listed} == devices
    assert timm_bench(*sources).stdout.startswith('file,part,')
    assert timm_bench(*sources, '--format', 'markdown').stdout.count('\n') == 24
    shown = timm_bench(*sources, '--format', 'table', COLUMNS='200').stdout
    assert 'benchmark-infer-amp-nchw-pt291-cu130-pro6000maxq-dynamo.csv' in shown


def test_what_is_used_is_said_on_standard_error(snapshots):
    done = timm_bench('sources', TIMM_BENCH_RESULTS=str(snapshots/'2022-04-01'))
    assert re.fullmatch(r'timm_bench: using folder .* \(\$TIMM_BENCH_RESULTS\) of 2022-04-01\n', done.stderr)


@pytest.mark.parametrize('arguments, code, says', [
    (['charts', '--results', 'nowhere'], 1, 'nowhere: no such folder'),
    (['charts', '--as-of', 'yesterday'], 2, 'yesterday'),
    (['chart'], 2, "No such command 'chart'"),
    (['sources', '--format', 'xml'], 2, 'markdown'),
    (['measure', '--models', '@nowhere.txt'], 2, 'nowhere.txt'),
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


@pytest.mark.parametrize('command', ['charts', 'explore'])
@pytest.mark.parametrize('out, says', [
    ('mine.html', 'mine.html: exists and is not a page of timm_bench'),
    ('.', 'is a folder'),
    ('nowhere/page.html', 'nowhere/page.html: cannot be written (No such file or directory)')])
def test_a_page_that_cannot_be_written_is_refused_before_anything_is_read(tmp_path, command, out, says):
    (tmp_path/'mine.html').write_text('my own page')
    done = timm_bench(command, '--results', 'no results', '--out', out, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count('\n')) == (1, '', 1) and says in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ['mine.html']


@pytest.mark.parametrize('command', ['charts', 'explore'])
def test_open_without_a_browser_is_refused_before_anything_is_drawn(run, monkeypatch, tmp_path, command):
    import webbrowser
    def no_browser(): raise webbrowser.Error('could not locate runnable browser')
    monkeypatch.setattr(webbrowser, 'get', no_browser)
    page = tmp_path/'page.html'
    said = 'timm_bench: --open: there is no browser here; leave it out\n'
    assert run(command, '--open', '--out', page) == (1, '', said) and not page.exists()


@pytest.mark.parametrize('out, says', [('own.csv', 'holds the measurements'), ('.', 'is a folder')])
def test_estimates_that_must_not_be_written_are_refused_before_anything_is_read(tmp_path, out, says):
    (tmp_path/'own.csv').write_text('model\n')
    done = timm_bench('estimate', 'own.csv', '--out', out, '--results', 'no results', cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, '') and f'--out {out}: {says}' in done.stderr


def test_a_full_disk_leaves_the_old_page(page, snapshots, tmp_path):
    disk = tmp_path/'disk'
    disk.mkdir()
    mounted = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', disk], capture_output=True)
    if mounted.returncode: pytest.skip('no tmpfs can be mounted here')
    try:
        shutil.copy(page, disk/'charts.html')
        done = timm_bench('charts', '--results', snapshots/'2026-01-06', '--out', disk/'charts.html')
        assert done.returncode == 1 and 'No space left' in done.stderr
        assert (disk/'charts.html').read_bytes() == page.read_bytes()
        assert [p.name for p in disk.iterdir()] == ['charts.html']
    finally: subprocess.run(['umount', disk], check=True)


def test_a_reader_that_has_seen_enough_is_no_error(snapshots):
    piped = f'{shlex.join(PROGRAM)} sources --results "{snapshots}/2026-01-06" | head -1'
    done = subprocess.run(['bash', '-c', f'set -o pipefail; {piped}'], capture_output=True, text=True)
    assert done.stdout.startswith('file,') and 'Traceback' not in done.stderr and 'Exception' not in done.stderr


def test_two_paths_for_notes_are_refused(tmp_path):
    done = timm_bench('notes', 'list', str(tmp_path), '--path', str(tmp_path))
    assert done.returncode == 2 and 'there are two paths; give one' in done.stderr


def test_as_of_takes_results_of_that_day(timm_repository, tmp_path):
    done = timm_bench('sources', '--as-of', '2023-01-01', '--format', 'csv', TIMM_BENCH_RESULTS='',
                      TIMM_BENCH_URL=timm_repository.folder.as_uri(), TIMM_BENCH_CACHE=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert 'pt110' in done.stdout and 'of 2022-04-01' in done.stderr


# Answers

@pytest.fixture
def run(snapshots, monkeypatch, capsys):
    "Run the program in this process, on the newest results: its exit code, and what it prints and says."
    from timm_bench.cli.main import main
    monkeypatch.delenv('FORCE_COLOR', raising=False)
    def run(*arguments):
        monkeypatch.setattr(sys, 'argv', ['timm_bench', *map(str, arguments), '--results', str(snapshots/'2026-01-06')])
        monkeypatch.setattr('timm_bench.checks._said', set())  # nothing, as in a new process
        with pytest.raises(SystemExit) as ended: main()
        printed = capsys.readouterr()
        return ended.value.code, printed.out, printed.err
    return run


@pytest.fixture
def answer(run):
    "The same; what it prints as CSV, as a frame."
    def answer(*arguments):
        code, printed, said = run(*arguments)
        return code, pd.read_csv(io.StringIO(printed)) if printed else None, said
    return answer


def test_the_command_line_reaches_everything_that_best_can():
    from timm_bench.choosing import choose
    from timm_bench.cli import main
    def taken(function): return set(inspect.signature(function).parameters) - {'df'}
    assert taken(choose.best) <= taken(main.best)
    assert taken(choose.better_than) <= taken(main.instead_of)


@pytest.mark.parametrize('options, arguments', [
    (['--accuracy', 'sketch'], dict(accuracy='sketch')),
    (['--accuracy', 'imagenet=0.5,sketch=0.5'], dict(accuracy={'imagenet': .5, 'sketch': .5})),
    (['--accuracy', 'imagenet=1', '--accuracy', 'a-clean=3'], dict(accuracy={'imagenet': 1, 'a-clean': 3})),
    (['--accuracy', 'imagenet,v2'], dict(accuracy={'imagenet': 1, 'v2': 1})),
    (['--acts', '10M', '--macs', '4G'], dict(acts='10M', macs='4G')),
    (['--acts', 10, '--params', 25], dict(acts=10, params=25)),
    (['--pretrain', 'in22k', '--pretrain', 'in1k', '--size', 224], dict(pretrain=['in22k', 'in1k'], size=224)),
    (['--under', '5000/s', '--license', 'mit', '--license', 'apache-2.0'],
     dict(under='5000/s', license=['mit', 'apache-2.0'])),
    (['--family', 'resnet', '--under', 0.001], dict(family='resnet', under=.001)),
])
def test_options_mean_what_the_arguments_of_best_mean(answer, snapshots, options, arguments):
    from timm_bench import best, get_data
    own = best(get_data('infer', results=snapshots/'2026-01-06', keep=None, weights='all'), 7, **arguments)
    code, printed, _ = answer('best', '-n', 7, *options)
    assert code in (0, None)
    assert list(printed.model) == list(own.model) and list(printed.accuracy) == list(own.accuracy.round(2))
    blend = arguments.get('accuracy')
    assert not isinstance(blend, dict) or set(blend) <= set(printed.columns)


def test_training_speed_can_be_the_budget(answer, snapshots):
    from timm_bench import best, get_data
    own = best(get_data('train', results=snapshots/'2026-01-06', keep=None, weights='all'), 3, under='1ms')
    assert list(answer('best', '--part', 'train', '--under', '1ms', '-n', 3)[1].model) == list(own.model)


@pytest.mark.filterwarnings('ignore::timm_bench.checks.ResultsWarning')
def test_instead_of_takes_a_size_and_a_test_set(answer, snapshots):
    from timm_bench import better_than, get_data
    df = get_data('infer', results=snapshots/'2026-01-06', keep=None, weights='all')
    own = better_than(df, 'resnet50', size=288, accuracy='sketch')
    assert list(answer('instead-of', 'resnet50', '--size', 288, '--accuracy', 'sketch')[1].model) == list(own.model)


@pytest.mark.filterwarnings('ignore::timm_bench.checks.ResultsWarning')
def test_instead_of_names_its_baseline_and_puts_first_what_is_asked(answer, snapshots):
    printed = {sort: answer('instead-of', 'resnet50', '--sort', sort) for sort in ('speed', 'accuracy')}
    speed, accuracy = (table for _, table, _ in printed.values())
    assert speed.secs.is_monotonic_increasing and accuracy.accuracy.is_monotonic_decreasing
    assert set(speed.model) == set(accuracy.model) and speed.model[0] != accuracy.model[0]
    baseline = r'instead of resnet50\.a1_in1k at 224 px: \d\d\.\d\d %, \d+ µs an image'
    assert re.search(baseline, printed['speed'][2])
    shown = timm_bench('instead-of', 'resnet50', '--format', 'table', '--results', snapshots/'2026-01-06', COLUMNS='80')
    assert re.search(baseline, shown.stdout) and "tie: its accuracy is within chance of that model's" in shown.stdout
    assert 'instead of' not in shown.stderr


@pytest.mark.parametrize('words, hint', [
    ('rtx4090 nhwc', "'rtx4090 compiled newest'"),
    ('4090 eager newest', ''),
    ('i9 newest', ''),
    ('rtx3090 nhwc newest', ''),
    ('pro6000maxq amp eager', ''),
    ('nchw 2.4 4090 eager', ''),
    ('nhwc 4090', "'rtx4090 compiled newest'"),
])
@pytest.mark.parametrize('command', [['best', '-n', 1], ['frontier']])
def test_a_compiled_benchmark_of_the_device_is_named_unless_eager_was_asked(answer, command, words, hint):
    code, printed, said = answer(*command, '--benchmark', words)
    hints = re.findall("compiled benchmark of this device is here too: --benchmark ('.*')", said)
    assert code in (0, None) and len(printed) and hints == ([hint] if hint else [])
    if hint: assert len(answer(*command, '--benchmark', hint.strip("'"))[1])


def test_compare_says_which_files_it_chose_of_several(answer):
    said = answer('compare', 'rtx3090', 'rtx4090')[2]
    assert ('comparing benchmark-infer-amp-nhwc-pt240-cu124-rtx3090.csv with '
            'benchmark-infer-amp-nhwc-pt240-cu124-rtx4090.csv, of 30 pairs that fit') in said
    assert 'comparing' not in answer('compare', 'rtx3090 nhwc newest', 'rtx4090 nhwc')[2]


@pytest.mark.parametrize('command', ['best --benchmark', 'frontier --benchmark', 'instead-of resnet50 --benchmark',
                                     'history --benchmark', 'pick-models --public'])
def test_words_that_fit_several_benchmarks_are_answered_in_one_line_with_words_for_each(answer, command):
    ended, printed, said = answer(*command.split(), 'cpu')
    assert (ended, printed) == (2, None)
    assert said.splitlines()[-1].endswith("try 'cpu i7_12700h', 'cpu i9_10940x newest', 'cpu i9_10940x 2.2.1'")


def test_history_is_the_table_of_best_by_day(answer, snapshots):
    from timm_bench import best_by_day, get_history
    printed = answer('history', '--under', '5ms', '--under', '1000/s')[1]
    own = best_by_day(get_history(results=snapshots), ['5ms', '1000/s'])
    assert list(printed.model) == list(own.model) and list(printed.as_of) == list(own.as_of)
    assert list(answer('history', '--as-of', '2023-06-01')[1].as_of.unique()) == ['2022-04-01', '2023-02-06']


def test_a_folder_of_days_can_be_asked_for_one(answer):
    versions = answer('sources', '--as-of', '2022-12-31')[1].torch.astype(str)
    assert set(versions) == {'1.1', '1.11'}  # 1.10, as pandas reads it


@pytest.mark.parametrize('arguments, code, says', [
    (['best', '--under', '1ns'], 1, 'nothing fits: --under 1ns excludes most'),
    (['best', '--under', '1ns', '--license', 'mit', '--license', 'gemma'], 1, 'over --under 1ns'),
    (['best', '--accuracy', 'imagenet-c'], 2, "--accuracy imagenet-c: give one of 'imagenet', 'real'"),
    (['best', '--accuracy', 'imagenet=half'], 2, "give a test set, or weights such as 'imagenet=0.5,sketch=0.5'"),
    (['best', '--accuracy', 'imagenet=-1'], 2, 'must be a number above 0'),
    (['best', '--under', 'soon'], 2, "--under soon: give seconds per image as a number above 0, or such as '5ms', '200us', '200/s'"),
    (['explore', '--own', 'nowhere'], 2, 'timm_bench: --own nowhere: no such file or folder'),
    (['best', '--acts', 'many'], 2, '--acts many: give millions'),
    (['best', '--params', '30000000'], 2, '--params 30000000: a number is in millions: 30 is 30 million'),
    (['best', '--macs', '4e9'], 2, '--macs 4e9: a number is in billions: 4 is 4 billion'),
    (['frontier', '--params', '25557032'], 2, '25.557 is 25.557 million'),
    (['best', '--pretrain', 'in3k'], 2, '--pretrain in3k: give one of'),
    (['best', '-n', 0], 2, 'timm_bench: -n 0: give a whole number'),
    (['best', '--license', 'gemma', '--under', '1s'], 1, '--license gemma excludes most'),
    (['instead-of', 'resnet5O'], 2, 'timm_bench: resnet5O: timm knows no model'),
    (['instead-of', 'resnet5O'], 2, 'did you mean resnet50'),
    (['instead-of', 'resnet50_gn'], 2, 'timm_bench card resnet50_gn has its speeds'),
    (['history', '--under', 'soon'], 2, '--under soon: give seconds per image'),
    (['frontier', '--as-of', 'yesterday'], 2, 'timm_bench: --as-of yesterday: give a day'),
    (['frontier', '--benchmark', 'rtx4090 abacus'], 2, "timm_bench: --benchmark 'rtx4090 abacus': no benchmark"),
    (['pick-models', '--public', 'abacus'], 2, 'timm_bench: --public abacus: no benchmark'),
    (['estimate', 'nothing.csv'], 2, 'timm_bench: nothing.csv: no such file'),
    (['frontier', '--as-of', '2001-01-01'], 2, 'begin on 2022-04-01'),
    (['compare', 'rtx3090', 'abacus'], 2, 'timm_bench: abacus: no benchmark'),
    (['compare', 'convnext_tiny', 'swin_tiny'], 2, 'timm_bench: convnext_tiny swin_tiny: models, not benchmarks'),
    (['compare', 'convnext_tiny', 'swin_tiny'], 2, 'timm_bench versus convnext_tiny swin_tiny_patch4_window7_224'),
    (['compare', 'rtx3090', 'ResNet50'], 2, "give 'timm_bench card resnet50'"),
    (['card', 'vit'], 2, "'vit' is a family; name one of its models, such as vit_"),
    (['versus', 'resnet50', 'resnet50.a1_in1k'], 2, 'is resnet50.a1_in1k, as a is; give two models'),
    (['compare', 'rtx3090', 'ResNet50'], 2, 'timm_bench: ResNet50: a model, not a benchmark'),
])
def test_mistaken_questions_are_answered_in_one_line(answer, arguments, code, says):
    ended, printed, said = answer(*arguments)
    assert ended == code and printed is None and says in said.splitlines()[-1]
    assert not re.search(r"\b\w+=['\[]", said.splitlines()[-1])  # as Python has it


@pytest.mark.parametrize('typed, meant', [
    ('--under 5MS', '--under 5ms'),
    ('--under 200fps', '--under 200/s'),
    ('--under .01sec', '--under 10ms'),
    ('--license MIT', '--license mit'),
    ('--family ViT --params 30m', '--family vit --params 30M'),
])
def test_what_people_type_is_understood(answer, typed, meant):
    one, other = (answer('best', *options.split())[1] for options in (typed, meant))
    columns = ['model', 'accuracy', 'secs']
    assert len(one) and one[columns].equals(other[columns])


def test_the_reason_is_in_the_spelling_of_the_terminal(answer):
    assert 'without --under 5ms: ' in answer('best', '--under', '5ms', '-n', 1)[1].reason[0]


@pytest.mark.parametrize('options, folder, said', [
    (['--results'], None, 'Reading '),
    ([], 'there', 'Reading '),
    ([], 'nowhere', 'cloning them takes'),
    (['--update'], 'there', 'cloning them takes'),
])
def test_nothing_says_cloning_while_a_folder_is_read(snapshots, monkeypatch, capsys, options, folder, said):
    import contextlib
    from timm_bench.cli import main
    there = snapshots/'2022-04-01'
    heard = []
    monkeypatch.setattr(main, '_busy', lambda message: heard.append(message) or contextlib.nullcontext())
    monkeypatch.setattr(main, 'get_results', lambda *arguments, **options: 1 / 0)
    monkeypatch.setenv('TIMM_BENCH_RESULTS', str(there) if folder == 'there' else folder or '')
    with pytest.raises(ZeroDivisionError):
        main.sources(there if '--results' in options else None, None, '--update' in options)
    assert len(heard) == 1 and said in heard[0]


@pytest.mark.parametrize('question', [
    'best --under 5ms', 'best --accuracy imagenet=.5,sketch=.5', 'instead-of resnet50', 'frontier', 'families',
    'compare cpu rtx3090', 'history', 'sources', 'pick-models 5'])
def test_a_table_fits_the_terminal_and_breaks_no_name(run, monkeypatch, question):
    programs = pd.read_csv(io.StringIO(run(*question.split())[1]))
    names = next(programs[column] for column in ('model', 'file', 'family') if column in programs)
    for columns in 60, 80, 100, 140:
        monkeypatch.setenv('COLUMNS', str(columns))
        printed = run(*question.split(), '--format', 'table')[1]
        no_name_alone = [line.rstrip() for line in printed.splitlines() if ' ' in line.strip()]
        assert max(map(len, no_name_alone)) <= columns  # a name alone may be longer, and is left whole
        whole = {name for name in names if re.search(rf'^{re.escape(name)}$|(^|  ){re.escape(name)}  ', printed, re.M)}
        assert '…' not in printed and set(names) == whole


def test_a_narrow_terminal_is_told_what_it_has_no_room_for(run, monkeypatch):
    def shown(question, columns):
        monkeypatch.setenv('COLUMNS', str(columns))
        return ' '.join(run(*question.split(), '--format', 'table')[1].split())
    narrow = shown('best', 48)
    assert 'narrow terminal: left out batch, timing, px, params; shown on a wider one, and by --format csv' in narrow
    assert ' px ' not in narrow
    assert 'left out batch, timing; shown' in shown('best', 60) and ' px ' in shown('best', 60)
    assert 'narrow' not in shown('best', 100)
    assert 'left out published, cuda, torch;' in shown('sources', 60)
    assert 'left out same_low, same_high, same_median;' in shown('compare nchw nhwc', 60)


def test_a_problem_of_a_file_has_lines_of_its_own(tmp_path):
    (tmp_path/'benchmark-infer-amp-nhwc-pt240-cu124-rtx3090.csv').write_text('no,table\n1,2\n')
    accuracies = 'model,img_size,top1,top5,param_count\nresnet50,224,80,95,25\n'
    (tmp_path/'results-imagenet.csv').write_text(accuracies)
    problem = json.loads(timm_bench('sources', '--results', tmp_path, '--format', 'json').stdout)[0]['problem']
    lines = timm_bench('sources', '--results', tmp_path, '--format', 'table', COLUMNS='80').stdout.splitlines()
    assert problem and f'  {problem}' in lines and 'benchmark-infer-amp-nhwc-pt240-cu124-rtx3090.csv' in lines


def test_sources_tells_which_tables_are_as_timm_published_them(snapshots, tmp_path):
    changed, kept, table = 'benchmark-infer-amp-nhwc-pt240-cu124-rtx3090.csv', 'benchmark-infer-amp-nhwc-pt240-cu124-rtx4090.csv', 'results-imagenet.csv'
    for file in (changed, kept, table): (tmp_path/file).write_bytes((snapshots/'2026-01-06'/file).read_bytes())
    for file in (changed, table): (tmp_path/file).write_bytes(b''.join((tmp_path/file).read_bytes().splitlines(keepends=True)[:-1]))
    rows = json.loads(timm_bench('sources', '--results', tmp_path, '--format', 'json').stdout)
    assert {row['file']: row['published'] for row in rows} == {changed: 'not a file that timm published', kept: 'as timm published it on 2024-09-05'}
    lines = timm_bench('sources', '--results', tmp_path, '--format', 'table', COLUMNS='80').stdout.splitlines()
    assert lines[lines.index(changed) + 2] == '  not a file that timm published' and lines[lines.index(kept) + 1].endswith('  2024-09-05')
    assert f'{table}: not a file that timm published' in lines
    whole = timm_bench('sources', '--results', snapshots/'2026-01-06', '--format', 'table', COLUMNS='80').stdout
    assert 'published' in whole and 'not a file' not in whole
    bundled = timm_bench('sources', '--results', PROJECT/'timm_bench'/'bundled'/'results', '--format', 'table', COLUMNS='80').stdout
    assert 'epyc' in bundled and 'published' not in bundled


@pytest.mark.parametrize('format', ['json', 'csv', 'markdown', 'table'])
def test_a_file_name_that_is_not_utf8_is_listed_in_every_format(format, snapshots, tmp_path):
    name = b'benchmark-infer-amp-nhwc-pt240-cu124-r\xff3090.csv'
    try: Path(os.fsdecode(bytes(tmp_path) + b'/' + name)).write_bytes((snapshots/'2026-01-06'/'benchmark-infer-amp-nhwc-pt240-cu124-rtx3090.csv').read_bytes())
    except OSError: pytest.skip('this file system takes UTF-8 alone')
    done = timm_bench('sources', '--results', tmp_path, '--format', format, PYTHONIOENCODING='utf-8:strict', COLUMNS='200')
    assert done.returncode == 0, done.stderr
    if format == 'json': assert json.loads(done.stdout)[0]['file'] == r'benchmark-infer-amp-nhwc-pt240-cu124-r\udcff3090.csv'
    assert 'cu124-r' in done.stdout and 'Traceback' not in done.stderr


def test_a_tie_of_best_is_with_the_best(run, monkeypatch):
    monkeypatch.setenv('COLUMNS', '140')
    printed = run('best', '--format', 'table')[1]
    assert re.search(r'tie with\n.* best\n', printed)
    assert 'tie with best: its accuracy is within chance of that of the most accurate that fits' in printed
    assert run('best')[1].splitlines()[0].split(',')[-2:] == ['tie', 'reason']


@pytest.mark.filterwarnings('ignore::timm_bench.checks.ResultsWarning')
def test_best_by_speed_is_the_set_that_ties_and_the_frontier_marks_its_ties(answer, snapshots):
    from timm_bench import best, frontier, get_data
    df = get_data('infer', results=snapshots/'2026-01-06', keep=None, weights='all')
    printed, own = answer('best', '--under', '500us', '--sort', 'speed', '-n', 4)[1], best(df, 4, under='500us', sort='speed')
    assert list(printed.model) == list(own.model) and list(printed.tie) == list(own.tie)
    assert printed.secs.is_monotonic_increasing and '5 tie' not in printed.reason[1]
    assert '5 that tie with it (1 not shown)' in printed.reason[0]
    edge = answer('frontier')[1]
    assert list(edge.tie) == list(frontier(df).tie) and edge.tie.sum() == 13


def test_a_model_can_be_the_budget(answer):
    code, printed, said = answer('best', '--under', '0.5x resnet50', '--licence', 'MIT')
    assert code in (0, None) and (printed.license == 'mit').all()
    assert "'0.5x resnet50' is 134 µs: 0.5 times the time of resnet50 at 224 px" in said
    assert len(answer('history', '--under', 'resnet50')[1]) == 4
    code, printed, said = answer('best', '--under', 'resnet5O')
    assert code == 2 and "timm knows no model 'resnet5O'; did you mean resnet50" in said.splitlines()[-1]


@pytest.mark.filterwarnings('ignore::timm_bench.checks.ResultsWarning')
def test_compare_says_where_hardly_a_model_has_the_same_batch_size(answer, snapshots):
    from timm_bench import compare
    for a, b in [('cpu', 'rtx3090'), ('rtx3090 nhwc newest', 'pro6000maxq'), ('nchw', 'nhwc'), ('rtx3090', 'rtx4090')]:
        own, said = compare(a, b, results=snapshots/'2026-01-06'), answer('compare', a, b)[2]
        same, pairs = own.attrs['same_batch'], own.attrs['pairs']
        few = same / pairs < .1
        assert ('the ratios compare more than hardware' in said) == few
        count = f'only {same}' if same else 'none'
        assert (f'{count} of {pairs:,} models ran with the same batch size in both: ' in said) == few
    said = answer('compare', 'cpu', 'rtx3090')[2]
    assert ('(laptop i7_12700h, fp32, nchw, PyTorch 2.4.0, compiled) at batch size 1, '
            '(RTX 3090, amp, nchw, PyTorch 2.4.0, eager) at batch size 6 to 1,024;') in said
    assert 'same_models is their number' in ' '.join(timm_bench('compare', '--help').stdout.split())


@pytest.mark.parametrize('question', [['best', '-n', 1], ['history']])
@pytest.mark.parametrize('under, suspicious', [
    ('5', True), ('10.0', True), ('5s', False), ('5ms', False), ('.001', False)])
def test_a_bare_number_of_seconds_that_leaves_out_nothing_is_pointed_out(answer, question, under, suspicious):
    said = answer(*question, '--under', under)[2]
    assert ('which every model is within' in said) == suspicious
    if not suspicious: return
    number = f'{float(under):g}'
    assert f'--under {under} is {number} seconds per image, which every model is within' in said
    assert f"'{number}ms' is {number} milliseconds" in said


def test_two_models_are_held_against_each_other(run, snapshots):
    from timm_bench import versus
    own = versus('convnext_tiny', 'timm/resnet50.a1_in1k', results=snapshots/'2026-01-06')
    code, printed, said = run('versus', 'convnext_tiny', 'https://huggingface.co/timm/resnet50.a1_in1k')
    assert code in (0, None) and own['sentence'] in said
    table = pd.read_csv(io.StringIO(printed))
    assert list(table) == ['what', 'convnext_tiny.in12k_ft_in1k', 'resnet50.a1_in1k', 'difference', 'tie'] and len(table) == len(own.table())
    as_json = json.loads(run('versus', 'convnext_tiny', 'resnet50', '--format', 'json')[1])
    assert as_json['sentence'] == own['sentence'] and not as_json['same_pretrain']
    shown = ' '.join(run('versus', 'convnext_tiny', 'resnet50', '--format', 'table')[1].split())
    assert 'other pre-training (in1k against in12k)' in shown
    tuned = versus('convnext_tiny.fb_in1k', 'resnet18d.ra2_in1k', results=snapshots/'2026-01-06')
    as_json = json.loads(run('versus', 'convnext_tiny.fb_in1k', 'resnet18d.ra2_in1k', '--format', 'json')[1])
    assert as_json['accuracy'] == tuned['accuracy'] and {'pets', 'planet'} < {row['test_set'] for row in tuned['accuracy']}
    on_card = json.loads(run('card', 'resnet18d.ra2_in1k', '--format', 'json')[1])['accuracy']
    tops = {(row['test_set'], row['img_size']): row['top1'] for row in on_card}
    assert all(tops[row['test_set'], row['size_b']] == row['b'] for row in tuned['accuracy'])


def test_a_blend_has_a_column_for_each_test_set_and_a_card_names_its_model(run):
    assert run('best', '--accuracy', 'imagenet=.5,sketch=.5')[1].startswith('model,accuracy,imagenet,sketch,error')
    assert json.loads(run('card', 'resnet50', '--format', 'json')[1])['model'] == 'resnet50.a1_in1k'
    assert 'resnet50.a1_in1k' in run('card', 'resnet50')[1]


def test_best_says_what_was_estimated(answer, run, snapshots, tmp_path):
    picked = answer('pick-models', 12)[1]
    public = 'benchmark-infer-fp32-nchw-pt240-cpu-i7_12700h-dynamo.csv'
    mine, guessed = tmp_path/public, tmp_path/'all'/public
    pd.read_csv(snapshots/'2026-01-06'/public).merge(picked[['model']]).to_csv(mine, index=False)
    assert run('estimate', mine, '--out', guessed)[0] in (0, None)
    assert answer('best', '--benchmark', guessed)[1].estimated.any()
    assert run('estimate', mine, '--out', mine)[0] == 1


def test_licence_is_license(run):
    assert run('best', '--licence', 'mit') == run('best', '--license', 'mit')
    assert '--licence' not in timm_bench('best', '--help').stdout
    assert run('best', '--licence', 'mint')[0] == 2


@pytest.mark.parametrize('question', ['best', 'instead-of resnet50', 'frontier', 'families', 'history --under 5ms'])
def test_every_table_says_what_its_times_are(answer, run, question):
    "The batch, and whether a time is a latency; in training also the size that was timed beside the one that was tested."
    for words, timing in (['--benchmark', 'i7_12700h'], {'latency'}), ([], {'amortised'}):
        _, printed, _ = answer(*question.split(), *words)
        assert set(printed.timing) == timing and (printed.infer_batch_size.eq(1) == (timing == {'latency'})).all()
        title = run(*question.split(), *words, '--format', 'table')[1].splitlines()[0]
        assert ('latency at batch size 1' if words else 'amortised over batches of ') in title
    _, printed, _ = answer(*question.split(), '--part', 'train')
    assert {'train_batch_size', 'train_img_size', 'timing'} <= set(printed) and 'infer_batch_size' not in printed


def test_a_budget_that_sounds_like_a_latency_is_told_of_the_benchmarks_of_single_images(answer):
    for under, told in ('5ms', True), ('0.02', True), ('200/s', False), ('100us', False), ('resnet50', False):
        said = answer('best', '-n', 1, '--under', under)[2]
        assert ("one image at a time: --benchmark 'i9_10940x newest' or --benchmark i7_12700h" in said) == told, under
    code, printed, said = answer('best', '-n', 1, '--under', '20ms', '--benchmark', 'i7_12700h')
    assert list(printed.timing) == ['latency'] and 'not what one image waits' not in said


def test_the_filters_of_history_and_estimates(answer, snapshots, tmp_path):
    printed = answer('history', '--under', '5ms', '--license', 'mit', '--params', '30M')[1]
    assert set(printed.license) == {'mit'} and (printed.param_count_y <= 30).all()
    code, printed, said = answer('history', '--min-accuracy', 88.7)
    assert 'nothing fits as of 2022-04-01' in said and '2022-04-01' not in set(printed.as_of)
    code, printed, said = answer('compare', 'nchw', 'nhwc', '--family', 'ViT', '--family', 'resnet', '-n', 1)
    assert list(printed.family) == ['vit']
    assert 'give one of' in answer('compare', 'nchw', 'nhwc', '--family', 'vitt')[2]


LISTING = {'best': 'accuracy', 'instead-of resnet50': 'accuracy', 'frontier': 'top1', 'families': 'top1'}


@pytest.mark.parametrize('command, accuracy', LISTING.items())
def test_every_listing_takes_the_same_filters(answer, command, accuracy):
    filters = '--min-accuracy 79 --license commercial --family resnet --family convnext --params 30M'.split()
    for sort in 'accuracy', 'speed':
        code, printed, said = answer(*command.split(), *filters, '--sort', sort, '-n', 3)
        assert code in (0, None) and 0 < len(printed) <= 3 and (printed[accuracy] >= 79).all(), said
        if 'param_count_y' in printed: assert (printed.param_count_y <= 30).all()
        if 'license' in printed: assert set(printed.license) <= {'apache-2.0', 'mit', 'bsd-3-clause', 'cc-by-4.0'}
        if 'family' in printed: assert set(printed.family) <= {'resnet', 'convnext'}
        if sort == 'accuracy': assert printed[accuracy].is_monotonic_decreasing
        else: assert printed.secs.is_monotonic_increasing
    for mistake, code, says in [
        (['--min-accuracy', 99], 1, 'fits'),
        (['--min-accuracy', 0.8], 2, 'give percent, from 1 to 100, such as 80'),
        (['-n', 0], 2, 'give a whole number above 0'),
        (['--license', 'mint'], 2, "give one of 'commercial', 'apache-2.0'"),
        (['--family', 'resnets'], 2, 'resnet'),
        (['--family', 'vit', '--params', '1'], 1, 'fits'),
    ]:
        ended, printed, said = answer(*command.split(), *mistake)
        assert (ended, printed) == (code, None) and says in said.splitlines()[-1], (mistake, said)


def test_filters_come_before_the_frontier_and_the_families(answer, snapshots):
    from timm_bench import best, frontier, get_data
    df = get_data('infer', results=snapshots/'2026-01-06', keep=None, weights='all')
    free = df[df.license.isin(['mit'])]
    assert list(answer('frontier', '--license', 'mit')[1].model) == list(frontier(free).model)
    counted = answer('families', '--license', 'mit')[1].set_index('family').models
    free = get_data('infer', results=snapshots/'2026-01-06', keep=None, weights='all', vendors=True).query('license == "mit"')
    assert counted.to_dict() == free.groupby('family').model.nunique().to_dict()
    fastest = best(df, len(df), accuracy='sketch')
    fastest = fastest[fastest.accuracy >= 50].sort_values('secs', kind='stable').head(4)
    printed = answer('best', '--accuracy', 'sketch', '--min-accuracy', 50, '--sort', 'speed', '-n', 4)[1]
    assert list(printed.model) == list(fastest.model)
    assert re.match(r'fastest of \d+ that fit', printed.reason[0]) and printed.reason[1].startswith('number 2 by speed')


def test_families_are_those_that_best_takes(answer, snapshots):
    from timm_bench import get_data
    df = get_data('infer', results=snapshots/'2026-01-06', keep=None, weights='all', vendors=True)
    listed = answer('families')[1]
    compared = answer('compare', 'nchw', 'nhwc')[1]
    for table in listed, compared: assert 'efficientnet' in set(table.family) and not {'tf', 'gluon'} & set(table.family)
    assert set(listed.family) == set(df.family) and {'vit', 'vit_in12', 'vit_in21'} <= set(listed.family)
    assert listed.models.sum() == df.groupby('family').model.nunique().sum()
    row = listed.set_index('family').loc['vit']
    most_accurate = answer('best', '-n', 1, '--family', 'vit')[1]
    assert list(most_accurate.accuracy) == [row.top1] == [df[df.family == 'vit'].top1.max().round(2)]
    assert "'timm_bench families' lists all" in ' '.join(timm_bench('best', '--help', COLUMNS='400').stdout.split())


def test_shells_complete_commands_test_sets_licences_and_models():
    program = Path(sys.executable).with_name('timm_bench')  # the name counts: completion is for a program of this name
    def offered(words):
        place = str(len(words.split(' ')) - 1)
        asked = dict(_TIMM_BENCH_COMPLETE='complete_bash', COMP_WORDS=words, COMP_CWORD=place)
        return subprocess.run([program], text=True, capture_output=True, env=os.environ | asked).stdout.split()
    assert {'best', 'card', 'history', 'instead-of'} <= set(offered('timm_bench '))
    assert offered('timm_bench best --accuracy im') == ['imagenet']
    assert 'a-clean' in offered('timm_bench best --accuracy a')
    assert offered('timm_bench best --license com') == ['commercial']
    assert offered('timm_bench best --format j') == ['json']
    assert 'resnet50.a1_in1k' in offered('timm_bench card resnet50.')
    assert 'resnet50' in offered('timm_bench instead-of resnet5')


def test_best_imports_nothing_slow_that_it_does_not_need(snapshots):
    slow = {'plotly', 'statsmodels', 'scipy', 'torch', 'timm', 'jinja2', 'rich', 'pydantic', 'filelock', 'asyncio',
            'webbrowser', 'markdown_it', 'nbformat'}
    code = ('import sys, typer\nof_typer = set(sys.modules)  # an older typer imports rich\n'
            'from timm_bench.cli.main import main\ntry: main()\nexcept SystemExit: pass\n'
            f'print(sorted({slow} & set(sys.modules) - of_typer), file=sys.stderr)')
    arguments = ['best', '--under', '5ms', '--license', 'commercial', '--results', str(snapshots/'2026-01-06')]
    done = subprocess.run([sys.executable, '-c', code, *arguments], capture_output=True, text=True)
    assert done.stdout.startswith('model,accuracy') and done.stderr.strip().splitlines()[-1] == '[]'
