"""The fake engine, in a worker that does not fork: as on macOS and Windows."""
import timm_bench.hardware.worker
from fake_engine import benchmark as benchmark
from fake_engine import describe as describe

timm_bench.hardware.worker.APART = False
