"""A recipe of Conan 2: Holdfast's tarball, which needs no build. conandata.yml says where it is."""

import os

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.files import copy, get


class Holdfast(ConanFile):
    name = "holdfast"
    description = "A plugin for CTest and Ninja: locks, cleanup, retries, reports"
    license = "Apache-2.0"
    package_type = "application"
    settings = "os", "arch"

    def validate(self):
        if (self.settings.os, self.settings.arch) != ("Linux", "x86_64"):
            raise ConanInvalidConfiguration("Holdfast's tarball is for Linux on x86_64")

    def build(self):
        get(self, **self.conan_data["sources"][self.version], strip_root=True)

    def package(self):
        copy(self, "*", src=self.build_folder, dst=self.package_folder)

    def package_info(self):
        # The CMake files of the package attach a project; CMakeDeps must not write others.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = [os.path.join("lib", "cmake", "Holdfast")]
        self.cpp_info.includedirs = ["include"]
        self.cpp_info.bindirs = ["bin"]
