"""How well `estimate` does on machines that it has not seen, beside two simpler methods.

Every device is left out with all its files; for CPUs once more all files of CPUs are. A draw hides a random half of the models from
`pick_models`, which chooses 12 of the others by the files that are left; their times on the device are all that is known of it, and
every other model is estimated. The simpler methods get the same 12 models:

* log-linear: least squares of log seconds on those of the nearest file, and on the logarithms of MACs, activations and parameters;
* components: ridge regression on ten principal components of all files that are left.

    python tests/benchmarks/estimate_cross_validation.py [--draws 40] [--results FOLDER] [--out rows.csv]
"""
import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
import pandas as pd
import statsmodels.api as sm

from timm_bench.hardware.estimate import cross_validate, hidden_files
from timm_bench.hardware.machine import Public, costs_of, nearest_file, read_public
from timm_bench.sources.results import get_results


def log_linear(own, about, rest, filled):
    nearest = nearest_file(own, about, rest)
    traits = sm.add_constant(costs_of(rest.costs, filled.index).assign(nearest=filled[nearest]), has_constant='add').dropna()
    return sm.OLS(own, traits.loc[own.index]).fit().predict(traits)


def components(own, about, rest, filled, count=10, penalty=0.05):
    centred = filled - filled.mean()
    left, scale, _ = np.linalg.svd(centred.to_numpy(), full_matrices=False)
    traits = sm.add_constant(pd.DataFrame((left * scale)[:, :count], filled.index))
    rows = traits.loc[own.index].to_numpy()
    weights = np.linalg.solve(rows.T @ rows + np.diag([0.0] + [penalty] * (rows.shape[1] - 1)), rows.T @ own.to_numpy())
    return traits @ weights


def fill(secs):
    "Models missing in some files, from five components of the others."
    holes = secs.isna().to_numpy()
    table = secs.sub(secs.mean()).T.fillna(secs.sub(secs.mean()).mean(axis=1)).T.add(secs.mean()).to_numpy(copy=True)
    for _ in range(30):
        mean = table.mean(0)
        left, scale, right = np.linalg.svd(table - mean, full_matrices=False)
        table[holes] = ((left[:, :5] * scale[:5]) @ right[:5] + mean)[holes]
    return pd.DataFrame(table, secs.index, secs.columns)


def judge(file, draws, results):
    "All draws of one file: this package's errors and coverage, and the errors of the simpler methods."
    table = cross_validate(draws, files=[file], results=results)
    public = read_public('infer', get_results(results))
    about, truth = dict(public.files.loc[file]), public.secs[file].dropna()
    for known, rows in table.groupby('known'):
        rest = public.without(hidden_files(public.files.loc[file], public)[known])
        rest = Public(rest.files, rest.secs.dropna(how='all'), rest.costs)
        filled = fill(rest.secs)
        for method in log_linear, components:
            for at, measured in rows.measured.items():
                own = truth[pd.MultiIndex.from_tuples(measured, names=truth.index.names)]
                guess = method(own, about, rest, filled)
                others = guess.index.intersection(truth.index).difference(own.index)
                table.loc[at, method.__name__] = 100 * np.expm1(guess[others] - truth[others]).abs().median()
    return table


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--draws', type=int, default=40)
    parser.add_argument('--results', default=None)
    parser.add_argument('--out', default=None)
    parser.add_argument('--processes', type=int, default=min(4, os.cpu_count() or 1))
    args = parser.parse_args()
    files = list(read_public('infer', get_results(args.results)).files.index)
    with ProcessPoolExecutor(args.processes) as pool:
        table = pd.concat(pool.map(partial(judge, draws=args.draws, results=args.results), files), ignore_index=True)
    if args.out: table.drop(columns='measured').to_csv(args.out, index=False)
    by_file = table.groupby(['device', 'known', 'file'], sort=False).agg(
        models=('models', 'median'), error=('error', 'median'), coverage=('coverage', 'mean'), log_linear=('log_linear', 'median'), components=('components', 'median'))
    figures = ['error', 'coverage', 'log_linear', 'components']
    by_device = by_file.groupby(['device', 'known'], sort=False)[figures].mean()
    print(f'Median absolute error of seconds per image (%), and coverage of the 90 % intervals (%); {args.draws} draws of 12 models\n')
    print(by_file.round(1).to_string(), '\n\nMean over the files of a device\n\n' + by_device.round(1).to_string(), sep='')


if __name__ == '__main__': main()
