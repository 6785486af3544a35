"""Measures the set that the package carries, in two rounds that must agree, and in pieces that go on where they stopped.

    python tools/measure_bundled.py OUT plan                 # what there is to do, and about how long it takes
    python tools/measure_bundled.py OUT measure [--hours 3]  # the next pieces; again and again, until nothing is left
    python tools/measure_bundled.py OUT combine              # OUT/combined, which tools/bundled.py takes

It wants a machine that does nothing else, and refuses one that is busy. Everything runs on one core, to which the process
is pinned, with one thread. In each round every model is timed in eager PyTorch, ONNX Runtime and OpenVINO, which take
turns; some through `torch.compile` too, and some in training. Two rounds agree where their medians are within 3 % (5 % in
training); a model whose do not is measured in a third, and if no two agree then, it is marked: `rounds_agree` in its row
of the sidecar. `rounds_ms` has the medians, and the interval is that over the processes of all rounds (of fewer than
three processes, what the intervals of all rounds cover). What the package carries of models that are not measured anew
stays, with the day of its measurement.
"""
from __future__ import annotations

import argparse
import math
import os
import shutil
import statistics
import time
from pathlib import Path

from timm_bench import measure
from timm_bench.checks import ResultsError
from timm_bench.hardware.measure import expected_seconds
from timm_bench.hardware.model_names import find_models, work_of
from timm_bench.hardware.record import BenchmarkFile, add_row, duration_in_words, read_sidecar
from timm_bench.hardware.timing import between
from timm_bench.sources.benchmarks import Benchmark
from timm_bench.sources.results import bundled

EXPORTED = 'eager', 'onnxruntime', 'openvino'
NEWEST = [  # beside those of the set before: the newest architectures with published accuracy
    'mobilenetv4_conv_blur_medium', 'mobilenetv4_conv_aa_large', 'mobilenetv4_hybrid_large', 'repvit_m1', 'repvit_m1_0',
    'repvit_m1_5', 'repvit_m2', 'repvit_m3', 'fastvit_t12', 'fastvit_sa12', 'fastvit_sa36', 'fastvit_ma36', 'hgnetv2_b1',
    'hgnetv2_b3', 'hgnetv2_b5', 'hgnetv2_b6', 'tiny_vit_11m_224', 'tiny_vit_21m_384', 'efficientvit_m1', 'efficientvit_m2',
    'efficientvit_m3', 'efficientvit_m5', 'efficientvit_b3', 'efficientvit_l2', 'convnextv2_base', 'eva02_base_patch14_448',
    'caformer_m36', 'caformer_b36', 'convformer_s36', 'efficientformerv2_s1', 'efficientformerv2_l', 'starnet_s1',
    'starnet_s2', 'starnet_s3', 'starnet_s4', 'hiera_base_224', 'nextvit_base', 'rdnet_small', 'vit_wee_patch16_reg1_gap_256',
    'vit_little_patch16_reg1_gap_256', 'vit_betwixt_patch16_reg1_gap_256', 'mobileone_s0', 'mobileone_s2', 'mobileone_s3',
    'mobileone_s4', 'swiftformer_xs', 'swiftformer_s', 'swiftformer_l1', 'mambaout_femto', 'mambaout_kobe', 'mambaout_tiny']
AGREE = dict(infer=0.03, train=0.05)


def set_before(ending: str) -> list[str]:
    "The models of a file that the package carries now."
    files = [file for file in bundled().files if file.startswith('benchmark-') and file.endswith(f'{ending}.csv')]
    return [model for file in files for model in bundled().read(file).model]


def chosen() -> dict[str, list[str]]:
    "The models to measure: exported ones, those through `torch.compile`, and those in training; the lightest first."
    known = [name for name in NEWEST if _is_known(name)]
    every = sorted({*set_before('infer-fp32-nchw-pt2141-cpu-epyc_1core'), *known}, key=work_of)
    some = every[::max(1, len(every)//80)]
    compiled = sorted({*set_before('infer-fp32-nchw-pt2141-cpu-epyc_1core-dynamo'), *some}, key=work_of)[:60]
    trained = sorted(set_before('train-fp32-nchw-pt2141-cpu-epyc_1core'), key=work_of)
    return dict(exported=every, compiled=compiled, trained=trained)


def _is_known(name: str) -> bool:
    "Whether the installed tables know an architecture."
    try: return bool(find_models(name))
    except ResultsError: return False


def pieces(options: argparse.Namespace) -> list[dict]:
    "What is to be measured, as `measure` takes it."
    models = chosen()
    if options.models: models = dict.fromkeys(models, options.models.split(','))
    infer = dict(part='infer', processes=options.processes, seconds=options.seconds)
    train = dict(part='train', processes=options.processes, seconds=2*options.seconds)
    return [dict(infer, models=models['exported'], runtime=EXPORTED), dict(infer, models=models['compiled'], runtime=['compile']),
            dict(train, models=models['trained'], runtime=['eager'])]


def guess(piece: dict, models: int | None = None) -> float:
    "About how many seconds a piece takes."
    jobs = [dict(model=model, runtime=runtime, part=piece['part'], batch_size=1 if piece['part'] == 'infer' else 8,
                 processes=piece['processes'], seconds=piece['seconds'])
            for model in piece['models'][:models] for runtime in piece['runtime']]
    return sum(map(expected_seconds, jobs))


def show_plan(options: argparse.Namespace) -> None:
    total = 0.
    for piece in pieces(options):
        seconds = guess(piece)
        total += seconds
        what = f"{piece['part']}, {', '.join(piece['runtime'])}: {len(piece['models'])} models"
        print(f'{what}, about {duration_in_words(seconds)} a round')
    print(f'two rounds: about {duration_in_words(2*total)}, and some for what is measured a third time')


def do_some(options: argparse.Namespace) -> None:
    "Measure until the time is up: round after round, piece after piece, ten models at a time."
    if os.getloadavg()[0] > options.load:
        raise SystemExit(f'the machine is busy (load {os.getloadavg()[0]:.1f}): nothing else may run; --load says what is allowed')
    if hasattr(os, 'sched_setaffinity'): os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    end = time.monotonic() + 3600*options.hours
    for number in 1, 2, 3:
        for piece in pieces(options):
            asked = piece if number < 3 else piece | dict(models=disagreeing(options.out, piece))
            for first in range(0, len(asked['models']), 10):
                if time.monotonic() > end: return print('time is up: the same command goes on from here')
                part = asked | dict(models=asked['models'][first:first + 10])
                extra = dict(engine=options.engine) if options.engine else {}
                measure(**part, device='cpu', threads=1, out=options.out/f'round{number}', **extra)
    print('all is measured')


def rows_by_file(out: Path) -> dict[str, dict[str, list[dict]]]:
    "By file and model, the last row of each round."
    found: dict[str, dict[str, list[dict]]] = {}
    for folder in sorted(out.glob('round[123]')):
        for sidecar in sorted(folder.glob('benchmark-*.jsonl')):
            last = {row['model']: row for row in read_sidecar(sidecar) if row['status'] == 'ok'}
            for model, row in last.items(): found.setdefault(sidecar.stem, {}).setdefault(model, []).append(row)
    return found


def two_that_agree(rows: list[dict], part: str) -> list[dict]:
    "The two rounds that are nearest to each other, if they agree."
    pairs = [(one, other) for number, one in enumerate(rows) for other in rows[number + 1:]]
    apart = lambda pair: abs(math.log(pair[0]['median_ms']/pair[1]['median_ms']))
    nearest = min(pairs, key=apart, default=None)
    return list(nearest) if nearest and apart(nearest) <= AGREE[part] else []


def disagreeing(out: Path, piece: dict) -> list[str]:
    "The models of a piece whose first two rounds do not agree, in any of its runtimes."
    found = set()
    for name, models in rows_by_file(out).items():
        benchmark = Benchmark.named(name)
        if benchmark.part != piece['part'] or benchmark.runtime not in piece['runtime']: continue
        found |= {model for model, rows in models.items() if not two_that_agree(rows[:2], piece['part'])}
    return [model for model in piece['models'] if model in found]


def combined(rows: list[dict], part: str) -> dict:
    "One row of several rounds."
    agree = two_that_agree(rows, part)
    used = agree or rows
    processes = [ms for row in used for ms in row.get('process_ms', [row['median_ms']])]
    median = statistics.median(processes)
    interval = between(processes)
    known = [row['interval_ms'] for row in used if row['interval_ms']]
    if not interval and known:  # `torch.compile` has one process a round
        interval = min(low for low, _ in known), max(high for _, high in known)
    width = 100*max(interval[1] - median, median - interval[0])/median if interval else None
    return used[0] | dict(
        median_ms=median, process_ms=processes, processes=len(processes), interval_ms=interval and list(interval),
        interval_pct=width, repeats=sum(row['repeats'] for row in used), timed_s=sum(row['timed_s'] for row in used),
        rounds_ms=[row['median_ms'] for row in rows], rounds_agree=bool(agree))


def combine(options: argparse.Namespace) -> None:
    "Write one file of all rounds for each runtime, and say how sure they are."
    folder = options.out/'combined'
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    carried = bundled().folder
    for path in [*carried.glob('benchmark-*.csv'), *carried.glob('benchmark-*.jsonl')]: shutil.copy(path, folder)
    for name, models in rows_by_file(options.out).items():
        benchmark, part = Benchmark.named(name), str(Benchmark.named(name).part)
        renamed = name.replace(f"-cpu-{benchmark.device}", f'-cpu-{options.label}')
        rows = [combined(rows, part) for rows in models.values()]
        replace_rows(folder/f'{renamed}.csv', rows)
        goal = 100*AGREE[part]
        sure = [row for row in rows if row['interval_pct'] is not None and row['interval_pct'] <= goal]
        agree = [row for row in rows if row['rounds_agree']]
        print(f'{renamed}: {len(rows)} models, {len(sure)} within ±{goal:g} %, {len(agree)} in two rounds that agree')


def replace_rows(path: Path, rows: list[dict]) -> None:
    "Put rows into a benchmark file, in place of those that it has of the same models."
    sidecar = path.with_suffix('.jsonl')
    anew = {row['model'] for row in rows}
    old = [row for row in read_sidecar(sidecar) if row['model'] not in anew] if sidecar.exists() else []
    file = BenchmarkFile(path, rows[0], resume=False)
    for row in sorted([*old, *rows], key=lambda row: work_of(row['model'])): add_row(file, row)
    file.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out', type=Path)
    parser.add_argument('what', choices=['plan', 'measure', 'combine'])
    parser.add_argument('--hours', type=float, default=1000, help='after which to begin nothing more')
    parser.add_argument('--processes', type=int, default=8)
    parser.add_argument('--seconds', type=float, default=20)
    parser.add_argument('--load', type=float, default=0.3, help='of the machine before it starts, at most')
    parser.add_argument('--label', default='epyc_1core', help="the machine's name in the files")
    parser.add_argument('--models', help='instead of the list, with commas')
    parser.add_argument('--engine', help='that stands in for the real one')
    options = parser.parse_args()
    dict(plan=show_plan, measure=do_some, combine=combine)[options.what](options)


if __name__ == '__main__': main()
