"The frontier's names as a browser draws them: none touches another, none leaves the chart."
import pandas as pd
import pytest

from browser import browser
from timm_bench.choosing.comparison import compare
from timm_bench.data import get_data
from timm_bench.charts.compare import show_compare
from timm_bench.charts.frontier import show_frontier

BOXES = '''() => [...document.querySelectorAll('.annotation-text-g text')].map(e => e.getBoundingClientRect()).map(b => [b.left, b.top, b.right, b.bottom])'''


@pytest.fixture
def browser_page():
    "A page of the size of a chart."
    with browser() as chromium: yield chromium.new_page(viewport=dict(width=1000, height=800))


@pytest.mark.parametrize('day, words', [('2026-01-06', None), ('2026-01-06', 'i7_12700h'), ('2022-04-01', None)])
def test_names_do_not_overlap(snapshots, browser_page, day, words):
    fig = show_frontier(get_data('infer', benchmark=words, results=snapshots/day), 'Inference', 'infer_img_size')
    browser_page.set_content(fig.to_html(include_plotlyjs=True))
    browser_page.wait_for_selector('.annotation-text-g text')
    boxes = browser_page.evaluate(BOXES)
    assert len(boxes) == len(fig.data[1].x)
    for i, (left, top, right, bottom) in enumerate(boxes):
        assert left >= 70 and top >= 70 and right <= 1000
        for other in boxes[:i]: assert right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top


def test_a_comparison_of_two_machines_is_drawn_with_nothing_clipped(snapshots, browser_page):
    fig = show_compare(compare('rtx3090 pt240 nhwc', 'rtx4090 pt240 nhwc', results=snapshots/'2026-01-06'), 'RTX 4090 against RTX 3090')
    browser_page.set_viewport_size(dict(width=1000, height=int(fig.layout.height) + 10))
    browser_page.set_content(f'<style>body {{ margin: 0 }}</style>{fig.to_html(full_html=False)}')
    browser_page.wait_for_selector('.legend')
    boxes = browser_page.evaluate("() => [...document.querySelectorAll('.gtitle, .xtitle, .legend, .ytick text')].map(e => e.getBoundingClientRect()).map(b => [b.left, b.top, b.right, b.bottom])")
    assert len(boxes) > 20 and all(left >= 0 and top >= 0 and right <= 1000 and bottom <= fig.layout.height for left, top, right, bottom in boxes)


def test_missing_sizes_fit_nothing_and_a_missing_batch_is_another(snapshots):
    one, other = (get_data('infer', benchmark=words, results=snapshots/'2026-01-06') for words in ('rtx3090 nhwc pt240', 'rtx4090 nhwc'))
    found = compare(one, other)
    assert compare(one.assign(infer_img_size=None), other).speedup.isna().all()
    unknown = found.assign(same_batch=found.same_batch.astype(object))
    unknown.loc[found.index[found.same_batch][0], 'same_batch'] = pd.NA
    def same(comparison): return next(len(trace.x) for trace in show_compare(comparison, 'Two machines').data if trace.name == 'same batch size')
    assert same(unknown) == same(found) - 1
