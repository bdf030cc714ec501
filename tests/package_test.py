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
                                               "find_package(Holdfast 0.1 REQUIRED)\nadd_test(NAME a COMMAND true)\n")
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
    """FetchContent of our sources. A build that only installs the stage stands for the one that compiles."""

    def setUp(self):
        super().setUp()
        self.source = self.work / "source"
        self.source.mkdir()
        self.ours = self.work / "ours"
        self.ours.mkdir()
        (self.ours / "CMakeLists.txt").write_text(f"""
cmake_minimum_required(VERSION 3.25)
project(Holdfast VERSION 0.1.0 LANGUAGES NONE)
if(NOT PROJECT_IS_TOP_LEVEL)
  include(cmake/AsSubproject.cmake)
  return()
endif()
install(DIRECTORY "{STAGE}/" DESTINATION . USE_SOURCE_PERMISSIONS)
file(WRITE "${{CMAKE_BINARY_DIR}}/components" "${{HOLDFAST_COMPONENTS}}")
""")
        for part in ("cmake", "ctest-integration"):
            shutil.copytree(ROOT / part, self.ours / part)
        (self.ours / "launcher/page").mkdir(parents=True)
        (self.ours / "launcher/page/table.js").write_text("1\n")
        (self.ours / "docs/reference").mkdir(parents=True)
        (self.ours / "docs/reference/holdfast.schema.json").write_text("{}\n")
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
        self.tools = self.work / "build/.holdfast/tools"

    def attach(self, *words, **environment):
        return self.configure(self.source, *words, **{"XDG_CACHE_HOME": str(self.work / "cache"), **environment})

    def assert_attached(self, done, how):
        """`how`: built, cached or there."""
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"tests run through it ({self.tools}/lib/cmake/Holdfast)", done.stdout)
        self.assertEqual(("Holdfast: building " in done.stdout, "its programs are in " in done.stdout),
                         (how == "built", how == "cached"), done.stdout)
        for program in ("bin/holdfast", "libexec/holdfast/holdfast-launcher"):
            self.assertEqual(hashlib.sha256((self.tools / program).read_bytes()).digest(),
                             hashlib.sha256((STAGE / program).read_bytes()).digest())

    def fresh(self):
        shutil.rmtree(self.work / "build", ignore_errors=True)

    def keys(self):
        return {path.name for path in self.cache.iterdir() if path.is_dir()}

    def test_what_is_built_is_kept_for_the_next_tree(self):
        self.assert_attached(self.attach(), "built")
        self.assert_attached(self.attach(), "there")
        self.fresh()
        self.assert_attached(self.attach(), "cached")
        # Once there, the tree does not need the cache.
        shutil.rmtree(self.cache)
        self.assert_attached(self.attach(), "there")
        self.assertEqual(list(self.tools.parent.glob("tools-new")), [])

    def test_each_source_and_what_a_configure_step_reads_has_another_key(self):
        self.assert_attached(self.attach(), "built")
        seen = len(self.keys())
        for file in ("CMakeLists.txt", "ctest-integration/attach.cmake", "cmake/Compile.cmake", "launcher/page/table.js",
                     "docs/reference/holdfast.schema.json"):
            with (self.ours / file).open("a", encoding="utf-8") as stream:
                stream.write("\n")
            self.assert_attached(self.attach(), "built")
            seen += 1
            self.assertEqual(len(self.keys()), seen, file)
        for variable in ("CXXFLAGS", "LDFLAGS", "PKG_CONFIG_PATH", "CMAKE_PREFIX_PATH"):
            self.fresh()
            self.assert_attached(self.attach(**{variable: "/odd"}), "built")
            seen += 1
            self.assertEqual(len(self.keys()), seen, variable)
        self.assert_attached(self.attach("-DHOLDFAST_COMPONENTS=archive;etcd"), "built")
        self.assertEqual((self.tools.parent / "tools-build/components").read_text(), "archive,etcd")

    def test_what_is_half_there_is_made_again(self):
        self.assert_attached(self.attach(), "built")
        key, = self.keys()
        (self.tools / "libexec/holdfast/holdfast-launcher").unlink()
        self.assert_attached(self.attach(), "cached")
        for spoil in (lambda: shutil.rmtree(self.cache / key / "lib"),
                      lambda: (self.cache / key / "bin/holdfast").write_bytes(b""),
                      lambda: (self.cache / key / f"key-{key}").unlink()):
            self.fresh()
            spoil()
            self.assert_attached(self.attach(), "built")
            self.fresh()
            self.assert_attached(self.attach(), "cached")

    def test_what_only_the_old_prefix_has_goes(self):
        self.assert_attached(self.attach(), "built")
        (self.tools / "libexec/holdfast/holdfast-old").write_text("")
        self.assert_attached(self.attach(), "cached")
        self.assertFalse((self.tools / "libexec/holdfast/holdfast-old").exists())

    def test_a_cache_that_takes_nothing_is_only_missing(self):
        self.cache.mkdir(parents=True, mode=0o700)
        (self.cache.parent / "readme").write_text("")
        if os.geteuid() == 0:
            mount = ["unshare", "--mount", "--propagation", "private", "sh", "-ec",
                     f"mount -t tmpfs -o size=1m,mode=700 full '{self.cache}'; exec \"$@\"", "sh"]
        else:
            self.skipTest("needs root, to have a full disk")
        done = subprocess.run([*mount, CMAKE, "-S", self.source, "-B", self.work / "build"], capture_output=True, text=True,
                              check=False, env={**os.environ, "XDG_CACHE_HOME": str(self.work / "cache")})
        self.assert_attached(done, "built")
        self.assertIn(f"its programs could not be kept in {self.cache}", done.stdout)

    def test_a_cache_that_can_only_be_read_is_read(self):
        if os.geteuid() != 0:
            self.skipTest("needs root, to mount read-only")
        self.assert_attached(self.attach(), "built")
        self.fresh()
        mount = ["unshare", "--mount", "--propagation", "private", "sh", "-ec",
                 f"mount --bind '{self.cache}' '{self.cache}'; mount -o remount,bind,ro '{self.cache}'; exec \"$@\"", "sh"]
        done = subprocess.run([*mount, CMAKE, "-S", self.source, "-B", self.work / "build"], capture_output=True, text=True,
                              check=False, env={**os.environ, "XDG_CACHE_HOME": str(self.work / "cache")})
        self.assert_attached(done, "cached")

    def test_a_full_disk_of_the_build_tree_leaves_nothing_that_counts_as_whole(self):
        if os.geteuid() != 0:
            self.skipTest("needs root, to have a full disk")
        self.assert_attached(self.attach(), "built")
        self.fresh()
        (self.work / "build").mkdir()
        script = (f"mount -t tmpfs -o size=4m full '{self.work}/build'; \"$@\" && exit 9; "
                  f"mount -o remount,size=500m '{self.work}/build'; exec \"$@\"")
        done = subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", CMAKE, "-S", self.source,
                               "-B", self.work / "build"], capture_output=True, text=True, check=False,
                              env={**os.environ, "XDG_CACHE_HOME": str(self.work / "cache")})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"tests run through it ({self.tools}/lib/cmake/Holdfast)", done.stdout)

    def directory(self, **environment):
        done = self.script(f"""
include("{ROOT}/cmake/SubprojectCache.cmake")
holdfast_cache_directory(found key)
message(STATUS "found '${{found}}'")
""", **environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_nothing_is_kept_where_somebody_else_could_write(self):
        cache = str(self.work / "cache")
        self.assertIn(f"found '{self.cache}'", self.directory(XDG_CACHE_HOME=cache))
        self.assertEqual(self.cache.stat().st_mode & 0o777, 0o700)
        self.assertEqual((self.cache / "key.lock").stat().st_mode & 0o777, 0o600)
        self.cache.chmod(0o770)
        said = self.directory(XDG_CACHE_HOME=cache)
        self.assertIn("found ''", said)
        self.assertIn(f"keeps nothing in {self.cache}: expected a directory that only you can write to", said)
        shutil.rmtree(self.cache)
        self.cache.symlink_to(self.work)
        self.assertIn("found ''", self.directory(XDG_CACHE_HOME=cache))

    def test_where_it_is(self):
        # A relative one counts for nothing, as the rules of these directories say; and nobody lives in the root.
        home = self.work / "home"
        self.assertIn(f"found '{home}/.cache/holdfast'", self.directory(XDG_CACHE_HOME="cache", HOME=str(home)))
        self.assertIn("found ''", self.directory(XDG_CACHE_HOME="", HOME=""))

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

    def test_what_nobody_has_used_for_two_months_goes(self):
        prefix = self.prefix()
        for name in ("old", "new"):
            (self.cache / name).mkdir(parents=True)
        os.utime(self.cache / "old", (0, 0))
        done = self.script(f"""
include("{ROOT}/cmake/SubprojectCache.cmake")
holdfast_keep("{prefix}" "{self.cache}" key)
""")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.keys(), {"key", "new"})


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
