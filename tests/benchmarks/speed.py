"""How long everything takes beside what people would use instead: python tests/benchmarks/speed.py [--rounds 30] [--only NAME …]

Both sides of a row take turns, in one process (or, where a start is measured, in new ones), and whoever begins changes from turn to turn. Counted is the
processors' time, which another program on the machine hardly changes; only the clone, which waits for a server and for git, is timed by the clock. A
ratio is the median over the turns of ours / theirs in the same turn, with the middle 80 % of them. pyperf would run the two sides one after the other,
and call noise what is the machine getting hotter.

The table that is printed last is Markdown; it is also written to tests/benchmarks/tables/speed.md, which the docs show; with --only, beneath what was
measured earlier, whose rows stay unless they are taken again. Of the repositories on the
server and the results: the four snapshots of timm's results are needed (TIMM_BENCH_SNAPSHOTS)."""
import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

warnings.simplefilter('ignore')
sys.path[:0] = [str(folder) for folder in Path(__file__).resolve().parents[:3]]
import pandas as pd
import plotly
import plotly.express as px
from conftest import DAYS, PROJECT, Repository
from gitserver import git_server
from kept_tables import write_table

from timm_bench import get_data, get_results, show_all, show_subs

SNAPSHOTS = (PROJECT/(os.environ.get('TIMM_BENCH_SNAPSHOTS') or '../shared/timm-results')).resolve()
OLD, NEW = SNAPSHOTS/DAYS[0], SNAPSHOTS/DAYS[-1]
KEEP = '^re[sg]netd?|beit|convnext|levit|efficient|vit|vgg'
SUBS = 'levit|resnetd?|regnetx|vgg|convnext.*|efficientnetv2|beit'
COMMAND = ('-c', 'from timm_bench.cli.main import main; main()')


# The seed notebook's own lines

def seed_data(part: str = 'infer', col: str = 'infer_samples_per_sec') -> pd.DataFrame:
    df = pd.read_csv(OLD/f'benchmark-{part}-amp-nhwc-pt111-cu113-rtx3090.csv').merge(pd.read_csv(OLD/'results-imagenet.csv'), on='model')
    df['secs'] = 1. / df[col]
    df['family'] = df.model.str.extract(r'^([a-z]+?(?:v2)?)(?:\d|_|$)')
    df = df[~df.model.str.endswith('gn')]
    df.loc[df.model.str.contains('in22'), 'family'] = df.loc[df.model.str.contains('in22'), 'family'] + '_in22'
    df.loc[df.model.str.contains('resnet.*d'), 'family'] = df.loc[df.model.str.contains('resnet.*d'), 'family'] + 'd'
    return df[df.family.str.contains(KEEP)]


def seed_all(df, title, size):
    return px.scatter(df, width=1000, height=800, size=df[size]**2, title=title, x='secs', y='top1', log_x=True, color='family', hover_name='model', hover_data=[size])


def seed_subs(df, title, size):
    df = df[df.family.str.fullmatch(SUBS)]
    return px.scatter(df, width=1000, height=800, size=df[size]**2, title=title, trendline='ols', trendline_options={'log_x': True},
                      x='secs', y='top1', log_x=True, color='family', hover_name='model', hover_data=[size])


# Measuring

def own_time(work) -> float:
    "Seconds of processor time of this process."
    begin = time.process_time()
    work()
    return time.process_time() - begin


def started(*command: str, **settings) -> float:
    "Seconds of processor time of a new process."
    def spent() -> float: return sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    begin = spent()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | settings)
    return spent() - begin


def alternate(ours, theirs, rounds: int, measure=own_time) -> tuple[list[float], list[float]]:
    "Both in turn; the first turn of either, which loads what later ones find loaded, does not count."
    took = {ours: [], theirs: []}
    for turn in range(-1, rounds):
        for side in [ours, theirs][::1 if turn % 2 else -1]:
            seconds = measure(side)
            if turn >= 0: took[side].append(seconds)
    return took[ours], took[theirs]


def forget() -> None:
    "Empty every cache of the package."
    for name, module in list(sys.modules.items()):
        if not name.startswith('timm_bench.'): continue
        for value in vars(module).values():
            if hasattr(value, 'cache_clear'): value.cache_clear()


def spread(values: list[float], form) -> str:
    low, high = (sorted(values)[round((len(values) - 1) * at)] for at in (0.1, 0.9))
    return f'{form(statistics.median(values))} ({form(low)} to {form(high)})'


def row(what: str, ours: list[float], theirs: list[float], aim: str) -> list[str]:
    "A line of the table."
    ratios = [one / other for one, other in zip(ours, theirs)]
    def time_text(seconds: float) -> str: return f'{seconds:.2f} s' if seconds >= 1 else f'{seconds * 1000:.{0 if seconds > 0.1 else 1}f} ms'
    return [what, time_text(statistics.median(ours)), time_text(statistics.median(theirs)), spread(ratios, lambda ratio: f'{ratio:.2f}'), aim]


# The rows

def imports(rounds: int) -> list[list[str]]:
    compiled = dict(PYTHONPYCACHEPREFIX=tempfile.mkdtemp(), PYTHONDONTWRITEBYTECODE='', PYTHONPATH=str(PROJECT))  # an installed package is compiled
    def start(code: str) -> float: return started(sys.executable, '-W', 'ignore', '-c', code, **compiled)
    bare, package, pandas, data = 'pass', 'import timm_bench', 'import pandas', 'from timm_bench import get_data'
    ours, theirs = alternate(package, bare, rounds, start)
    more = spread([1000 * (one - other) for one, other in zip(ours, theirs)], lambda ms: f'{ms:.1f}')
    return [[f'`{package}` over a bare Python', *row('', ours, theirs, '')[1:3], f'{more} ms more', 'under 30 ms more'],
            row(f'`{data}` over `{pandas}`', *alternate(data, pandas, rounds, start), '1.05')]


def reading(rounds: int) -> list[list[str]]:
    def cold(): forget(); get_data('infer', 'infer_samples_per_sec', results=OLD)
    def warm(): get_data('infer', 'infer_samples_per_sec', results=OLD)
    begin = f'import sys; sys.path[:0] = {sys.path[:2]!r}\nimport benchmarks.speed as speed, time\nbegin = time.process_time()\n'
    def first(code: str) -> float:
        command = [sys.executable, '-W', 'ignore', '-c', f'{begin}{code}; print(time.process_time() - begin)']
        return float(subprocess.run(command, check=True, text=True, capture_output=True).stdout)
    once = alternate("speed.get_data('infer', 'infer_samples_per_sec', results=speed.OLD)", 'speed.seed_data()', max(5, rounds // 4), first)
    files = sorted(path.name for path in NEW.glob('benchmark-*.csv'))
    def joined():
        forget()
        for file in files: get_data(file.split('-')[1], benchmark=file, results=NEW)
    def read_each():
        for file in files: pd.read_csv(NEW/'results-imagenet.csv'), pd.read_csv(NEW/file)
    def read_once(): pd.read_csv(NEW/'results-imagenet.csv'), [pd.read_csv(NEW/file) for file in files]
    few = max(5, rounds // 3)
    return [row('`get_data` on the files of 2022, caches emptied, over the seed\'s lines', *alternate(cold, seed_data, rounds), '1.0'),
            row('the same, second call', *alternate(warm, seed_data, rounds), ''),
            row('the same, first call in a new process', *once, ''),
            row(f'all {len(files)} benchmark files of {DAYS[-1][:4]} joined, over `read_csv` of each and of its accuracy table', *alternate(joined, read_each, few), '2'),
            row('the same, over `read_csv` of each, and of the accuracy table once', *alternate(joined, read_once, few), '')]


def charts(rounds: int) -> list[list[str]]:
    df = get_data('infer', results=OLD)
    rows = [row(f'`{ours.__name__}` over plotly.express',
                *alternate(lambda ours=ours: ours(df, 'Inference', 'infer_img_size'), lambda theirs=theirs: theirs(df, 'Inference', 'infer_img_size'), rounds), '1.1')
            for ours, theirs in [(show_all, seed_all), (show_subs, seed_subs)]]
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, 'charts.html')
        def ours(_): return started(sys.executable, *COMMAND, 'charts', '--results', str(NEW), '--out', str(page), PYTHONPATH=str(PROJECT))
        def theirs(_): return started(sys.executable, '-W', 'ignore', '-c', f'import sys; sys.path[:0] = {sys.path[:2]!r}\nimport benchmarks.speed as speed\nspeed.seven_charts()')
        took = [ours(0) for _ in range(5)], [theirs(0) for _ in range(5)]
        size = page.stat().st_size
    return [*rows, row(f'page of seven charts, {size / 1e6:.1f} MB ({size / len(plotly.offline.get_plotlyjs()):.2f} of plotly\'s own script), over the seed\'s charts shown in a notebook', *took, '')]


def seven_charts() -> None:
    "What the seed notebook does from beginning to end: two tables, five charts drawn with plotly.express."
    for part in 'infer', 'train':
        df, size = seed_data(part, f'{part}_samples_per_sec'), f'{part}_img_size'
        for chart in seed_all, seed_subs: chart(df, part, size).to_json()
    px.scatter(df, x='param_count_x', y='secs', log_x=True, log_y=True, color=size, hover_name='model').to_json()


def terminal(rounds: int) -> list[list[str]]:
    ask = (*COMMAND, 'best', '--under', '1ms', '--results', str(NEW))
    answer = ('import sys, pandas as pd; a, b = (pd.read_csv(f, thousands=",") for f in sys.argv[1:]); '
              'print(a.assign(model=a.model).merge(b.assign(model=b.model.str.partition(".")[0]), on="model").nlargest(10, "top1"))')
    files = [str(NEW/name) for name in ('benchmark-infer-amp-nhwc-pt240-cu124-rtx3090.csv', 'results-imagenet.csv')]
    def start(arguments) -> float: return started(sys.executable, *arguments, PYTHONPATH=str(PROJECT))
    return [row('`timm_bench best --under 1ms` in a terminal, over a bare merge by pandas', *alternate(ask, ('-c', answer, *files), max(5, rounds // 4), start), '')]


LINE = dict(delay=0.03, rate=50e6 / 8)  # a round trip of 30 ms, 50 Mbit/s


def cloning(rounds: int) -> list[list[str]]:
    "Against a server of a repository with the four snapshots as its history, and three megabytes that do not compress as its code, as timm has; packed, as hosts keep it."
    with tempfile.TemporaryDirectory() as folder:
        repository = Repository(Path(folder, 'server', 'timm'))
        for number in range(30): (repository.folder/f'model_{number}.py').write_bytes(os.urandom(100_000))
        for day in DAYS: repository.commit(day, SNAPSHOTS/day)
        repository.git('repack', '-adq')
        rows = []
        for what, line in {'on the same machine': {}, 'behind a line of 50 Mbit/s and 30 ms': LINE}.items():
            with git_server(repository.folder.parent, **line) as server: took, moved = clones(server, Path(folder), max(5, rounds // 3))
            rows += [row(f'clone{said}: seconds by the clock, server {what}', took[side], took['theirs'], aim)
                     for side, said, aim in [('ours', '', '0.6'), ('past', ' for an earlier day', '')]]
        def bytes_row(side: str, said: str, aim: str) -> list[str]:
            ours, theirs = moved[side][0], moved['theirs'][0]
            return [f'clone{said}: bytes moved, over `git clone --depth 1`', f'{ours / 1e6:.2f} MB', f'{theirs / 1e6:.2f} MB', f'{ours / theirs:.2f}', aim]
        return [bytes_row('ours', '', '0.6'), bytes_row('past', ' for an earlier day', ''), *rows]


def clones(server, folder: Path, rounds: int) -> tuple[dict[str, list[float]], dict[str, list[int]]]:
    "Seconds and bytes of each turn."
    sides = 'ours', 'past', 'theirs'
    took, moved, url = {side: [] for side in sides}, {side: [] for side in sides}, f'{server.url}/timm'
    os.environ |= dict(TIMM_BENCH_URL=url, GIT_CONFIG_GLOBAL=os.devnull)
    os.environ.pop('TIMM_BENCH_RESULTS', None)
    for turn in range(rounds):
        for side in sides[::1 if turn % 2 else -1]:
            target, server.sent, begin = folder/f'{side}{turn}', 0, time.perf_counter()
            os.environ['TIMM_BENCH_CACHE'] = str(target)
            if side == 'ours': get_results()
            elif side == 'past': get_results(as_of=DAYS[0])
            else: subprocess.run(['git', 'clone', '--quiet', '--depth', '1', url, str(target)], check=True)
            took[side].append(time.perf_counter() - begin)
            moved[side].append(server.sent)
            shutil.rmtree(target)
    return took, moved


ROWS = dict(imports=imports, reading=reading, charts=charts, terminal=terminal, clone=cloning)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--rounds', type=int, default=30)
    parser.add_argument('--only', nargs='+', choices=[*ROWS], default=[*ROWS])
    options = parser.parse_args()
    rows = []
    for name in options.only:
        rows += ROWS[name](options.rounds)
        print(rows[-1], file=sys.stderr, flush=True)
    write_table('speed', ['what', 'timm_bench', 'instead', 'ratio (middle 80 %)', 'aim at most'], rows, whole=options.only == [*ROWS])


if __name__ == '__main__': main()
