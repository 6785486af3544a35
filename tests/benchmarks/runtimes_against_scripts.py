"""Compare `measure` in each runtime with a plain script that is written with the runtime's own interface.

    python tests/benchmarks/runtimes_against_scripts.py [--threads 1] [--rounds 3] [--runtimes eager,openvino] [--steps FILE]

The scripts know nothing of timm_bench: one exports each model once with `torch.onnx.export`; one a runtime times it in a
fresh process, by `model(images)`, `InferenceSession.run` or `compile_model` and `infer`. In each round a model is timed
three times in each runtime: by the script, by the script again, which tells the noise, and by `measure`. The order
rotates from model to model and round to round. Twelve small models, batch 1, fp32, on the CPU. It wants a machine that
does nothing else; an idle one takes half an hour a round, most of it for `torch.compile`.

The table, which the docs show: in each runtime the median step of the script's runs and their range, the difference
between the first and the second script, and `measure` against all of them. `--steps FILE` keeps all figures as JSON,
and goes on with them if they are there.
"""
import argparse, json, math, os, statistics, subprocess, sys, tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

sys.path[:0] = [str(folder) for folder in Path(__file__).resolve().parents[:3]]
from kept_tables import write_table

from timm_bench.hardware.measure import measure

MODELS = ['resnet18', 'resnet26', 'mobilenetv3_large_100', 'efficientnet_b0', 'regnety_004', 'levit_128',
          'vit_tiny_patch16_224', 'convnext_atto', 'efficientvit_b0', 'repvit_m0_9', 'mobilevit_xs', 'ghostnet_100']

EXPORT = '''
import sys, torch, timm
name, path = sys.argv[1:]
model = timm.create_model(name).eval()
images = torch.randn(1, *timm.data.resolve_data_config({}, model=model, use_test_size=True)['input_size'])
torch.onnx.export(model, (images,), path, dynamo=True)
'''

TIME = '''
import json, statistics, time
def report(step):
    times = []
    for _ in range(10): step()
    for _ in range(40):
        started = time.perf_counter(); step(); times.append(time.perf_counter() - started)
    print(json.dumps(1000*statistics.median(times)))
'''

IN_TORCH = TIME + '''
import sys, torch, timm
name, path, threads, way = sys.argv[1:]
torch.set_num_threads(int(threads))
model = timm.create_model(name).eval()
images = torch.randn(1, *timm.data.resolve_data_config({}, model=model, use_test_size=True)['input_size'])
run = torch.compile(model) if way == 'compile' else model
with torch.inference_mode(): report(lambda: run(images))
'''

ONNXRUNTIME = TIME + '''
import sys, numpy, onnxruntime
name, path, threads, way = sys.argv[1:]
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = int(threads)
session = onnxruntime.InferenceSession(path, options, providers=['CPUExecutionProvider'])
expects = session.get_inputs()[0]
images = numpy.random.randn(*expects.shape).astype('float32')
report(lambda: session.run(None, {expects.name: images}))
'''

OPENVINO = TIME + '''
import sys, numpy, openvino
name, path, threads, way = sys.argv[1:]
options = dict(PERFORMANCE_HINT='LATENCY', INFERENCE_NUM_THREADS=int(threads), INFERENCE_PRECISION_HINT='f32')
model = openvino.Core().compile_model(path, 'CPU', options)
images = numpy.random.randn(*model.inputs[0].shape).astype('float32')
request = model.create_infer_request()
report(lambda: request.infer([images]))
'''

SCRIPTS = dict(eager=IN_TORCH, compile=IN_TORCH, onnxruntime=ONNXRUNTIME, openvino=OPENVINO)


def python(script: str, *arguments: object) -> str:
    "What a script prints, in a process of its own."
    command = [sys.executable, '-c', script, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode: raise SystemExit(f'{arguments}: {done.stderr.strip().splitlines()[-1]}')
    return done.stdout.splitlines()[-1] if done.stdout else ''


def by_script(model: str, runtime: str, threads: int, folder: Path) -> float:
    "The median step in milliseconds, by a script of the runtime's own."
    path = folder/f'{model}.onnx'
    if runtime in ('onnxruntime', 'openvino') and not path.exists(): python(EXPORT, model, path)
    return json.loads(python(SCRIPTS[runtime], model, path, threads, runtime))


def by_measure(model: str, runtime: str, threads: int, pool: ThreadPoolExecutor, out: Path) -> float:
    "The median step in milliseconds, by `measure`."
    options = dict(device='cpu', batch_size=1, threads=threads, executor=pool, out=out, quiet=True)
    return float(measure(model, runtime=runtime, **options).median_ms[0])


def take_turns(options: argparse.Namespace, pool: ThreadPoolExecutor, folder: Path) -> dict:
    "Milliseconds by model and runtime, then by way."
    steps = json.loads(options.steps.read_text()) if options.steps and options.steps.exists() else {}
    for turn in range(options.rounds):
        for number, model in enumerate(options.models):
            for runtime in options.runtimes:
                script = partial(by_script, model, runtime, options.threads, folder)
                ours = partial(by_measure, model, runtime, options.threads, pool, folder/str(turn))
                ways = dict(script=script, again=script, measure=ours)
                found = steps.setdefault(f'{model} {runtime}', {way: [] for way in ways})
                if len(found['measure']) > turn: continue
                order, first = list(ways), (number + turn) % 3
                taken = {way: ways[way]() for way in order[first:] + order[:first]}
                for way, milliseconds in taken.items(): found[way].append(milliseconds)
                print(turn + 1, model, runtime, {way: round(ms, 2) for way, ms in taken.items()}, file=sys.stderr, flush=True)
                if options.steps: options.steps.write_text(json.dumps(steps))
    return steps


def report(steps: dict, options: argparse.Namespace) -> None:
    "Keep the table, and say whether the aims are reached."
    rows, noise, differences = [], {}, {}
    for which, by in steps.items():
        model, runtime = which.split()
        runs = by['script'] + by['again']
        script, ours = statistics.median(runs), statistics.median(by['measure'])
        again = statistics.median(by['again'])/statistics.median(by['script'])
        noise.setdefault(runtime, []).append(again)
        differences.setdefault(runtime, []).append(ours/script)
        rows.append([model, runtime, f'{script:.2f}', f'{min(runs):.1f} to {max(runs):.1f}', f'{again - 1:+.1%}',
                     f'{ours:.2f}', f'{ours/script - 1:+.1%}', 'yes' if min(runs) <= ours <= max(runs) else 'no'])
    for runtime in differences:
        inside = sum(row[-1] == 'yes' for row in rows if row[1] == runtime)
        rows.append(['on the whole', runtime, '', '', in_words(noise[runtime]), '', in_words(differences[runtime]), f'{inside}'])
    head = [f'{options.rounds} rounds, {options.threads} threads', 'runtime', 'script, ms', 'its range, ms',
            'script against script', 'measure, ms', 'measure against script', 'within its range']
    write_table('runtimes_against_scripts', head, rows)


def in_words(ratios: list[float]) -> str:
    "How many of the models' ratios are near one; and their geometric mean: bias, not noise."
    off, mean = [abs(ratio - 1) for ratio in ratios], statistics.mean(map(math.log, ratios))
    within = f'{sum(d <= 0.05 for d in off)} of {len(off)} within 5 %'
    return f'{within}; largest {max(off):.1%}, median {statistics.median(off):.1%}; on average {math.expm1(mean):+.1%}'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--threads', type=int, default=os.cpu_count())
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--runtimes', type=lambda text: text.split(','), default=list(SCRIPTS))
    parser.add_argument('--models', type=lambda text: text.split(','), default=MODELS)
    parser.add_argument('--steps', type=Path)
    options = parser.parse_args()
    with ThreadPoolExecutor(1) as pool, tempfile.TemporaryDirectory() as folder:
        steps = take_turns(options, pool, Path(folder))
    report(steps, options)


if __name__ == '__main__': main()
