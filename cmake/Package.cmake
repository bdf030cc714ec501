# What ./dev package packs, by CPack: a package of Debian, and a tarball that runs on any Linux with
# kernel 5.3. prepare.cmake completes both, and refuses what would need files of the system.

set(CPACK_PACKAGE_NAME holdfast)
set(CPACK_PACKAGE_VENDOR "The Holdfast developers")
set(CPACK_PACKAGE_CONTACT "The Holdfast developers <holdfast@packages.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "plugin for CTest and Ninja: locks, cleanup, retries, reports")
set(CPACK_PACKAGE_DESCRIPTION "Puts a launcher around every test and build step of a CMake project.
Tests share locks over runs, build trees, users and machines; whatever dies,
its processes end and its locks are freed; crashes are told from failures;
retries say what is flaky; reports have each attempt once.")
set(CPACK_GENERATOR "DEB;External")
set(CPACK_EXTERNAL_PACKAGE_SCRIPT "${PROJECT_SOURCE_DIR}/cmake/package/tarball.cmake")
set(CPACK_EXTERNAL_ENABLE_STAGING ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_FILE_NAME "holdfast-${PROJECT_VERSION}-linux-${CMAKE_SYSTEM_PROCESSOR}")
set(CPACK_PROJECT_CONFIG_FILE "${PROJECT_SOURCE_DIR}/cmake/package/options.cmake")
set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_SOURCE_DIR}/cmake/package/prepare.cmake")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libc6 (>= 2.34)") # of holdfast-etcd, which needs libcurl, too
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "cmake (>= 3.25), libcurl4")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "ninja-build, gdb")
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)

# For prepare.cmake.
set(CPACK_HOLDFAST_SOURCE "${PROJECT_SOURCE_DIR}")

include(CPack)
