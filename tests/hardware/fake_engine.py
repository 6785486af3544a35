"""An engine whose models take the time, and do the harm, that $FAKE_ENGINE tells them to: {model: behaviour}."""
import json, os, shutil, signal, time
from timm_bench.hardware.timing import summarize

WORKER, OWNER = os.getpid(), os.getppid()  # as it is loaded: before the worker forks

def describe(device):
    devices = ['cuda:0', 'cpu'] if os.environ.get('FAKE_CUDA') else ['cpu']
    chosen = devices[0] if device in ('auto', 'cuda') else device
    title = os.environ.get('FAKE_TITLE', 'Fake(R) Processor 1')
    missing = dict.fromkeys(os.environ.get('FAKE_MISSING', '').split())
    return missing | dict(device=chosen if chosen in devices else None, devices=devices, host=f'host-{OWNER}',
                device_model=title, cpu_model=title, label=title.split()[-1] + '_fake', cores=2, threads=2,
                torch='2.14.1+cpu', timm='1.0.31', cuda='13.0' if chosen != 'cpu' else None)

def benchmark(job):
    behaviour, _, amount = json.loads(os.environ.get('FAKE_ENGINE', '{}')).get(job['model'], 'ok').partition(' ')
    if behaviour == 'raise': raise ValueError(amount)
    if behaviour == 'hang': time.sleep(10_000)
    if behaviour == 'sleep': time.sleep(float(amount))
    if behaviour == 'signal': os.kill(os.getpid(), getattr(signal, amount))
    if behaviour == 'exit': print('last words', file=__import__('sys').stderr, flush=True); os._exit(int(amount))
    if behaviour == 'delete': shutil.rmtree(os.environ['FAKE_FOLDER'])
    if behaviour == 'leave': raise SystemExit(int(amount))
    if behaviour == 'fits' and job['batch_size'] > int(amount):
        raise RuntimeError('CUDA out of memory. Tried to allocate 2.00 GiB')
    if behaviour == 'survives' and job['batch_size'] > int(amount): os.kill(os.getpid(), signal.SIGKILL)
    if behaviour == 'late': os._exit = lambda code: os.kill(os.getpid(), signal.SIGKILL)  # dies when it has answered
    step = len(job['model'])*job['batch_size']/1000
    if behaviour == 'differ': step *= 1 + os.getpid() % 5/10
    return dict(img_size=job['img_size'] or 224, batch_size=job['batch_size'], threads=job['threads'] or 2,
                param_count=11.69, gmacs=1.82, macts=2.48, peak_memory_mb=500.,
                warm_up_steps=6, warm_up_stable=True, first_step_s=step, pid=os.getpid(), worker=WORKER,
                **summarize([step]*20))
