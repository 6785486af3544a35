"Which benchmark files there are, which one is meant, and which source of results is used: on timm's real file names."
import importlib.util
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pandas as pd
import pytest
import program
from conftest import DAYS, HEADER, PROJECT, write_results

import timm_bench
import timm_bench.sources.results
from timm_bench.sources.published import blob_hash, day_published, file_state, hash_of, published
from timm_bench.sources.results import Results, get_results
from timm_bench.accuracy import get_accuracy
from timm_bench.checks import ResultsError, ResultsWarning
from timm_bench.columns import TEST_SETS
from timm_bench.sources import benchmarks
from timm_bench.sources.benchmarks import Benchmark, list_benchmarks
from timm_bench.sources.tables import read_table

pytestmark = pytest.mark.usefixtures('cache')
FOUND = {  # day: number of files, devices, PyTorch versions
    '2022-04-01': (8, {'rtx3090'}, {'1.10', '1.11'}),
    '2023-02-06': (10, {'rtx3090'}, {'1.11', '1.12', '1.13'}),
    '2024-09-04': (19, {'rtx3090', 'rtx4090', 'i7_12700h', 'i9_10940x'}, {'1.11', '1.12', '1.13', '2.1.0', '2.2.1', '2.4.0'}),
    '2026-01-06': (22, {'rtx3090', 'rtx4090', 'rtx5090', 'pro6000maxq', 'i7_12700h', 'i9_10940x'}, {'1.12', '1.13', '2.1.0', '2.2.1', '2.4.0', '2.9.1'})}


def pick_benchmark(part, words=None, results=None): return benchmarks.pick_benchmark(part, words, get_results(results))


# What there is

@pytest.mark.parametrize('day', DAYS)
def test_every_real_name_is_read(day, snapshots):
    table, (number, devices, versions) = list_benchmarks(snapshots/day), FOUND[day]
    assert len(table) == number and table.problem.isna().all()
    assert set(table.device) == devices and set(table.torch) == versions
    assert table.compiled.tolist() == table.file.str.contains('dynamo').tolist()
    assert table.cuda.isna().tolist() == table.file.str.contains('-cpu-').tolist()
    assert table.rows.tolist() == [len(pd.read_csv(snapshots/day/file)) for file in table.file]


@pytest.mark.parametrize('name, expected', [
    ('infer-amp-nhwc-pt111-cu113-rtx3090', dict(torch='1.11', cuda='11.3', device='rtx3090', compiled=False)),
    ('infer-amp-nchw-pt291-cu128-4090-dynamo', dict(torch='2.9.1', cuda='12.8', device='rtx4090', compiled=True)),
    ('train-bf16-nhwc-pt2101-cu130-5090', dict(part='train', precision='bf16', torch='2.10.1', cuda='13.0', device='rtx5090')),
    ('infer-fp32-nchw-pt240-cpu-i7_12700h-dynamo', dict(precision='fp32', cuda=None, device='i7_12700h', compiled=True)),
    ('infer-amp_bf16-nchw-pt291-cu130-pro6000-max-q', dict(precision='amp_bf16', device='pro6000-max-q', compiled=False))])
def test_versions_and_devices_are_told_as_people_write_them(name, expected):
    read = Benchmark.named(f'benchmark-{name}.csv')
    assert read.problem is None
    assert {field: getattr(read, field) for field in expected} == expected


@pytest.mark.parametrize('name, field', [('infer-int8-nhwc-pt240-cu124-rtx3090', 'precision'), ('infer-amp-nhwc-pt240-cu124', 'device'), ('', 'part'),
                                         ('infer-amp-chw-pt240-cu124-rtx3090', 'layout'), ('test-amp-nhwc-pt240-cu124-rtx3090', 'part'), ('dynamo', 'part'),
                                         ('infer-amp-nhwc-240-cu124-rtx3090', 'torch'), ('infer-amp-nhwc-pt240-rocm6-mi300', 'cuda')])
def test_name_outside_the_grammar_is_listed_with_what_could_not_be_read(name, field, tmp_path):
    folder = write_results(tmp_path/'results', **{f'benchmark-{name}': HEADER + 'a,1,1,1,224,1\nb,1,1,1,224,1\n'})
    table = list_benchmarks(folder)
    odd = table[table.file.eq(f'benchmark-{name}.csv')].iloc[0]
    assert len(table) == 2 and odd.rows == 2
    assert odd.problem.startswith(f'{field}: ') and odd[field] is None


def test_file_that_is_no_table_is_listed_as_such(tmp_path):
    table = list_benchmarks(write_results(tmp_path/'results', **{'benchmark-infer-amp-nchw-pt240-cu124-rtx3090': '<html>\n'})).set_index('layout')
    assert table.problem.to_dict() == dict(nchw='not a benchmark table', nhwc=None) and pd.isna(table.rows['nchw']) and table.rows['nhwc'] == 1


# Which one is meant

@pytest.mark.parametrize('words, file', [
    ('rtx4090 nhwc', 'infer-amp-nhwc-pt240-cu124-rtx4090'), ('NHWC,  4090', 'infer-amp-nhwc-pt240-cu124-rtx4090'),
    ('4090 nchw eager newest', 'infer-amp-nchw-pt291-cu128-4090'), ('pytorch 2.1 nhwc', 'infer-amp-nhwc-pt210-cu121-rtx3090'),
    ('5090 eager', 'infer-amp-nchw-pt291-cu130-5090'), ('rtx5090 compiled', 'infer-amp-nchw-pt291-cu130-5090-dynamo'),
    ('i9 newest', 'infer-fp32-nchw-pt240-cpu-i9_10940x-dynamo'), ('CPU i9-10940X newest', 'infer-fp32-nchw-pt240-cpu-i9_10940x-dynamo'),
    ('newest cpu i7', 'infer-fp32-nchw-pt240-cpu-i7_12700h-dynamo'),
    ('RTX-4090 nhwc', 'infer-amp-nhwc-pt240-cu124-rtx4090'), ('amp-bf16', 'infer-amp_bf16-nchw-pt291-cu130-pro6000maxq-dynamo'),
    ('i7_12700h', 'infer-fp32-nchw-pt240-cpu-i7_12700h-dynamo'), ('12700', 'infer-fp32-nchw-pt240-cpu-i7_12700h-dynamo'),
    ('cpu 2.2.1', 'infer-fp32-nchw-pt221-cpu-i9_10940x-dynamo'), ('bf16', 'infer-bf16-nchw-pt291-cu130-pro6000maxq-dynamo'),
    ('benchmark-infer-amp-nchw-pt240-cu124-rtx4090', 'infer-amp-nchw-pt240-cu124-rtx4090'),
    ('benchmark-infer-amp-nchw-pt240-cu124-rtx4090.csv', 'infer-amp-nchw-pt240-cu124-rtx4090')])
def test_words_pick_exactly_one(words, file, snapshots):
    assert pick_benchmark('infer', words, snapshots/DAYS[-1]).file == f'benchmark-{file}.csv'


@pytest.mark.parametrize('part, words, files', [('infer', 'rtx4090', 5), ('infer', 'pro6000maxq compiled', 3), ('infer', 'cpu', 3), ('infer', 'cpu newest', 2), ('infer', 'amp nhwc rtx3090', 3),
                                                ('infer', 'infer', 20), ('train', 'rtx3090', 2)])
def test_words_that_fit_several_are_answered_with_words_for_each(part, words, files, snapshots):
    "What the error ends in can be pasted: each choice picks a file of its own, which the words that were asked fit as well."
    with pytest.raises(ResultsError, match=f'{words}.*{files} benchmarks.* fit; try ') as error: pick_benchmark(part, words, snapshots/DAYS[-1])
    choices = str(error.value).partition('; try ')[2].strip("'").split("', '")
    assert len({pick_benchmark(part, choice, snapshots/DAYS[-1]).file for choice in choices}) == len(choices) == files and '\n' not in str(error.value)
    assert all(len(choice.split()) <= 5 and '.csv' not in choice for choice in choices)
    if words == 'cpu': assert choices == ['cpu i7_12700h', 'cpu i9_10940x newest', 'cpu i9_10940x 2.2.1']


@pytest.mark.parametrize('words, remain', [('i9 newest eager', 2), ('rtx3090 nhwc compiled', 3), ('compiled, cpu fp32 rtx', 3)])
def test_words_that_do_not_go_together_are_answered_with_what_remains_before_the_last(words, remain, snapshots):
    with pytest.raises(ResultsError, match=f'fits at {words.split()[-1]!r}; there are ') as error: pick_benchmark('infer', words, snapshots/DAYS[-1])
    choices = str(error.value).partition('; there are ')[2].strip("'").split("', '")
    assert len({pick_benchmark('infer', choice, snapshots/DAYS[-1]).file for choice in choices}) == len(choices) == remain


@pytest.mark.parametrize('day', DAYS)
def test_every_gpus_benchmark_can_be_named_by_words(day, snapshots):
    table = list_benchmarks(snapshots/day)
    for part, own in table[table.cuda.notna()].groupby('part'):
        with pytest.raises(ResultsError, match='; try ') as error: pick_benchmark(part, 'gpu', snapshots/day)
        choices = str(error.value).partition('; try ')[2].strip("'").split("', '")
        assert {pick_benchmark(part, choice, snapshots/day).file for choice in choices} == set(own.file) and len(choices) == len(own)


def test_only_where_the_bundled_set_answers_it_is_said_that_there_is_more(snapshots):
    bundled = timm_bench.sources.results.bundled()
    for ask in (lambda r: pick_benchmark('infer', 'rtx4090', r), lambda r: timm_bench.compare('rtx3090', 'rtx4090', results=r)):
        with pytest.raises(ResultsError, match=r"only the CPU set bundled with timm_bench is here: .*network.*TIMM_BENCH_RESULTS.*--results"): ask(bundled)
    with pytest.raises(ResultsError) as error: pick_benchmark('infer', 'rtx2080', snapshots/DAYS[-1])
    assert 'bundled' not in str(error.value)


@pytest.mark.parametrize('part, words, culprit, choices', [
    ('infer', 'rtx2080', 'rtx2080', ['rtx3090', 'rtx5090', 'i7_12700h', 'amp_bf16', 'nchw', '2.9.1', 'eager']), ('infer', 'nhwc cpu', 'cpu', ['rtx3090']),
    ('infer', 'train', 'train', ['rtx3090']), ('train', '4090', '4090', ["'rtx3090 nchw'", "'rtx3090 nhwc'"])])
def test_words_that_fit_none_are_answered_with_what_there_is(part, words, culprit, choices, snapshots):
    with pytest.raises(ResultsError, match=f"no benchmark of part '{part}' fits at '{culprit}'") as error: pick_benchmark(part, words, snapshots/DAYS[-1])
    assert all(choice in str(error.value).split('there are ')[1] for choice in choices) and len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize('part, words', [('test', None), ('', None), (None, None), ('infer', ''), ('infer', '  '), ('infer', 4090),
                                         ('train', 'benchmark-infer-amp-nchw-pt240-cu124-rtx4090')])
def test_arguments_that_mean_nothing_are_refused(part, words, snapshots):
    with pytest.raises(ResultsError, match=r'part|benchmark='): pick_benchmark(part, words, snapshots/DAYS[-1])


@pytest.mark.parametrize('day, infer, train', [(DAYS[0], 'pt111-cu113', 'pt111-cu113'), (DAYS[1], 'pt113-cu117', 'pt112-cu113'),
                                               (DAYS[2], 'pt240-cu124', 'pt112-cu113'), (DAYS[3], 'pt240-cu124', 'pt112-cu113')])
def test_default_is_the_seeds_setting_at_its_newest(day, infer, train, snapshots):
    with warnings.catch_warnings():
        warnings.simplefilter('error')  # there is nothing to be said
        for part, versions in [('infer', infer), ('train', train)]:
            assert pick_benchmark(part, results=snapshots/day).file == f'benchmark-{part}-amp-nhwc-{versions}-rtx3090.csv'


def test_without_the_seeds_setting_the_file_with_most_rows_is_taken_and_named(tmp_path):
    other = {f'benchmark-infer-amp-{layout}-pt240-cu124-rtx{device}': HEADER + 'a,1,1000,1,224,1\n' * rows
             for layout, device, rows in [('nchw', '3090', 2), ('nhwc', '4090', 4), ('nchw', '5090', 3)]}
    folder = write_results(tmp_path/'results', **other)
    (folder/'benchmark-infer-amp-nhwc-pt240-cu124-rtx3090.csv').unlink()
    with pytest.warns(ResultsWarning, match='rtx4090'): picked = pick_benchmark('infer', results=folder)
    assert picked.device == 'rtx4090' and len(picked.read()) == 4


DEFAULT = 'benchmark-infer-amp-nhwc-pt240-cu124-rtx3090.csv'
DAMAGED = {'cut off': lambda raw: raw[:40_000], 'empty': lambda raw: b'', 'HTML': lambda raw: b'<!DOCTYPE html>\n', 'a NUL': lambda raw: raw[:3000] + b'\0' + raw[3000:],
           'latin-1': lambda raw: raw.replace(b'test_vit', b't\xe9st_vit', 1), 'UTF-16': lambda raw: raw.decode().encode('utf-16'), 'no header': lambda raw: raw.split(b'\n', 1)[1],
           'a word': lambda raw: raw.replace(b'224,', b'wide,', 1), 'not there at all': lambda raw: b'404: Not Found\n'}
HARMLESS = {'a quoted name': lambda raw: raw.replace(b'model', b'"model"', 1), 'a blank line first': lambda raw: b'\n' + raw, 'a BOM': lambda raw: b'\xef\xbb\xbf' + raw,
            'CRLF': lambda raw: raw.replace(b'\n', b'\r\n')}


@pytest.fixture
def latest(snapshots, tmp_path):
    "A copy of the newest snapshot that may be damaged."
    return shutil.copytree(snapshots/DAYS[-1], tmp_path/'latest', copy_function=shutil.copyfile)


@pytest.mark.parametrize('kind', DAMAGED)
def test_a_damaged_default_is_refused_by_name_and_not_passed_over(kind, latest):
    (latest/DEFAULT).write_bytes(DAMAGED[kind]((latest/DEFAULT).read_bytes()))
    assert pick_benchmark('infer', results=latest).file == DEFAULT
    with pytest.raises(ResultsError, match=f'^{DEFAULT}: '): timm_bench.get_data('infer', results=latest)
    done = program.timm_bench('best', '--under', '2ms', '--results', latest)
    assert done.returncode == 1 and done.stdout == '' and done.stderr.startswith(f'timm_bench: {DEFAULT}: ') and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize('text', ['', '<html>\n', 'model,top1\n'])
def test_where_the_most_rows_decide_a_file_that_cannot_be_counted_is_refused_by_name(text, tmp_path):
    "It might be the one with most."
    folder = write_results(tmp_path/'results')
    (folder/DEFAULT).rename(folder/DEFAULT.replace('3090', '4090'))
    (folder/DEFAULT.replace('3090', '5090')).write_text(text)
    with pytest.raises(ResultsError, match='^benchmark-.*5090.csv: '): pick_benchmark('infer', results=folder)
    assert pick_benchmark('infer', '4090', folder).device == 'rtx4090'


@pytest.mark.parametrize('kind', HARMLESS)
def test_a_harmless_form_of_the_default_is_read(kind, latest, snapshots):
    (latest/DEFAULT).write_bytes(HARMLESS[kind]((latest/DEFAULT).read_bytes()))
    mine, theirs = (timm_bench.get_data('infer', results=folder) for folder in (latest, snapshots/DAYS[-1]))
    pd.testing.assert_frame_equal(mine.drop(columns='as_of'), theirs.drop(columns='as_of'))
    assert mine.attrs['benchmark'] == theirs.attrs['benchmark']
    listed, as_published = (list_benchmarks(folder).set_index('file') for folder in (latest, snapshots/DAYS[-1]))
    pd.testing.assert_frame_equal(listed.drop(columns='published'), as_published.drop(columns='published'))
    assert list(listed.index[listed.published != as_published.published]) == [DEFAULT] and listed.published[DEFAULT] == 'not a file that timm published'


@pytest.mark.parametrize('link', ['itself.csv', 'other.csv'])
def test_a_link_that_leads_in_a_circle_hides_only_itself(link, tmp_path):
    folder = write_results(tmp_path/'results')
    (folder/'itself.csv').symlink_to(folder/link)
    (folder/'other.csv').symlink_to(folder/'itself.csv')
    assert get_results(folder).files == [DEFAULT] and len(timm_bench.list_benchmarks(folder)) == 1


def test_pipes_and_devices_hold_nobody_up(tmp_path):
    "As tables they are not there, and as a sidecar they say nothing."
    folder = write_results(tmp_path/'results')
    os.mkfifo(folder/'benchmark-infer-amp-nchw-pt240-cu124-rtx3090.csv')
    os.mkfifo((folder/DEFAULT).with_suffix('.jsonl'))
    (folder/'results-imagenet.csv').symlink_to('/dev/zero')
    results = get_results(folder)
    assert results.files == [DEFAULT] and results.provenance(DEFAULT) == 'not a file that timm published'
    assert pick_benchmark('infer', results=results).measured_on() is None


# Every file proves itself

def test_every_file_of_the_snapshots_is_known(snapshots):
    for day in DAYS:
        results = get_results(snapshots/day)
        for file in results.files:
            known = day_published(results.folder/file)
            assert known and known <= day and results.provenance(file) == f'as timm published it on {known}'


def test_the_list_of_what_timm_published_is_small_and_whole():
    every = [(file, digits, day) for file, days in published().items() for digits, day in days.items()]
    assert len(every) == 278 and all(re.fullmatch('[0-9a-f]{20}', digits) and re.fullmatch(r'20\d\d-\d\d-\d\d', day) for _, digits, day in every)
    assert (Path(timm_bench.__file__).parent/'bundled'/'published.json').stat().st_size < 13_000


def test_the_list_is_made_from_a_clone(timm_repository, snapshots, tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location('tools_published', PROJECT/'tools'/'published.py')
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    monkeypatch.setattr(tool, 'TARGET', tmp_path/'published.json')
    tool.main(timm_repository.folder)
    made = json.loads((tmp_path/'published.json').read_text())
    for day in DAYS:
        for path in (snapshots/day).glob('*.csv'): assert made[path.name][hash_of(path)[:20]] <= day
    assert {day for days in made.values() for day in days.values()} == set(DAYS)


CHANGES = {'the last line lost': lambda raw: raw[:raw[:-1].rindex(b'\n') + 1], 'a size changed': lambda raw: raw.replace(b'224,1', b'288,1', 1),
           'CRLF': lambda raw: raw.replace(b'\n', b'\r\n')}


@pytest.mark.parametrize('change', CHANGES.values(), ids=CHANGES)
def test_a_table_that_nobody_can_tell_from_timms_says_that_it_is_none(change, latest):
    raw = (latest/DEFAULT).read_bytes()
    as_it_was = timm_bench.get_data('infer', results=latest).attrs['published']
    (latest/DEFAULT).write_bytes(change(raw))
    told = timm_bench.get_data('infer', results=latest).attrs['published']
    assert as_it_was == {DEFAULT: 'as timm published it on 2024-09-04', 'results-imagenet.csv': 'as timm published it on 2025-10-30'}
    assert told == as_it_was | {DEFAULT: 'not a file that timm published'}


def test_a_table_under_another_ones_name_is_not_what_timm_published(latest):
    shutil.copy(latest/'results-sketch.csv', latest/'results-imagenet.csv')
    assert timm_bench.get_accuracy(results=latest).attrs['published'] == {'results-imagenet.csv': 'not a file that timm published'}


def test_what_is_known_of_other_files_is_told(tmp_path, small_repository, monkeypatch):
    "One's own measurements, a clone newer than the list, and the set that the package carries."
    folder = write_results(tmp_path/'results')
    assert get_results(folder).provenance(DEFAULT) == 'not a file that timm published'
    (folder/DEFAULT).with_suffix('.jsonl').write_text('{}\n')
    assert get_results(folder).provenance(DEFAULT) == 'measured with timm_bench, by the sidecar beside it'
    monkeypatch.setenv('TIMM_BENCH_URL', str(small_repository.folder))
    found = get_results(as_of='2024-01-01')
    assert found.provenance(DEFAULT) == f'as commit {found.commit[:8]} of {small_repository.folder} has it'
    elsewhere = tmp_path/'benchmark-infer-own.csv'
    elsewhere.write_text((folder/DEFAULT).read_text())
    assert found.provenance(elsewhere) == found.source([elsewhere])['published'][elsewhere.name] == 'not a file that timm published'
    bundled = timm_bench.sources.results.bundled()
    for file in bundled.files:
        measured = file.startswith('benchmark-')
        told = 'measured with timm_bench, by the sidecar beside it' if measured else "a part of timm's table, which says where it is from"
        assert bundled.provenance(file) == get_results(bundled.folder).provenance(file) == told


def test_a_hash_is_not_taken_twice_of_a_file_that_has_not_changed(tmp_path, monkeypatch):
    path = tmp_path/'x.csv'
    path.write_bytes(b'one')
    os.utime(path, (1e9, 1e9))
    assert file_state(path) is None  # its entry in the folder is younger than two seconds
    monkeypatch.setattr(time, 'time_ns', lambda: path.stat().st_ctime_ns + 10**10)
    state, first = file_state(path), hash_of(path)
    reads = []
    monkeypatch.setattr(Path, 'read_bytes', lambda self: reads.append(self) or open(self, 'rb').read())
    assert state and hash_of(path) == first and not reads
    path.write_bytes(b'two')
    os.utime(path, (1e9, 1e9))  # same size, old time
    assert file_state(path) != state and hash_of(path) == blob_hash(b'two') != first and reads


def test_a_table_is_read_once_for_each_state_and_each_caller_has_its_own(tmp_path, monkeypatch):
    path, reads = tmp_path/'results.csv', []
    def write(*rows, day):
        path.write_text('\n'.join(['model,top1', *rows, '']))
        os.utime(path, (day * 86400,) * 2)
    write('resnet18,70.0', day=1)
    monkeypatch.setattr(time, 'time_ns', lambda: path.stat().st_ctime_ns + 10**10)
    read_bytes = Path.read_bytes
    monkeypatch.setattr(Path, 'read_bytes', lambda self: reads.append(self) or read_bytes(self))
    first = read_table(path)
    first.loc[0, 'top1'] = 0.0
    assert read_table(path).to_dict('list') == dict(model=['resnet18'], top1=[70.0]) and len(reads) == 1
    with pytest.raises(ResultsError, match="no column 'top5'"): read_table(path, ['top5'])
    write('resnet18,71.0', day=2)
    assert list(read_table(path).top1) == [71.0]
    write('resnet18,half', day=3)
    for _ in range(2):
        with pytest.raises(ResultsError, match='half is not a number'): read_table(path)
    reads.clear()
    write(*(f'model{row},50.0' for row in range(70_000)), day=4)  # above what is kept
    assert read_table(path).equals(read_table(path)) and len(reads) == 2


# Where results come from

def test_sources_are_asked_in_order(tmp_path, monkeypatch, small_repository):
    "The argument, $TIMM_BENCH_RESULTS, the clone, the bundled set; each is named, with why the one before it was not used."
    argument, variable = write_results(tmp_path/'argument'), write_results(tmp_path/'variable')
    bundled = Results(write_results(tmp_path/'own'), 'the bundled results')
    monkeypatch.setattr(timm_bench.sources.results, 'bundled', lambda: bundled)
    with pytest.warns(ResultsWarning, match='using the bundled.*RESULTS is not set.*no clone: git'): assert get_results() == bundled
    monkeypatch.setenv('TIMM_BENCH_URL', str(small_repository.folder))
    with pytest.warns(ResultsWarning, match='using the clone.*RESULTS is not set'): assert get_results().commit == small_repository.commits['2024-01-01']
    monkeypatch.setenv('TIMM_BENCH_RESULTS', str(variable))
    with pytest.warns(ResultsWarning, match='using folder .*variable.*RESULTS'): assert get_results().folder == variable
    with pytest.warns(ResultsWarning, match='using the clone.*has no history'): assert get_results(as_of='2024-01-01').date == '2024-01-01'
    monkeypatch.setenv('TIMM_BENCH_RESULTS', str(tmp_path/'absent'))
    with pytest.warns(ResultsWarning, match='using the clone.*absent: no such folder'): assert get_results().date == '2024-01-01'
    with warnings.catch_warnings():
        warnings.simplefilter('error')  # who names a folder need not be told of it
        assert get_results(argument).folder == get_results(str(argument)).folder == argument
        assert get_results(bundled) is bundled


@pytest.mark.parametrize('options, reason', [
    (dict(results='absent'), 'absent: no such folder'), (dict(results='file'), 'file: no such folder'), (dict(results='empty'), 'empty: no CSV files'),
    (dict(rev='abcd1234', as_of='2024-01-01'), 'rev= or as_of='), (dict(results='.', rev='abcd1234'), 'leave out results='),
    (dict(results='.', as_of='2024-01-01'), 'no CSV files'), (dict(results='.', update=True), 'leave out results=')])
def test_what_was_asked_for_is_never_replaced_by_something_else(options, reason, tmp_path, monkeypatch):
    (tmp_path/'file').write_text('x')
    (tmp_path/'empty').mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ResultsError, match=reason): get_results(**options)


def test_without_any_source_the_error_says_what_to_do(monkeypatch):
    def none(): raise ResultsError('nothing bundled')
    monkeypatch.setattr(timm_bench.sources.results, 'bundled', none)
    with pytest.raises(ResultsError, match='RESULTS is not set.*no clone: git.*nothing bundled.*results=') as error: get_results()
    assert len(str(error.value).splitlines()) == 1


def test_a_snapshot_has_its_folders_day_and_a_checkout_of_timm_its_commits(small_repository, snapshots):
    assert [get_results(snapshots/day).date for day in DAYS] == DAYS
    found = get_results(small_repository.folder)
    assert found == get_results(small_repository.folder/'results')
    assert (found.folder, found.commit, found.date) == (small_repository.folder/'results', small_repository.commits['2024-01-01'], '2024-01-01')


def test_warning_is_given_once_a_process_and_points_to_the_callers_line(tmp_path):
    code = 'from timm_bench import get_results, list_benchmarks\nget_results()\nlist_benchmarks()\nget_results()\n'
    (tmp_path/'callers.py').write_text(code)
    environment = os.environ | dict(TIMM_BENCH_RESULTS=str(write_results(tmp_path/'results')))
    done = subprocess.run([sys.executable, '-W', 'always', tmp_path/'callers.py'], env=environment, text=True, capture_output=True)
    assert done.returncode == 0 and done.stderr.count('ResultsWarning') == 1
    assert 'callers.py:2: ResultsWarning: using folder' in done.stderr


# A file that lost its tail

def said_of_short(folder, monkeypatch):
    "What is said when every file of a folder is read: only what is about files that are short."
    monkeypatch.setattr('timm_bench.checks._said', set())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        for benchmark in list_benchmarks(folder).itertuples(): pick_benchmark(benchmark.part, benchmark.file, folder)
        for name, about in TEST_SETS.items():
            if (folder/about.file).exists(): get_accuracy(name, results=folder)
    return [str(one.message) for one in caught if 'its end may be missing' in str(one.message)]


@pytest.mark.parametrize('day', DAYS)
def test_no_file_of_timms_is_called_short_and_each_is_that_lost_a_fifth(day, snapshots, tmp_path, monkeypatch):
    files = {path.name: path.read_text() for path in (snapshots/day).glob('*.csv')}
    for name, text in files.items(): (tmp_path/name).write_text(text + '\n')  # nobody knows them by their hashes
    assert not any(map(day_published, tmp_path.glob('*.csv')))
    assert said_of_short(tmp_path, monkeypatch) == []
    alike = list_benchmarks(tmp_path).groupby(['part', 'torch'], dropna=False).file.apply(list).to_list()
    tables = [about.file for about in TEST_SETS.values() if about.file in files]
    for one_of_each in itertools.zip_longest(*alike, tables):  # at most one of those that are held against each other
        cut = list(filter(None, one_of_each))
        for name in cut:
            lines = files[name].splitlines()
            (tmp_path/name).write_text('\n'.join(lines[:len(lines) * 4 // 5]) + '\n')
        alone = [name for name in cut if [name] in alike]
        said = [one.partition(': only ')[0] for one in said_of_short(tmp_path, monkeypatch)]
        assert sorted(said) == sorted(set(cut) - set(alone))
        for name in cut: (tmp_path/name).write_text(files[name] + '\n')
    shutil.copytree(snapshots/day, tmp_path/'as_published')
    assert said_of_short(tmp_path/'as_published', monkeypatch) == []


def test_what_one_measured_oneself_and_the_bundled_set_are_no_short_files(monkeypatch):
    assert said_of_short(Path(timm_bench.sources.results.bundled_folder()), monkeypatch) == []
