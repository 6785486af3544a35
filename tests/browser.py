"The browser that the tests drive: playwright's own, or the system's. As a program: whether there is one."
import shutil
import sys
from contextlib import contextmanager

from playwright.sync_api import Error, sync_playwright

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


if __name__ == '__main__':
    try:
        with browser(): pass
    except Error: sys.exit(1)
