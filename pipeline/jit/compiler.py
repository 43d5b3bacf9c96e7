"""Kernels compiled by numba: the only module that imports it."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from typing import Any

import numba
from numba.extending import typeof_impl

from pipeline.jit import ByHand, Kernel, leave_to_numba
from pipeline.jit.machine import Code, can_load

__all__ = ["compile_kernel", "dispatch"]


_njit: Any = numba.njit     # its types leave out options that its decorator has


def dispatch(kernel: Kernel) -> Any:
    """numba's own function, which compiles for whatever types it is called with."""
    if kernel.dispatcher is None:
        # No wrapper for callers in C, which there are none: 7 % of compiling.
        own = _njit(nogil=True, error_model="numpy", no_cfunc_wrapper=True) if can_load() else leave_to_numba
        kernel.dispatcher = own(kernel.py_func)
    return kernel.dispatcher


@typeof_impl.register(Kernel)
def _type_kernel(kernel: Kernel, _: Any) -> Any:
    """A kernel that another one calls: without the wrapper that Python would need, 8 % of compiling."""
    if kernel.inner is None:
        kernel.inner = _njit(
            nogil=True, error_model="numpy", no_cfunc_wrapper=True, no_cpython_wrapper=True, _nrt=kernel.counts,
        )(kernel.py_func)
    return numba.core.types.Dispatcher(kernel.inner)


@typeof_impl.register(ByHand)
def _type_by_hand(value: ByHand, _: Any) -> Any:
    context = numba.core.registry.cpu_target.typing_context
    if value.made is None:
        value.made = value.make()
        context.refresh()       # looks at what has been registered
    return context.resolve_value_type(value.made)


def compile_kernel(kernel: Kernel, args: Sequence[Any]) -> tuple[Callable[..., Any], Code | None]:
    """The kernel for arguments of these types, and what can be kept of it."""
    dispatcher = dispatch(kernel)
    if not can_load():      # numba keeps its own
        return dispatcher, None
    types = tuple(map(dispatcher.typeof_pyval, args))
    dispatcher.compile(types)
    compiled = dispatcher.overloads[types]
    return compiled.entry_point, _extract(compiled)


def _extract(compiled: Any) -> Code | None:
    try:
        library, function = compiled.library, compiled.fndesc
        _, kind, (data, _) = library.serialize_using_object_code()
        module = library._final_module
        values = (*module.functions, *module.global_variables)
        # What LLVM makes itself of its own intrinsics is a function of C at most.
        needs = {value.name for value in values if value.is_declaration and not value.name.startswith("llvm.")}
        constants = pickle.dumps(compiled.environment.consts)
        if kind != "object" or compiled.objectmode or compiled.lifted:
            return None
        return Code(function.llvm_cpython_wrapper_name, function.env_name, constants, tuple(sorted(needs)), bytes(data))
    except (AttributeError, TypeError, ValueError, pickle.PicklingError):      # another numba than those known
        return None
