"""Runs inside a sandbox: every way to write a file, tried on every path of a tree."""

import contextlib
import fcntl
import json
import mmap
import os
import shutil
import sys
import tempfile
from pathlib import Path

HOME = os.environ["HOME"]


def own(text="planted"):
    """Return a new file in the scratch folder."""
    handle, path = tempfile.mkstemp(dir=HOME)
    os.write(handle, text.encode())
    os.close(handle)
    return path


def write(path):
    Path(path).write_text("planted")


def append(path):
    with open(path, "a") as stream:
        stream.write("planted")


def update(path):
    with open(path, "r+") as stream:
        stream.write("planted")


def create(path):
    with open(path, "x") as stream:
        stream.write("planted")


def truncate(path):
    os.truncate(path, 1)


def truncate_on_opening(path):
    os.close(os.open(path, os.O_RDONLY | os.O_TRUNC))


def write_in_place(path):
    file = os.open(path, os.O_WRONLY)
    os.pwrite(file, b"planted", 0)


def write_through_memory(path):
    with open(path, "r+b") as stream, mmap.mmap(stream.fileno(), 0) as memory:
        memory[:1] = b"!"


def write_by_a_new_door(path):
    file = os.open(path, os.O_RDONLY)
    again = os.open(f"/proc/self/fd/{file}", os.O_WRONLY)
    os.write(again, b"planted")


def send(path):
    source, target = os.open(own(), os.O_RDONLY), os.open(path, os.O_WRONLY)
    os.sendfile(target, source, 0, 7)


def copy_range(path):
    source, target = os.open(own(), os.O_RDONLY), os.open(path, os.O_WRONLY)
    os.copy_file_range(source, target, 7)


def clone(path):
    source, target = os.open(own(), os.O_RDONLY), os.open(path, os.O_WRONLY)
    fcntl.ioctl(target, 0x40049409, source)


def allocate(path):
    os.posix_fallocate(os.open(path, os.O_WRONLY), 0, 5000)


def replace(path):
    os.replace(own(), path)


def move(path):
    shutil.move(own(), path)


def copy(path):
    shutil.copyfile(own(), path)


def link_over(path):
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    os.link(own(), path)


def symlink(path):
    os.symlink(own(), f"{path}.link")


def write_by_a_link(path):
    link = own()
    os.unlink(link)
    os.symlink(Path(path).absolute(), link)
    Path(link).write_text("planted")


def write_by_a_hard_link(path):
    link = own()
    os.unlink(link)
    os.link(path, link)
    Path(link).write_text("planted")


def remove(path):
    os.unlink(path)


def rename_away(path):
    os.rename(path, f"{path}.old")


def take_away(path):
    os.rename(path, own())


def make_a_folder(path):
    os.mkdir(f"{path}.d")


def rename_the_folder(path):
    os.rename(Path(path).parent, f"{Path(path).parent}.old")


def write_by_a_child(path):
    child = os.fork()
    if child == 0:
        with contextlib.suppress(OSError):
            Path(path).write_text("planted")
            os._exit(0)
        os._exit(1)
    if os.waitpid(child, 0)[1]:
        raise PermissionError


WAYS = (
    *(write, append, update, create, truncate, truncate_on_opening, write_in_place),
    *(write_through_memory, write_by_a_new_door, send, copy_range, clone, allocate),
    *(replace, move, copy, link_over, symlink, write_by_a_link),
    *(write_by_a_hard_link, remove, rename_away, take_away, make_a_folder),
    *(rename_the_folder, write_by_a_child),
)


def main():
    """Try all and print how often it was tried and what did not fail."""
    paths = json.load(sys.stdin)
    successes = []
    for path in paths:
        for way in WAYS:
            try:
                way(path)
            except (OSError, ValueError):
                continue
            successes.append(f"{way.__name__} {path}")
    print(json.dumps([len(paths) * len(WAYS), successes]))


main()
