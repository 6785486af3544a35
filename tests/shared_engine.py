"""The fake engine, in a worker that does not fork: as on macOS and Windows."""
import timm_bench.worker
from fake_engine import benchmark, describe

timm_bench.worker.APART = False
