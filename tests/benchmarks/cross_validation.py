"""How well `estimate` does on machines that it has not seen, beside two simpler methods.

Every device is left out with all its files; for CPUs once more all files of CPUs are. A draw hides a random half of
the models from `pick_models`, which chooses 12 of the others by the files that are left; their times on the device are
all that is known of it, and every other model is estimated. The simpler methods get the same 12 models:

* log-linear: least squares of log seconds on those of the nearest file, and on the logarithms of MACs, activations and
  parameters;
* components: ridge regression on ten principal components of all files that are left.

    python tests/benchmarks/cross_validation.py [--part infer] [--draws 40] [--results FOLDER] [--rows rows.csv]
"""
import argparse
from pathlib import Path
from typing import Callable, Collection

import numpy as np
import pandas as pd
import statsmodels.api as sm
from kept_tables import write_table

from timm_bench.hardware.estimate import reach_of, typical_models
from timm_bench.hardware.machine import Public, costs_of, nearest_file, predict_all, read_profile, read_public
from timm_bench.sources.results import get_results


def hidden_files(file: str, public: Public) -> dict[str, set[str]]:
    "Which files to leave out for a file, by what is known then: its device's own, and for a CPU once more all CPUs'."
    about = public.files[file]
    known = {'all others': set(public.devices[about.device])}
    if about.cuda is None: known['GPUs alone'] = {name for name, each in public.files.items() if each.cuda is None}
    return known


def drawn(file: str, public: Public, rest: Public, draw: int, n: int = 12,
          pick: Callable[..., pd.Series] = typical_models) -> pd.Series:
    "The models that a draw measures, with the logarithms of their seconds on the device."
    truth, near = public.secs[file].dropna(), nearest_file(None, public.files[file], rest)
    common = read_profile(near, rest).costs.index.intersection(truth.index)
    half = common[np.random.default_rng(draw).permutation(len(common))[:len(common) // 2]]
    return truth[pick(n, near, rest, half).index]


def missed(file: str, public: Public, own: pd.Series, estimated: pd.Series) -> pd.Series:
    "By how much the models that were not measured are missed, in logarithms of seconds."
    miss = public.secs[file] - estimated
    return miss.drop(own.index).dropna()


def median_error(miss: pd.Series) -> float:
    "The median absolute error of seconds, in percent."
    return 100 * np.expm1(-miss).abs().median()


def cross_validate(
    draws: int = 3,  # choices of models per file
    *,
    n: int = 12,  # models measured
    part: str = 'infer',  # 'infer' or 'train'
    files: Collection[str] | None = None,  # the files to estimate; `None`: all of the part
    results=None,  # see `get_results`
    simpler: bool = False,  # whether to set the simpler methods beside
) -> pd.DataFrame:  # a row per file, known files and draw; errors and coverage in percent
    "Estimate public files from those of all other devices, and judge the estimates."
    public, rows = read_public(part, get_results(results)), []
    for file in public.files if files is None else files:
        for known, hidden in hidden_files(file, public).items():
            rest = public.without(hidden)
            if not rest.files: continue
            filled = fill(rest.secs.dropna(how='all')) if simpler else None
            for draw in range(draws):
                own = drawn(file, public, rest, draw, n)
                rows.append(dict(device=public.files[file].device, file=file, known=known, draw=draw)
                            | judge(file, public, rest, own)
                            | (beside(file, public, rest, own, filled) if simpler else {}))
    columns = ['device', 'file', 'known', 'draw', 'models', 'error', 'coverage']
    return pd.DataFrame(rows, columns=None if rows else columns)


def judge(file: str, public: Public, rest: Public, own: pd.Series) -> dict:
    "The figures of one draw."
    estimates = predict_all(own, public.files[file], rest)
    miss = missed(file, public, own, estimates['mean'])
    inside = miss.abs() <= reach_of(own.index, rest) * estimates.sd[miss.index]
    return dict(models=len(miss), error=median_error(miss), coverage=100 * inside.mean())


def beside(file: str, public: Public, rest: Public, own: pd.Series, filled: pd.DataFrame) -> dict:
    "The errors of the simpler methods."
    near = nearest_file(own, public.files[file], rest)
    ways = {'log-linear': log_linear(own, rest, filled, near), 'components': components(own, filled)}
    return {way: median_error(missed(file, public, own, estimated)) for way, estimated in ways.items()}


def log_linear(own: pd.Series, rest: Public, filled: pd.DataFrame, near: str) -> pd.Series:
    traits = costs_of(rest.costs, filled.index).assign(nearest=filled[near])
    traits = sm.add_constant(traits, has_constant='add').dropna()
    return sm.OLS(own, traits.loc[own.index]).fit().predict(traits)


def components(own: pd.Series, filled: pd.DataFrame, count: int = 10, penalty: float = 0.05) -> pd.Series:
    left, scale, _ = np.linalg.svd((filled - filled.mean()).to_numpy(), full_matrices=False)
    traits = sm.add_constant(pd.DataFrame((left * scale)[:, :count], filled.index))
    rows = traits.loc[own.index].to_numpy()
    ridge = np.diag([0.0] + [penalty] * (rows.shape[1] - 1))
    return traits @ np.linalg.solve(rows.T @ rows + ridge, rows.T @ own.to_numpy())


def fill(secs: pd.DataFrame) -> pd.DataFrame:
    "Models missing in some files, from five components of the others."
    holes, centred = secs.isna().to_numpy(), secs - secs.mean()
    table = centred.T.fillna(centred.mean(axis=1)).T.add(secs.mean()).to_numpy(copy=True)
    for _ in range(30):
        mean = table.mean(0)
        left, scale, right = np.linalg.svd(table - mean, full_matrices=False)
        table[holes] = ((left[:, :5] * scale[:5]) @ right[:5] + mean)[holes]
    return pd.DataFrame(table, secs.index, secs.columns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--part', choices=['infer', 'train'], default='infer')
    parser.add_argument('--draws', type=int, default=40)
    parser.add_argument('--results', default=None)
    parser.add_argument('--rows', type=Path, help='keep a row per draw in this CSV file')
    options = parser.parse_args()
    table = cross_validate(options.draws, part=options.part, results=options.results, simpler=True)
    if options.rows: table.to_csv(options.rows, index=False)
    rows = []
    for (device, known), each in table.groupby(['device', 'known'], sort=False):
        figures = [each.coverage.mean(), each.coverage.min(), 100 * (each.coverage < 75).mean(), each.error.median(),
                   each['log-linear'].median(), each.components.median()]
        rows.append([device, known, str(each.file.nunique()), *(f'{figure:.1f}' for figure in figures)])
    head = ['device', f'known ({options.draws} draws a file)', 'files', 'coverage, mean (%)', 'least (%)',
            'draws below 75 % (%)', 'error (%)', 'log-linear (%)', 'components (%)']
    write_table(f'cross_validation_{options.part}', head, rows)


if __name__ == '__main__': main()
