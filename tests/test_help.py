"What `help` and `?` say of the names that users import: each parameter's meaning and unit, from the source's comments."
import inspect
import os
import pydoc
import subprocess
import sys

import pytest
from fastcore.docments import docments, parse_docstring

import timm_bench


def explained() -> dict[str, object]:
    "The functions that users import, and the public methods of the classes, by name."
    found = {}
    for name in timm_bench.__all__:
        value = getattr(timm_bench, name)
        if not inspect.isclass(value):
            found[name] = value
            continue
        methods = {member: method for member, method in vars(value).items() if inspect.isfunction(method)}
        found |= {f'{name}.{member}': method for member, method in methods.items() if not member.startswith('_')}
    return found


EXPLAINED = explained()


def test_there_are_functions_and_methods():
    assert len(EXPLAINED) > 30 and 'get_data' in EXPLAINED and 'Results.read' in EXPLAINED


@pytest.mark.parametrize('name', EXPLAINED)
def test_help_has_every_parameter_with_its_comment(name):
    function = EXPLAINED[name]
    text = pydoc.plain(pydoc.render_doc(function))
    comments = docments(function)  # as fastcore reads them
    for parameter in inspect.signature(function).parameters:
        if parameter == 'self': continue
        assert comments[parameter], f'{parameter}: no comment'
        assert f'    {parameter} : ' in text and comments[parameter] in text, parameter
    if comments['return']: assert comments['return'] in text.partition('Returns\n')[2]
    assert text.count('Parameters\n') == 1


@pytest.mark.parametrize('name', EXPLAINED)
def test_the_sections_are_those_of_numpy(name):
    "As fastcore, and with it any tool that knows the format, reads them."
    function = EXPLAINED[name]
    read = parse_docstring(function)
    comments = {parameter: comment for parameter, comment in docments(function, returns=False).items() if comment}
    assert {parameter: ' '.join(about.desc) for parameter, about in read['Parameters'].items()} == comments
    assert read['Summary'] and 'Parameters' not in read['Extended']


def test_choices_are_spelt_out():
    assert "part : {'infer', 'train'}" in timm_bench.get_data.__doc__
    assert not any('Literal[' in function.__doc__ for function in EXPLAINED.values())


def test_the_fields_of_a_class_are_explained():
    text = pydoc.plain(pydoc.render_doc(timm_bench.Results))
    assert 'folder : Path' in text and 'holds the CSV files' in text


def test_a_question_mark_shows_it_too():
    "What a kernel answers to `get_data?`, and to Shift-Tab."
    from IPython.core.interactiveshell import InteractiveShell
    shell = InteractiveShell()
    shell.run_cell('from timm_bench import get_data')
    assert 'inference or training speed' in shell.object_inspect_text('get_data')


def test_an_import_of_the_package_explains_nothing():
    "Starting costs what it did: the docstrings are completed with the first name of a module that is used."
    code = ("import sys, timm_bench; assert 'timm_bench.docstrings' not in sys.modules; "
            "from timm_bench.models import family; assert 'timm_bench.docstrings' not in sys.modules; "
            "from timm_bench import split_name; assert 'Parameters' in split_name.__doc__; "
            "assert 'pandas' not in sys.modules")
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=False, env=os.environ)
    assert done.returncode == 0, done.stderr
