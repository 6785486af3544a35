"The frontier's names as a browser draws them: none touches another, none leaves the chart."
import time

import numpy as np
import pandas as pd
import pytest

from browser import boxes, overlap, page_with
from timm_bench.choosing.comparison import compare
from timm_bench.data import get_data
from timm_bench.charts.compare import show_compare
from timm_bench.charts.frontier import show_frontier


@pytest.mark.parametrize('day, words', [('2026-01-06', None), ('2026-01-06', 'i7_12700h'), ('2022-04-01', None)])
def test_names_do_not_overlap(snapshots, day, words, chromium):
    fig = show_frontier(get_data('infer', benchmark=words, results=snapshots/day), 'Inference', 'infer_img_size')
    names = boxes(page_with(chromium, fig), '.annotation-text-g text')
    assert len(names) == len(fig.data[1].x)
    for i, name in enumerate(names):
        left, top, right, _ = name
        assert left >= 62 and top >= 62 and right <= 1000
        assert not any(overlap(name, other) for other in names[:i])


def test_many_names_are_placed_in_no_time(snapshots, chromium):
    "As many as anybody has on a frontier; half of them find a place."
    df = get_data('infer', results=snapshots/'2026-01-06').head(150)
    chance = np.random.default_rng(0)
    secs, top1 = 10**np.sort(chance.uniform(-4.5, -1.5, 150)), 60 + 30 * np.sort(chance.beta(2, 1, 150))
    begun = time.process_time()
    fig = show_frontier(df.assign(secs=secs, top1=top1), 'Many', 'infer_img_size')
    assert time.process_time() - begun < 3
    assert len(fig.data[1].x) == 150 and len(fig.layout.annotations) > 60
    names = boxes(page_with(chromium, fig), '.annotation-text-g text')
    assert len(names) == len(fig.layout.annotations)
    assert not any(overlap(name, other) for i, name in enumerate(names) for other in names[:i])


def test_a_comparison_of_two_machines_is_drawn_with_nothing_clipped(snapshots, chromium):
    comparison = compare('rtx3090 pt240 nhwc', 'rtx4090 pt240 nhwc', results=snapshots/'2026-01-06')
    fig = show_compare(comparison, 'RTX 4090 against RTX 3090')
    texts = boxes(page_with(chromium, fig), '.gtitle, .xtitle, .legend, .ytick text')
    assert len(texts) > 20
    for left, top, right, bottom in texts:
        assert left >= 0 and top >= 0 and right <= 1000 and bottom <= fig.layout.height


def test_missing_sizes_fit_nothing_and_a_missing_batch_is_another(snapshots):
    one, other = (get_data('infer', benchmark=words, results=snapshots/'2026-01-06')
                  for words in ('rtx3090 nhwc pt240', 'rtx4090 nhwc'))
    found = compare(one, other)
    assert compare(one.assign(infer_img_size=None), other).speedup.isna().all()
    unknown = found.assign(same_batch=found.same_batch.astype(object))
    unknown.loc[found.index[found.same_batch][0], 'same_batch'] = pd.NA

    def same(comparison):
        fig = show_compare(comparison, 'Two machines')
        return next(len(trace.x) for trace in fig.data if trace.name == 'same batch size')

    assert same(unknown) == same(found) - 1
