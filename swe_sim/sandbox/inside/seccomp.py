"""A filter of system calls for what Landlock has no rules for, written as a BPF program."""

from __future__ import annotations

import ctypes
import errno
from functools import cache

from swe_sim.sandbox.inside import kernel, syscalls

# Instructions of classic BPF.
_LOAD = 0x20
_JUMP_EQUAL = 0x15
_JUMP_AT_LEAST = 0x35
_JUMP_ANY_BIT = 0x45
_AND = 0x54
_RETURN = 0x06

# What a filter answers.
_ALLOW = 0x7FFF0000
_ASK = 0x7FC00000
_KILL = 0x80000000
_FAIL = 0x00050000

# Offsets in what a filter sees.
_NUMBER = 0
_MACHINE = 4
_FIRST = 16
_SECOND = 24

_X32 = 0x40000000
_NEW_NAMESPACES = (
    kernel.CLONE_NEWNS
    | kernel.CLONE_NEWCGROUP
    | kernel.CLONE_NEWUTS
    | kernel.CLONE_NEWIPC
    | kernel.CLONE_NEWUSER
    | kernel.CLONE_NEWPID
    | kernel.CLONE_NEWNET
)
_AF_UNIX = 1
_SOCK_STREAM = 1

_SIZE = 8
"""Bytes of an instruction."""
_SET_FILTER = 1
_NEW_LISTENER = 8

Instruction = tuple[int, int, int, int]
"""Code, jump if true, jump if false, constant."""


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))


def _answer(value: int) -> Instruction:
    return (_RETURN, 0, 0, value)


def _when(number: int, *then: Instruction) -> list[Instruction]:
    """Return a program that does `then` for one system call. `then` ends with an answer."""
    return [(_JUMP_EQUAL, 0, len(then), number), *then]


def _beginning() -> list[Instruction]:
    return [
        (_LOAD, 0, 0, _MACHINE),
        (_JUMP_EQUAL, 1, 0, syscalls.machine()),
        _answer(_KILL),
        (_LOAD, 0, 0, _NUMBER),
        # Calls of the old x32 kind, and those that nobody knew when this was written.
        (_JUMP_AT_LEAST, 0, 1, min(_X32, syscalls.NEWEST + 1)),
        _answer(_FAIL | errno.ENOSYS),
    ]


def _by_argument() -> list[Instruction]:
    refuse = _answer(_FAIL | errno.EPERM)
    (clone,) = syscalls.numbers(("clone",))
    (clone3,) = syscalls.numbers(("clone3",))
    (prlimit,) = syscalls.numbers(("prlimit64",))
    (socketpair,) = syscalls.numbers(("socketpair",))
    program = _when(
        clone,
        (_LOAD, 0, 0, _FIRST),
        (_JUMP_ANY_BIT, 0, 1, _NEW_NAMESPACES),
        refuse,
        _answer(_ASK),
    )
    # Its flags lie in memory, where no filter sees them. The C library falls back to clone.
    program += _when(clone3, _answer(_FAIL | errno.ENOSYS))
    # Limits of this process alone.
    program += _when(
        prlimit,
        (_LOAD, 0, 0, _FIRST),
        (_JUMP_EQUAL, 0, 1, 0),
        _answer(_ALLOW),
        refuse,
    )
    # A pair of connected streams reaches nobody else. A datagram could be sent to anyone.
    program += _when(
        socketpair,
        (_LOAD, 0, 0, _FIRST),
        (_JUMP_EQUAL, 1, 0, _AF_UNIX),
        refuse,
        (_LOAD, 0, 0, _SECOND),
        (_AND, 0, 0, 0xF),
        (_JUMP_EQUAL, 0, 1, _SOCK_STREAM),
        _answer(_ALLOW),
        refuse,
    )
    program += _if_second("ioctl", syscalls.ALLOWED_IOCTLS)
    program += _if_second("fcntl", syscalls.ALLOWED_FCNTLS)
    return program


def _if_second(name: str, values: tuple[int, ...]) -> list[Instruction]:
    """Return a program that allows a call with some values alone as its second argument."""
    (number,) = syscalls.numbers((name,))
    checks: list[Instruction] = []
    for place, value in enumerate(values):
        # The permission stands after the checks that are left and the refusal.
        checks.append((_JUMP_EQUAL, len(values) - place, 0, value))
    refuse = _answer(_FAIL | errno.EPERM)
    return _when(number, (_LOAD, 0, 0, _SECOND), *checks, refuse, _answer(_ALLOW))


def program(*, signals_are_scoped: bool) -> list[Instruction]:
    """Return the whole filter, by which each fork asks who listens."""
    code = _beginning() + _by_argument()
    for number in syscalls.numbers(("fork", "vfork")):
        code += _when(number, _answer(_ASK))
    for number in syscalls.numbers(syscalls.IGNORED):
        code += _when(number, _answer(_FAIL | 0))
    for number in syscalls.numbers(syscalls.UNSUPPORTED):
        code += _when(number, _answer(_FAIL | errno.ENOTSUP))
    names = syscalls.refusals(signals_are_scoped=signals_are_scoped)
    for number in syscalls.numbers(names):
        code += _when(number, _answer(_FAIL | errno.EPERM))
    code.append(_answer(_ALLOW))
    return code


def install(*, signals_are_scoped: bool) -> int:
    """Bind this process and all that it starts to the filter, for good.

    Returns the open file on which forks are asked for.
    """
    data = packed_program(signals_are_scoped=signals_are_scoped)
    buffer = ctypes.create_string_buffer(data, len(data))
    whole = _Filter(len(data) // _SIZE, ctypes.addressof(buffer))
    return kernel.call("seccomp", _SET_FILTER, _NEW_LISTENER, ctypes.byref(whole))


@cache
def packed_program(*, signals_are_scoped: bool) -> bytes:
    """Return the filter as the kernel reads it."""
    code = program(signals_are_scoped=signals_are_scoped)
    return b"".join(_packed(instruction) for instruction in code)


def _packed(instruction: Instruction) -> bytes:
    code, if_true, if_false, constant = instruction
    head = code.to_bytes(2, "little") + bytes((if_true, if_false))
    return head + constant.to_bytes(4, "little")
