# How `holdfast` is linked: as one static program where the C and C++ libraries are there as archives,
# else as usual. A run of ctest starts it twice, and a shared libstdc++ and fmt cost each start more
# than all that `begin` or `end` do (docs/internals/decisions/0009). It uses nothing that glibc loads at
# run time (names of users or hosts, character sets).
#
# Gives holdfast_fmt, by its headers: Debian has no archive of fmt; and holdfast_command_linking.
include(CheckCXXSourceCompiles)

# GLOBAL: whoever links a library of ours must be able to see what it needs.
find_package(fmt REQUIRED GLOBAL)
add_library(holdfast_fmt INTERFACE)
target_link_libraries(holdfast_fmt INTERFACE fmt::fmt-header-only)

add_library(holdfast_command_linking INTERFACE)
# A sanitizer's runtime wants the shared libraries.
if(NOT HOLDFAST_SANITIZE)
  set(CMAKE_REQUIRED_LINK_OPTIONS -static)
  check_cxx_source_compiles("#include <string>\nint main(int n, char** a) { return std::string(a[0], 1).size() == 1 ? n : 0; }"
    HOLDFAST_COMMAND_IS_STATIC)
  unset(CMAKE_REQUIRED_LINK_OPTIONS)
  if(HOLDFAST_COMMAND_IS_STATIC)
    target_link_options(holdfast_command_linking INTERFACE -static -Wl,--gc-sections)
  endif()
endif()
