# How `holdfast` is linked: as one static program if the C and C++ libraries exist as archives, else
# as usual. A run of ctest starts it twice. A shared libstdc++ and fmt would cost each start more
# than all the work of `begin` or `end` (docs/internals/decisions/0009). The program uses nothing
# that glibc loads at run time (names of users or hosts, character sets).
#
# Provides holdfast_command_linking, holdfast_fmt by headers (Debian has no archive of fmt), and
# holdfast_re2.
include(CheckCXXSourceCompiles)

# GLOBAL: a target that links a library of ours must see what that library needs.
find_package(fmt REQUIRED GLOBAL)
add_library(holdfast_fmt INTERFACE)
target_link_libraries(holdfast_fmt INTERFACE fmt::fmt-header-only)

add_library(holdfast_command_linking INTERFACE)
# A sanitizer's runtime needs the shared libraries.
if(NOT HOLDFAST_SANITIZE)
  set(CMAKE_REQUIRED_LINK_OPTIONS -static)
  check_cxx_source_compiles("#include <string>\nint main(int n, char** a) { return std::string(a[0], 1).size() == 1 ? n : 0; }"
    HOLDFAST_COMMAND_IS_STATIC)
  unset(CMAKE_REQUIRED_LINK_OPTIONS)
  if(HOLDFAST_COMMAND_IS_STATIC)
    target_link_options(holdfast_command_linking INTERFACE -static -Wl,--gc-sections)
  endif()
endif()

# A static link also needs what RE2 itself needs: from 2023 on, Abseil.
find_package(PkgConfig REQUIRED)
pkg_check_modules(HOLDFAST_RE2 REQUIRED re2)
add_library(holdfast_re2 INTERFACE)
target_include_directories(holdfast_re2 SYSTEM INTERFACE ${HOLDFAST_RE2_INCLUDE_DIRS})
if(HOLDFAST_COMMAND_IS_STATIC)
  target_link_libraries(holdfast_re2 INTERFACE ${HOLDFAST_RE2_STATIC_LDFLAGS})
else()
  target_link_libraries(holdfast_re2 INTERFACE ${HOLDFAST_RE2_LDFLAGS})
endif()
