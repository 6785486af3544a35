"""Makes timm_bench/bundled/results, the results that the package carries.

TIMM_BENCH_RESULTS=… python tools/bundled.py MEASURED

MEASURED is a folder of files that `timm_bench measure` wrote; they are copied with their sidecars. The accuracies, of just those weights,
are facts from the results at hand, each with its source and date. README.md in the folder says how every figure was obtained; its table of intervals is written anew.
"""
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import get_args

import pandas as pd

from timm_bench.columns import TestSet
from timm_bench.data import get_accuracy, get_data
from timm_bench.sources.results import get_results

TARGET = Path(__file__).resolve().parent.parent/'timm_bench'/'bundled'/'results'


def shown(measured: Path) -> pd.DataFrame:
    "The weights that `get_data` shows for the measured models: `model`, `img_size`."
    results = get_results()
    with tempfile.TemporaryDirectory() as folder:
        for file in [*measured.glob('benchmark-*.csv'), results.folder/'results-imagenet.csv']: shutil.copy(file, folder)
        return pd.concat(get_data(part, results=folder, keep=None)[['model', 'img_size']] for part in ('infer', 'train')).drop_duplicates()


def accuracies(test_set: str, wanted: pd.DataFrame) -> pd.DataFrame:
    "What timm publishes for those weights on a test set: `model`, `img_size`, `top1`, `top5`, `param_count`, `source`, `date`."
    results = get_results()
    table = get_accuracy(test_set, results=results)
    source = f'huggingface/pytorch-image-models results/{table.attrs["files"][0]}' + (f' at commit {results.commit[:8]}' if results.commit else '')
    return table.merge(wanted, on=['model', 'img_size'])[['model', 'img_size', 'top1', 'top5', 'param_count']].assign(source=source, date=results.date)


def sureness(sidecar: Path) -> str:
    "A row of the README's table: how well a file's medians are known."
    rows = pd.read_json(sidecar, lines=True)
    rows = rows[rows.status == 'ok']
    width, several = rows.interval_pct, (rows.processes > 1).sum() if 'processes' in rows else 0  # a file of before there were several
    name = re.sub(r'^benchmark-|-pt\d+|-cpu-epyc_1core', '', sidecar.stem)
    cells = [name, len(rows), f'{rows.finished.max()[:10]}', several, f'±{width.median():.1f} %', (width <= 3).sum(), (width > 10).sum(), width.isna().sum()]
    return f'| {" | ".join(map(str, cells))} |'


def main(measured: Path) -> None:
    "Write the folder anew; of its README, the table of intervals."
    wanted = shown(measured)
    tables = {test_set: accuracies(test_set, wanted) for test_set in get_args(TestSet)}
    TARGET.mkdir(parents=True, exist_ok=True)
    for old in [*TARGET.glob('*.csv'), *TARGET.glob('*.jsonl')]: old.unlink()
    for file in [*measured.glob('benchmark-*.csv'), *measured.glob('benchmark-*.jsonl')]: shutil.copy(file, TARGET)
    for table in tables.values(): table.to_csv(TARGET/Path(table.source[0].split(' at ')[0]).name, index=False)
    readme = TARGET/'README.md'
    table = '\n'.join(sureness(sidecar) for sidecar in sorted(TARGET.glob('*.jsonl')))
    readme.write_text(re.sub(r'(?<=\|\n)(?:\| (?:infer|train)-.*\n)+', lambda _: table + '\n', readme.read_text(encoding='utf-8')), encoding='utf-8')
    print(f'{TARGET}: {len(wanted)} weights, {len(list(TARGET.glob("benchmark-*.csv")))} benchmark files')


if __name__ == '__main__':
    if len(sys.argv) != 2: sys.exit(__doc__)
    main(Path(sys.argv[1]))
