"""Trees, their paths and the patches that change them."""

import difflib

import pytest

from swe_sim.tree import (
    LONGEST_PATH,
    MOST_FILE_BYTES,
    MOST_FILES,
    TreeError,
    apply_patch,
    check_tree,
    digest,
    safe_path,
)

TEXT = "".join(f"line {number}\n" for number in range(40))


def diff_of(old, new, path="a.py"):
    lines = difflib.unified_diff(
        old.splitlines(True), new.splitlines(True), f"a/{path}", f"b/{path}"
    )
    return "".join(lines)


@pytest.mark.parametrize("path", ["a.py", "pack/b.py", "a-b_c.d/e", "ünï.txt"])
def test_plain_paths_stay_as_they_are(path):
    assert safe_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        *("", "/etc/passwd", "../a", "a/../b", "./a", "a//b", "a/", "a/.", "~/a"),
        *("a\0b", "a\nb", "a\x1b[0m", "a\\b", "C:/a", ".git/config", "a/.GIT/hooks/x"),
        *(
            "x" * (LONGEST_PATH + 1),
            f"{'é' * 60}.py",
            " a",
            "a ",
            "a/b.",
            "a\ud800",
            "a\u202eb",
        ),
    ],
)
def test_paths_that_could_mean_something_else_are_refused(path):
    with pytest.raises(TreeError):
        safe_path(path)


def test_a_digest_knows_paths_from_texts_and_no_order():
    assert digest({"a": "1", "b": "2"}) == digest({"b": "2", "a": "1"})
    assert (
        len({digest({"a": "bc"}), digest({"ab": "c"}), digest({}), digest({"a": ""})})
        == 4
    )


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        ({f"{number}.py": "" for number in range(MOST_FILES + 1)}, "files"),
        ({"a.py": "é" * MOST_FILE_BYTES}, "bytes"),
        ({f"{number}.py": "x" * 200_000 for number in range(12)}, "a tree has 2400000"),
        ({"a": "", "a/b": ""}, "folder of another"),
        ({"a": "x\0y"}, "binary"),
        ({"a": "\udc80"}, "half of a character"),
    ],
)
def test_trees_beyond_the_bounds_are_refused(tree, words):
    with pytest.raises(TreeError, match=words):
        check_tree(tree)


def test_a_patch_changes_creates_deletes_and_renames():
    new = TEXT.replace("line 5\n", "five\n").replace("line 30\n", "") + "end\n"
    diff = diff_of(TEXT, new) + (
        "--- /dev/null\n+++ b/pack/new.py\n@@ -0,0 +1,2 @@\n+one\n+two\n"
        "--- a/old.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-gone\n"
        "diff --git a/x.py b/y.py\nsimilarity index 100%\nrename from x.py\nrename to y.py\n"
        "diff --git a/empty.py b/empty.py\nnew file mode 100644\nindex 0000000..e69de29\n"
    )
    tree = {"a.py": TEXT, "old.py": "gone\n", "x.py": "x"}
    assert apply_patch(tree, diff) == {
        "a.py": new,
        "pack/new.py": "one\ntwo\n",
        "y.py": "x",
        "empty.py": "",
    }
    assert set(tree) == {"a.py", "old.py", "x.py"}


def test_hunks_are_found_a_little_off_their_place_and_no_farther():
    new = TEXT.replace("line 20\n", "twenty\n")
    diff = diff_of(TEXT, new)
    assert apply_patch({"a.py": "x\n" * 9 + TEXT}, diff)["a.py"] == "x\n" * 9 + new
    with pytest.raises(TreeError, match="does not apply"):
        apply_patch({"a.py": "x\n" * 200 + TEXT}, diff)


def test_ends_of_files_without_a_line_end_are_exact():
    assert apply_patch({"a.py": "a"}, "--- a/a.py\n+++ b/a.py\n@@ -1 +1,2 @@\n-a\n"
        "\\ No newline at end of file\n+a\n+b\n") == {"a.py": "a\nb\n"}  # fmt: skip
    with pytest.raises(TreeError, match="does not apply"):
        apply_patch({"a.py": "a"}, "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-a\n+b\n")


def test_a_hunk_that_does_not_apply_tells_itself_and_what_stands_there():
    diff = diff_of(TEXT, TEXT.replace("line 20\n", "twenty\n"))
    with pytest.raises(TreeError) as raised:
        apply_patch({"a.py": TEXT.replace("line 20\n", "line zwanzig\n")}, diff)
    assert "hunk 1 of 'a.py'" in str(raised.value)
    assert "line zwanzig" in str(raised.value)


HEAD = "--- a/a.py\n+++ b/a.py\n"


@pytest.mark.parametrize(
    ("diff", "words"),
    [
        ("", "names no file"),
        ("some words", "names no file"),
        (HEAD, "no hunk"),
        (HEAD + "@@ nonsense @@\n", "no header"),
        (HEAD + "@@ -1,3 +1,3 @@\n-a\n+b\n", "counts 3 old"),
        (HEAD + "@@ -1 +1 @@\n-a\n+b\n+c\n", "belongs to no hunk"),
        (HEAD + "@@ -1 +1,9999999 @@\n-a\n+b\n", "counts"),
        ("--- a/no.py\n+++ b/no.py\n@@ -1 +1 @@\n-a\n+b\n", "the tree has a.py"),
        ("--- /dev/null\n+++ b/a.py\n@@ -0,0 +1 @@\n+b\n", "exists"),
        ("--- /dev/null\n+++ /dev/null\n@@ -1 +1 @@\n-a\n+b\n", "/dev/null"),
        ("--- /dev/null\n+++ b/../../x\n@@ -0,0 +1 @@\n+b\n", "'..'"),
        ("--- /dev/null\n+++ /etc/x\n@@ -0,0 +1 @@\n+b\n", "absolute"),
        ("--- /dev/null\n+++ b/.git/hooks/x\n@@ -0,0 +1 @@\n+b\n", ".git"),
        ('--- "a/\\303"\n+++ "b/x"\n@@ -1 +1 @@\n-a\n+b\n', "quoted"),
        ("--- a/a.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n", "leaves lines"),
        ("diff --git a/l b/l\nnew file mode 120000\n" + HEAD, "link"),
        ("diff --git a/l b/l\nnew file mode 100755\n" + HEAD, "mode"),
        ("diff --git a/a.py b/a.py\nold mode 100644\nnew mode 100755\n", "mode"),
        ("diff --git a/x b/x\nGIT binary patch\nliteral 3\n", "binary"),
        ("diff --git a/x b/x\nBinary files a/x and b/x differ\n", "binary"),
        ("diff --git a/a.py b/c.py\ncopy from a.py\ncopy to c.py\n", "copies"),
        ("diff --git a/a.py b/c.py\nrename from a.py\nrename to c.py\n--- a/a.py\n+++ b/d.py\n"
         "@@ -1 +1 @@\n-a\n+b\n", "renames"),
    ],
)  # fmt: skip
def test_patches_that_are_none_are_refused(diff, words):
    with pytest.raises(TreeError, match=words.replace(".", r"\.")):
        apply_patch({"a.py": "a\nb\n"}, diff)


def test_half_a_patch_changes_nothing():
    good = diff_of(TEXT, TEXT.replace("line 5\n", "five\n"))
    tree = {"a.py": TEXT}
    with pytest.raises(TreeError):
        apply_patch(tree, good + "--- a/no.py\n+++ b/no.py\n@@ -1 +1 @@\n-a\n+b\n")
    assert tree == {"a.py": TEXT}
