"The names of the package for type checkers and editors, which cannot see what is loaded when it is used."

from .checks import ResultsError as ResultsError, ResultsWarning as ResultsWarning
from .sources.results import Results as Results, get_results as get_results
from .sources.benchmarks import list_benchmarks as list_benchmarks
from .models import (
    split_name as split_name,
    current_name as current_name,
    family as family,
    pretrain as pretrain,
    license as license)
from .accuracy import get_accuracy as get_accuracy
from .data import get_data as get_data, unmatched as unmatched
from .charts.plots import show_all as show_all, show_subs as show_subs, show_params as show_params
from .charts.frontier import show_frontier as show_frontier
from .charts.compare import show_compare as show_compare
from .choosing.robustness import effective_robustness as effective_robustness
from .charts.robustness import show_robustness as show_robustness
from .choosing.history import get_history as get_history, best_by_day as best_by_day
from .charts.history import show_history as show_history
from .choosing.budgets import with_cost as with_cost
from .choosing.choose import frontier as frontier, best as best, better_than as better_than
from .choosing.comparison import compare as compare
from .choosing.cards import card as card, versus as versus
from .hardware.measure import measure as measure
from .hardware.estimate import estimate as estimate, pick_models as pick_models
from .transfer.evidence import (
    get_fine_tuning as get_fine_tuning, rank_correlations as rank_correlations, promising as promising)
from .transfer.probe import probe as probe
from .web.explorer import explorer as explorer
from .notes.search import fastnbs as fastnbs, fastlistnbs as fastlistnbs
from .notes.markdown import ipy2md as ipy2md

__version__: str
