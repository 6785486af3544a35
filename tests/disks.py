"Disks for tests: small ones that fill, and those that turn read-only."
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, size: str):
    "A disk of its own in `folder`; yields a function that mounts it again with another option."
    def mount(option: str): return subprocess.run(['mount', '-t', 'tmpfs', '-o', option, 'tmpfs', folder], stderr=subprocess.DEVNULL).returncode == 0
    folder.mkdir(parents=True)
    if not shutil.which('mount') or not mount(f'size={size}'): pytest.skip('cannot mount a disk here: needs root')
    try: yield lambda option: mount(f'remount,{option}')
    finally: subprocess.run(['umount', '--lazy', folder], check=True)
