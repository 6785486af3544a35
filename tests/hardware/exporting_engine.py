"""An engine as `fake_engine`, whose models are exported into the real cache, as $FAKE_EXPORT tells: {model: behaviour}."""
import json, os, signal, time
from pathlib import Path

import fake_engine
from fake_engine import describe  # noqa: F401

from timm_bench.checks import ResultsError
from timm_bench.hardware.runtimes import exports_folder, keep_export

WEIGHTS = 'w'*100_000


def export_model(job):
    behaviour, _, amount = json.loads(os.environ.get('FAKE_EXPORT', '{}')).get(job['model'], 'ok').partition(' ')
    if behaviour == 'cannot': raise ResultsError(f'cannot be exported ({amount})')
    def write(folder):
        with open(folder/'model.onnx', 'w') as file:
            file.write(WEIGHTS[:50_000])
            file.flush()
            if behaviour == 'sleep': time.sleep(float(amount))
            if behaviour == 'kill': os.kill(os.getpid(), signal.SIGKILL)
            file.write(WEIGHTS[50_000:])
        return dict(export_s=1.5, size_mb=0.1)
    return keep_export(exports_folder()/'timm-1'/f"{job['model']}-{job['batch_size']}", write)


def benchmark(job):
    found = fake_engine.benchmark(job)
    if 'export' not in job: return found
    assert Path(job['export']['path']).read_text() == WEIGHTS, 'a file that is not as it was made'
    if 'differ' in json.loads(os.environ.get('FAKE_EXPORT', '{}')).get(job['model'], 'ok'):
        raise ResultsError('outputs are not those of eager PyTorch: they differ by 0.4 of the largest')
    return found | job['export'] | dict(memory_mb=80.)
