"The first answers on the front page, which change with hardware, budget and licence by the explorer's data and logic."
from __future__ import annotations

import json
from functools import cache
from html import escape

import nbformat
from cells import html_output
from project import EXECUTED

LOGIC = ['format', 'axes', 'tables', 'frontier', 'filters', 'state']  # of the explorer's scripts; they know no page
BOX = """<section id="answers" data-goals="{goals}" data-both="{both}" data-source="{source}">
<form data-part="form" hidden>
<label>Hardware <select name="hardware"><option value="">a GPU and a CPU</option>{options}</select></label>
<label>Time per image <input name="budget" placeholder="any, or 5 ms" autocomplete="off" spellcheck="false"></label>
<label>Licence <select name="licence"><option value="">any</option>
<option value="commercial">for commercial use</option></select></label>
</form>
<p><a class="explore" data-part="explore" href="explore.html">Open the explorer</a></p>
<p data-part="problem" role="status"></p>
<div data-part="tables" aria-live="polite">{tables}</div>
<p class="line"><code data-part="line">timm_bench best</code>\
<button type="button" data-part="copy" hidden>Copy</button></p>
</section>
<script src="assets/answers.js" defer></script>"""


@cache
def the_explorer():
    "The explorer of the results at hand, made once."
    import timm_bench
    return timm_bench.explorer()


def show_answers(notebook: nbformat.NotebookNode) -> None:
    "Put the answers that can be changed in the place of the table that the front page's notebook shows."
    from timm_bench.choosing.answers import AS_FAST_AS, answers, answers_source, two_kinds
    from timm_bench.models import trained_at
    from timm_bench.web.charts import answers_as_html
    data, found = the_explorer().data, answers()
    write_explorer_for_scripts(data)
    inference = [about for about in data['benchmarks'] if about['part'] == 'infer']
    options = [options_of(inference, kind, gpu) for kind, gpu in (('GPUs', True), ('CPUs', False))]
    files = {about['file']: about['id'] for about in inference}
    both = [files[benchmark.file] for benchmark in two_kinds()]
    goals = [(goal, arch, arch and trained_at(arch)) for goal, arch in AS_FAST_AS.items()]
    html = BOX.format(goals=escape(json.dumps(goals)), both=escape(json.dumps(both)),
                      source=escape(answers_source(found)), options=''.join(options), tables=answers_as_html(found))
    for cell in notebook.cells:
        if 'answers_as_markdown' in cell.source: cell.outputs = [html_output(html)]


def options_of(benchmarks: list[dict], kind: str, gpu: bool) -> str:
    "The choice of the benchmarks of GPUs, or of those of CPUs, under a heading."
    from timm_bench.sources.benchmarks import Benchmark
    some = [about for about in benchmarks if bool(Benchmark.named(about['file']).cuda) == gpu]
    options = ''.join(f'<option value="{escape(about["id"])}">{escape(about["label"])}</option>' for about in some)
    return f'<optgroup label="{kind}">{options}</optgroup>' if some else ''


def write_explorer_for_scripts(data: dict) -> None:
    "The explorer's data and logic as scripts: a page that is opened from disk may fetch nothing else."
    from timm_bench.sources.benchmarks import benchmarks_in, words_for
    from timm_bench.sources.results import get_results
    from timm_bench.web.explorer import asset
    every = {benchmark.file: benchmark for benchmark in benchmarks_in(get_results())}
    for about in data['benchmarks']:
        benchmark = every[about['file']]
        about['words'] = words_for(benchmark, [each for each in every.values() if each.part == benchmark.part])
    logic = '\n'.join(asset(f'{name}.js') for name in LOGIC).replace("'use strict';", '')
    names = ', '.join(LOGIC)
    script = f"window.explorerLogic = (() => {{\n'use strict';\n{logic}\nreturn {{ {names} }};\n}})();\n"
    (EXECUTED/'assets'/'explorer-logic.js').write_text(script, encoding='utf-8')
    text = json.dumps(data, ensure_ascii=False, separators=(',', ':'))
    (EXECUTED/'assets'/'explorer-data.js').write_text(f'window.explorerData = {text};\n', encoding='utf-8')
