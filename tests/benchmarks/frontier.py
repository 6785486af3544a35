"""How long `frontier` takes for 1,000 to 1,000,000 rows, and how that grows: python tests/benchmarks/frontier.py

Three kinds of rows: a cloud; models that gain accuracy with time, as real ones do; and a line on which every row is unbeaten, the worst
case. A fitted exponent near 1 means growth like n log n. The table is kept for the docs."""
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent))
from kept_tables import write_table

from timm_bench.choosing.choose import frontier

SIZES = [10**3, 3 * 10**3, 10**4, 3 * 10**4, 10**5, 3 * 10**5, 10**6]


def kinds(size: int) -> dict[str, pd.DataFrame]:
    "Frames of so many rows."
    random = np.random.default_rng(0)
    secs = random.random(size)
    accuracies = dict(cloud=random.random(size), models=secs + random.normal(size=size) / 10, line=secs)
    return {kind: pd.DataFrame(dict(secs=secs, top1=top1)) for kind, top1 in accuracies.items()}


def seconds(df: pd.DataFrame, repeats: int = 5) -> float:
    "The shortest of several runs."
    took = []
    for _ in range(repeats):
        start = time.perf_counter()
        frontier(df)
        took.append(time.perf_counter() - start)
    return min(took)


def main() -> None:
    took = {size: {kind: seconds(df) for kind, df in kinds(size).items()} for size in SIZES}
    table = pd.DataFrame.from_dict(took, orient='index')
    large = table[table.index >= 10**4]  # below, the fixed cost of pandas is most of it
    exponents = [f'{np.polyfit(np.log(large.index), np.log(large[kind]), 1)[0]:.2f}' for kind in table]
    rows = [[f'{size:,} rows', *(f'{1000 * value:.1f} ms' for value in row)] for size, row in table.iterrows()]
    write_table('frontier', ['`frontier` of', *table], [*rows, ['exponent', *exponents]])


if __name__ == '__main__': main()
