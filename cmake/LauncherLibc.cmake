# The C library of the launcher: musl where its Debian package musl-dev is there, else the one of
# everything else. A static program of glibc asks the processor some forty questions (CPUID) and
# resolves as many function variants before main; a virtual machine answers each in a microsecond or
# more, once per test (docs/decisions/0009). Of the C++ library only headers are used, so that its
# binaries need not fit.
#
# Gives holdfast_launcher_libc: what the launcher and the libraries below it are compiled and linked
# with; and HOLDFAST_LAUNCHER_LIBC, the name of the one in use.

set(HOLDFAST_LAUNCHER_LIBC "auto" CACHE STRING "C library of the launcher: auto, musl or glibc")
set_property(CACHE HOLDFAST_LAUNCHER_LIBC PROPERTY STRINGS auto musl glibc)

# Sets `<out>_compile` and `<out>_link` (options, then objects to link last in `<out>_last`), or
# nothing where the parts are not there.
function(holdfast_find_musl out)
  set(headers "/usr/include/${CMAKE_CXX_LIBRARY_ARCHITECTURE}")
  string(REPLACE "-gnu" "-musl" headers "${headers}")
  string(REPLACE "/include/" "/lib/" libraries "${headers}")
  if(NOT EXISTS "${headers}/unistd.h" OR NOT EXISTS "${libraries}/libc.a")
    return()
  endif()
  # The compiler's own headers, without those of glibc.
  set(compile -nostdinc -nostdinc++ -fno-pie -fno-stack-protector)
  foreach(directory IN LISTS CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
    if(directory MATCHES "/c\\+\\+/")
      list(APPEND compile "-isystem${directory}")
    endif()
  endforeach()
  list(APPEND compile "-isystem${headers}")
  foreach(directory IN LISTS CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
    if(directory MATCHES "/gcc/")
      list(APPEND compile "-isystem${directory}")
    endif()
  endforeach()
  list(APPEND compile "-include${PROJECT_SOURCE_DIR}/cmake/libstdcxx_on_musl.hpp")
  set(${out}_compile "${compile}" PARENT_SCOPE)
  set(${out}_link -no-pie -nostdlib -nostartfiles "${libraries}/crt1.o" "${libraries}/crti.o"
    PARENT_SCOPE)
  set(${out}_last "${libraries}/libc.a" -lgcc "${libraries}/libc.a" "${libraries}/crtn.o"
    PARENT_SCOPE)
endfunction()

# Whether a program that uses what the launcher uses can be built that way, and runs.
function(holdfast_try_musl out)
  set(probe "${CMAKE_CURRENT_BINARY_DIR}/musl-probe")
  execute_process(
    COMMAND "${CMAKE_CXX_COMPILER}" -std=c++20 -D_GNU_SOURCE -Os -fno-exceptions -fno-rtti
      -fno-threadsafe-statics ${musl_compile} -static ${musl_link}
      "${PROJECT_SOURCE_DIR}/cmake/musl_probe.cpp"
      "${PROJECT_SOURCE_DIR}/launcher/launcher/runtime.cpp"
      "${PROJECT_SOURCE_DIR}/launcher/launcher/memory.cpp" ${musl_last} -o "${probe}"
    RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
  if(failed EQUAL 0)
    execute_process(COMMAND "${probe}" RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
  endif()
  if(failed EQUAL 0)
    set(${out} TRUE PARENT_SCOPE)
  else()
    set(${out} FALSE PARENT_SCOPE)
  endif()
endfunction()

add_library(holdfast_launcher_libc INTERFACE)
set(holdfast_launcher_has_musl FALSE)
# A sanitizer's runtime is made for glibc.
if(NOT HOLDFAST_LAUNCHER_LIBC STREQUAL "glibc" AND NOT HOLDFAST_SANITIZE
   AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  holdfast_find_musl(musl)
  if(musl_compile)
    holdfast_try_musl(holdfast_launcher_has_musl)
  endif()
endif()
if(HOLDFAST_LAUNCHER_LIBC STREQUAL "musl" AND NOT holdfast_launcher_has_musl)
  message(FATAL_ERROR "HOLDFAST_LAUNCHER_LIBC=musl: needs GCC, the package musl-dev and no sanitizer")
endif()
if(holdfast_launcher_has_musl)
  target_compile_options(holdfast_launcher_libc INTERFACE ${musl_compile})
  target_link_options(holdfast_launcher_libc INTERFACE ${musl_link})
  target_link_libraries(holdfast_launcher_libc INTERFACE ${musl_last})
else()
  message(STATUS "The launcher uses glibc (musl makes it start faster: Debian package musl-dev)")
endif()

# A library below a launcher: `<name>` for everybody, `<name>_launcher` for launchers, of the same
# sources (ARGN). FOR_SPEED: compiled for that there too, instead of for size.
function(holdfast_small_library name)
  cmake_parse_arguments(PARSE_ARGV 1 _library "FOR_SPEED" "" "")
  set(sources ${_library_UNPARSED_ARGUMENTS})
  set(compile_launcher holdfast_compile_small)
  if(_library_FOR_SPEED)
    set(compile_launcher holdfast_compile_bare)
  endif()
  add_library(${name} STATIC ${sources})
  if(holdfast_launcher_has_musl)
    add_library(${name}_launcher STATIC ${sources})
    target_link_libraries(${name}_launcher PRIVATE ${compile_launcher} holdfast_launcher_libc)
    target_link_libraries(${name} PRIVATE holdfast_compile_bare)
  else()
    add_library(${name}_launcher ALIAS ${name})
    target_link_libraries(${name} PRIVATE ${compile_launcher})
  endif()
  target_link_libraries(${name} PUBLIC holdfast_compile)
endfunction()

# `name` and the library `below` are both holdfast_small_library.
function(holdfast_small_library_uses name below)
  target_link_libraries(${name} PUBLIC ${below})
  if(holdfast_launcher_has_musl)
    target_link_libraries(${name}_launcher PUBLIC ${below}_launcher)
  endif()
endfunction()

# A program that is started once per test, beside the other ones. Static, so that nothing is looked up
# and linked at each start. `library`: what it is made of, a holdfast_small_library for launchers.
# `memory`: its operator new.
function(holdfast_launcher_program name main memory library)
  add_executable(${name} ${main})
  target_link_libraries(${name} PRIVATE ${library} holdfast_os_launcher holdfast_compile_small
    holdfast_launcher_libc)
  if(NOT HOLDFAST_SANITIZE)
    # A sanitizer replaces operator new itself.
    target_sources(${name} PRIVATE ${memory} "${PROJECT_SOURCE_DIR}/launcher/launcher/runtime.cpp")
    target_link_options(${name} PRIVATE -static -Wl,--gc-sections)
  endif()
  holdfast_stage_program(${name} libexec/holdfast)
endfunction()
