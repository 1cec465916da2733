"""Attacks on files outside of the tree. Each returns what it got hold of, if it got out."""

import ctypes
import fcntl
import os
import shutil
import struct
import sys
import zipfile
from pathlib import Path


def read(prey):
    return Path(prey["secret"]).read_text() == prey["word"]


def read_upwards(prey):
    return Path("../" * 20 + prey["secret"]).read_text() == prey["word"]


def read_by_a_link(prey):
    link = Path(os.environ["HOME"], "link")
    link.symlink_to(prey["secret"])
    return link.read_text() == prey["word"]


def read_by_a_hard_link(prey):
    link = Path(os.environ["HOME"], "hard")
    link.hardlink_to(prey["secret"])
    return link.read_text() == prey["word"]


def read_by_the_root_of_a_process(prey):
    for root in ("/proc/self/root", "/proc/1/root", f"/proc/{prey['victim']}/root"):
        path = Path(root + prey["secret"])
        if os.access(path, os.R_OK) and path.read_text() == prey["word"]:
            return True
    return False


def read_by_the_folder_of_a_process(prey):
    path = Path(f"/proc/{prey['victim']}/cwd/secret.txt")
    return path.read_text() == prey["word"]


def read_after_a_change_of_folder(prey):
    os.chdir(prey["folder"])
    return Path("secret.txt").read_text() == prey["word"]


def read_by_handle(prey):
    libc = ctypes.CDLL(None, use_errno=True)
    handle = ctypes.create_string_buffer(struct.pack("<Ii", 128, 0) + bytes(128))
    mount = ctypes.c_int()
    place = prey["secret"].encode()
    if libc.name_to_handle_at(-100, place, handle, ctypes.byref(mount), 0) < 0:
        raise OSError(ctypes.get_errno(), "name_to_handle_at")
    near = os.open(prey["folder"], os.O_RDONLY)
    file = libc.open_by_handle_at(near, handle, os.O_RDONLY)
    if file < 0:
        raise OSError(ctypes.get_errno(), "open_by_handle_at")
    return os.read(file, 100).decode() == prey["word"]


def copy(prey):
    return shutil.copy(prey["secret"], os.environ["HOME"])


def list_a_folder(prey):
    return os.listdir(prey["folder"])


def list_the_home(prey):
    home = "/root" if os.path.isdir("/root") else "/home"
    # The way to an interpreter that lives there is no secret.
    return [
        name for name in os.listdir(home) if f"{home}/{name}" not in sys.base_prefix
    ]


def read_the_users(prey):
    return Path("/etc/passwd").read_text()


def read_the_references(prey):
    families = Path(prey["home"], "swe_sim", "tasks")
    return list(families.rglob("*.py")) and (families / "__init__.py").read_text()


def import_the_references(prey):
    sys.path.insert(0, prey["home"])
    import swe_sim.tree

    return swe_sim.tree.__file__


def read_a_disk(prey):
    for name in ("vda", "sda", "nvme0n1", "mem", "kmsg"):
        if os.path.exists(f"/dev/{name}"):
            return Path(f"/dev/{name}").open("rb")
    raise FileNotFoundError


def watch_a_folder(prey):
    # Every file that somebody makes or opens there would be told by its name.
    libc = ctypes.CDLL(None, use_errno=True)
    watch = libc.inotify_add_watch(libc.inotify_init(), prey["folder"].encode(), 0x0FFF)
    return watch if watch > 0 else ""


def list_attributes(prey):
    os.listxattr(prey["secret"])
    return True


def learn_that_a_file_is_there(prey):
    return os.path.exists(prey["secret"])


READS = (
    *(read, read_upwards, read_by_a_link, read_by_a_hard_link),
    *(read_by_the_root_of_a_process, read_by_the_folder_of_a_process),
    *(read_after_a_change_of_folder, read_by_handle, copy, list_a_folder),
    *(list_the_home, read_the_users, read_the_references, import_the_references),
    *(read_a_disk, watch_a_folder, list_attributes),
)


def write(prey):
    with open(prey["secret"], "r+") as stream:
        return stream.fileno()


def truncate(prey):
    # To the length that it has, so that a canary changes nothing.
    os.truncate(prey["secret"], len(prey["word"]))
    return True


def make(prey):
    path = Path(prey["folder"], "made")
    path.write_text("")
    path.unlink()
    return True


def make_a_folder(prey):
    path = Path(prey["folder"], "made-folder")
    path.mkdir()
    path.rmdir()
    return True


def make_a_pipe(prey):
    path = Path(prey["folder"], "made-pipe")
    os.mkfifo(path)
    path.unlink()
    return True


def rename_in(prey):
    path = Path(prey["folder"], "moved")
    own = Path(os.environ["HOME"], "own")
    own.write_text("")
    own.rename(path)
    path.unlink()
    return True


def unpack_upwards(prey):
    """Unpack an archive whose names lead out of the folder."""
    target = "../" * 20 + prey["folder"].lstrip("/") + "/unpacked"
    archive = Path(os.environ["HOME"], "a.zip")
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("inside", target)
    with zipfile.ZipFile(archive) as packed:
        # As those unpack that trust the names.
        name = packed.read("inside").decode()
        path = Path(os.environ["HOME"], name)
        path.write_bytes(b"")
    path.unlink()
    return True


def change_mode(prey):
    before = os.stat(prey["secret"]).st_mode
    os.chmod(prey["secret"], 0o600)
    is_changed = os.stat(prey["secret"]).st_mode != before
    os.chmod(prey["secret"], 0o644)
    return is_changed


def change_mode_of_an_open_file(prey):
    file = os.open(os.__file__, os.O_RDONLY)
    before = os.fstat(file).st_mode
    os.fchmod(file, before ^ 0o100)
    is_changed = os.fstat(file).st_mode != before
    os.fchmod(file, before)
    return is_changed


def change_time(prey):
    before = os.stat(prey["secret"]).st_mtime_ns
    os.utime(prey["secret"], (1, 1))
    return os.stat(prey["secret"]).st_mtime_ns != before


def change_owner(prey):
    state = os.stat(prey["secret"])
    os.chown(prey["secret"], state.st_uid, state.st_gid)
    return True


def change_attributes(prey):
    os.setxattr(prey["secret"], "user.mark", b"1")
    return True


def change_flags(prey):
    with open(os.__file__, "rb") as stream:
        flags = fcntl.ioctl(stream, 0x80086601, bytes(8))
        # To what they are, so that a canary changes nothing.
        fcntl.ioctl(stream, 0x40086602, flags)
    return True


def change_version(prey):
    with open(os.__file__, "rb") as stream:
        version = fcntl.ioctl(stream, 0x80087601, bytes(8))
        # To what it is, so that a canary changes nothing.
        fcntl.ioctl(stream, 0x40087602, version)
    return True


def write_the_library(prey):
    with open(os.__file__, "r+") as stream:
        return stream.fileno()


def plant_in_the_library(prey):
    path = Path(os.__file__).parent / "site-packages" / "swe_planted.txt"
    path.write_text("")
    path.unlink()
    return True


def write_the_tree(prey):
    with open("tree.txt", "r+") as stream:
        return stream.fileno()


def write_the_tree_by_a_hard_link(prey):
    link = Path(os.environ["HOME"], "tree-link")
    link.hardlink_to("tree.txt")
    with link.open("r+") as stream:
        return stream.fileno()


def write_the_settings_of_the_kernel(prey):
    with open("/proc/sys/kernel/core_pattern", "r+") as stream:
        return stream.fileno()


def write_shared_memory(prey):
    path = Path("/dev/shm/swe-planted")
    path.write_text("")
    path.unlink()
    return True


WRITES = (
    *(write, truncate, make, make_a_folder, make_a_pipe, rename_in, unpack_upwards),
    *(change_mode, change_mode_of_an_open_file, change_time, change_owner),
    *(
        change_attributes,
        change_flags,
        change_version,
        write_the_library,
        plant_in_the_library,
        write_the_tree,
    ),
    *(write_the_tree_by_a_hard_link, write_the_settings_of_the_kernel),
    write_shared_memory,
)
NAMES = (learn_that_a_file_is_there,)
