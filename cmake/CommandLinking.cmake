# How `holdfast` is linked: as one static program if the C and C++ libraries exist as archives, else
# as usual. A run of ctest starts it twice. A shared libstdc++ and fmt would cost each start more
# than all the work of `begin` or `end` (docs/internals/decisions/0009). The program uses nothing
# that glibc loads at run time (names of users or hosts, character sets).
#
# Provides holdfast_command_linking, holdfast_fmt (Debian has no archive of fmt; see below),
# holdfast_re2, holdfast_sqlite3 and holdfast_zlib.
include(CheckCXXSourceCompiles)

# GLOBAL: a target that links a library of ours must see what that library needs.
find_package(fmt REQUIRED GLOBAL)
# By its headers alone, fmt is compiled again in each file that formats: a third of the time that
# Holdfast's own programs take to build. GCC compiles it once.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_library(holdfast_fmt STATIC "${PROJECT_SOURCE_DIR}/cmake/fmt_once.cpp")
  target_link_libraries(holdfast_fmt PRIVATE holdfast_compile fmt::fmt-header-only)
  # Other files call these functions, this one calls none of them.
  target_compile_options(holdfast_fmt PRIVATE -fkeep-inline-functions -ffunction-sections)
  target_include_directories(holdfast_fmt SYSTEM INTERFACE
    $<TARGET_PROPERTY:fmt::fmt-header-only,INTERFACE_INCLUDE_DIRECTORIES>)
else()
  add_library(holdfast_fmt INTERFACE)
  target_link_libraries(holdfast_fmt INTERFACE fmt::fmt-header-only)
endif()

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

# Provides holdfast_<name>. A static link also needs what the library itself needs: RE2 from 2023 on
# needs Abseil.
find_package(PkgConfig REQUIRED)
foreach(library IN ITEMS re2 sqlite3 zlib)
  string(TOUPPER HOLDFAST_${library} found)
  pkg_check_modules(${found} REQUIRED ${library})
  add_library(holdfast_${library} INTERFACE)
  target_include_directories(holdfast_${library} SYSTEM INTERFACE ${${found}_INCLUDE_DIRS})
  if(HOLDFAST_COMMAND_IS_STATIC)
    target_link_libraries(holdfast_${library} INTERFACE ${${found}_STATIC_LDFLAGS})
  else()
    target_link_libraries(holdfast_${library} INTERFACE ${${found}_LDFLAGS})
  endif()
endforeach()
