"""Machine code that numba made, loaded without numba: by LLVM's linker and the two small libraries in C that the code calls.

What is kept of a compiled function is the object file, and the names in it of the function for Python and of the place for its
constants. numba does the same with what is in its own cache, after it has imported itself; this is a twentieth of the work.
The rule of this file: all of it may fail, as other versions of numba may do other things, and then numba does the work.
"""

from __future__ import annotations

import builtins
import ctypes
import importlib.machinery
import importlib.util
import os
import pickle
import sys
from collections.abc import Callable
from functools import lru_cache
from types import ModuleType
from typing import Any, NamedTuple

import llvmlite.binding as llvm

__all__ = ["SHIPPED_FOR", "Code", "can_load", "describe_machine", "load", "runs_shipped"]

#: The processors that kernels are shipped for, as LLVM and the ABI of x86-64 name them: those with AVX2, from 2013 on.
SHIPPED_FOR = "x86-64-v3"
#: What such a processor has beyond those before it, as LLVM names it.
_HAS = ("avx", "avx2", "bmi", "bmi2", "cx16", "f16c", "fma", "lzcnt", "movbe", "popcnt", "sse4.2", "xsave")


class Code(NamedTuple):
    """A compiled function, as it is kept."""

    entry: str              # the name of what Python calls
    place: str              # the name of where the address of its constants is put
    constants: bytes        # pickled: dtypes of arrays that it returns
    needs: tuple[str, ...]  # names that it takes from outside
    object: bytes


@lru_cache(maxsize=2)
def describe_machine(shipped: bool = False) -> str:
    """What decides, beside the code, what machine code is made: Python, the compilers, the processor, their settings.

    `shipped`: that of code which is made elsewhere, for any processor of a kind.
    """
    from importlib.metadata import version

    own = ("NUMBA_CACHE_DIR", "NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES")
    settings = sorted(f"{k}={v}" for k, v in os.environ.items() if k.startswith("NUMBA_") and k not in own)
    numpy = ".".join(version("numpy").split(".")[:2])       # what numba makes of arrays is its own
    cpu = (SHIPPED_FOR, "") if shipped else (
        os.environ.get("NUMBA_CPU_NAME") or llvm.get_host_cpu_name(),
        os.environ.get("NUMBA_CPU_FEATURES", llvm.get_host_cpu_features().flatten()),
    )
    return "\n".join((
        sys.implementation.cache_tag or "", sys.platform, version("numba"), version("llvmlite"), numpy,
        llvm.get_process_triple(), *cpu, *settings,
    ))


@lru_cache(maxsize=1)
def runs_shipped() -> bool:
    """Whether this processor runs what is made for SHIPPED_FOR."""
    features = llvm.get_host_cpu_features()
    return all(features.get(name, False) for name in _HAS)


def load(code: Code, function: Callable[..., Any]) -> Callable[..., Any] | None:
    """The compiled function; None where something that it needs is not here."""
    machine = _Machine.get()
    if machine is None or any(not llvm.address_of_symbol(name) for name in code.needs):
        return None
    try:
        return machine.load(code, function)
    except Exception:       # as above
        return None


def can_load() -> bool:
    """Whether code can be loaded here at all; where it cannot, numba keeps its own."""
    return _Machine.get() is not None


class _Machine:
    """One engine of LLVM and what its code calls."""

    @staticmethod
    @lru_cache(maxsize=1)
    def get() -> _Machine | None:
        try:
            return _Machine()
        except Exception:       # whatever it is: numba does the work
            return None

    def __init__(self) -> None:
        self._maker = _load_extension("numba._dynfunc")
        self._kept: list[Any] = []
        _add_symbols(self._maker, _load_extension("numba._helperlib"), _load_extension("numba.core.runtime._nrt_python"))
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        triple = llvm.get_process_triple()
        target = llvm.Target.from_triple(triple).create_target_machine(
            cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(),
            reloc="static" if triple.startswith(("x86", "i386")) else "default", codemodel="jitdefault", jit=True,
        )
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(f'target triple = "{triple}"'), target)

    def load(self, code: Code, function: Callable[..., Any]) -> Callable[..., Any]:
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(code.object))
        self._engine.finalize_object()
        around = self._maker.Environment(function.__globals__)
        around.consts.extend(pickle.loads(code.constants))
        self._kept.append(around)
        ctypes.c_void_p.from_address(self._engine.get_global_value_address(code.place)).value = id(around)
        address = self._engine.get_function_address(code.entry)
        module = sys.modules[function.__module__]
        made: Callable[..., Any] = self._maker.make_function(module, function.__name__, "", address, around, (self,))
        return made


def _load_extension(name: str) -> Any:
    """A module in C of numba, without numba itself."""
    if name in sys.modules:
        return sys.modules[name]
    package = importlib.util.find_spec("numba")
    if package is None or package.origin is None:
        raise ImportError(name)
    folder = os.path.join(os.path.dirname(package.origin), *name.split(".")[1:-1])
    loaders = (importlib.machinery.ExtensionFileLoader, importlib.machinery.EXTENSION_SUFFIXES)
    spec = importlib.machinery.FileFinder(folder, loaders).find_spec(name)
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module: ModuleType = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _add_symbols(maker: Any, helpers: Any, memory: Any) -> None:
    """Tell LLVM where what compiled code calls is: as numba does (`_load_global_helpers`, `_Runtime.initialize`)."""
    memory.memsys_use_cpython_allocator()
    llvm.add_symbol("_Py_NoneStruct", id(None))
    for names in (helpers.c_helpers, maker.c_helpers):
        for name, address in names.items():
            llvm.add_symbol(f"numba_{name}", address)
    for name, address in memory.c_helpers.items():
        llvm.add_symbol(name if name.startswith("_") else f"NRT_{name}", address)
    for value in vars(builtins).values():
        if isinstance(value, type) and issubclass(value, BaseException):
            llvm.add_symbol(f"PyExc_{value.__name__}", id(value))
    if "numba" not in sys.modules:      # it would be imported for this: classes of what is returned are pickled in the code
        llvm.add_symbol("numba_unpickle", ctypes.cast(_unpickle, ctypes.c_void_p).value)


_unpickled: dict[int, Any] = {}


@ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
def _unpickle(address: int, size: int, _: int) -> Any:
    if address not in _unpickled:
        _unpickled[address] = pickle.loads(ctypes.string_at(address, size))
    return _unpickled[address]
