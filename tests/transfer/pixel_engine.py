"""An engine without torch: a "model" is the mean colours of a picture in a grid, as fine as its name is long, with chance of its own in it."""
import hashlib
import os

import numpy as np

from timm_bench.checks import ResultsError

DECODED = []  # how many pictures each process has prepared

def to_download(names): return [name for name in names if 'resnet' in name] if os.environ.get('PIXEL_NO_CACHE') else []

def hub_fault(): return os.environ.get('PIXEL_OFFLINE', '')

def describe(device):
    return dict(device='cpu', devices=['cpu'], host='here', device_model='Pixel 1', cpu_model='Pixel 1', label='pixel', cores=2, threads=2, torch='2', timm='1', cuda=None)

def benchmark(job):
    return dict(img_size=job['img_size'], batch_size=1, threads=1, param_count=1.0, memory_mb=10.0, median_ms=float(len(job['model'])), timed_s=9, interval_pct=float(os.environ.get('PIXEL_NOISE') or 1), repeats=99)

class Backbone:
    img_size, params = 32, 1.5

    def __init__(self, name, file=None, device='cpu'):
        if file and file.read_bytes() != b'weights of ' + name.encode(): raise ResultsError(f'{file}: not of {name}: it lacks conv1 (2 of 2 tensors)')
        if 'missing' in os.environ.get('PIXEL_FAULT', '') and 'resnet18' in name: raise ResultsError(f'{name}: its weights cannot be had (offline); see weights=')
        self.grid = 1 + len(name) % 4
        self.blind = 'resnet18' in name  # sees nothing
        self.fingerprint = hashlib.sha256(name.encode()).hexdigest()[:40]

    def prepare(self, image):
        DECODED.append(1)
        return np.asarray(image.resize((32, 32)), dtype=np.float32).transpose(2, 0, 1) / 255

    def features(self, batch):
        cells = batch[:, :, :32 // self.grid * self.grid, :32 // self.grid * self.grid]
        mean = cells.reshape(len(batch), 3, self.grid, 32 // self.grid, self.grid, 32 // self.grid).mean(axis=(3, 5)).reshape(len(batch), -1)
        if not self.blind: return mean
        return np.random.default_rng(int(1e6 * abs(mean.sum()))).normal(size=mean.shape).astype(np.float32)
