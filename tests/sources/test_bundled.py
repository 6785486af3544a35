"The results that the package carries: sound, documented, and enough with no network at all."
import os

import pandas as pd
import pytest
import program
from conftest import PROJECT

from timm_bench.data import get_accuracy, get_data
from timm_bench.charts.parts import SUBS
from timm_bench.hardware.record import read_sidecar
from timm_bench.models import registry
from timm_bench.sources import results as sources
from timm_bench.sources.benchmarks import list_benchmarks

SEED_FAMILIES = ('beit convit convnext convnext_in22 crossvit efficientnet efficientnetv2 levit mobilevit regnetv regnetx regnety regnetz repvgg resnet '
                 'resnetblur resnetd resnetrs resnetv2 resnetv2d vgg vit').split()


@pytest.fixture(scope='module')
def bundled(): return sources.bundled()


def test_it_covers_the_seeds_families_and_many_architectures(bundled):
    everything = get_data('infer', results=bundled, keep=None)
    assert everything.arch.nunique() >= 150
    assert set(SEED_FAMILIES) <= set(everything.family)
    assert everything.family[everything.family.str.fullmatch(SUBS)].nunique() >= 9


def test_every_file_is_small_batch_and_says_when_and_on_what_it_was_measured(bundled):
    for benchmark in list_benchmarks(bundled).itertuples():
        assert benchmark.problem is None and benchmark.cuda is None
        table = get_data(benchmark.part, benchmark=benchmark.file, results=bundled, keep=None)
        assert table.attrs['measured_on'].startswith('measured on ')
        assert set(table[f'{benchmark.part}_batch_size']) == ({1} if benchmark.part == 'infer' else {8})


def test_the_sidecars_hold_what_the_files_say(bundled):
    for file in list_benchmarks(bundled).file:
        rows = [row for row in read_sidecar(bundled.folder/file.replace('.csv', '.jsonl')) if row['status'] == 'ok']
        table, part = bundled.read(file), rows[0]['asked']['part']
        assert sorted(table.model) == sorted(row['model'] for row in rows)
        medians = table.set_index('model')[f'{part}_step_time']
        assert all(abs(medians[row['model']] - row['median_ms']) < 0.001 for row in rows)
        assert all(row['threads'] == 1 and row['torch'] and row['finished'] for row in rows)


def test_every_accuracy_names_its_source_and_day(bundled):
    for test_set in 'imagenet', 'real', 'v2', 'a', 'a-clean', 'r', 'r-clean', 'sketch':
        table = get_accuracy(test_set, results=bundled)
        assert len(table) > 150 and table.source.str.contains('pytorch-image-models').all()
        assert pd.to_datetime(table.date).notna().all()


def test_accuracies_are_those_that_timm_published(bundled, snapshots):
    ours, published = get_accuracy(results=bundled), get_accuracy(results=snapshots/'2026-01-06')
    both = ours.merge(published, on=['model', 'img_size'])
    assert len(both) == len(ours) < len(published) / 2
    assert (both.top1_x == both.top1_y).all() and (both.top5_x == both.top5_y).all()


def test_the_charts_are_drawn_with_no_network(tmp_path, monkeypatch):
    for name in list(os.environ):
        if name.startswith('TIMM_BENCH_'): monkeypatch.delenv(name)
    environment = dict(TIMM_BENCH_URL='http://127.0.0.1:9/nowhere', TIMM_BENCH_CACHE=str(tmp_path/'cache'))
    done = program.timm_bench('charts', cwd=tmp_path, **environment)
    assert done.returncode == 0, done.stderr
    assert 'using the results bundled with timm_bench, because $TIMM_BENCH_RESULTS is not set; there is no clone: git: ' in done.stderr
    page = (tmp_path/'timm_bench_charts.html').read_text()
    assert page.count('<div class="plot"') == 8 and page.count('measured on AMD EPYC') >= 6


def test_the_registry_is_what_timm_says(monkeypatch):
    "Where the timm is installed that the table is from; for another version, `python tools/registry.py` writes it anew."
    timm = pytest.importorskip('timm')
    if timm.__version__ != registry()['timm']: pytest.skip(f'timm {timm.__version__} is not the one of the table')
    monkeypatch.syspath_prepend(PROJECT/'tools')
    from registry import read_registry
    assert read_registry() == registry()
