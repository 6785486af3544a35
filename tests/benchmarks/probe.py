"""How `probe` grows with the number of pictures, and how busy it keeps a machine.

python tests/benchmarks/probe.py [MOST]                    time and memory over synthetic pictures, 1,000 to MOST (100,000)
python tests/benchmarks/probe.py --against-loader FOLDER   pictures a second of a real network (needs torch; FOLDER has tf_efficientnet_lite0.in1k.pth)

Each number of pictures is probed in a process of its own, with the engine of the tests that needs no torch, once with an empty cache. Times are of the
processor, since a machine may be shared; the exponent is the slope of log time over log pictures, and memory the process's peak beyond that of the smallest.
"""
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
ONE = """
import json, resource, sys, time, warnings
warnings.simplefilter('ignore')
from timm_bench import probe
found = probe(sys.argv[1], ['resnet50'], quiet=True, engine='pixel_engine', benchmark='cpu i9 newest')
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps(dict(cpu=used.ru_utime + used.ru_stime, mb=used.ru_maxrss / 1024, accuracy=float(found.accuracy[0]))))
"""


def paint(folder: Path, count: int) -> None:
    "Pictures of noise in ten classes that differ in their mean colour."
    from PIL import Image
    chance = np.random.default_rng(count)
    for label in range(10): (folder/f'class {label}').mkdir(parents=True)
    for number in range(count):
        label = number % 10
        pixels = chance.integers(0, 120, (32, 32, 3), dtype=np.uint8) + np.array([12 * label, 60, 120 - 12 * label], dtype=np.uint8)
        Image.fromarray(pixels).save(folder/f'class {label}'/f'{number}.jpg', quality=80)


def growth(most: int) -> None:
    "A line for each number of pictures, and the exponents between them."
    rows = []
    for count in [each for each in (1_000, 3_000, 10_000, 30_000, 100_000) if each <= most]:
        with tempfile.TemporaryDirectory() as work:
            paint(Path(work)/'pictures', count)
            path = os.pathsep.join([str(HERE.parent.parent), str(HERE.parent/'transfer')])
            ran = subprocess.run([sys.executable, '-c', ONE, f'{work}/pictures'], env=os.environ | dict(TIMM_BENCH_CACHE=f'{work}/cache', PYTHONPATH=path), capture_output=True, text=True, check=True)
        rows.append(dict(pictures=count) | json.loads(ran.stdout))
        print(rows[-1], flush=True)
    for one, other in zip(rows, rows[1:]):
        exponent = np.log(other['cpu'] / one['cpu']) / np.log(other['pictures'] / one['pictures'])
        print(f"{one['pictures']:,} to {other['pictures']:,}: exponent {exponent:.2f}, {other['mb'] - rows[0]['mb']:+.0f} MB")


def against_loader(weights: Path, count: int = 600) -> None:
    "Pictures a second of `extract` and of a plain DataLoader loop with as many workers as cores, in turn."
    import torch
    from PIL import Image
    from timm_bench.transfer import engine, features, pictures
    name = 'tf_efficientnet_lite0.in1k'
    backbone = engine.Backbone(name, weights/f'{name}.pth')
    chance, rates = np.random.default_rng(0), dict(probe=[], loader=[])
    with tempfile.TemporaryDirectory() as work:
        for number in range(count):
            path = Path(work)/'pictures'/f'class {number % 2}'/f'{number}.jpg'
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.kron(chance.integers(0, 255, (24, 32, 3), dtype=np.uint8), np.ones((20, 20, 1), dtype=np.uint8))).save(path)
        found = pictures.find_pictures(Path(work)/'pictures', Path(work))

        class Plain(torch.utils.data.Dataset):
            def __len__(self): return len(found)
            def __getitem__(self, number): return backbone.transform(Image.open(found.sources[number]).convert('RGB'))

        for turn in range(3):
            began = time.perf_counter()
            features.extract(found, backbone, Path(work)/f'features {turn}')
            rates['probe'].append(count / (time.perf_counter() - began))
            began = time.perf_counter()
            with torch.inference_mode():
                for batch in torch.utils.data.DataLoader(Plain(), 32, num_workers=os.cpu_count()): backbone.model(batch)
            rates['loader'].append(count / (time.perf_counter() - began))
    print({kind: [round(rate, 1) for rate in each] for kind, each in rates.items()}, f"probe / loader {np.median(rates['probe']) / np.median(rates['loader']):.2f}")


if __name__ == '__main__':
    if sys.argv[1:2] == ['--against-loader']: against_loader(Path(sys.argv[2]))
    else: growth(int((sys.argv[1:2] or ['100000'])[0]))
