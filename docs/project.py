"Where things are, what settings.ini says, and which notebooks there are."
from __future__ import annotations

import os
from configparser import ConfigParser
from pathlib import Path, PurePosixPath

PROJECT = Path(__file__).resolve().parent.parent
NBS = PROJECT/'nbs'
EXECUTED = PROJECT/'_executed'  # the notebooks with their outputs, as nbdev's doc processors read them


class BuildError(Exception):
    "What stops a build, in one line for people."


def settings() -> dict[str, str]:
    "settings.ini; its `url` is the site's address: $TIMM_BENCH_DOCS_URL, or `doc_host` and `doc_baseurl`, or none."
    config = ConfigParser(delimiters=['='])
    config.read(PROJECT/'settings.ini', encoding='utf-8')
    found = dict(config['DEFAULT'])
    host = found['doc_host'] and found['doc_host'] + found['doc_baseurl']
    return found | dict(url=(os.environ.get('TIMM_BENCH_DOCS_URL') or host).rstrip('/'))


def notebooks() -> list[Path]:
    "Every notebook that becomes a page."
    hidden = ('.', '_')
    found = sorted(NBS.rglob('*.ipynb'))
    return [path for path in found if not any(part.startswith(hidden) for part in path.relative_to(NBS).parts)]


def page_of(path: Path, root: Path = NBS) -> PurePosixPath:
    "A notebook's path within `nbs/`, or within another folder of the same shape."
    return PurePosixPath(path.relative_to(root).as_posix())


def way_up(page: PurePosixPath) -> str:
    "From a page to the site's root."
    return '../' * (len(page.parts) - 1)
