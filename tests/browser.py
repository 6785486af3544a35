"The browser that the tests drive: playwright's own, or the system's. As a program: whether there is one."
import json
import shutil
import sys
from contextlib import contextmanager

from playwright.sync_api import Error, sync_playwright
from plotly.offline import get_plotlyjs

ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run']


@contextmanager
def browser():
    "A headless Chromium."
    with sync_playwright() as playwright:
        try: chromium = playwright.chromium.launch(args=ARGUMENTS)
        except Error:
            system = next(filter(None, map(shutil.which, ['chromium', 'chromium-browser', 'google-chrome'])), None)
            if not system: raise
            chromium = playwright.chromium.launch(args=ARGUMENTS, executable_path=system)
        try: yield chromium
        finally: chromium.close()


def page_with(chromium, figure):
    "A page that holds a figure alone, as large as it is."
    page = chromium.new_page(viewport=dict(width=1000, height=int(figure.layout.height)))
    draw(page, figure)
    return page


def draw(page, figure) -> None:
    "Draw a figure in a page that holds nothing else, by plotly's own script, which is loaded once a page."
    if not page.evaluate('window.Plotly !== undefined'):
        page.set_content('<style>body { margin: 0 }</style><div id="chart" class="plotly-graph-div"></div>')
        page.add_script_tag(content=get_plotlyjs())
    page.evaluate('figure => Plotly.newPlot("chart", figure)', json.loads(figure.to_json()))
    page.wait_for_selector('.xtitle')


def until(tab, expression: str):
    "Wait for something, looked at from outside: a page's policy forbids to do it inside."
    for _ in range(600):
        if tab.evaluate(expression): return
        tab.wait_for_timeout(50)
    raise AssertionError(f'never: {expression}')


def boxes(page, selector: str) -> list[list[float]]:
    "Left, top, right and bottom of the elements that fit, in pixels."
    places = page.locator(selector).evaluate_all('elements => elements.map(e => e.getBoundingClientRect())')
    return [[place[side] for side in ('left', 'top', 'right', 'bottom')] for place in places]


def overlap(one, other, by: float = 0) -> bool:
    "Whether two boxes overlap by more than so many pixels both ways."
    left, top, right, bottom = one
    return min(right, other[2]) - max(left, other[0]) > by and min(bottom, other[3]) - max(top, other[1]) > by


if __name__ == '__main__':
    try:
        with browser(): pass
    except Error: sys.exit(1)
