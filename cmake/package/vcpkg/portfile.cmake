# An overlay port of vcpkg (--overlay-ports): installs Holdfast's tarball, which needs no build.
# HOLDFAST_URL is where it is. A project then says find_package(Holdfast).
set(VCPKG_POLICY_EMPTY_PACKAGE enabled) # programs and CMake files, no library
set(VCPKG_POLICY_MISMATCHED_NUMBER_OF_BINARIES enabled)
set(name "holdfast-${VERSION}-linux-x86_64.tar.zst")
if(NOT DEFINED ENV{HOLDFAST_URL} OR NOT DEFINED ENV{HOLDFAST_SHA512})
  message(FATAL_ERROR "HOLDFAST_URL and HOLDFAST_SHA512: expected where ${name} is, and its sum")
endif()
vcpkg_download_distfile(archive URLS "$ENV{HOLDFAST_URL}/${name}" FILENAME "${name}" SHA512 "$ENV{HOLDFAST_SHA512}")
vcpkg_extract_source_archive(prefix ARCHIVE "${archive}")
# The parts find one another by their places, so they stay together.
file(COPY "${prefix}/" DESTINATION "${CURRENT_PACKAGES_DIR}/tools/holdfast")
foreach(file IN ITEMS HoldfastConfig HoldfastConfigVersion)
  file(WRITE "${CURRENT_PACKAGES_DIR}/share/holdfast/${file}.cmake"
    "include(\"\${CMAKE_CURRENT_LIST_DIR}/../../tools/holdfast/lib/cmake/Holdfast/${file}.cmake\")\n")
endforeach()
vcpkg_install_copyright(FILE_LIST "${prefix}/LICENSE")
