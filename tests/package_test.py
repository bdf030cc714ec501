"""What ./dev package and FetchContent of our sources do before and after anything is compiled: recipes for vcpkg and
Conan, missing packages, progress, and the cache of what was built. tests/system/package/package_test.py builds."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import types
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CMAKE = os.environ.get("SYSTEM_TEST_CMAKE", "cmake")
STAGE = Path(os.environ["SYSTEM_TEST_STAGE"])
VERSION = re.search(r"VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text().partition("project(")[2])[1]


class PackageCase(unittest.TestCase):
    def setUp(self):
        self.work = Path(tempfile.mkdtemp(prefix="holdfast package "))
        self.addCleanup(shutil.rmtree, self.work)

    def script(self, text, **environment):
        file = self.work / "script.cmake"
        file.write_text(text)
        return subprocess.run([CMAKE, "-P", file], capture_output=True, text=True, check=False,
                              env={**os.environ, **environment})

    def configure(self, source, *words, **environment):
        return subprocess.run([CMAKE, "-S", source, "-B", self.work / "build", *words], capture_output=True, text=True,
                              check=False, env={**os.environ, **environment})

    def prefix(self):
        """What the tarball unpacks to."""
        prefix = self.work / "prefix"
        shutil.copytree(STAGE, prefix)
        shutil.copy(ROOT / "LICENSE", prefix)
        return prefix


class Recipes(PackageCase):
    def test_their_version_is_that_of_the_project(self):
        recipes = ROOT / "cmake/package"
        self.assertEqual(json.loads((recipes / "vcpkg/vcpkg.json").read_text())["version"], VERSION)
        self.assertIn(f'"{VERSION}":', (recipes / "conan/conandata.yml").read_text())
        readme = (ROOT / "README.md").read_text()
        self.assertEqual(set(re.findall(r"holdfast[-_](\d+\.\d+\.\d+)[-_]", readme)), {VERSION})

    def test_the_port_of_vcpkg_installs_what_find_package_finds(self):
        prefix, packages = self.prefix(), self.work / "packages"
        done = self.script(f"""
function(vcpkg_download_distfile out)
  cmake_parse_arguments(PARSE_ARGV 1 asked "" "URLS;FILENAME;SHA512" "")
  if(NOT asked_URLS STREQUAL "file:///there/holdfast-{VERSION}-linux-x86_64.tar.zst" OR NOT asked_SHA512 STREQUAL "sum")
    message(FATAL_ERROR "asked for ${{asked_URLS}} ${{asked_SHA512}}")
  endif()
  set(${{out}} "{self.work}/archive" PARENT_SCOPE)
endfunction()
function(vcpkg_extract_source_archive out)
  set(${{out}} "{prefix}" PARENT_SCOPE)
endfunction()
function(vcpkg_install_copyright)
endfunction()
set(VERSION {VERSION})
set(CURRENT_PACKAGES_DIR "{packages}")
include("{ROOT}/cmake/package/vcpkg/portfile.cmake")
""", HOLDFAST_URL="file:///there", HOLDFAST_SHA512="sum")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_attaches(f"-DHoldfast_DIR={packages}/share/holdfast", packages / "tools/holdfast")

    def test_the_recipe_of_conan_packages_what_find_package_finds(self):
        prefix, package = self.prefix(), self.work / "package"
        files = types.SimpleNamespace(copy=lambda _, what, src, dst: shutil.copytree(src, dst),
                                      get=lambda _, url, sha256, strip_root: self.assertTrue(strip_root and url and sha256))
        modules = {"conan": types.SimpleNamespace(ConanFile=object), "conan.tools": types.ModuleType("tools"),
                   "conan.errors": types.SimpleNamespace(ConanInvalidConfiguration=ValueError), "conan.tools.files": files}
        sys.modules.update(modules)
        self.addCleanup(lambda: [sys.modules.pop(name) for name in modules])
        names = {}
        exec(compile((ROOT / "cmake/package/conan/conanfile.py").read_text(), "conanfile.py", "exec"), names)
        recipe = names["Holdfast"]()
        recipe.version, recipe.build_folder, recipe.package_folder = VERSION, prefix, package
        recipe.conan_data = {"sources": {VERSION: {"url": "u", "sha256": "s"}}}
        recipe.cpp_info = types.SimpleNamespace(set_property=lambda *_: None)
        recipe.settings = types.SimpleNamespace(os="Linux", arch="x86_64")
        recipe.validate()
        recipe.build()
        recipe.package()
        recipe.package_info()
        self.assert_attaches(f"-DCMAKE_PREFIX_PATH={package}", package)
        self.assertEqual([str(package / path) for path in recipe.cpp_info.builddirs], [f"{package}/lib/cmake/Holdfast"])
        recipe.settings.arch = "armv8"
        with self.assertRaises(ValueError):
            recipe.validate()

    def assert_attaches(self, option, prefix):
        source = self.work / "source"
        source.mkdir()
        (source / "CMakeLists.txt").write_text("cmake_minimum_required(VERSION 3.25)\nproject(p NONE)\nenable_testing()\n"
                                               "find_package(Holdfast REQUIRED)\nadd_test(NAME a COMMAND true)\n")
        done = self.configure(source, option)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"tests run through it ({prefix}/lib/cmake/Holdfast)", done.stdout)


class Sources(PackageCase):
    def test_all_packages_that_are_missing_are_said_at_once(self):
        done = self.configure(ROOT, "-DHOLDFAST_BUILD_TESTS=OFF", "-DCMAKE_IGNORE_PATH=/usr/include",
                              "-DHOLDFAST_COMPONENTS=archive")
        self.assertNotEqual(done.returncode, 0)
        line, = [line for line in done.stderr.splitlines() if "sudo apt install" in line]
        for package in ("libfmt-dev", "libre2-dev", "libsqlite3-dev", "zlib1g-dev", "libarchive-dev"):
            self.assertIn(f" {package}", line)
        self.assertNotIn("libcurl", line)  # nobody has asked for holdfast-etcd

    def test_an_unknown_component_is_refused(self):
        done = self.configure(ROOT, "-DHOLDFAST_COMPONENTS=archive;etdc")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('HOLDFAST_COMPONENTS "etdc": expected archive or etcd', done.stderr)

    def test_dev_installs_each_package_that_is_looked_for(self):
        wanted = set(re.findall(r"=([a-z0-9.+-]+-dev)\b", (ROOT / "cmake/Components.cmake").read_text()))
        self.assertGreater(len(wanted), 12)
        base = (ROOT / "dev").read_text().partition("packages_base=(")[2].partition(")")[0].split()
        self.assertEqual(wanted - set(base), set())

    def test_progress_is_a_line_for_each_tenth(self):
        for lines in ([f"[{step}/37] Building" for step in range(1, 38)], [f"[{share:3}%] Building" for share in range(3, 101)]):
            done = subprocess.run(["awk", "-v", f"output={self.work}/log", "-f", ROOT / "cmake/progress.awk"],
                                  input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
            self.assertEqual(done.stdout.splitlines(), [f"-- Holdfast: {tenth}0 % built" for tenth in range(1, 11)])
            self.assertEqual((self.work / "log").read_text().splitlines(), lines)


class Cache(PackageCase):
    """FetchContent of our sources, with the programs in the cache already: nothing is compiled."""

    def setUp(self):
        super().setUp()
        self.source = self.work / "source"
        self.source.mkdir()
        self.ours = self.work / "ours"
        self.ours.mkdir()
        (self.ours / "CMakeLists.txt").write_text((ROOT / "CMakeLists.txt").read_text())
        for part in ("cmake", "ctest-integration"):
            shutil.copytree(ROOT / part, self.ours / part)
        (self.ours / "launcher").mkdir()
        (self.source / "CMakeLists.txt").write_text(f"""
cmake_minimum_required(VERSION 3.25)
project(p NONE)
enable_testing()
include(FetchContent)
FetchContent_Declare(Holdfast SOURCE_DIR "{self.ours}")
FetchContent_MakeAvailable(Holdfast)
add_test(NAME a COMMAND true)
""")
        self.cache = self.work / "cache/holdfast"

    def attach(self, *words):
        return self.configure(self.source, *words, XDG_CACHE_HOME=str(self.work / "cache"))

    def fill(self):
        """Lets a build fail, to learn the key, and puts the programs there."""
        done = self.attach()
        self.assertNotEqual(done.returncode, 0)
        lock, = self.cache.glob("*.lock")
        shutil.copytree(STAGE, self.cache / lock.name.removesuffix(".lock"))
        return lock.name.removesuffix(".lock")

    def test_a_tree_attaches_from_it_and_what_is_changed_has_another_key(self):
        key = self.fill()
        done = self.attach()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"its programs are in {self.cache}/{key}", done.stdout)
        tools = self.work / "build/.holdfast/tools"
        self.assertIn(f"tests run through it ({tools}/lib/cmake/Holdfast)", done.stdout)
        launcher = tools / "libexec/holdfast/holdfast-launcher"
        self.assertEqual(hashlib.sha256(launcher.read_bytes()).digest(),
                         hashlib.sha256((STAGE / "libexec/holdfast/holdfast-launcher").read_bytes()).digest())
        # Once there, the tree does not need the cache.
        shutil.rmtree(self.cache)
        self.assertEqual(self.attach().returncode, 0)
        with (self.ours / "ctest-integration/attach.cmake").open("a", encoding="utf-8") as file:
            file.write("# edited\n")
        self.assertNotEqual(self.attach().returncode, 0)
        self.assertNotEqual({file.stem for file in self.cache.glob("*.lock")}, {key})

    def test_what_is_built_is_kept_and_what_is_old_goes(self):
        prefix = self.prefix()
        old = self.cache / "old"
        old.mkdir(parents=True, mode=0o700)
        os.utime(old, (0, 0))
        self.cache.chmod(0o700)
        done = self.script(f"""
include("{ROOT}/cmake/SubprojectCache.cmake")
holdfast_keep("{prefix}" "{self.cache}/key")
""")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual([path.name for path in self.cache.iterdir()], ["key"])
        self.assertTrue(os.access(self.cache / "key/bin/holdfast", os.X_OK))

    def test_the_helpers_are_part_of_the_key(self):
        key = self.fill()
        self.assertNotEqual(self.attach("-DHOLDFAST_COMPONENTS=etcd").returncode, 0)
        self.assertEqual(len(set(self.cache.glob("*.lock")) - {self.cache / f"{key}.lock"}), 1)

    def test_nothing_is_kept_where_somebody_else_could_write(self):
        directory = self.work / "cache/holdfast"
        text = f"""
include("{ROOT}/cmake/SubprojectCache.cmake")
holdfast_cache_directory(found)
message(STATUS "found '${{found}}'")
"""
        done = self.script(text, XDG_CACHE_HOME=str(self.work / "cache"))
        self.assertIn(f"found '{directory}'", done.stdout)
        self.assertEqual(directory.stat().st_mode & 0o777, 0o700)
        directory.chmod(0o770)
        done = self.script(text, XDG_CACHE_HOME=str(self.work / "cache"))
        self.assertIn("found ''", done.stdout)
        self.assertIn(f"keeps nothing in {directory}: expected a directory that only you can write to", done.stdout)
        directory.rmdir()
        directory.symlink_to(self.work)
        self.assertIn("found ''", self.script(text, XDG_CACHE_HOME=str(self.work / "cache")).stdout)
        # A relative one counts for nothing, as the rules of these directories say.
        done = self.script(text, XDG_CACHE_HOME="cache", HOME=str(self.work / "home"))
        self.assertIn(f"found '{self.work}/home/.cache/holdfast'", done.stdout)

    def test_a_key_of_the_cache_is_for_one_configure_at_a_time(self):
        """The first configure holds its lock while it runs the second one's try."""
        self.cache.mkdir(parents=True, mode=0o700)
        other = self.work / "other.cmake"
        other.write_text(f'file(LOCK "{self.cache}/key.lock" TIMEOUT 0 RESULT_VARIABLE held)\n'
                         'if(held STREQUAL "0")\nmessage(FATAL_ERROR "nobody holds it")\nendif()\n')
        done = self.script(f"""
include("{ROOT}/cmake/SubprojectCache.cmake")
function(one)
  holdfast_open_cache(cache key)
  execute_process(COMMAND "{CMAKE}" -P "{other}" COMMAND_ERROR_IS_FATAL ANY)
  message(STATUS "in ${{cache}}")
endfunction()
one()
""", XDG_CACHE_HOME=str(self.work / "cache"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"in {self.cache}\n", done.stdout)


class Prepared(PackageCase):
    """What cmake/package/prepare.cmake makes of an installed Holdfast."""

    def prepare(self, generator, top, **environment):
        done = self.script(f"""
set(CPACK_TEMPORARY_DIRECTORY "{top}")
set(CPACK_GENERATOR {generator})
set(CPACK_HOLDFAST_SOURCE "{ROOT}")
set(CPACK_PACKAGE_VERSION {VERSION})
set(CPACK_PACKAGE_CONTACT "Somebody <somebody@there.invalid>")
include("{ROOT}/cmake/package/prepare.cmake")
""", **{"SOURCE_DATE_EPOCH": "1700000000", **environment})
        return done

    def test_the_tarball_has_one_time_licences_and_a_list_of_what_is_linked(self):
        prefix = self.prefix()
        done = self.prepare("External", prefix)
        self.assertEqual(done.returncode, 0, done.stderr)
        files = [path for path in prefix.rglob("*") if not path.is_symlink()]
        self.assertEqual({int(path.stat().st_mtime) for path in files}, {1700000000})
        self.assertEqual({path.stat().st_mode & 0o777 for path in files} - {0o644, 0o755}, set())
        doc = prefix / "share/doc/holdfast"
        spdx = json.loads((doc / "holdfast.spdx.json").read_text())
        self.assertEqual((spdx["spdxVersion"], spdx["creationInfo"]["created"]), ("SPDX-2.3", "2023-11-14T22:13:20Z"))
        ids = {one["SPDXID"] for one in spdx["packages"]} | {"SPDXRef-DOCUMENT"}
        for one in spdx["relationships"]:
            self.assertLessEqual({one["spdxElementId"], one["relatedSpdxElement"]}, ids)
        self.assertTrue((doc / "examples/tutorial/CMakeLists.txt").exists())
        linked = {one["name"] for one in spdx["packages"] if not one["name"].startswith("holdfast")}
        self.assertEqual({file.name for file in (doc / "licences").iterdir()}, linked)
        self.assertTrue(all(one["versionInfo"] for one in spdx["packages"]))
        # What ./dev installs for a build is linked, or is a tool.
        needs = set(re.findall(r"=([a-z0-9.+-]+-dev)\b", (ROOT / "cmake/Components.cmake").read_text()))
        self.assertEqual(needs - linked, {"libcurl4-openssl-dev"})
        (self.work / "user").mkdir()
        (self.work / "user/CMakeLists.txt").write_text("cmake_minimum_required(VERSION 3.25)\nproject(p NONE)\nenable_testing()\n"
                                                       f'add_subdirectory("{prefix}" holdfast)\nadd_test(NAME a COMMAND true)\n')
        done = self.configure(self.work / "user")
        self.assertIn(f"tests run through it ({prefix}/lib/cmake/Holdfast)", done.stdout, done.stderr)
        done = subprocess.run([CMAKE, "-S", prefix, "-B", self.work / "alone"], capture_output=True, text=True, check=False)
        self.assertIn("This is a Holdfast that is built already", done.stderr)

    def test_a_program_that_needs_files_of_the_system_is_refused(self):
        for program, why in (("bin/holdfast", "expected a static program"),
                             ("libexec/holdfast/holdfast-archive", "expected a static program"),
                             ("libexec/holdfast/holdfast-etcd", "expected to need libcurl and glibc alone")):
            with self.subTest(program):
                prefix = self.prefix()
                (prefix / program).unlink()
                shutil.copy(shutil.which("gdb" if "etcd" in program else "true"), prefix / program)
                done = self.prepare("External", prefix)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(f"{Path(program).name}: {why}" if "etcd" in program else f"{program}: {why}", done.stderr)
                shutil.rmtree(prefix)

    def test_a_launcher_with_glibc_is_refused(self):
        prefix = self.prefix()
        (prefix / "libexec/holdfast/holdfast-launcher").unlink()
        shutil.copy(prefix / "libexec/holdfast/holdfast-archive", prefix / "libexec/holdfast/holdfast-launcher")
        self.assertIn("expected musl, found glibc", self.prepare("External", prefix).stderr)

    def test_without_a_time_nothing_is_packed(self):
        done = subprocess.run(["env", "-u", "SOURCE_DATE_EPOCH", CMAKE, "-P", ROOT / "cmake/package/prepare.cmake"],
                              capture_output=True, text=True, check=False)
        self.assertIn("SOURCE_DATE_EPOCH: expected the time of the commit", done.stderr)


if __name__ == "__main__":
    unittest.main()
