"""What the linter and the type checker can't see: that everything public (what users import, and every command) is explained, and that no text becomes markup unescaped.

A parameter is explained by a type and a comment on its line (docments); where it is a number, the comment says of what: seconds, pixels, percent, …"""
import ast
import json
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PROJECT

import timm_bench

PACKAGE = Path(timm_bench.__path__[0])
FOUND = pkgutil.walk_packages(timm_bench.__path__, 'timm_bench.')
MODULES = [module.name.removeprefix('timm_bench.') for module in FOUND if not module.ispkg and not module.name.endswith('._modidx')]
UNITS = re.compile(r"""seconds|\bs\b|\bms\b|milliseconds|minutes|pixels|\bpx\b|percent|%|points|millions?|billions?|bytes|[KMG]i?B\b|images|rows|models|sections|threads|processes|steps
                    |how\ many|number\ of|\bGMACs?\b|MACs|watts?|degrees|share|fraction|0\ to\ 1|times|per\ image|seed|port|days|dollars|currency|worker|unit""", re.VERBOSE | re.IGNORECASE)


def source(module: str) -> str: return Path(PACKAGE, f"{module.replace('.', '/')}.py").read_text(encoding='utf-8')


def public_functions(tree: ast.Module):
    "Functions and methods without an underscore at module level, with the name of their class, if any."
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith('_'): yield node.name, node
        if isinstance(node, ast.ClassDef) and not node.name.startswith('_'):
            for method in node.body:
                if isinstance(method, ast.FunctionDef) and (not method.name.startswith('_') or method.name in ('__init__', '__call__')): yield f'{node.name}.{method.name}', method


def help_of(kind: str | None, text: str) -> str:
    "What typer shows of an option, whose type is `Annotated` itself or a name for one."
    named = re.search(rf'^{re.escape(kind or "-")} = (Annotated.*?)(?=^\w|\Z)', text, re.M | re.S)
    if named: kind = named[1]
    return kind if kind and re.search(r"help=", kind) else ''


def gaps(module: str) -> list[str]:
    "What is not explained in a module."
    text, found = source(module), []
    lines = text.splitlines()
    def comment(node, end=None) -> str: return lines[(end or node.end_lineno) - 1].partition('  # ')[2].strip()
    for name, function in public_functions(ast.parse(text)):
        if module != 'cli.main' and f'{module}.{name.partition(".")[0]}' not in PUBLIC: continue
        if not ast.get_docstring(function) and not name.endswith('__init__'): found.append(f'{module}.{name}: no docstring')
        arguments = function.args
        given = [argument for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs] if argument.arg not in ('self', 'cls')]
        defaults = {id(argument): value for argument, value in [*zip(reversed(arguments.args), reversed(arguments.defaults)), *zip(arguments.kwonlyargs, arguments.kw_defaults)] if value}
        for argument in given:
            kind = ast.unparse(argument.annotation) if argument.annotation else None
            said = comment(argument, getattr(defaults.get(id(argument)), 'end_lineno', None)) or help_of(kind, text)
            if kind is None: found.append(f'{module}.{name}({argument.arg}): no type')
            if not said: found.append(f'{module}.{name}({argument.arg}): no comment')
            elif kind and re.fullmatch(r'(int|float)( \| None)?', kind) and not UNITS.search(f'{argument.arg} {said}'): found.append(f'{module}.{name}({argument.arg}): no unit')
        if function.returns is None and not name.endswith('__init__'): found.append(f'{module}.{name}: no type of what is returned')
    return found


def exported() -> set[str]:
    "What users import, as module.name."
    callables = {name: getattr(timm_bench, name) for name in timm_bench.__all__}
    return {f"{value.__module__.removeprefix('timm_bench.')}.{name}" for name, value in callables.items() if callable(value)}


PUBLIC = exported() | {'m.show'}


@pytest.mark.parametrize('module', MODULES)
def test_everything_public_is_explained(module):
    assert gaps(module) == []


def test_the_check_itself_finds_gaps(monkeypatch):
    code = 'def show(\n    df,  # rows\n    size: int = 3,  # of a point\n    name: str = "",\n):\n    return df\n'
    monkeypatch.setitem(globals(), 'source', lambda module: code)
    assert gaps('m') == ['m.show: no docstring', 'm.show(df): no type', 'm.show(size): no unit', 'm.show(name): no comment', 'm.show: no type of what is returned']


def test_what_is_returned_is_explained_for_every_name_that_users_import():
    "The comment after the arrow: what the frame, figure or list holds, and which errors there may be."
    silent = []
    for full in sorted(exported()):
        module, _, name = full.rpartition('.')
        text = source(module)
        function = next((node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name == name), None)
        if function is None: continue  # a class
        if '  # ' not in text.splitlines()[function.returns.end_lineno - 1]: silent.append(full)
    assert silent == []


def test_the_type_checker_is_strict_everywhere():
    "Every function of the package is annotated in full, which `mypy` sees to; here is seen to it that no module and no line is left out."
    settings = (PROJECT/'pyproject.toml').read_text(encoding='utf-8').partition('[tool.mypy]')[2]
    assert re.search('^strict = true$', settings, re.M) and not re.search('ignore_errors|disallow_(untyped|incomplete)_defs', settings)
    assert [module for module in MODULES if re.search('# *type: *ignore', source(module))] == []


def test_type_checkers_know_the_names_that_users_import():
    "`__init__.pyi` has the same names from the same modules as the list in `__init__.py`, which a type checker cannot read."
    stub = ast.parse(Path(timm_bench.__file__).with_suffix('.pyi').read_text(encoding='utf-8'))
    told = {alias.asname: node.module for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names if alias.name == alias.asname}
    listed = next(node.value for node in ast.parse(source('__init__')).body if isinstance(node, ast.Assign) and node.targets[0].id == '_NAMES')
    assert told == {name: module for module, names in ast.literal_eval(listed).items() for name in names}


# Text that becomes a page

REVIEWED = {'_repr_html_', '_code', 'code_html', '_heading', '_link'}  # functions that put fixed attributes, or what a library has escaped, into a tag


def html_in_strings(tree: ast.Module):
    "Formatted strings that hold a tag and a value: nothing escapes the value."
    reviewed = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name in REVIEWED for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in reviewed: continue
        if not isinstance(node, ast.JoinedStr): continue
        if all(ast.unparse(part.value).startswith(('html.escape(', 'escape(')) for part in node.values if isinstance(part, ast.FormattedValue)): continue
        fixed = ''.join(part.value for part in node.values if isinstance(part, ast.Constant))
        tag = re.search(r'<(?!(?:br|b|i|/b|/i|extra|/extra|span|/span|sub|sup)\b)/?[a-zA-Z][a-zA-Z0-9]*[\s>/]', fixed)
        if tag and any(isinstance(part, ast.FormattedValue) for part in node.values): yield node.lineno


@pytest.mark.parametrize('module', MODULES)
def test_no_page_is_glued_together_from_strings(module):
    "HTML is made by Jinja with autoescaping. plotly's own few tags (<b>, <br>, <i>, <span>) are for its charts, which take no others."
    assert [*html_in_strings(ast.parse(source(module)))] == []


def unescaping(tree: ast.Module):
    "Jinja environments that do not escape: with `autoescape=False`, without `autoescape=`, and `Template`, which never does."
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call): continue
        called = ast.unparse(node.func).rpartition('.')[2]
        given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        if called == 'Template' or called in ('Environment', 'SandboxedEnvironment') and given.get('autoescape', 'False') == 'False': yield node.lineno


@pytest.mark.parametrize('module', MODULES)
def test_every_jinja_environment_escapes(module):
    assert [*unescaping(ast.parse(source(module)))] == []


def foreign_markup(tree: ast.Module):
    """`Markup(…)` tells Jinja not to escape: only its own script, style and policy, plotly's script, data that was made harmless by `_embed` (the explorer's pieces),
    and what `notes` has escaped or sanitised."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith('Markup'):
            if not re.fullmatch(r'_(policy|asset|embed|script)\(.*\)|piece|(mark|parts)_html\(.*\)|plotly|script', ast.unparse(node.args[0])): yield node.lineno


@pytest.mark.parametrize('module', MODULES)
def test_only_the_packages_own_assets_are_markup(module):
    assert [*foreign_markup(ast.parse(source(module)))] == []


def test_templates_unescape_nothing_but_scripts_of_ours_and_plotlys():
    "`|safe` and `autoescape false` would let a file's text into a page as markup."
    templates = [path for path in Path(timm_bench.__path__[0]).rglob('*') if path.suffix in ('.html', '.jinja', '.j2')]
    for path in templates:
        text = re.sub(r'<script>{{ (plotly|figures)_js \| safe }}</script>', '', path.read_text(encoding='utf-8'))
        assert not re.search(r'\|\s*safe\b|autoescape\s+false', text), path.name


def silenced(text: str) -> bool:
    "Whether a comment switches a security rule of the linter off: S102 exec, S301 pickle, S307 eval, S602, S604 and S605 a shell, S701 Jinja's autoescape; or all rules."
    return bool(re.search(r'noqa:.*\bS(102|30[1-7]|60[245]|701)\b|# ruff: noqa\s*$|# noqa\s*(#.*)?$', text, re.M))


def test_no_comment_switches_the_security_rules_off():
    for path in [*PACKAGE.rglob('*.py'), *(PROJECT/'docs').glob('*.py'), *(PROJECT/'tools').glob('*.py')]:
        assert not silenced(path.read_text(encoding='utf-8')), path.name


# The checks find what they are for

BAD = {'S102': 'exec(text)', 'S301': 'pickle.loads(text)', 'S302': 'marshal.loads(text)', 'S307': 'eval(text)', 'S324': 'hashlib.md5(text)', 'S506': 'yaml.load(text)',
       'S602': 'subprocess.run(text, shell=True)', 'S604': 'run_it(text, shell=True)', 'S605': 'os.system(text)', 'S701': 'jinja2.Environment(autoescape=False)', 'S704': 'markupsafe.Markup(text)',
       'S113': 'requests.get(text)', 'S306': 'tempfile.mktemp()', 'BLE001': 'try: pass\nexcept Exception: print()', 'ARG001': 'def unused(text): return 1', 'ERA001': '# x = 1'}
IMPORTS = 'import hashlib, marshal, os, pickle, subprocess, tempfile\nimport jinja2, markupsafe, requests, yaml\nfrom timm_bench.x import run_it, text\n'


@pytest.mark.parametrize('path', ['timm_bench/new.py', 'docs/new.py', 'tools/new.py', *(f"timm_bench/{module.replace('.', '/')}.py" for module in MODULES)])
def test_the_linter_refuses_every_dangerous_line(path):
    "In a new file and in every module: no setting of this project lets one through."
    ran = subprocess.run([sys.executable, '-m', 'ruff', 'check', '--no-cache', '--output-format', 'json', '--stdin-filename', path, '-'], input=IMPORTS + '\n'.join(BAD.values()) + '\n',
                         capture_output=True, text=True, cwd=PROJECT, check=False)
    assert ran.returncode == 1 and set(BAD) <= {finding['code'] for finding in json.loads(ran.stdout)}, ran.stderr


@pytest.mark.parametrize('code, check', [
    ("page = f'<td>{name}</td>'", html_in_strings), ("page = f'<a href={escape(link)}>{name}</a>'", html_in_strings),
    ("jinja2.Environment()", unescaping), ("Environment(autoescape=False)", unescaping), ("jinja2.Template(text)", unescaping),
    ("Markup(name)", foreign_markup), ("markupsafe.Markup(f'<b>{name}</b>')", foreign_markup)])
def test_what_the_linter_cannot_see_is_found_too(code, check):
    assert [*check(ast.parse(code))] == [1]


@pytest.mark.parametrize('comment, off', [('# noqa: S307', True), ('# noqa: E501, S602', True), ('# noqa', True), ('# ruff: noqa', True), ('# noqa: S310', False), ('# noqa: BLE001  # why', False)])
def test_a_comment_that_switches_a_rule_off_is_found(comment, off):
    assert silenced(f'eval(text)  {comment}\n') == off


# The house

def imported(module: str):
    "What a module imports from the package: the module, as in `MODULES`, and the name."
    for node in ast.walk(ast.parse(source(module))):
        if not isinstance(node, ast.ImportFrom): continue
        here = module.split('.')[:-1]
        if node.level: origin = '.'.join([*here[:len(here) - node.level + 1], *filter(None, [node.module])])
        elif (node.module or '').startswith('timm_bench.'): origin = node.module.removeprefix('timm_bench.')
        else: continue
        if origin: yield from ((origin, alias.name) for alias in node.names)


FLOORS = [['checks', 'docstrings'], ['columns'], ['sources'], ['models'], ['accuracy'], ['join'], ['data', 'stats'], ['choosing', 'hardware'], ['charts', 'transfer'], ['web'], ['cli'], ['__main__']]


def floor(module: str) -> int:
    "How high a module lies in the house; `notes` stands beside it."
    return next(level for level, rooms in enumerate(FLOORS) if module.split('.')[0] in rooms)


@pytest.mark.parametrize('module', MODULES)
def test_imports_run_downwards(module):
    origins = {origin for origin, _ in imported(module)}
    if module.startswith('notes.'): assert {origin for origin in origins if not origin.startswith('notes.')} <= {'checks'}
    else: assert [origin for origin in origins if not origin.startswith('notes') and floor(origin) > floor(module)] == []


@pytest.mark.parametrize('module', MODULES)
def test_no_private_name_is_lent(module):
    assert [name for _, name in imported(module) if name.startswith('_') and not name.startswith('__')] == []


def test_no_circle():
    "Each module can be loaded before those that import it."
    loaded, left = set(), {module: {origin for origin, _ in imported(module)} & set(MODULES) for module in MODULES}
    while left:
        ready = [module for module, origins in left.items() if origins <= loaded]
        assert ready, f'a circle: {sorted(left)}'
        loaded |= set(ready)
        left = {module: origins for module, origins in left.items() if module not in loaded}


@pytest.mark.parametrize('notebook', sorted((PROJECT/'nbs').rglob('[0-9]*.ipynb')), ids=lambda path: f'{path.parent.name}/{path.stem}')
def test_a_notebook_begins_with_its_title_and_what_it_is_about(notebook):
    first = ''.join(json.loads(notebook.read_text(encoding='utf-8'))['cells'][0]['source'])
    title = re.sub(r'^\d+_', '', notebook.stem)
    assert first.startswith(f'# {title}\n\n> ')


@pytest.mark.parametrize('module', MODULES)
def test_a_line_has_at_most_120_characters(module):
    "But for `__all__`, which nbdev writes."
    lines = source(module).splitlines()
    assert [line for line in lines if len(line) > 120 and not line.startswith('__all__ = ')] == []
