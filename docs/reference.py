"What the reference says of a name: what it does, how it is called, and its parameters with types and units."
from __future__ import annotations

import inspect
import re
from dataclasses import is_dataclass
from enum import Enum
from importlib import import_module

MISSING = inspect.Parameter.empty


class Reference:
    "What nbdev's `show_doc` shows in this site: tables that wrap, rather than signatures that scroll."

    def __init__(self, symbol, name: str | None = None, title_level: int = 3):
        self.text = entry(symbol, name or symbol.__qualname__, title_level)

    def _repr_markdown_(self) -> str: return self.text


def entry(symbol, name: str, level: int = 3) -> str:
    "The entry of a name, as Markdown."
    heading = f'---\n\n{"#" * level} {name}'
    parts = [heading, kind(symbol) + description(symbol) + source_link(symbol, name)]
    is_class = inspect.isclass(symbol)
    if inspect.isfunction(symbol) or is_class and not issubclass(symbol, (Exception, Enum)):
        parts.append(f'```python\n{signature(symbol, name)}\n```')
        if rows := parameters(symbol): parts.append(table(rows))
    return '\n\n'.join(parts)


def kind(symbol) -> str:
    "What a class is one of, or the choices of an enumeration."
    if not inspect.isclass(symbol): return ''
    if issubclass(symbol, Enum): return '*one of* ' + ', '.join(f'`{choice.value}`' for choice in symbol) + ' · '
    parent = symbol.__mro__[1]
    return '' if parent is object else f'*class, a `{parent.__name__}`* · '


def description(symbol) -> str:
    "A docstring without the sections on parameters, which have a table here."
    return (inspect.getdoc(symbol) or '').partition('\n\nParameters\n---')[0]


def source_link(symbol, name: str) -> str:
    "A link to the source, where settings.ini names a repository."
    from nbdev.doclinks import NbdevLookup
    source = NbdevLookup().code(getattr(symbol, '__qualname__', name))
    return f' [source]({source}){{.source}}' if source else ''


# ---------------------------------------------------------------- how it is called


def signature(symbol, name: str) -> str:
    "How a function is called, without its types."
    try: parameters = inspect.signature(symbol).parameters.values()
    except (ValueError, TypeError): return name
    parts, starred = [], False
    for parameter in parameters:
        if parameter.kind is parameter.KEYWORD_ONLY and not starred: parts.append('*')
        if parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_POSITIONAL): starred = True
        stars = {parameter.VAR_POSITIONAL: '*', parameter.VAR_KEYWORD: '**'}.get(parameter.kind, '')
        default = '' if parameter.default is MISSING else f'={written(parameter.default)}'
        parts.append(stars + parameter.name + default)
    line = f"{name}({', '.join(parts)})"
    return line if len(line) <= 80 else f'{name}(\n    ' + ',\n    '.join(parts) + '\n)'


def written(value) -> str:
    "A default as one would write it."
    return repr(value.value) if isinstance(value, Enum) else getattr(value, '__name__', None) or repr(value)


# ---------------------------------------------------------------- its parameters


def parameters(symbol) -> list[tuple[str, str, str, str]]:
    "Name, type, default and comment of each parameter, and of what is returned."
    from typing import get_type_hints
    from fastcore.docments import docments
    try: hints = get_type_hints(symbol, include_extras=True)
    except NameError: hints = {}  # one that is imported for type checkers only
    rows = []
    for name, about in docments(with_source(symbol), full=True).items():
        option_type, help_text = option(hints.get(name))
        type_, comment = option_type or about.get('anno'), about.get('docment') or help_text
        if name in ('return', 'self', 'args', 'kwargs') and not comment: continue
        default = about.get('default')
        rows.append(('*returns*' if name == 'return' else f'`{name}`',
                     '' if type_ in (None, MISSING) else f'`{type_}`',
                     '' if default is MISSING else f'`{written(default)}`',
                     code_for_options(comment or '')))
    return rows


def with_source(symbol):
    "A dataclass as the package has it, with its comments: of one that a notebook defines Python finds no source."
    if not is_dataclass(symbol) or symbol.__module__ != '__main__': return symbol
    from timm_bench._modidx import d
    name = symbol.__qualname__
    homes = (module for module, names in d['syms'].items() if f'{module}.{name}' in names)
    module = next(homes, None)
    return getattr(import_module(module), name) if module else symbol


def option(hint) -> tuple[str | None, str | None]:
    "The type and the help of a command's option, of `Annotated[type, typer.Option(help=…)]`."
    if not hasattr(hint, '__metadata__'): return None, None
    type_ = re.sub(r'\b(typing|pathlib|__main__)\.', '', inspect.formatannotation(hint.__origin__))
    return type_, getattr(hint.__metadata__[0], 'help', None)


def code_for_options(text: str) -> str:
    "Text with options such as --sort as code: two dashes in prose become one."
    return re.sub(r'(?<![\w`-])--[\w-]+', r'`\g<0>`', text)


def table(rows: list[tuple[str, str, str, str]]) -> str:
    "A Markdown table of parameters."
    lines = ['::: {.parameters}', '| parameter | type | default | meaning |', '|---|---|---|---|']
    for row in rows:
        cells = [str(value).replace('|', '\\|').replace('\n', ' ') for value in row]
        lines.append(f'| {" | ".join(cells)} |')
    return '\n'.join([*lines, ':::'])
