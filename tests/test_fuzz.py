"""Every public function under arguments drawn by chance: it answers, or it refuses in one line that names what was wrong. Nothing else ever comes out.

Here a few draws of each; the nightly profile has 1,000 of each, over 20,000 in all: python -m pytest tests/test_fuzz.py --hypothesis-profile=nightly"""
import string
import warnings
from functools import cache
from pathlib import Path

import damage
import pandas as pd
import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import timm_bench
from timm_bench import ResultsError
from timm_bench.models import UnknownModel

NIGHTLY = settings().max_examples == 1000
by_chance = settings() if NIGHTLY else settings.get_profile('short')  # a few draws, unless the nightly profile was asked for

WORDS = st.sampled_from(['', ' ', 'resnet50', 'resnet50.a1_in1k', 'convnext_tiny_in22ft1k', 'vgg11', 'infer', 'train', 'amp nhwc', 'rtx3090', '3090', 'newest', 'imagenet', 'a', 'real', 'best', 'all',
                         '5ms', '200/s', '-1', '0', 'nan', 'inf', '1e400', '(', '[', '*', '.*',
                         'secs', 'top1', 'family', 'model', 'infer_img_size', '2022-04-01', '2022-13-01', 'HEAD', '--all', '../..', '/dev/null',
                         'a\nb', '\0', 'é', '１２', 'in22k', 'apache-2.0', 'mit', 'x' * 300])
TEXT = WORDS | st.text(string.printable + 'é\u2028\x00', max_size=20)
NUMBERS = st.integers(-10, 10**6) | st.floats() | st.sampled_from([0, 1, 224, -1, 10**30, True])
ODD_CELLS = st.sampled_from([None, float('nan'), float('inf'), float('-inf'), -1.0, 0, 10**30, 1e-320, True, 'word', '', pd.NA, pd.NaT])
ANYTHING = st.none() | TEXT | NUMBERS | st.booleans() | st.lists(TEXT, max_size=3) | st.dictionaries(TEXT, NUMBERS, max_size=2) | st.just(object())


@pytest.fixture(scope='module')
def folder(tmp_path_factory) -> Path:
    "A folder of results, small enough to be read a thousand times."
    where = tmp_path_factory.mktemp('results')
    text = damage.GOOD[damage.BENCHMARK]
    (where/damage.BENCHMARK).write_text(text)
    (where/damage.BENCHMARK.replace('3090', '4090')).write_text(text.replace('2500.5', '5100'))
    (where/damage.BENCHMARK.replace('infer', 'train')).write_text(text.replace('infer', 'train').replace('train_gmacs', 'x_gmacs'))
    table = damage.GOOD[damage.ACCURACY].replace('288', '224')
    for file in ['results-imagenet', 'results-imagenet-a', 'results-imagenet-a-clean', 'results-imagenet-real']: (where/f'{file}.csv').write_text(table)
    return where


@st.composite
def damaged_frames(draw, frame: pd.DataFrame):
    "A frame of `get_data` without some columns or rows, or with cells or types that do not belong: one, or a whole column."
    frame = frame.copy()
    if draw(st.booleans()): frame = frame.drop(columns=draw(st.lists(st.sampled_from([*frame]), max_size=2, unique=True)))
    if draw(st.booleans()): frame = frame.head(draw(st.integers(0, 2)))
    for column in draw(st.lists(st.sampled_from([*frame] or ['secs']), max_size=2, unique=True)):
        cell = draw(ODD_CELLS)
        if column not in frame: continue
        if draw(st.booleans()) or frame.empty: frame[column] = cell
        else: frame[column] = pd.Series([cell, *frame[column].tolist()[1:]], frame.index, object if draw(st.booleans()) else None)
    return frame


def refuse_or_answer(work, *answers) -> None:
    "One of the answers, or one of the documented errors in one line that says something."
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        try: assert isinstance(work(), answers)
        except (ResultsError, UnknownModel) as error:
            message = str(error)
            assert 8 < len(message) < 3000 and len(message.splitlines()) == 1, message


@cache
def sound_frame(folder: Path) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        return timm_bench.get_data('infer', results=folder, keep=None, weights='all')


def options(**strategies): return st.fixed_dictionaries({}, optional=strategies)


PART, SETS, ANY_TEXT = st.sampled_from(['infer', 'train']) | ANYTHING, st.sampled_from(['imagenet', 'real', 'a']) | ANYTHING, TEXT | ANYTHING
READING = dict(benchmark=ANY_TEXT, accuracy=SETS)
FOLDERS = {  # functions that read a folder: their positional arguments and their options, and what they answer with
    'get_data': ([PART], dict(**READING, weights=st.sampled_from(['best', 'all']) | ANYTHING, vendors=st.booleans(), keep=st.none() | ANY_TEXT, as_of=ANY_TEXT, col=ANY_TEXT), pd.DataFrame),
    'unmatched': ([PART], dict(**READING, side=st.sampled_from(['benchmark', 'accuracy']) | ANYTHING, superseded=st.booleans(), as_of=ANY_TEXT), pd.DataFrame),
    'get_accuracy': ([SETS], dict(sets=ANYTHING, as_of=ANY_TEXT), pd.DataFrame),
    'list_benchmarks': ([], dict(as_of=ANY_TEXT), pd.DataFrame),
    'compare': ([ANY_TEXT, ANY_TEXT], dict(part=PART), pd.DataFrame),
    'card': ([ANY_TEXT], {}, object),
    'pick_models': ([], dict(n=ANYTHING, part=PART), (list, pd.DataFrame)),
}
COLUMNS = st.sampled_from(['secs', 'top1', 'infer_img_size', 'param_count_x', 'infer_gmacs', 'infer_samples_per_sec']) | TEXT
CHART, AXES, SIZES = [TEXT, st.just('infer_img_size') | COLUMNS], dict(x=COLUMNS, y=COLUMNS), st.sampled_from([224, 288]) | ANYTHING
MODELS = st.sampled_from(['resnet50', 'vgg11', 'convnext_tiny.fb_in1k']) | TEXT
FRAMES = {  # functions that take a frame of `get_data` first
    'show_all': (CHART, AXES, go.Figure), 'show_subs': (CHART, AXES | dict(subs=ANY_TEXT), go.Figure), 'show_params': (CHART, AXES, go.Figure), 'show_frontier': (CHART, AXES, go.Figure),
    'frontier': ([], AXES | dict(x_best=st.sampled_from(['low', 'high']) | ANYTHING), pd.DataFrame), 'better_than': ([MODELS], dict(size=SIZES, accuracy=SETS), pd.DataFrame),
    'best': ([], dict(n=st.integers(1, 3) | ANYTHING, under=st.just('5ms') | ANYTHING, params=st.just('30M') | ANYTHING, macs=st.just('5G') | ANYTHING, size=SIZES, license=ANYTHING), pd.DataFrame),
}
NAMES = ['split_name', 'current_name', 'family', 'pretrain', 'license']


@pytest.mark.parametrize('name', FOLDERS)
@by_chance
@given(data=st.data())
def test_functions_that_read_results(folder, name, data):
    positional, optional, answer = FOLDERS[name]
    given_, named = [data.draw(strategy) for strategy in positional], data.draw(options(**optional))
    refuse_or_answer(lambda: getattr(timm_bench, name)(*given_, results=folder, **named), answer)


@pytest.mark.parametrize('name', FRAMES)
@by_chance
@given(data=st.data())
def test_functions_that_take_a_frame(folder, name, data):
    positional, optional, answer = FRAMES[name]
    frame = data.draw(damaged_frames(sound_frame(folder)))
    given_, named = [data.draw(strategy) for strategy in positional], data.draw(options(**optional))
    refuse_or_answer(lambda: getattr(timm_bench, name)(frame, *given_, **named), answer)


@pytest.mark.parametrize('name', NAMES)
@by_chance
@given(text=TEXT)
def test_functions_that_take_a_name(name, text): refuse_or_answer(lambda: getattr(timm_bench, name)(text), (str, tuple, type(None)))


@by_chance
@given(results=ANYTHING, named=options(rev=ANY_TEXT, as_of=ANY_TEXT))
def test_get_results(folder, results, named):
    if results is None: results = folder  # nothing may be fetched here
    refuse_or_answer(lambda: timm_bench.get_results(results, **named), timm_bench.Results)


@by_chance
@given(name=ANYTHING, needs=st.lists(TEXT, max_size=2))
def test_read(folder, name, needs): refuse_or_answer(lambda: timm_bench.get_results(folder).read(name, needs), pd.DataFrame)


def test_the_nightly_profile_is_large():
    tests = len(FOLDERS) + len(FRAMES) + len(NAMES) + 2
    assert tests * settings.get_profile('nightly').max_examples >= 20_000
