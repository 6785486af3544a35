"""Makes timm_bench/bundled/work.json, how much there is to compute in each model.

TIMM_BENCH_RESULTS=… python tools/work.py

It is read out of timm's published inference files; `timm_bench.hardware.model_names` reads what it writes: the
multiply-accumulates (billions) and parameters (millions) of each architecture, at the smallest size that it was timed at.
"""
from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd

from timm_bench import get_results
from timm_bench.models import renamed, split_name
from timm_bench.sources.benchmarks import benchmarks_in

TARGET = Path(__file__).resolve().parent.parent/'timm_bench'/'bundled'/'work.json'
COLUMNS = ['infer_img_size', 'infer_gmacs', 'param_count']


def main() -> None:
    "Write the table anew."
    results = get_results()
    tables = [benchmark.read() for benchmark in benchmarks_in(results, 'infer') if not benchmark.problem]
    every = pd.concat([table[['model', *COLUMNS]] for table in tables if {*COLUMNS} <= set(table)])
    every[COLUMNS] = every[COLUMNS].apply(pd.to_numeric, errors='coerce')
    every = every.assign(arch=[split_name(renamed(name)).arch for name in every.model]).dropna()
    smallest = every.sort_values('infer_img_size', kind='stable').drop_duplicates('arch').sort_values('arch')
    table = {row.arch: [round(row.infer_gmacs, 2), round(row.param_count, 2)] for row in smallest.itertuples()}
    text = json.dumps(dict(as_of=str(results.date), work=table), indent=0)
    TARGET.write_text(re.sub(r'\[\n([\d.]+),\n([\d.]+)\n\]', r'[\1, \2]', text) + '\n', encoding='utf-8')
    print(f'{TARGET}: {len(table)} architectures')


if __name__ == '__main__': main()
