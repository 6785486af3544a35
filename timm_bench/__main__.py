"The program, as `python -m timm_bench`."
from timm_bench.cli.main import main

main()
