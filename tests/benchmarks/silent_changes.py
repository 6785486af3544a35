"""How many damaged tables change an answer, and whether anybody is told: python tests/benchmarks/silent_changes.py [SNAPSHOT]

Two of timm's real tables, the default benchmark and the ImageNet accuracies, are damaged in one cell, or in one thing (a row, a column, a quotation mark), and
the same questions are asked as before: `get_data('infer')`, and `best` within 2 ms. Counted is what is refused, what changes nothing, and what changes the
frame or the best models; of the latter, what `attrs` tell to be no file that timm published, and what nothing tells.

The tables that are printed are Markdown; they are also written to tests/benchmarks/tables/silent_changes.md and unseen_changes.md, which the docs show. The second
has what no check sees, by column."""
import os
import random
import sys
import tempfile
import warnings
from collections import Counter, defaultdict
from pathlib import Path

warnings.simplefilter('ignore')
sys.path[:0] = [str(folder) for folder in Path(__file__).resolve().parents[:3]]
from conftest import DAYS, PROJECT
from kept_tables import write_table

from timm_bench import ResultsError, best, get_data

BENCHMARK, ACCURACY = 'benchmark-infer-amp-nhwc-pt240-cu124-rtx3090.csv', 'results-imagenet.csv'
WORDS = {'model', 'interpolation'}  # columns that hold text
CHANCE = random.Random(17)


# Damage to the text of one cell; None where it cannot be done to it

def swapped(text: str) -> str | None:
    "Two neighbouring digits change places."
    places = [i for i in range(len(text) - 1) if text[i] != text[i + 1] and text[i:i + 2].isdigit()]
    return None if not places else text[:(i := places[len(places) // 2])] + text[i + 1] + text[i] + text[i + 2:]


def at_middle(change):
    "Damage to the middle digit of a number."
    def damaged(text: str) -> str | None:
        places = [i for i, sign in enumerate(text) if sign.isdigit()]
        return None if not places else change(text, places[len(places) // 2])
    return damaged


def moved(by: int):
    "The decimal point is elsewhere."
    def damaged(text: str) -> str | None:
        try: return repr(round(float(text) * 10.0**by, 6))
        except ValueError: return None
    return damaged


NUMBERS = {
    'a digit changed': at_middle(lambda text, i: text[:i] + str((int(text[i]) + 4) % 10) + text[i + 1:]),
    'a digit lost': at_middle(lambda text, i: text[:i] + text[i + 1:] if len(text) > 1 else None),
    'a digit twice': at_middle(lambda text, i: text[:i] + text[i] + text[i:]),
    'two digits swapped': swapped, 'ten times as much': moved(1), 'a tenth': moved(-1),
    'the value above': None, 'the value of the column beside': None, 'nothing': lambda _: '', '0': lambda _: '0'}
NAMES = {
    'a space after': lambda text: text + ' ', 'a no-break space after': lambda text: text + '\xa0', 'a zero-width space': lambda text: text[:4] + '\u200b' + text[4:],
    'a BOM before': lambda text: '\ufeff' + text, 'a letter lost': lambda text: text[:-1], 'a soft hyphen': lambda text: text[:3] + '\xad' + text[3:],
    'a Cyrillic letter': lambda text: text.replace('e', '\u0435', 1) if 'e' in text else text.replace('a', '\u0430', 1), 'a capital letter': lambda text: text.capitalize()}


# Damage to a whole table: rows of cells, the header first

def sorted_alone(column: str):
    def damaged(rows: list[list[str]]) -> list[list[str]]:
        at = rows[0].index(column)
        column_sorted = sorted((row[at] for row in rows[1:]), key=lambda cell: float(cell or 0))
        return [rows[0]] + [[*row[:at], cell, *row[at + 1:]] for row, cell in zip(rows[1:], column_sorted)]
    return damaged


def exchanged(one: str, other: str):
    def damaged(rows: list[list[str]]) -> list[list[str]]:
        a, b = rows[0].index(one), rows[0].index(other)
        order = [*range(len(rows[0]))]
        order[a], order[b] = b, a
        return [rows[0]] + [[row[i] for i in order] for row in rows[1:]]
    return damaged


def as_fractions(*columns: str):
    def damaged(rows: list[list[str]]) -> list[list[str]]:
        places = [rows[0].index(column) for column in columns]
        return [rows[0]] + [[f'{float(cell) / 100:.5f}' if i in places else cell for i, cell in enumerate(row)] for row in rows[1:]]
    return damaged


def quoted_over(at_row: int, column: int, further: int):
    "A quotation mark opened in one row and closed some rows later."
    def damaged(rows: list[list[str]]) -> list[list[str]]:
        first, last = [*rows[at_row]], [*rows[at_row + further]]
        first[column], last[column] = '"' + first[column], last[column] + '"'
        return [*rows[:at_row], first, *rows[at_row + 1:at_row + further], last, *rows[at_row + further + 1:]]
    return damaged


def twice(at_row: int, column: int, text: str, before: bool):
    "A row stands there again, with another figure."
    def damaged(rows: list[list[str]]) -> list[list[str]]:
        other = [*rows[at_row]]
        other[column] = text
        place = 1 if before else len(rows)
        return [*rows[:place], other, *rows[place:]]
    return damaged


def whole_tables(file: str, rows: list[list[str]], places: list[int]):
    head = rows[0]
    for column in head:
        if column not in WORDS and rows[1][head.index(column)].replace('.', '').isdigit(): yield 'a column sorted by itself', column, sorted_alone(column)
    pairs = [('top1', 'top5')] if file == ACCURACY else [('infer_samples_per_sec', 'infer_step_time'), ('infer_gmacs', 'infer_macts'), ('infer_gmacs', 'param_count')]
    for one, other in pairs: yield 'two columns exchanged', f'{one}, {other}', exchanged(one, other)
    if file == ACCURACY:
        for columns in [('top1',), ('top1', 'top5'), ('top1', 'top1_err', 'top5', 'top5_err')]: yield 'fractions for percents', ', '.join(columns), as_fractions(*columns)
    for at in places:
        for column in sorted({head.index(name) for name in ('model', 'interpolation') if name in head} | {1}): yield 'a quotation mark over rows', head[column], quoted_over(at, column, 30)
        figure = head.index('top1' if file == ACCURACY else 'infer_samples_per_sec')
        for before in (True, False): yield 'a row twice, contradicting', head[figure], twice(at, figure, '99.9' if file == ACCURACY else '999999.9', before)
        yield 'a row lost', '', lambda rows, at=at: rows[:at] + rows[at + 1:]
    for count in (len(rows) // 2, len(rows) - 20): yield 'cut off at the end of a line', '', lambda rows, count=count: rows[:count]


# What comes of it

def tables(folder: Path):
    "Every damaged table: its file, the kind of damage, the column, and its text."
    first = best(get_data('infer', results=folder, keep=None), n=1, under='2ms').model[0]
    for file in BENCHMARK, ACCURACY:
        rows = [line.split(',') for line in (folder/file).read_text().splitlines()]
        rows = [row for row in rows if len(row) == len(rows[0])]  # without "1,013.01"
        names = [row[0] for row in rows]
        winner = names.index(first) if first in names else names.index(first.partition('.')[0])
        places = [winner, *CHANCE.sample(range(2, len(rows) - 40), 2)]
        for at in places:
            for i, column in enumerate(rows[0]):
                for kind, damage in (NAMES if column == 'model' else NUMBERS).items():
                    if column == 'interpolation': continue
                    if kind == 'the value above': text = rows[at - 1][i]
                    elif kind == 'the value of the column beside': text = rows[at][i + 1 if i + 1 < len(rows[at]) and rows[0][i + 1] not in WORDS else i - 1]
                    else: text = damage(rows[at][i])
                    if text is None or text == rows[at][i]: continue
                    yield file, kind, column, [*rows[:at], [*rows[at][:i], text, *rows[at][i + 1:]], *rows[at + 1:]]
        for kind, column, damage in whole_tables(file, rows, places): yield file, kind, column, damage(rows)


def answers(folder: Path):
    "The frame and the best of it, as text; and what `attrs` tell of its files."
    frame = get_data('infer', results=folder, keep=None)
    decided = best(frame, n=5, under='2ms')
    columns = ['model', 'top1', 'top5', 'secs', 'infer_img_size', 'param_count_x', 'infer_gmacs', 'infer_batch_size', 'family']
    shown = frame[[c for c in columns if c in frame]].sort_values(['model', 'infer_img_size']).to_csv(index=False)
    return shown, decided.model.tolist(), frame.attrs.get('published', {})


def main(snapshot: Path) -> None:
    "Damage, ask, count."
    counts, unseen = {}, defaultdict(Counter)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in BENCHMARK, ACCURACY: (folder/file).write_bytes((snapshot/file).read_bytes())
        sound = {file: (folder/file).read_bytes() for file in (BENCHMARK, ACCURACY)}
        frame, decided, _ = answers(folder)
        without = {}  # the sound answer, of the rows that damage is done to
        for file, kind, column, rows in tables(snapshot):
            count = counts.setdefault(kind, Counter())
            count['tables'] += 1
            for other, raw in sound.items(): (folder/other).write_bytes(raw)
            if file not in without:
                plain = [line for line in sound[file].decode().splitlines(keepends=True) if '"' not in line]
                (folder/file).write_text(''.join(plain))
                without[file] = answers(folder)[:2]
            (folder/file).write_text('\n'.join(map(','.join, rows)) + '\n', encoding='utf-8')
            try: now, chosen, told = answers(folder)
            except ResultsError: count['refused'] += 1
            else:
                if (now, chosen) == without[file]: count['same answer'] += 1
                else:
                    said = not told.get(file, 'as timm').startswith('as timm')
                    count['another frame, told' if said else 'another frame, in silence'] += 1
                    if chosen != without[file][1]: count['of these: another best'] += 1
                    unseen['accuracies' if file == ACCURACY else 'benchmark', column][kind] += 1
    heads = ['tables', 'refused', 'same answer', 'another frame, told', 'another frame, in silence', 'of these: another best']
    rows = [[kind, *(f'{count[head] or ""}' for head in heads)] for kind, count in counts.items()]
    total = sum(counts.values(), Counter())
    rows.append(['all', *(f'{total[head]:,}' for head in heads)])
    write_table('silent_changes', ['damage', *heads], rows)
    listed = [[table, column or 'whole rows', ', '.join(kinds), str(kinds.total())] for (table, column), kinds in unseen.items()]
    write_table('unseen_changes', ['table', 'column', 'what is not refused, and changes the answer', 'tables'], listed)


if __name__ == '__main__':
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else (PROJECT/(os.environ.get('TIMM_BENCH_SNAPSHOTS') or '../shared/timm-results')).resolve()/DAYS[-1])
