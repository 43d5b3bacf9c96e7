"""`import taosha` is `import pipeline`, by a name that no script of yours has.

The package is the one beside this file, also where a `pipeline.py` of yours stands first on the path; yours is then not found under
that name while this process runs. Where yours was imported first, this says that only one of the two can be had.
"""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

_FILE = Path(__file__).resolve().with_name("pipeline") / "__init__.py"


def _load() -> ModuleType:
    found = sys.modules.get("pipeline")
    if found is not None:
        if Path(getattr(found, "__file__", None) or "").resolve() != _FILE:
            raise ImportError(f"a module of another project is called `pipeline` and was imported first: {found!r}; rename it")
        return found
    spec = spec_from_file_location("pipeline", _FILE, submodule_search_locations=[str(_FILE.parent)])
    if spec is None or spec.loader is None:
        raise ImportError(f"the package is not where it should be: {_FILE}")
    module = sys.modules["pipeline"] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules["pipeline"]     # not half of it
        raise
    return module


sys.modules["taosha"] = _load()

if __name__ == "__main__":      # python -m taosha
    from pipeline.cli import main

    main()
