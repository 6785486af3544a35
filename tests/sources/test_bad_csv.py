"""Damaged CSV files: `Results.read` returns a frame or raises a `ResultsError` of one line that begins with the file's name. Never anything else.

Not tested, because nobody could notice it: a file that is cut exactly at the end of a line, or whose damage is again a sound table."""
import io
import random
import time
import warnings
from pathlib import Path

import pandas as pd
import pytest
from conftest import DAYS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from timm_bench.sources.results import Results
from timm_bench.sources.tables import count_rows
from timm_bench.checks import ResultsError

BENCHMARK, ACCURACY, METADATA = 'benchmark-infer-amp-nhwc-pt240-cu124-rtx3090.csv', 'results-imagenet-a.csv', 'model_metadata-in1k.csv'
FILES = [BENCHMARK, ACCURACY, METADATA]
NUMBERS = {BENCHMARK: ['infer_samples_per_sec', 'infer_step_time', 'infer_batch_size', 'infer_img_size', 'infer_gmacs', 'infer_macts', 'param_count'],
           ACCURACY: ['img_size', 'top1', 'top1_err', 'top5', 'top5_err', 'param_count', 'crop_pct', 'top1_diff', 'top5_diff', 'rank_diff']}
EACH_NUMBER = [(file, column) for file, columns in NUMBERS.items() for column in columns]
COMPLETE = b'model,top1,img_size,rank_diff,param_count\na,80.5,224,0,25.6\nb,79.1,224,+1,25.6\n'  # without an empty cell, of which real files have many


@pytest.fixture
def original(snapshots):
    "The bytes of a sound file of the newest snapshot, by its name."
    return lambda file: (snapshots/DAYS[-1]/file).read_bytes()


def read(folder: Path, raw: bytes, file: str = BENCHMARK, needs=('model',)) -> pd.DataFrame:
    "Read `raw` as the content of `file`; any warning is an error."
    (folder/file).write_bytes(raw)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        return Results(folder, 'a test').read(file, needs=needs)


def assert_one_line(message: str, file: str) -> None:
    assert message.startswith(f'{file}: ') and len(message.splitlines()) == 1 and len(message) < 1000


def complaint(folder: Path, raw: bytes, file: str = BENCHMARK, needs=('model',)) -> str:
    "What is said about a file that must be refused."
    with pytest.raises(ResultsError) as error: read(folder, raw, file, needs)
    assert_one_line(str(error.value), file)
    return str(error.value)


def change_cell(raw: bytes, column: str, text: str) -> bytes:
    "The file with another text in one cell of its third line."
    lines = raw.decode().splitlines()
    cells = lines[2].split(',')
    cells[lines[0].split(',').index(column)] = text
    return '\n'.join([*lines[:2], ','.join(cells), *lines[3:], '']).encode()


# Sound files

@pytest.mark.parametrize('day', DAYS)
def test_every_real_file_reads_with_all_rows_and_numbers(day, snapshots, tmp_path):
    for file in Results(snapshots/day, 'a test').files:
        table, plain = read(tmp_path, (snapshots/day/file).read_bytes(), file), pd.read_csv(snapshots/day/file, thousands=',')
        assert table.model.tolist() == plain.model.tolist() and table.shape == plain.shape
        for column in table.columns.difference(['model', 'interpolation', 'pretrain']): assert pd.api.types.is_numeric_dtype(table[column]), (file, column)


BOM = b'\xef\xbb\xbf'
HARMLESS = {
    'BOM': lambda raw: BOM + raw, 'CRLF': lambda raw: raw.replace(b'\n', b'\r\n'), 'blank lines at the end': lambda raw: raw + b'\n\n',
    'blank lines between': lambda raw: raw.replace(b'\n', b'\n\n'), 'blank lines first': lambda raw: b'\n\n' + raw, 'lines of spaces first': lambda raw: b' \n\t\r\n' + raw,
    'two BOMs and a blank line': lambda raw: BOM + BOM + b'\n' + raw, 'a quoted name': lambda raw: raw.replace(b'model', b'"model"', 1),
    'a quoted header': lambda raw: b'"' + raw.split(b'\n')[0].replace(b',', b'","') + b'"\n' + raw.split(b'\n', 1)[1]}


@pytest.mark.parametrize('change', HARMLESS.values(), ids=HARMLESS)
def test_harmless_differences_change_nothing(change, original, tmp_path):
    for file in FILES:
        sound, rows = read(tmp_path, original(file), file), count_rows(tmp_path/file)
        pd.testing.assert_frame_equal(read(tmp_path, change(original(file)), file), sound)
        assert count_rows(tmp_path/file) == rows == len(sound)


def test_dirty_cells_that_timm_does_write_are_read(original, tmp_path):
    for column, text, value in [('param_count', '"1,013.01"', 1013.01), ('rank_diff', '+12', 12), ('top1_diff', '-1.5', -1.5), ('img_size', '224.0', 224)]:
        assert read(tmp_path, change_cell(original(ACCURACY), column, text), ACCURACY)[column][1] == value
    assert pd.isna(read(tmp_path, change_cell(original(BENCHMARK), 'infer_gmacs', '')).infer_gmacs[1])
    raw, speeds = original(BENCHMARK), ['infer_samples_per_sec', 'infer_step_time', 'infer_batch_size']
    for column in speeds: raw = change_cell(raw, column, '')
    assert read(tmp_path, raw)[speeds].iloc[1].isna().all()  # a model that timm could not run


# Files damaged by rule

@pytest.mark.parametrize('raw, reason', [(blank, 'empty') for blank in [b'', b'\n', b' \r\n\r\n', b'\xef\xbb\xbf', b'\xef\xbb\xbf\n', b'\xef\xbb\xbf\r\n \n']] + [
    (start + page, 'HTML') for start in [b'', b'\n  ', b'\xef\xbb\xbf'] for page in [b'<!DOCTYPE html>\n<html>\n', b'<?xml version="1.0"?>\n<Error/>\n']] + [
    (other, '') for other in [b'404: Not Found\n', b'{"error": "rate limit"}\n', b'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n',
                              b'PK\x03\x04\x14\n', b'\x1f\x8b\x08\x01\n', b'\x89PNG\r\n\x1a\n', b'model;top1\na;1\n', b'model\ttop1\na\t1\n']])
def test_what_is_no_csv_is_refused(raw, reason, tmp_path):
    assert reason in complaint(tmp_path, raw)


@pytest.mark.parametrize('file', FILES)
def test_cut_anywhere_within_a_line_is_noticed(file, original, tmp_path):
    raw, chance = original(file), random.Random(1)
    for end in [1, 5, len(raw) - 1, *(chance.randrange(1, len(raw)) for _ in range(60))]:
        if raw[end - 1:end] != b'\n': assert f'line {raw.count(bytes([10]), 0, end) + 1} ' in complaint(tmp_path, raw[:end], file)
    assert 'without rows' in complaint(tmp_path, raw.split(b'\n')[0] + b'\n', file)


def test_missing_column_is_named(original, tmp_path):
    for file, column in [*EACH_NUMBER, (METADATA, 'pretrain'), (ACCURACY, 'model')]:
        table = pd.read_csv(io.BytesIO(original(file)), dtype=str, keep_default_na=False).drop(columns=column)
        assert f"no column '{column}'" in complaint(tmp_path, table.to_csv(index=False).encode(), file, needs=['model', column])


@pytest.mark.parametrize('text', ['fast', '1.5x', '-', 'nan', 'NaN', 'NA', 'null', 'inf', '-inf', 'Infinity', '0x10', '1_0', 'True', 'E5', '1e999', '9' * 400,
                                  '१२', '１２', '1 2', '"1;5"', '"24,5"', '"1,0000"', '"1,"', '",1"'])
def test_text_where_a_number_belongs_is_found(text, original, tmp_path):
    "A comma may only part thousands: read as pandas reads it, a decimal comma makes 24,5 to 245."
    for file, column in EACH_NUMBER: assert f'line 3, column {column}: ' in complaint(tmp_path, change_cell(original(file), column, text), file)
    for column in ['top1', 'img_size', 'rank_diff', 'param_count']: assert f'line 3, column {column}: ' in complaint(tmp_path, change_cell(COMPLETE, column, text))


@pytest.mark.parametrize('text', ['9' * 19, '9' * 25, '1e25', '-' + '9' * 25])
def test_huge_number_is_a_number_or_named(text, original, tmp_path):
    for file, column in EACH_NUMBER:
        try: assert read(tmp_path, change_cell(original(file), column, text), file)[column].dtype.kind in 'fiu'
        except ResultsError as error: assert f'line 3, column {column}: ' in str(error) or f'{column} {text}' in str(error)


def test_negative_numbers_are_only_for_differences(original, tmp_path):
    for file, column in EACH_NUMBER:
        raw = change_cell(original(file), column, '-3')
        if column.endswith('_diff'): assert read(tmp_path, raw, file)[column][1] == -3
        else: assert f'line 3, column {column}: -3' in complaint(tmp_path, raw, file)


@pytest.mark.parametrize('column, text', [('img_size', '0'), ('img_size', '224.5'), ('img_size', ''), ('top1', '100.1'), ('top5', '1e3'), ('model', '')])
def test_impossible_value_is_found(column, text, original, tmp_path):
    assert f'line 3, column {column}: ' in complaint(tmp_path, change_cell(original(ACCURACY), column, text), ACCURACY)


@pytest.mark.parametrize('blank', [b'\n', b'\r\n', b'   \n', b'\t\n'])
def test_line_numbers_are_those_of_an_editor(blank, tmp_path):
    "Blank lines count; a line of spaces may be refused itself."
    for text in ['200', '-1', 'x']:
        head, rest = change_cell(COMPLETE, 'top1', text).split(b'\n', 1)
        message = complaint(tmp_path, head + b'\n' + blank * 2 + rest)
        assert 'line 5, column top1: ' in message or (blank.strip(b'\r\n') and 'line 2 has 1 cells' in message)


DAMAGE = {
    'NUL': (lambda raw: raw[:300] + b'\0' + raw[300:], 'NUL'),
    'Latin-1': (lambda raw: raw.replace(b'test_vit,', b't\xe9st_vit,', 1), 'line 3 is not UTF-8'),
    'UTF-16': (lambda raw: raw.decode().encode('utf-16'), 'NUL'),
    'header twice': (lambda raw: raw.split(b'\n')[0] + b'\n' + raw, 'line 2, column'),
    'a column twice': (lambda raw: raw.replace(b'param_count', b'infer_img_size', 1), 'twice'),
    'old and new column': (lambda raw: raw.replace(b'param_count', b'crop_pct', 1).replace(b'infer_macts', b'cropt_pct', 1), 'twice'),
    'no header': (lambda raw: raw.split(b'\n', 1)[1], "no column 'model'"),
    'one comma more': (lambda raw: raw.replace(b'test_vit,', b'test_vit,,', 1), 'line 3'),
    'one comma less': (lambda raw: raw.replace(b'test_vit,', b'test_vit', 1), 'line 3'),
    'a comma at each end': (lambda raw: raw.replace(b'\n', b',\n').replace(b',\n', b'\n', 1), 'line 2'),
    'a quote opens': (lambda raw: raw.replace(b'test_vit', b'"test_vit', 1), 'line'),
    'a quote opens at the end': (lambda raw: raw.rstrip(b'\n') + b'"\n', 'column'),
    'a cell of 200 kB': (lambda raw: raw.replace(b'test_vit', b'v' * 200_000, 1) + b'x,-1,1,1,1,1,1,1\n', ''),
    'a column of 200 kB': (lambda raw: raw.replace(b'model', b'v' * 200_000, 1), ''),
    'a column of two lines': (lambda raw: raw.replace(b'model', b'"mo\ndel"', 1), "no column 'model'"),
    'a line end in the header': (lambda raw: raw.replace(b',param_count', b'\r,param_count', 1), 'line 2'),
    'a line end more': (lambda raw: raw.replace(b',infer_macts\n', b',\rinfer_macts\n', 1), 'line 2'),
    'a line end in a row': (lambda raw: raw.replace(b'test_vit,', b'test_vit\r,', 1), 'line 3'),
    'a number column of two lines': (lambda raw: raw.replace(b'param_count', b'"x\ny_param_count"', 1).replace(b',0.36,', b',x,', 1), 'x'),
}


@pytest.mark.parametrize('damage, reason', DAMAGE.values(), ids=list(DAMAGE))
def test_damage_is_named(damage, reason, original, tmp_path):
    assert reason in complaint(tmp_path, damage(original(BENCHMARK)))


@pytest.mark.parametrize('raw', [b'model,top1\n' + b'a' * 200_000 + b',1\nb,-1\n', b'model,top1\rx\na,1\n', b'model,top1\rx,y\na,1\n', b'model,top1\rimg_size\nmodel,5\n',
                                 b'model,crop_pct,cropt_pct\na,1,1\n', b'model\n' + b'\n' * 26 + b'"x"\n",\n'])
def test_what_once_crashed_or_hung_is_refused_at_once(raw, tmp_path):
    begin = time.monotonic()
    complaint(tmp_path, raw)
    assert time.monotonic() - begin < 1


@pytest.mark.parametrize('name', ['folder.csv', 'nowhere.csv', 'absent.csv', '../test.csv', '/etc/passwd', ''])
def test_a_name_that_is_no_file_is_refused(name, tmp_path):
    (tmp_path/'folder.csv').mkdir()
    (tmp_path/'nowhere.csv').symlink_to(tmp_path/'gone')
    with pytest.raises(ResultsError, match='not in') as error: Results(tmp_path, 'a test').read(name)
    assert_one_line(str(error.value), name)


# What timm writes twice

def lines_of(raw: bytes) -> list[str]: return raw.decode().splitlines()


@pytest.mark.parametrize('name', ['test_vit ', ' test_vit', 'test_vit\xa0', 'test\u200b_vit', '\ufefftest_vit', 'test\xad_vit', 't\u0435st_vit', 'test vit', 'test/vit',
                                  '"test_vit"\t', 'test_vit\u3000'])
def test_a_name_that_is_almost_a_models_is_refused_by_line(name, original, tmp_path):
    for file in BENCHMARK, ACCURACY:
        said = complaint(tmp_path, change_cell(original(file), 'model', name), file)
        assert 'line 3, column model: ' in said and said.endswith("is not a model's name") and said.isprintable()


def test_a_name_in_quotes_is_that_name(original, tmp_path):
    for file in FILES:
        head, *rows = lines_of(original(file))
        quoted = '\n'.join([head, *('"' + row.replace(',', '",', 1) for row in rows), ''])
        pd.testing.assert_frame_equal(read(tmp_path, quoted.encode(), file), read(tmp_path, original(file), file))


@pytest.mark.parametrize('file, column', [(BENCHMARK, 'model'), (ACCURACY, 'model'), (ACCURACY, 'interpolation'), (METADATA, 'pretrain')])
@pytest.mark.parametrize('further', [1, 30])
def test_a_quotation_mark_that_swallows_rows_is_refused(file, column, further, original, tmp_path):
    "Opened in one row and closed some rows later, so that the number of cells is right again."
    head, *rows = [line for line in lines_of(original(file)) if '"' not in line]
    at = head.split(',').index(column)
    for row, mark in (5, '"{}'), (5 + further, '{}"'):
        cells = rows[row].split(',')
        cells[at] = mark.format(cells[at])
        rows[row] = ','.join(cells)
    assert f'line 7: a quotation mark is opened here and not closed until line {7 + further}' in complaint(tmp_path, '\n'.join([head, *rows, '']).encode(), file)


@pytest.mark.parametrize('column, text, figures', [
    ('top1', '83.999', 'top1 83.999 and top1_err '), ('top1_err', '10', ' and top1_err 10 '), ('top5', '', 'column top5'), ('top5_err', '3.0', 'top5_err 3.0'),
    ('top1', '0.84', 'top1 0.84 and')])
def test_an_accuracy_that_its_error_contradicts_is_refused_with_both_figures(column, text, figures, original, tmp_path):
    said = complaint(tmp_path, change_cell(original(ACCURACY), column, text), ACCURACY)
    assert 'line 3' in said and figures in said


def test_speeds_without_times_and_batches_are_read(tmp_path):
    "As `estimate` writes them, where it was given batches of several sizes."
    raw = b'model,infer_samples_per_sec,infer_step_time,infer_batch_size,infer_img_size,estimated\na,100,,,224,True\nb,200,,,224,False\n'
    assert read(tmp_path, raw).infer_step_time.isna().all()


def test_the_last_digit_of_an_accuracy_may_be_rounded(tmp_path):
    good = 'model,img_size,top1,top1_err,top5,top5_err\n'
    assert len(read(tmp_path, (good + 'a,224,80.0,20.001,95.0,4.999\n').encode())) == 1
    assert 'line 2: top1 80.0 and top1_err 20.002 contradict' in complaint(tmp_path, (good + 'a,224,80.0,20.002,95.0,5.0\n').encode())
    assert 'line 2: top1 80.0 and top5 79.0 contradict each other: top5 is never less' in complaint(tmp_path, (good + 'a,224,80.0,20,79.0,21\n').encode())


@pytest.mark.parametrize('part', ['infer', 'train'])
@pytest.mark.parametrize('speed, time, batch, sound', [
    (2500, 102.4, 256, True), (2500, 109.5, 256, True), (2500, 95.3, 256, True), (2500, 110, 256, False), (2500, 94, 256, False), (25000, 102.4, 256, False),
    (2500, 102.4, 128, False), ('', '', '', True), ('', 102.4, 256, False), (2500, '', 256, False), (2500, 102.4, '', False), (1e308, 102.4, 256, False),
    (0.07, 15000, 1, True), (250000, 0.004, 1, True), (0, 0, 0, False)])
def test_a_speed_that_its_time_contradicts_is_refused_with_all_figures(part, speed, time, batch, sound, tmp_path):
    head = f'model,{part}_samples_per_sec,{part}_step_time,{part}_batch_size,{part}_img_size,param_count\na,100,10,1,224,5\n'
    raw = (head + f'b,{speed},{time},{batch},224,5\n').encode()
    if sound: assert len(read(tmp_path, raw)) == 2
    else: assert 'line 3' in (said := complaint(tmp_path, raw)) and (f'{part}_step_time {time or repr("")}' in said or 'column' in said)


@pytest.mark.parametrize('column', ['param_count', 'infer_samples_per_sec', 'infer_step_time', 'infer_batch_size'])
def test_what_is_above_zero_may_not_be_zero(column, original, tmp_path):
    assert f'line 3, column {column}: 0 cannot be right' in complaint(tmp_path, change_cell(original(BENCHMARK), column, '0'))


def test_a_model_that_stands_twice_with_different_figures_is_refused(original, tmp_path):
    raw = original(BENCHMARK)
    third, last = lines_of(raw)[2], raw.count(b'\n')
    assert len(read(tmp_path, raw + third.encode() + b'\n')) == last  # the same again says nothing new
    other = change_cell(raw, 'infer_gmacs', '99').splitlines()[2]
    assert f'line {last + 1}: test_vit' in (said := complaint(tmp_path, raw + other + b'\n')) and 'is in line 3 already, with other figures' in said
    cells = third.split(',')
    cells[lines_of(raw)[0].split(',').index('infer_img_size')] = '288'
    assert len(read(tmp_path, raw + ','.join(cells).encode() + b'\n')) == last  # at another size


def test_what_timm_published_is_read_whatever_its_figures(monkeypatch, tmp_path):
    "Check digits are for files that cannot be known by their hash."
    raw = b'model,img_size,top1,top1_err\na,224,80,30\n'
    assert 'contradict' in complaint(tmp_path, raw, ACCURACY)
    from timm_bench.sources import published
    monkeypatch.setattr(published, 'published', lambda: {ACCURACY: {published.blob_hash(raw)[:published.DIGITS]: '2022-04-01'}})
    assert len(read(tmp_path, raw, ACCURACY)) == 1
    assert 'contradict' in complaint(tmp_path, raw, BENCHMARK)  # under another name it is not what timm published


def test_all_that_timm_published_is_read(snapshots):
    "No check is so strict that it refuses a row of the snapshots."
    rows = dict(accuracies=0, speeds=0)
    for day in DAYS:
        for file in Results(snapshots/day, 'a test').files:
            table = Results(snapshots/day, 'a test').read(file)
            if file.startswith('benchmark-'): rows['speeds'] += len(table)
            elif 'top1' in table: rows['accuracies'] += len(table)
    assert rows == dict(accuracies=35_048, speeds=65_106)


# Files damaged by chance

by_chance = settings(deadline=None, max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture])
LETTERS = st.text(st.sampled_from(list('model,top1_img\n\r\t "\'0123456789.+-eE\ufeffé\u2028\x0b\x0c\x1c#;')), max_size=80)
CELLS = LETTERS | st.sampled_from(['1', '224', '-1', 'inf', ''])
# A NUL is in other tests; Python 3.10 cannot write one.
COLUMNS = st.text(st.characters(exclude_characters='\0'), max_size=8) | st.sampled_from(['model', 'top1', 'x_top1', 'crop_pct', 'cropt_pct', 'img_size', ''])


def assert_frame_or_complaint(folder: Path, raw: bytes) -> None:
    try: assert isinstance(read(folder, raw), pd.DataFrame)
    except ResultsError as error: assert_one_line(str(error), BENCHMARK)


@given(st.binary(max_size=300) | (st.text(max_size=200) | LETTERS).map(lambda text: text.encode(errors='surrogatepass')))
@by_chance
def test_random_content(tmp_path, raw): assert_frame_or_complaint(tmp_path, raw)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=5))
@by_chance
def test_random_cells_under_a_sound_header(tmp_path, rows):
    assert_frame_or_complaint(tmp_path, pd.DataFrame(rows, columns=['model', 'top1', 'img_size']).to_csv(index=False).encode())


@given(st.lists(COLUMNS, min_size=1, max_size=5), st.integers(0, 3))
@by_chance
def test_random_header(tmp_path, columns, rows):
    table = pd.DataFrame([['1'] * len(columns)] * rows, columns=columns)
    assert_frame_or_complaint(tmp_path, table.to_csv(index=False).encode(errors='surrogatepass'))


@given(st.data())
@by_chance
def test_real_file_with_a_slice_changed(original, tmp_path, data):
    raw = b''.join(original(BENCHMARK).splitlines(keepends=True)[:30])  # enough, and quick
    start, length = data.draw(st.integers(0, len(raw))), data.draw(st.integers(0, 60))
    insert = data.draw(st.just(b'') | st.binary(max_size=20) | LETTERS.map(str.encode))
    assert_frame_or_complaint(tmp_path, raw[:start] + insert + raw[start + length:])
