"""Dataclasses for a program that starts often: the same decorator at a tenth of the cost.

The standard library's imports `inspect` and compiles six functions for every class, which for
our fifty classes takes longer than checking a file. This one compiles `__init__` alone. What we
use of the original means the same: `frozen`, `slots`, `eq`, defaults, `field`, `__post_init__`,
`replace`. Type checkers see the original.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass, field, replace
else:
    _MISSING = object()

    class FrozenInstanceError(AttributeError):
        """Raised by an assignment to a field of a frozen instance."""

    class _Field:
        __slots__ = ("compare", "default", "factory", "init", "name", "repr")

        def __init__(self, default, factory, init, repr, compare):
            self.default = default
            self.factory = factory
            self.init = init
            self.repr = repr
            self.compare = compare

    def field(*, default=_MISSING, default_factory=_MISSING, init=True, repr=True, compare=True):
        """As `dataclasses.field`."""
        return _Field(default, default_factory, init, repr, compare)

    def dataclass(cls=None, /, *, frozen=False, slots=False, eq=True):
        """As `dataclasses.dataclass`."""

        def wrap(cls):
            return _made(cls, frozen, slots, eq)

        return wrap if cls is None else wrap(cls)

    def replace(instance, /, **changes):
        """As `dataclasses.replace`."""
        for name, item in instance.__dataclass_fields__.items():
            if item.init and name not in changes:
                changes[name] = getattr(instance, name)
        return instance.__class__(**changes)

    def _made(cls, frozen, slots, eq):
        namespace = dict(cls.__dict__)
        fields = {}
        for base in reversed(cls.__mro__[1:]):
            fields.update(base.__dict__.get("__dataclass_fields__", {}))
        for name, annotation in namespace.get("__annotations__", {}).items():
            if annotation.startswith("ClassVar"):
                continue
            default = namespace.get(name, _MISSING)
            item = (
                default if type(default) is _Field else _Field(default, _MISSING, True, True, True)
            )
            item.name = name
            fields[name] = item
            if default is not _MISSING and (slots or item is default):
                del namespace[name]
                if not slots:
                    delattr(cls, name)
                if not slots and item.default is not _MISSING:
                    setattr(cls, name, item.default)
        methods = _methods(cls.__name__, fields, frozen, eq, namespace)
        if slots:
            namespace.pop("__dict__", None)
            namespace.pop("__weakref__", None)
            inherited = {
                name for base in cls.__mro__[1:] for name in getattr(base, "__slots__", ())
            }
            namespace["__slots__"] = tuple(name for name in fields if name not in inherited)
            namespace.update(methods)
            namespace["__dataclass_fields__"] = fields
            made = type(cls)(cls.__name__, cls.__bases__, namespace)
            made.__qualname__ = cls.__qualname__
            cls = made
        else:
            for name, method in methods.items():
                setattr(cls, name, method)
            cls.__dataclass_fields__ = fields
        cls.__match_args__ = tuple(name for name, item in fields.items() if item.init)
        if "__init__" in methods:
            methods["__init__"].owner = cls
        return cls

    def _methods(title, fields, frozen, eq, namespace):
        methods = {"__init__": _when_needed(title, fields, frozen, "__post_init__" in namespace)}
        shown = [name for name, item in fields.items() if item.repr]
        if "__repr__" not in namespace:

            def __repr__(self):
                inside = ", ".join([f"{name}={getattr(self, name)!r}" for name in shown])
                return f"{self.__class__.__qualname__}({inside})"

            methods["__repr__"] = __repr__
        if eq:
            _compare(methods, [name for name, item in fields.items() if item.compare], frozen)
        if frozen:

            def __setattr__(self, name, value):
                raise FrozenInstanceError(f"cannot assign to field {name!r}")

            def __delattr__(self, name):
                raise FrozenInstanceError(f"cannot delete field {name!r}")

            methods["__setattr__"] = __setattr__
            methods["__delattr__"] = __delattr__
            methods["__getstate__"] = _state
            methods["__setstate__"] = _restore
        return {name: method for name, method in methods.items() if name not in namespace}

    def _compare(methods, names, frozen):
        if len(names) > 1:
            values = attrgetter(*names)
        else:

            def values(self):
                return tuple([getattr(self, name) for name in names])

        def __eq__(self, other):
            if other.__class__ is not self.__class__:
                return NotImplemented
            return values(self) == values(other)

        def __hash__(self):
            return hash(values(self))

        methods["__eq__"] = __eq__
        methods["__hash__"] = __hash__ if frozen else None

    def _state(self):
        return [getattr(self, name) for name in self.__dataclass_fields__]

    def _restore(self, state):
        for name, value in zip(self.__dataclass_fields__, state, strict=True):
            object.__setattr__(self, name, value)

    def _when_needed(title, fields, frozen, post):
        """An `__init__` that at its first call makes way for the compiled one."""

        def __init__(self, *values, **named):
            method = _initialiser(title, fields, frozen, post)
            if __init__.owner.__init__ is __init__:
                type.__setattr__(__init__.owner, "__init__", method)
            method(self, *values, **named)

        return __init__

    def _initialiser(title, fields, frozen, post):
        """`__init__`, the one method whose speed matters often enough to be compiled."""
        scope = {"_set": object.__setattr__, "_MISSING": _MISSING}
        parameters, body = [], []
        for name, item in fields.items():
            value = name
            if not item.init:
                if item.default is _MISSING and item.factory is _MISSING:
                    continue
                value = f"_d_{name}" if item.factory is _MISSING else f"_f_{name}()"
            elif item.factory is not _MISSING:
                parameters.append(f"{name}=_MISSING")
                value = f"_f_{name}() if {name} is _MISSING else {name}"
            elif item.default is not _MISSING:
                parameters.append(f"{name}=_d_{name}")
            else:
                parameters.append(name)
            scope[f"_d_{name}"], scope[f"_f_{name}"] = item.default, item.factory
            body.append(f"_set(self,{name!r},{value})" if frozen else f"self.{name}={value}")
        if post:
            body.append("self.__post_init__()")
        lines = "\n ".join(body or ["pass"])
        exec(f"def __init__(self,{','.join(parameters)}):\n {lines}", scope)
        method = scope["__init__"]
        method.__qualname__ = f"{title}.__init__"
        return method


__all__ = ["dataclass", "field", "replace"]
