"""Compare `measure` with a fresh Python process per model, which is how timm's script is run over many models.

    python tests/benchmarks/measure_against_script.py [--threads 2] [--rounds 3] [--steady-memory] [--steps FILE]

Both time the same models on the CPU, batch 1, fp32, with the same number of threads. In each round a model is timed
three times: by a process of its own, by a second such process, and by `measure`. The order rotates from model to model
and round to round, so that a machine that gets busier or hotter is no advantage to any. The second process tells the
noise: how far apart two runs of the *same* script are. `measure` has to keep its worker from one turn to the next, so
it runs on an executor of one thread, which does just that.

The table, which the docs show: the median step of all script runs and their range, the difference between the first and
the second script, and `measure` against all of them.

`--steady-memory` runs all three ways under settings of glibc that keep freed memory in the process. Without them,
whether a model's activations are given back to the system and fetched again at each step depends on the chance layout
of a process's memory, and two runs of the *same* script differ by what the table's third column has. `--steps FILE`
keeps all figures as JSON.
"""
import argparse, json, math, os, statistics, subprocess, sys, tempfile, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path[:0] = [str(folder) for folder in Path(__file__).resolve().parents[:3]]
from kept_tables import write_table

from timm_bench.hardware.measure import measure

MODELS = ['resnet18', 'resnet26', 'mobilenetv3_large_100', 'efficientnet_b0', 'regnety_004', 'levit_128',
          'vit_tiny_patch16_224', 'convnext_atto',
          'efficientvit_b0', 'repvit_m0_9', 'mobilevit_xs', 'ghostnet_100']

SCRIPT = '''
import json, statistics, sys, time
import torch, timm
name, threads = sys.argv[1], int(sys.argv[2])
torch.set_num_threads(threads)
model = timm.create_model(name).eval()
images = torch.randn(1, *timm.data.resolve_data_config({}, model=model, use_test_size=True)['input_size'])
times = []
with torch.inference_mode():
    for _ in range(10): model(images)
    for _ in range(40):
        started = time.perf_counter(); model(images); times.append(time.perf_counter() - started)
print(json.dumps(1000*statistics.median(times)))
'''

def by_script(model: str, threads: int) -> float:
    "The median step in milliseconds, by a process of its own."
    command = [sys.executable, '-c', SCRIPT, model, str(threads)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

def by_measure(model: str, threads: int, pool: ThreadPoolExecutor, out: str) -> float:
    "The median step in milliseconds, by `measure`."
    options = dict(device='cpu', batch_size=1, threads=threads, executor=pool, out=out, quiet=True)
    return float(measure(model, **options).median_ms[0])

def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--threads', type=int, default=os.cpu_count())
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--steady-memory', action='store_true')
    parser.add_argument('--steps', type=Path)
    options = parser.parse_args()
    if options.steady_memory:
        settings = 'glibc.malloc.mmap_threshold=1073741824:glibc.malloc.trim_threshold=4294967296'
        os.environ['GLIBC_TUNABLES'] = settings
    with ThreadPoolExecutor(1) as pool, tempfile.TemporaryDirectory() as folder:
        steps, wall = take_turns(options, pool, folder)
    if options.steps: options.steps.write_text(json.dumps(dict(steps=steps, wall=wall)))
    report(steps, wall, options)

def take_turns(options, pool: ThreadPoolExecutor, folder: str) -> tuple[dict, dict]:
    "Milliseconds by model and way, and seconds spent by way."
    steps = {model: {'script': [], 'again': [], 'measure': []} for model in MODELS}
    wall = dict.fromkeys(['script', 'again', 'measure'], 0.)
    for turn in range(options.rounds):
        ways = dict(script=lambda model: by_script(model, options.threads),
                    again=lambda model: by_script(model, options.threads),
                    measure=lambda model, turn=turn: by_measure(model, options.threads, pool, f'{folder}/{turn}'))
        for number, model in enumerate(MODELS):
            order = list(ways)
            first = (number + turn) % 3
            for way in order[first:] + order[:first]:
                started = time.perf_counter()
                steps[model][way].append(ways[way](model))
                wall[way] += time.perf_counter() - started
            so_far = {way: round(found[-1], 2) for way, found in steps[model].items()}
            print(turn + 1, model, so_far, file=sys.stderr, flush=True)  # a run that is ended early has told something
    return steps, wall

def report(steps: dict, wall: dict, options) -> None:
    "Keep the table, and say whether the aims are reached."
    rows, noise, differences = [], [], []
    for model, by in steps.items():
        runs = by['script'] + by['again']
        script, ours = statistics.median(runs), statistics.median(by['measure'])
        noise.append(statistics.median(by['again'])/statistics.median(by['script']))
        differences.append(ours/script)
        rows.append([model, f'{script:.2f}', f'{min(runs):.1f} to {max(runs):.1f}', f'{noise[-1] - 1:+.1%}',
                     f'{ours:.2f}', f'{differences[-1] - 1:+.1%}'])
    once = (wall['script'] + wall['again'])/2
    rows.append(['wall time, s', f'{once:.0f}', '', f"{wall['again']/wall['script'] - 1:+.0%}",
                 f"{wall['measure']:.0f}", f"{wall['measure']/once:.0%} of it"])
    rows += [['on the whole', '', '', _in_words(noise), '', _in_words(differences)]]
    name = 'measure_against_script' + '_steady'*options.steady_memory
    head = [f'{options.rounds} rounds, {options.threads} threads', 'a process each, ms', 'its range, ms',
            'script against script', 'measure, ms', 'measure against script']
    write_table(name, head, rows)

def _in_words(ratios: list[float]) -> str:
    "How many of the models' ratios are near one; and the 95 % interval of their geometric mean: bias, not noise."
    off, logs = [abs(ratio - 1) for ratio in ratios], [math.log(ratio) for ratio in ratios]
    mean, reach = statistics.mean(logs), 1.96*statistics.stdev(logs)/math.sqrt(len(logs))
    return (f'{sum(d <= 0.05 for d in off)} of {len(off)} within 5 %; '
            f'largest {max(off):.1%}, median {statistics.median(off):.1%}; '
            f'on average {math.expm1(mean):+.1%} ({math.expm1(mean - reach):+.1%} to {math.expm1(mean + reach):+.1%})')

if __name__ == '__main__': main()
