"""Which image model is best, for your hardware and your budget?

Importing this package costs nothing: each name is loaded when it is first used (SPEC 1 of scientific Python)."""

__version__ = "0.1.0"

from importlib import import_module as _import_module

_NAMES = {  # by the module that has them
    'checks': ['ResultsError', 'ResultsWarning'],
    'sources.results': ['Results', 'get_results'],
    'sources.benchmarks': ['list_benchmarks'],
    'models': ['split_name', 'current_name', 'family', 'pretrain', 'license'],
    'accuracy': ['get_accuracy'],
    'data': ['get_data', 'unmatched'],
    'charts.plots': ['show_all', 'show_subs', 'show_params'],
    'charts.frontier': ['show_frontier'],
    'charts.compare': ['show_compare'],
    'choosing.robustness': ['effective_robustness'],
    'charts.robustness': ['show_robustness'],
    'choosing.history': ['get_history', 'best_by_day'],
    'charts.history': ['show_history'],
    'choosing.budgets': ['with_cost'],
    'choosing.choose': ['frontier', 'best', 'better_than'],
    'choosing.comparison': ['compare'],
    'choosing.cards': ['card', 'versus'],
    'hardware.measure': ['measure'],
    'hardware.estimate': ['estimate', 'pick_models'],
    'transfer.evidence': ['get_fine_tuning', 'rank_correlations', 'promising'],
    'transfer.probe': ['probe'],
    'web.explorer': ['explorer'],
    'notes.search': ['fastnbs', 'fastlistnbs'],
    'notes.markdown': ['ipy2md'],
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names}
__all__ = list(_MODULES)


def __dir__():
    return list(__all__)


def __getattr__(name):
    "A public name, loaded when it is first used: from then on `help` says what its parameters mean."
    if name not in _MODULES: raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    value = getattr(_import_module(f'{__name__}.{_MODULES[name]}'), name)
    from timm_bench.docstrings import explain
    explain(value.__module__)
    return value
