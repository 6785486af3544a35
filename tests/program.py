"The program as a user runs it. On Linux it is forked from a process that has imported it, so that a test need not wait for that."
import multiprocessing
import os
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = [sys.executable, '-c', 'from timm_bench.cli.main import main; main()']
READ_AT_THE_START = ('PYTHON', 'LC_', 'LANG', 'LD_')  # variables that a fork would read too late

_forks = None
if sys.platform == 'linux':
    _forks = multiprocessing.get_context('forkserver')
    _forks.set_forkserver_preload(['timm_bench.cli.main', 'timm_bench.web.charts', 'timm_bench.charts.robustness', 'plotly.express'])


def without_colour() -> dict[str, str]:
    "The environment of a program that is to print no colours: rich before 14 obeys FORCE_COLOR even where it is empty."
    return {name: value for name, value in os.environ.items() if name != 'FORCE_COLOR'} | dict(NO_COLOR='1')


def timm_bench(*arguments, cwd=None, timeout=300, **environment) -> subprocess.CompletedProcess:
    "Run the program in a process of its own."
    words = [*map(str, arguments)]
    everything = without_colour() | environment
    if not _forks or any(name.startswith(READ_AT_THE_START) for name in environment):
        return subprocess.run(PROGRAM + words, cwd=cwd, text=True, capture_output=True, timeout=timeout, env=everything)
    with tempfile.TemporaryDirectory() as folder:
        printed, said = Path(folder, 'printed'), Path(folder, 'said')
        process = _forks.Process(target=_run, args=[words, str(cwd or os.getcwd()), everything, str(printed), str(said)])
        process.start()
        process.join(timeout)
        if process.is_alive():
            process.kill()
            raise subprocess.TimeoutExpired(words, timeout)
        return subprocess.CompletedProcess(words, process.exitcode, printed.read_text('utf-8'), said.read_text('utf-8'))


def _run(words: list[str], folder: str, environment: dict[str, str], printed: str, said: str) -> None:
    "Be the program that is called with some words."
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, path in (0, os.devnull), (1, printed), (2, said): os.dup2(os.open(path, os.O_RDWR | os.O_CREAT), number)
    sys.stdin, sys.stdout = open(0, encoding='utf-8'), open(1, 'w', encoding='utf-8')  # for as long as it runs
    sys.stderr = open(2, 'w', encoding='utf-8', errors='backslashreplace', buffering=1)
    sys.argv = ['-c', *words]
    from timm_bench.cli.main import main
    main()
