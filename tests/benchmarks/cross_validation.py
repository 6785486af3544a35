"""How well `estimate` does on machines that it has not seen, beside two simpler methods.

Every device is left out with all its files; for CPUs once more all files of CPUs are. A draw hides a random half of
the models from `pick_models`, which chooses 12 of the others by the files that are left; their times on the device are
all that is known of it, and every other model is estimated. The simpler methods get the same 12 models:

* log-linear: least squares of log seconds on those of the nearest file, and on the logarithms of MACs, activations and
  parameters;
* components: ridge regression on ten principal components of all files that are left.

    python tests/benchmarks/cross_validation.py [--part infer] [--draws 40] [--results FOLDER] [--rows rows.csv]
    python tests/benchmarks/cross_validation.py --runtimes [--draws 40] [--results FOLDER]

With `--rows`, a run that was ended goes on after the last file that was done. With `--runtimes` the files of the set
that the package carries are estimated, one for each runtime. Only one device has them all, so that models are left out
instead: 12 are measured in a runtime, and the others estimated from timm's files, or from what the same machine did in
eager PyTorch.
"""
import argparse
from pathlib import Path
from typing import Callable, Collection

import numpy as np
import pandas as pd
import statsmodels.api as sm
from kept_tables import write_table

from timm_bench.hardware.estimate import half_widths, typical_models
from timm_bench.hardware.machine import (
    Estimates, Public, costs_of, folded_in, nearest_file, predict_all, read_profile, read_public)
from timm_bench.sources.benchmarks import Benchmark
from timm_bench.sources.results import bundled, get_results


def hidden_files(about: Benchmark, public: Public) -> dict[str, set[str]]:
    "Which files to leave out for a machine, by what is known then: its own, and for a CPU once more all CPUs'."
    known = {'all others': set(public.devices.get(about.device, []))}
    if about.cuda is None: known['GPUs alone'] = {name for name, each in public.files.items() if each.cuda is None}
    return known


def drawn(file: str, judged: Public, rest: Public, draw: int, n: int = 12,
          pick: Callable[..., pd.Series] = typical_models) -> pd.Series:
    "The models that a draw measures, with the logarithms of their seconds on the device."
    truth, near = judged.secs[file].dropna(), nearest_file(None, judged.files[file], rest)
    common = read_profile(near, rest).costs.index.intersection(truth.index)
    half = common[np.random.default_rng(draw).permutation(len(common))[:len(common) // 2]]
    return truth[pick(n, near, rest, half).index]


def predicted(file: str, judged: Public, rest: Public, own: pd.Series) -> Estimates:
    "What a draw tells of all other models."
    folded = folded_in(judged.params[file], rest).any()
    return predict_all(own, judged.files[file], rest, folded=folded)


def missed(file: str, judged: Public, own: pd.Series, estimated: pd.Series) -> pd.Series:
    "By how much the models that were not measured are missed, in logarithms of seconds."
    miss = judged.secs[file] - estimated
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
    of=None,  # the results whose files are estimated; `None`: the same
    simpler: bool = False,  # whether to set the simpler methods beside
) -> pd.DataFrame:  # a row per file, known files and draw; errors and coverage in percent
    "Estimate public files from those of all other devices, and judge the estimates."
    public, rows = read_public(part, get_results(results)), []
    judged = public if of is None else read_public(part, get_results(of))
    for file in judged.files if files is None else files:
        about = judged.files[file]
        for known, hidden in hidden_files(about, public).items():
            rest = public.without(hidden)
            if not rest.files: continue
            filled = fill(rest.secs.dropna(how='all')) if simpler and len(rest.files) > 1 else None
            for draw in range(draws):
                own = drawn(file, judged, rest, draw, n)
                figures = judge(file, judged, rest, own)
                if filled is not None: figures |= beside(file, judged, rest, own, filled)
                rows.append(dict(device=about.device, file=file, known=known, draw=draw) | figures)
    columns = ['device', 'file', 'known', 'draw', 'models', 'error', 'coverage']
    return pd.DataFrame(rows, columns=None if rows else columns)


def by_runtime(draws: int, results=None) -> pd.DataFrame:  # a row per runtime, what is known, and draw
    "Estimate each runtime of the set that the package carries, by what others' files or its own eager file tell."
    public, of, rows = read_public('infer', get_results(results)), read_public('infer', bundled()), []
    alike = {file: each for file, each in of.files.items() if each.layout == 'nchw'}
    eager = {file for file, each in alike.items() if each.runtime == 'eager'}
    for file, about in alike.items():
        ways = {"timm's files": public}
        if file not in eager: ways['the same machine in eager PyTorch'] = of.without(set(of.files) - eager)
        for known, rest in ways.items():
            for draw in range(draws):
                own = drawn(file, of, rest, draw)
                rows.append(dict(runtime=about.runtime, known=known, draw=draw) | judge(file, of, rest, own))
    return pd.DataFrame(rows)


def judge(file: str, judged: Public, rest: Public, own: pd.Series) -> dict:
    "The figures of one draw."
    estimates = predicted(file, judged, rest, own)
    miss = missed(file, judged, own, estimates.secs)
    inside = miss.abs() <= half_widths(estimates, own.index, rest)[miss.index]
    return dict(models=len(miss), error=median_error(miss), coverage=100 * inside.mean())


def beside(file: str, judged: Public, rest: Public, own: pd.Series, filled: pd.DataFrame) -> dict:
    "The errors of the simpler methods."
    near = nearest_file(own, judged.files[file], rest)
    ways = {'log-linear': log_linear(own, rest, filled, near), 'components': components(own, filled)}
    return {way: median_error(missed(file, judged, own, estimated)) for way, estimated in ways.items()}


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
    parser.add_argument('--draws', type=int, default=40, help='of a device at least; half as many of each file')
    parser.add_argument('--results', default=None)
    parser.add_argument('--rows', type=Path, help='the CSV file that keeps a row per draw')
    parser.add_argument('--runtimes', action='store_true', help='of the set that the package carries')
    options = parser.parse_args()
    if options.runtimes:
        table = by_runtime(options.draws, options.results)
        return tell(table, ['runtime', 'known'], 'cross_validation_runtimes')
    judging = dict(part=options.part, results=options.results, simpler=True)
    found = [pd.read_csv(options.rows)] if options.rows and options.rows.exists() else []
    done = {file for table in found for file in table.file}
    for of in get_results(options.results), bundled():
        for files in read_public(options.part, of).devices.values():
            draws = max(options.draws // 2, -(-options.draws // len(files)))
            for file in files:
                if file in done: continue
                found.append(cross_validate(draws, files=[file], of=of, **judging))
                if options.rows: pd.concat(found).to_csv(options.rows, index=False)
    tell(pd.concat(found), ['device', 'known'], f'cross_validation_{options.part}')


def tell(table: pd.DataFrame, by: list[str], name: str) -> None:
    "Keep a table of coverage and error."
    ways = [way for way in ('log-linear', 'components') if way in table]
    rows = []
    for which, each in table.groupby(by, sort=False):
        figures = [each.coverage.mean(), each.coverage.min(), 100 * (each.coverage < 75).mean(), each.error.median()]
        figures += [each[way].median() for way in ways]
        count = each.file.nunique() if 'file' in each else round(each.models.median())
        rows.append([*which, str(count), str(len(each)), *(f'{figure:.1f}' for figure in figures)])
    of = 'files' if 'file' in table else 'models'
    head = [*by, of, 'draws', 'coverage, mean (%)', 'least (%)', 'draws below 75 % (%)', 'error (%)',
            *(f'{way} (%)' for way in ways)]
    write_table(name, head, rows)


if __name__ == '__main__': main()
