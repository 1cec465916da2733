"""The first layer: an own view of files, processes, networks, users and names."""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path

from swe_sim.sandbox.inside import kernel
from swe_sim.sandbox.inside.plan import INSIDE, NOBODY, Plan
from swe_sim.sandbox.layout import lay_out

ALL_NAMESPACES = (
    kernel.CLONE_NEWUSER
    | kernel.CLONE_NEWNS
    | kernel.CLONE_NEWPID
    | kernel.CLONE_NEWNET
    | kernel.CLONE_NEWIPC
    | kernel.CLONE_NEWUTS
    | kernel.CLONE_NEWCGROUP
)
_COUNTERS = "/proc/sys/user"
BASE = "/tmp"
OLD = "/old"
NEW = "/new"
STORE = "/store"
"""A file system in memory that holds the tree and the scratch folder, bounded in size."""


def map_users(process: int) -> None:
    """Say whom the users of a process's new namespace stand for. Called from outside."""
    user, group = os.getuid(), os.getgid()
    root = Path("/proc", str(process))
    if user == 0:
        # The way in is prepared by its user 0, and code runs as nobody.
        users = f"0 0 1\n{NOBODY} {NOBODY} 1\n"
        groups = users
    else:
        (root / "setgroups").write_text("deny")
        users = f"{NOBODY} {user} 1\n"
        groups = f"{NOBODY} {group} 1\n"
    (root / "uid_map").write_text(users)
    (root / "gid_map").write_text(groups)


def enter(plan: Plan, channel: socket.socket) -> None:
    """Leave the namespaces of the parent and build a root of what the plan lets code see.

    `channel` leads to the supervisor, who maps users and gets the open folder of the tree. The
    next child of this process is the first process of its namespace.
    """
    kernel.prctl(kernel.PR_SET_PDEATHSIG, 9)
    kernel.unshare(ALL_NAMESPACES)
    channel.send(b"map")
    channel.recv(8)
    _forbid_more_namespaces()
    kernel.mount("none", "/", "", kernel.MS_REC | kernel.MS_PRIVATE)
    kernel.mount("tmpfs", BASE, "tmpfs", kernel.MS_NOSUID, "mode=0755")
    for name in (OLD, NEW, STORE):
        os.mkdir(BASE + name, 0o755)
    kernel.pivot_root(BASE, BASE + OLD)
    os.chdir("/")
    _fill_store(plan, channel)
    _bind_readable(plan)
    os.mkdir(f"{NEW}/proc", 0o755)
    kernel.detach(OLD)
    _change_root()


def _forbid_more_namespaces() -> None:
    # Each user namespace has its own counters, and nobody inside can raise them again.
    for name in os.listdir(_COUNTERS):
        if not name.endswith("_namespaces"):
            continue
        # The first process of the new namespace needs none of its own any more.
        file = os.open(f"{_COUNTERS}/{name}", os.O_WRONLY | os.O_CLOEXEC)
        os.write(file, b"0")
        os.close(file)


def _fill_store(plan: Plan, channel: socket.socket) -> None:
    size = f"size={plan.limits.disk},nr_inodes=20000,mode=0755"
    kernel.mount("tmpfs", STORE, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, size)
    owner = NOBODY if os.getuid() == 0 else None
    for name, place in (("tree", INSIDE.tree), ("scratch", INSIDE.scratch)):
        os.mkdir(f"{STORE}/{name}", 0o755)
        os.mkdir(NEW + place, 0o755)
        if owner is not None:
            os.chown(f"{STORE}/{name}", owner, owner)
    lay_out(plan.files, f"{STORE}/tree", owner)
    kernel.mount(f"{STORE}/scratch", NEW + INSIDE.scratch, "", kernel.MS_BIND)
    kernel.mount(f"{STORE}/tree", NEW + INSIDE.tree, "", kernel.MS_BIND)
    if "." not in plan.writable:
        kernel.protect(NEW + INSIDE.tree, kernel.MOUNT_ATTR_RDONLY)
        for name in plan.writable:
            path = f"{INSIDE.tree}/{name}"
            kernel.mount(f"{STORE}/tree/{name}", NEW + path, "", kernel.MS_BIND)
    folder = os.open(f"{STORE}/tree", os.O_RDONLY | os.O_DIRECTORY)
    socket.send_fds(channel, [b"tree"], [folder])
    os.close(folder)


def _bind_readable(plan: Plan) -> None:
    for path in plan.readable.folders:
        with contextlib.suppress(FileExistsError):
            os.mkdir(NEW + path, 0o755)
    for path, target in plan.readable.links:
        os.symlink(target, NEW + path)
    safe = kernel.MOUNT_ATTR_RDONLY | kernel.MOUNT_ATTR_NOSUID | kernel.MOUNT_ATTR_NODEV
    for source, path in plan.readable.binds:
        _bind(source, path, safe)
    for path in plan.readable.devices:
        _bind(path, path, kernel.MOUNT_ATTR_NOSUID)
    for mask in plan.readable.masks:
        kernel.mount(
            "tmpfs", NEW + mask, "tmpfs", kernel.MS_RDONLY, "size=4k,mode=0555"
        )


def _bind(source: str, path: str, attributes: int) -> None:
    """Make a path of the old root appear in the new one."""
    if not os.path.isdir(OLD + source):
        os.close(os.open(NEW + path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o644))
    kernel.mount(OLD + source, NEW + path, "", kernel.MS_BIND | kernel.MS_REC)
    kernel.protect(NEW + path, attributes)


def _change_root() -> None:
    os.chdir(NEW)
    if not os.path.lexists("tmp"):
        os.symlink(INSIDE.scratch, "tmp")
    # The new root must be a mount of its own to become the root.
    kernel.mount(NEW, NEW, "", kernel.MS_BIND | kernel.MS_REC)
    os.chdir(NEW)
    kernel.pivot_root(".", ".")
    kernel.detach(".")
    os.chdir("/")
    # Only the root itself: what is mounted below it keeps its own attributes.
    flags = kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY | kernel.MS_NOSUID
    kernel.mount("none", "/", "", flags)


def mount_processes() -> bool:
    """Show the processes of this namespace in /proc. Return whether the kernel allows it.

    It refuses where part of the old /proc is hidden, as in many containers. Then code sees none.
    """
    try:
        kernel.mount(
            "proc",
            "/proc",
            "proc",
            kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC,
        )
    except OSError:
        return False
    return True
