"""How large the explorer is, how soon its first chart is there, and how long a filter takes: python tests/benchmarks/explorer.py [FOLDER]

FOLDER holds timm's CSV files; without it they are found as everywhere. The same is done with ten times the rows: every model ten times, under
names of its own. A filter is a slider that is moved over its whole way in 30 steps; its time ends when the browser has painted the result. All times
are by the clock, on a machine that should be quiet."""
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from browser import browser
from plotly.offline import get_plotlyjs

from timm_bench.explorer import explorer
from timm_bench.results import get_results

TIMES = 10  # as many rows
LOADS, STEPS = 5, 30

SLIDE = """async steps => {
    const slider = document.getElementById('tmax-slider'), took = [];
    for (let i = 0; i < steps; i++) {
        slider.value = 400 - Math.round((i * 7 % steps) / steps * 390);
        const start = performance.now();
        slider.dispatchEvent(new Event('input'));
        const script = performance.now();
        await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
        took.push([performance.now() - start, script - start]);
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
        for name, source in {'as published': results, f'{TIMES} times the rows': many}.items():
            page = explorer(source)
            path, plotly = page.save(Path(folder)/'explorer.html'), len(get_plotlyjs().encode())
            shown = [first_chart(chromium, path) for _ in range(LOADS)]
            rows, took = redraws(chromium, path)
            whole, script = ([pair[i] for pair in took] for i in range(2))
            print(f'{name}: {page!r}, {rows:,} dots at first\n'
                  f'  bytes            {path.stat().st_size:,}, without plotly.js {path.stat().st_size - plotly:,}\n'
                  f'  first chart      {statistics.median(shown):.0f} ms (median of {LOADS} loads, {min(shown):.0f} to {max(shown):.0f})\n'
                  f'  filter, painted  {statistics.median(whole):.0f} ms (median of {STEPS}, {min(whole):.0f} to {max(whole):.0f}); its script alone {statistics.median(script):.0f} ms')


def first_chart(chromium, path: Path) -> float:
    "Milliseconds from the navigation to the first chart that is painted."
    page = chromium.new_page(viewport=dict(width=1440, height=900))
    page.goto(path.as_uri(), timeout=120_000)
    while not (found := page.evaluate("performance.getEntriesByName('shown').map(entry => entry.startTime)")): page.wait_for_timeout(20)
    page.close()
    return found[0]


def redraws(chromium, path: Path) -> tuple[int, list[list[float]]]:
    "The dots at first, and the milliseconds of each step of the slider: in all, and of the script."
    page = chromium.new_page(viewport=dict(width=1440, height=900))
    page.goto(path.as_uri(), timeout=120_000)
    rows = page.evaluate("document.getElementById('plot').data[0].x.length")
    took = page.evaluate(SLIDE, STEPS)
    page.close()
    return rows, took


if __name__ == '__main__': main()
