"""Compare `measure` with a fresh Python process per model, which is how timm's benchmark script is run over many models.

    python tests/benchmarks/measure_against_script.py [--threads 2] [--rounds 3]

Both time the same models on the CPU, batch 1, fp32, with the same number of threads. They take turns, model by model, and the first turn
alternates too, so that a machine that gets busier or hotter is no advantage to either. `measure` has to keep its worker
from one turn to the next, so it runs on an executor of one thread, which does just that.

Printed is a table in Markdown: per model the median step of either (over the rounds, the median), and in its last line the wall time.
"""
import argparse, json, os, statistics, subprocess, sys, tempfile, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from timm_bench.measure import measure

MODELS = ['resnet18', 'resnet26', 'mobilenetv3_large_100', 'efficientnet_b0', 'regnety_004', 'levit_128', 'vit_tiny_patch16_224', 'convnext_atto',
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
    return json.loads(subprocess.run([sys.executable, '-c', SCRIPT, model, str(threads)], check=True, capture_output=True, text=True).stdout)

def by_measure(model: str, threads: int, pool: ThreadPoolExecutor, out: str) -> float:
    "The median step in milliseconds, by `measure`."
    return float(measure(model, device='cpu', batch_size=1, threads=threads, executor=pool, out=out, quiet=True).median_ms[0])

def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--threads', type=int, default=os.cpu_count())
    parser.add_argument('--rounds', type=int, default=3)
    options = parser.parse_args()
    steps, wall = {model: {'script': [], 'measure': []} for model in MODELS}, {'script': 0., 'measure': 0.}
    with ThreadPoolExecutor(1) as pool, tempfile.TemporaryDirectory() as folder:
        for turn in range(options.rounds):
            ways = {'script': lambda model: by_script(model, options.threads),
                    'measure': lambda model: by_measure(model, options.threads, pool, f'{folder}/{turn}')}
            for number, model in enumerate(MODELS):
                for way in sorted(ways, reverse=(number + turn) % 2 == 0):
                    started = time.perf_counter()
                    steps[model][way].append(ways[way](model))
                    wall[way] += time.perf_counter() - started
    report(steps, wall, options)

def report(steps: dict, wall: dict, options) -> None:
    "Print the table, and whether the aims are reached."
    print(f'{options.rounds} rounds, {options.threads} threads, load {os.getloadavg()[0]:.1f} at the end\n')
    print('| model | a process each, ms | measure, ms | difference |\n|---|---:|---:|---:|')
    differences = []
    for model, by in steps.items():
        script, ours = statistics.median(by['script']), statistics.median(by['measure'])
        differences.append(ours/script - 1)
        print(f'| {model} | {script:.2f} | {ours:.2f} | {differences[-1]:+.1%} |')
    print(f"| wall time, s | {wall['script']:.0f} | {wall['measure']:.0f} | {wall['measure']/wall['script']:.0%} |\n")
    print(f'largest difference {max(map(abs, differences)):.1%} (aim: 5 %), time {wall["measure"]/wall["script"]:.0%} (aim: 50 %)')

if __name__ == '__main__': main()
