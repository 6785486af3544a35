"Kernels that begin with what most notebooks import: forked from a process that has imported it once."
from __future__ import annotations

import atexit
import multiprocessing
import os
import signal
import sys
from multiprocessing.process import BaseProcess

from jupyter_client.manager import AsyncKernelManager

IMPORTED = ['ipykernel.kernelapp', 'fastcore.test', 'nbdev.showdoc', 'pandas', 'plotly.express',
            'statsmodels.formula.api', 'timm_bench.cli.main',
            'nbformat', 'yaml', 'timm_bench.web.explorer']  # by the program that starts them, which each imports again


class Forked:
    "A forked process, with what jupyter_client asks of a `subprocess.Popen`."
    stdin = stdout = stderr = None

    def __init__(self, process: BaseProcess):
        self.process, self.pid = process, process.pid

    def poll(self) -> int | None: return self.process.exitcode

    def wait(self) -> int | None:
        self.process.join()
        return self.process.exitcode

    def send_signal(self, number: int) -> None: os.kill(self.pid, number)

    def kill(self) -> None: self.send_signal(signal.SIGKILL)

    def terminate(self) -> None: self.send_signal(signal.SIGTERM)


def serve(command: list[str], folder: str, environment: dict[str, str]) -> None:
    "Be the kernel that a command line asks for."
    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ |= environment
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # where kernels say that they listen on loopback
    sys.path[:] = ['', *[path for path in sys.path if path and path != os.path.dirname(__file__)]]
    from ipykernel.kernelapp import IPKernelApp
    IPKernelApp.launch_instance(argv=[*command[command.index('-f'):], f'--IPKernelApp.parent_handle={os.getppid()}'])
    atexit._run_exitfuncs()  # which processes of multiprocessing leave out


class ForkedKernelManager(AsyncKernelManager):
    "Starts kernels by forking."

    async def _async_launch_kernel(self, kernel_cmd: list[str], **options) -> None:
        process = _forks.Process(target=serve, args=[kernel_cmd, options['cwd'], options['env']])
        process.start()
        self.provisioner.process = Forked(process)
        self.provisioner.pid = self.provisioner.pgid = process.pid
        self._reconcile_connection_info(self.provisioner.connection_info)


KernelManager = AsyncKernelManager
if sys.platform == 'linux':
    _forks = multiprocessing.get_context('forkserver')
    _forks.set_forkserver_preload(IMPORTED)
    KernelManager = ForkedKernelManager
