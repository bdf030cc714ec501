"""`holdfast affected`: repositories within the repository, and what git does not look at."""

import unittest

from affected_case import AffectedCase

FILES = {
    "CMakeLists.txt": """
cmake_minimum_required(VERSION 3.25)
project(@NAME@ C)
enable_testing()
include_directories(.)
add_executable(p p.c vendor/v.c)
add_executable(q q.c)
add_test(NAME p COMMAND p)
add_test(NAME q COMMAND q)
add_test(NAME dir COMMAND ls ${PROJECT_SOURCE_DIR}/vendor)
add_test(NAME other COMMAND true)
""",
    "p.c": "int main(void) { return 0; }\n", "q.c": '#include "q.h"\nint main(void) { return 0; }\n', "q.h": "int q;\n",
    "free/a.txt": "a\n", "holdfast.toml": '[[affected]]\nignore = ["vendor", "free", ".gitmodules", "holdfast.toml"]\n',
}
VENDOR = {"v.c": '#include "in/v.h"\nint v;\n', "read.me": "read me\n"}
NOTE = ": git does not tell since when this repository is as it is\n"


class Repositories(AffectedCase):
    def vendored(self, how):
        """A project with a repository in `vendor`, and another one in that: built."""
        self.repository(FILES)
        inner, vendor = self.work / "inner", self.work / "vendor"
        self.repository({"v.h": "int v;\n"}, inner)
        self.repository(VENDOR, vendor)
        self.git("submodule", "--quiet", "add", str(inner), "in", cwd=vendor)
        self.commit(vendor)
        self.git(*how, str(vendor), "vendor")
        self.git("submodule", "--quiet", "update", "--init", "--recursive", cwd=self.source / "vendor")
        self.configure()
        self.build()

    def test_one_that_git_does_not_track(self):
        self.vendored(["clone", "-q"])
        self.assertEqual(self.git("status", "--porcelain"), "?? vendor/\n")
        for name in ("", "vendor/v.c", "vendor/in/v.h"):
            with self.subTest(name):
                if name:
                    self.append(name)
                for _ in range(2):
                    self.assertEqual(self.ask(), ["p"])
                    self.assertEqual(self.said, f"holdfast: all files count as changed in vendor{NOTE}")
                    self.build()
        self.write("holdfast.toml", '[[affected]]\nignore = ["holdfast.toml"]\n')
        self.assertEqual(self.ask(), ["p", "dir"])
        self.write(".gitignore", "/vendor/\n")
        self.commit()
        self.assert_affected()

    def test_a_submodule_that_is_new_or_whose_commit_is_not_here(self):
        self.vendored(["submodule", "--quiet", "add"])
        self.assert_affected("p")
        self.commit()
        self.assert_affected()
        self.assert_affected("p", since="HEAD~1")
        here = self.git("rev-parse", "HEAD:vendor").strip()
        for commit in ("1" * 40, here):
            self.git("update-index", "--cacheinfo", f"160000,{commit},vendor")
            self.git("commit", "-q", "-m", "x")
        self.assert_affected()
        self.assertEqual(self.ask(since="HEAD~1"), ["p"])
        self.assertEqual(self.said, f"holdfast: all files count as changed in vendor{NOTE}")
        self.git("rm", "-q", "--cached", "vendor")  # and is there still
        self.assert_affected()
        self.append("vendor/v.c")
        self.assert_affected("p")


class Hidden(AffectedCase):
    files = {**FILES, "vendor/v.c": "int v;\n", "sub/s.txt": "s\n"}

    def test_files_at_which_git_was_told_not_to_look(self):
        self.built()
        for option in ("--assume-unchanged", "--skip-worktree"):
            with self.subTest(option):
                self.git("update-index", option, "q.h", "p.c", "free/a.txt")
                self.assert_affected()
                self.append("q.h")
                self.assert_affected("q")
                self.build()
                self.assert_affected("q")
                (self.source / "p.c").touch()
                (self.source / "free/a.txt").unlink()
                self.assertEqual([one["file"] for one in self.told()["changes"]],
                                 ["free/a.txt", "q.h"] if "assume" in option else ["q.h"])
                self.restore("built")

    def test_a_stray_cache_of_cmake_does_not_hide_what_ninja_reads(self):
        self.built()
        self.write("q.c", '#include "q.h"\n#include "sub/new.h"\nint main(void) { return 0; }\n')
        self.commit()
        self.write("sub/new.h", "int added;\n")
        self.build()
        self.write("sub/CMakeCache.txt", "")
        self.write("sub/other.o", "")
        self.assert_affected("q")


if __name__ == "__main__":
    unittest.main()
