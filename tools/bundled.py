"""Makes timm_bench/bundled/results, the results that the package carries.

TIMM_BENCH_RESULTS=… python tools/bundled.py MEASURED

MEASURED is a folder of files that `timm_bench measure` wrote; they are copied with their sidecars. The accuracies, of
just those weights, are facts from the results at hand, each with its source and date. README.md in the folder says how
every figure was obtained; its table of intervals is written anew.
"""
import re
import shutil
import sys
from pathlib import Path

import pandas as pd

from timm_bench import get_accuracy, get_results
from timm_bench.columns import FINE_TUNED, TEST_SETS, TestSet
from timm_bench.data import read_joined
from timm_bench.sources.benchmarks import Benchmark

TARGET = Path(__file__).resolve().parent.parent/'timm_bench'/'bundled'/'results'
ROW = ['model', 'img_size']


def shown(measured: Path) -> pd.DataFrame:
    "The weights that `get_data` shows for the measured models: `model`, `img_size`."
    frames = []
    for path in sorted(measured.glob('benchmark-*.csv')):
        benchmark = Benchmark.named(path.name, path)
        frames.append(read_joined(benchmark.part, benchmark, get_results()).select('best')[ROW])
    return pd.concat(frames).drop_duplicates()


def accuracies(test_set: TestSet, wanted: pd.DataFrame) -> pd.DataFrame:
    "What timm publishes for those weights on a test set, with its source and date."
    results = get_results()
    table = get_accuracy(test_set, results=results).merge(wanted, on=ROW)
    source = f'huggingface/pytorch-image-models results/{TEST_SETS[test_set].file}'
    if results.commit: source += f' at commit {results.commit[:8]}'
    return table[[*ROW, 'top1', 'top5', 'param_count']].assign(source=source, date=results.date)


def sureness(sidecar: Path) -> str:
    "A row of the README's table: how well a file's medians are known."
    rows = pd.read_json(sidecar, lines=True)
    rows = rows[rows.status == 'ok']
    width = rows.interval_pct
    several = (rows.processes > 1).sum() if 'processes' in rows else 0  # a file of before there were several
    name = re.sub(r'^benchmark-|-pt\d+|-cpu-epyc_1core', '', sidecar.stem)
    intervals = f'±{width.median():.1f} %', (width <= 3).sum(), (width > 10).sum(), width.isna().sum()
    days = ' and '.join(sorted(set(rows.finished.str[:10])))
    cells = name, len(rows), days, several, *intervals
    return f'| {" | ".join(map(str, cells))} |'


def main(measured: Path) -> None:
    "Write the folder anew; of its README, the table of intervals."
    wanted = shown(measured)
    tables = {about.file: accuracies(test_set, wanted) for test_set, about in TEST_SETS.items() if test_set not in FINE_TUNED}
    TARGET.mkdir(parents=True, exist_ok=True)
    for old in [*TARGET.glob('*.csv'), *TARGET.glob('*.jsonl')]: old.unlink()
    for file in [*measured.glob('benchmark-*.csv'), *measured.glob('benchmark-*.jsonl')]: shutil.copy(file, TARGET)
    for file, table in tables.items(): table.to_csv(TARGET/file, index=False)
    readme = TARGET/'README.md'
    rows = ''.join(f'{sureness(sidecar)}\n' for sidecar in sorted(TARGET.glob('*.jsonl')))
    text = re.sub(r'(?<=\|\n)(?:\| (?:infer|train)-.*\n)+', lambda _: rows, readme.read_text(encoding='utf-8'))
    readme.write_text(text, encoding='utf-8')
    print(f'{TARGET}: {len(wanted)} weights, {len(list(TARGET.glob("benchmark-*.csv")))} benchmark files')


if __name__ == '__main__':
    if len(sys.argv) != 2: sys.exit(__doc__)
    main(Path(sys.argv[1]))
