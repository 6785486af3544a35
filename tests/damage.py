"""Files damaged by rule: each column of a good benchmark file and of a good accuracy table, times each kind of damage.

`corpus` makes them, `outcome` says what reading one gives, and `table` counts the outcomes by kind; the docs show that table."""
import re
import tempfile
from pathlib import Path

import pandas as pd

from timm_bench.sources.results import Results
from timm_bench.checks import ResultsError

BENCHMARK, ACCURACY = 'benchmark-infer-amp-nhwc-pt240-cu124-rtx3090.csv', 'results-imagenet-a.csv'
GOOD = {
    BENCHMARK: 'model,infer_samples_per_sec,infer_step_time,infer_batch_size,infer_img_size,infer_gmacs,infer_macts,param_count\n'
               'resnet50,2500.5,102.38,256,224,4.11,11.11,25.56\nconvnext_tiny,1900.25,134.7,256,224,4.47,13.44,28.59\nvgg11,1700,150.6,256,224,7.61,7.44,132.86\n',
    ACCURACY: 'model,img_size,top1,top1_err,top5,top5_err,param_count,crop_pct,interpolation,top1_diff,top5_diff,rank_diff\n'
              'resnet50.a1_in1k,224,14.6,85.4,40.2,59.8,25.56,0.95,bicubic,-65.6,-54.1,+3\nvgg11.tv_in1k,224,2.1,97.9,10.4,89.6,132.86,0.875,bilinear,-66.9,-78.2,0\n'
              'convnext_tiny.fb_in1k,288,25.5,74.5,52.6,47.4,28.59,1.0,bicubic,-57.2,-43.5,-12\n'}


def cell(text: str):
    "Damage that puts another text into one cell of the third line."
    def change(lines: list[str], at: int) -> str:
        cells = lines[2].split(',')
        cells[at] = text
        return '\n'.join([*lines[:2], ','.join(cells), *lines[3:], ''])
    return change


def within(before: str = '', after: str = ''):
    "Damage that adds something to what one cell of the third line holds."
    return lambda lines, at: cell(before + lines[2].split(',')[at] + after)(lines, at)


def without_column(lines: list[str], at: int) -> str: return '\n'.join(','.join(cells[:at] + cells[at + 1:]) for cells in (line.split(',') for line in lines)) + '\n'


def named_as_first(lines: list[str], at: int) -> str:
    head = lines[0].split(',')
    head[at] = head[0] if at else head[1]
    return '\n'.join([','.join(head), *lines[1:], ''])


KINDS = {
    'a word': cell('fast'), 'nan': cell('nan'), 'inf': cell('inf'), 'a number below zero': cell('-3'), 'nothing': cell(''), 'a decimal comma': cell('"24,5"'),
    'a hexadecimal number': cell('0x10'), 'a number too large': cell('1e999'), '25 digits': cell('9' * 25), 'full-width digits': cell('１２'), 'True': cell('True'), 'an underscore': cell('1_0'),
    'a space before': within(' '), 'a unit': within('', ' ms'), 'an opened quote': within('"'), 'a quote in the middle': within('', '"x'), 'a comma more': within('', ','),
    'a cell less': lambda lines, at: '\n'.join([*lines[:2], ','.join(lines[2].split(',')[:at] + lines[2].split(',')[at + 1:]), *lines[3:], '']),
    'a line end within': within('', '\n'), 'a NUL': within('', '\0'), 'a byte that is not UTF-8': within('', '\udcff'),
    'cut off here': lambda lines, at: '\n'.join([*lines[:2], ','.join(lines[2].split(',')[:at + 1])]),
    'no such column': without_column, 'another column\'s name': named_as_first}


def corpus():
    "Every damaged file: its name, the kind of damage, the column, and its bytes."
    for file, text in GOOD.items():
        lines = text.splitlines()
        for at, column in enumerate(lines[0].split(',')):
            for kind, damage in KINDS.items(): yield file, kind, column, damage(lines, at).encode(errors='surrogateescape')


def outcome(folder: Path, file: str, column: str, raw: bytes) -> str:
    "What reading such a file gives: its table, or which message."
    (folder/file).write_bytes(raw)
    try: table = Results(folder, 'a test').read(file, needs=['model', column])
    except ResultsError as error:
        message = str(error)
        if not message.startswith(f'{file}: ') or len(message.splitlines()) != 1 or len(message) > 1000: return f'a message that is none: {message!r}'
        if f'column {column}' in message or f"column '{column}'" in message: return 'refused, naming line and column' if re.search(r'line \d', message) else 'refused, naming the column'
        if message.endswith('stands in the header twice'): return 'refused, naming the column'
        return 'refused, naming the line' if re.search(r'line \d', message) else f'refused: {message.removeprefix(file + ": ")}'
    return 'read' if isinstance(table, pd.DataFrame) else f'gives {type(table).__name__}'


def table() -> pd.DataFrame:
    "How many files of each kind of damage end how."
    with tempfile.TemporaryDirectory() as folder:
        rows = [(kind, outcome(Path(folder), file, column, raw)) for file, kind, column, raw in corpus()]
    return pd.crosstab(*pd.DataFrame(rows, columns=['damage', 'outcome']).to_numpy().T, rownames=['damage'], colnames=[None]).loc[[*KINDS]]
