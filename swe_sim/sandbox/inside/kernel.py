"""Calls to the Linux kernel for which Python has no names, by ctypes."""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform

# Flags of unshare(2) and clone(2).
CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

# Flags of mount(2) and umount2(2).
MS_RDONLY = 0x1
MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_REMOUNT = 0x20
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
MNT_DETACH = 0x2

# Attributes of mount_setattr(2).
MOUNT_ATTR_RDONLY = 0x1
MOUNT_ATTR_NOSUID = 0x2
MOUNT_ATTR_NODEV = 0x4
AT_RECURSIVE = 0x8000
AT_FDCWD = -100

# Options of prctl(2).
PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_CAPBSET_DROP = 24
PR_SET_SECUREBITS = 28
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
SECURE_NO_ROOT = 0b101111
"""No privileges for user 0 and none kept over a change of user, locked."""

_CALLS = {
    # name: number on x86_64, number on aarch64
    "pivot_root": (155, 41),
    "capset": (126, 91),
    "seccomp": (317, 277),
    "mount_setattr": (442, 442),
    "landlock_create_ruleset": (444, 444),
    "landlock_add_rule": (445, 445),
    "landlock_restrict_self": (446, 446),
}
MACHINES = ("x86_64", "aarch64")

_libc = ctypes.CDLL(None, use_errno=True)
_machine = platform.machine()


def known_machine() -> bool:
    """Return whether the numbers of system calls are known for this machine."""
    return _machine in MACHINES


def require_success(result: int, what: str) -> int:
    """Return a result of the C library, or raise what went wrong."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def call(name: str, *values: object) -> int:
    """Make a system call that the C library has no function for."""
    number = _CALLS[name][MACHINES.index(_machine)]
    arguments = [
        ctypes.c_long(value) if isinstance(value, int) else value for value in values
    ]
    return require_success(_libc.syscall(ctypes.c_long(number), *arguments), name)


def unshare(flags: int) -> None:
    """Leave the namespaces of the parent."""
    require_success(_libc.unshare(flags), "unshare")


def mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    """Mount a file system, or a part of one that is mounted."""
    result = _libc.mount(
        source.encode(),
        target.encode(),
        kind.encode(),
        ctypes.c_ulong(flags),
        options.encode(),
    )
    require_success(result, f"mount {target}")


def detach(target: str) -> None:
    """Take a mount out of sight."""
    require_success(_libc.umount2(target.encode(), MNT_DETACH), f"umount {target}")


def pivot_root(new: str, old: str) -> None:
    """Make a mount the root of the file system, and keep the old root below it."""
    call("pivot_root", new.encode(), old.encode())


class _MountAttributes(ctypes.Structure):
    _fields_ = (
        ("attr_set", ctypes.c_uint64),
        ("attr_clr", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns_fd", ctypes.c_uint64),
    )


def protect(target: str, attributes: int) -> None:
    """Add attributes, such as read-only, to a mount and to all that are mounted below it."""
    wanted = _MountAttributes(attributes, 0, 0, 0)
    size = ctypes.sizeof(wanted)
    call(
        "mount_setattr",
        AT_FDCWD,
        target.encode(),
        AT_RECURSIVE,
        ctypes.byref(wanted),
        size,
    )


def prctl(option: int, value: int = 0) -> None:
    """Change an attribute of this process."""
    require_success(
        _libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0), f"prctl {option}"
    )


def drop_capabilities(user: int | None = None) -> None:
    """Give up every privilege, for good, those that a program of user 0 would get too.

    On the way the process becomes `user`, if one is named.
    """
    for capability in range(64):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:
            # Beyond the last capability, or a process that had none to begin with.
            break
    # Without privileges there are none to keep.
    with contextlib.suppress(OSError):
        prctl(PR_SET_SECUREBITS, SECURE_NO_ROOT)
    if user is not None:
        os.setresuid(user, user, user)
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    none = (ctypes.c_uint32 * 6)()
    call("capset", header, none)
