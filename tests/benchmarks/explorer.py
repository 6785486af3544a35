"""How large the explorer is, how soon its first chart is there, and how long a filter takes: python tests/benchmarks/explorer.py [FOLDER]

FOLDER holds timm's CSV files; without it they are found as everywhere. The same is done with ten times the rows: every model ten times, under
names of its own. A filter is a slider that is moved over its whole way in 30 steps; its time ends when the browser has painted the result. Times
are by the clock, on a machine that should be quiet; the processor time of the page's main thread, which other work delays less, is
given beside them. The table is kept for the docs."""
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import pandas as pd

sys.path[:0] = [str(folder) for folder in Path(__file__).resolve().parents[:2]]
from browser import browser
from kept_tables import write_table
from plotly.offline import get_plotlyjs

from timm_bench.web.explorer import explorer
from timm_bench.sources.results import get_results

TIMES = 10  # as many rows
LOADS, STEPS = 5, 30
FILTER = f'filter until painted, median of {STEPS}'
AIMS = {f'first chart, median of {LOADS} loads': '2,000 ms', FILTER: '100 ms; 500 ms'}

SLIDE = """async steps => {
    const slider = document.getElementById('tmax-slider'), took = [];
    for (let i = 0; i < steps; i++) {
        slider.value = 400 - Math.round((i * 7 % steps) / steps * 390);
        const start = performance.now();
        slider.dispatchEvent(new Event('input'));
        await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
        took.push(performance.now() - start);
    }
    return took }"""


def multiplied(folder: Path, out: Path, times: int) -> None:
    "Every CSV file with each of its models so many times."
    for path in sorted(folder.glob('*.csv')):
        if not path.name.startswith(('benchmark-', 'results-')): shutil.copyfile(path, out/path.name); continue
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        arch, dot, tag = (table.model.str.partition('.')[i] for i in range(3))
        pd.concat([table.assign(model=arch + (f'_copy{i}' if i else '') + dot + tag) for i in range(times)]).to_csv(out/path.name, index=False)


def main() -> None:
    results = get_results(sys.argv[1] if len(sys.argv) > 1 else None)
    with tempfile.TemporaryDirectory() as folder, browser() as chromium:
        (many := Path(folder)/'many').mkdir()
        multiplied(Path(results.folder), many, TIMES)
        found = [one_page(chromium, source, Path(folder)/'explorer.html') for source in (results, many)]
    write_table('explorer', ['explorer', 'as published', f'{TIMES} times the rows', 'aim at most'],
                [[what, *(figures[what] for figures in found), AIMS.get(what, '')] for what in found[0]])


def one_page(chromium, source, path: Path) -> dict[str, str]:
    "All figures of one page."
    explorer(source).save(path)
    shown, busy = zip(*(first_chart(chromium, path) for _ in range(LOADS)))
    rows, took, each = redraws(chromium, path)
    size = path.stat().st_size
    return {'dots at first': f'{rows:,}', 'size': f'{size / 1e6:.2f} MB', 'size without plotly.js': f'{(size - len(get_plotlyjs().encode())) / 1e6:.2f} MB',
            f'first chart, median of {LOADS} loads': f'{statistics.median(shown):.0f} ms ({min(shown):.0f} to {max(shown):.0f})',
            'the chart, of the processor': f'{statistics.median(busy):.0f} ms',
            FILTER: f'{statistics.median(took):.0f} ms ({min(took):.0f} to {max(took):.0f})', 'the filter, of the processor': f'{each:.0f} ms'}


def opened(chromium, path: Path):
    "The page in a new tab, and a function that tells the processor time of its main thread in milliseconds."
    page = chromium.new_page(viewport=dict(width=1440, height=900))
    session = page.context.new_cdp_session(page)
    session.send('Performance.enable', dict(timeDomain='threadTicks'))
    page.goto(path.as_uri(), timeout=300_000)
    return page, lambda: 1000 * next(metric['value'] for metric in session.send('Performance.getMetrics')['metrics'] if metric['name'] == 'TaskDuration')


def first_chart(chromium, path: Path) -> tuple[float, float]:
    "Milliseconds from the navigation to the first chart that is painted, and of processor time."
    page, busy = opened(chromium, path)
    while not (found := page.evaluate("performance.getEntriesByName('shown').map(entry => entry.startTime)")): page.wait_for_timeout(20)
    took = found[0], busy()
    page.close()
    return took


def redraws(chromium, path: Path) -> tuple[int, list[float], float]:
    "The dots at first, the milliseconds of each step of the slider, and their mean processor time."
    page, busy = opened(chromium, path)
    rows, before = page.evaluate("document.getElementById('plot').data[0].x.length"), busy()
    took = page.evaluate(SLIDE, STEPS)
    each = (busy() - before) / STEPS
    page.close()
    return rows, took, each


if __name__ == '__main__': main()
