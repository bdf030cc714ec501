# The C library of the launcher: musl if its Debian package musl-dev is installed, else that of
# everything else. Before main, a static program of glibc asks the processor some forty questions
# (CPUID) and resolves as many function variants. A virtual machine takes a microsecond or more for
# each, once per test (docs/internals/decisions/0009).
#
# Of the C++ library, only the headers are used, and tree.o, which std::map needs and which needs
# nothing itself: its other binaries fit only glibc. Nobody knows beforehand whether a compiler's
# headers allow that. So the launcher is built with glibc, too, and
# that one is used if any part of the other cannot be compiled, linked or run (try_musl.sh;
# docs/internals/decisions/0029).
#
# Provides holdfast_tries_musl, and holdfast_launcher_libc with the options for musl.

set(HOLDFAST_LAUNCHER_LIBC "auto" CACHE STRING
  "C library of the launcher: auto, glibc, or musl, where the build fails if it is unavailable")
set_property(CACHE HOLDFAST_LAUNCHER_LIBC PROPERTY STRINGS auto musl glibc)
set(HOLDFAST_MUSL_PREFIX "" CACHE PATH "Where musl is: include/ and lib/ (empty: where Debian has it)")

# Sets `<out>_compile` and `<out>_link` (options) and `<out>_last` (objects to link last). Sets none
# if a part is missing.
function(holdfast_find_musl out)
  set(headers "/usr/include/${CMAKE_CXX_LIBRARY_ARCHITECTURE}")
  string(REPLACE "-gnu" "-musl" headers "${headers}")
  string(REPLACE "/include/" "/lib/" libraries "${headers}")
  if(HOLDFAST_MUSL_PREFIX)
    set(headers "${HOLDFAST_MUSL_PREFIX}/include")
    set(libraries "${HOLDFAST_MUSL_PREFIX}/lib")
  endif()
  if(NOT EXISTS "${headers}/unistd.h" OR NOT EXISTS "${libraries}/libc.a")
    return()
  endif()
  set(parts "${PROJECT_BINARY_DIR}/libstdcxx")
  file(MAKE_DIRECTORY "${parts}")
  execute_process(COMMAND "${CMAKE_CXX_COMPILER}" -print-file-name=libstdc++.a
    OUTPUT_VARIABLE library OUTPUT_STRIP_TRAILING_WHITESPACE)
  execute_process(COMMAND "${CMAKE_AR}" x "${library}" tree.o WORKING_DIRECTORY "${parts}"
    RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
  if(failed)
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
  set(${out}_last "${parts}/tree.o" "${libraries}/libc.a" -lgcc "${libraries}/libc.a" "${libraries}/crtn.o"
    PARENT_SCOPE)
endfunction()

add_library(holdfast_launcher_libc INTERFACE)
set(holdfast_tries_musl FALSE)
# A sanitizer's runtime is made for glibc. The self-test needs a program that runs on this machine.
if(NOT HOLDFAST_LAUNCHER_LIBC STREQUAL "glibc" AND NOT HOLDFAST_SANITIZE AND NOT CMAKE_CROSSCOMPILING
   AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  holdfast_find_musl(musl)
  if(musl_compile)
    set(holdfast_tries_musl TRUE)
    target_compile_options(holdfast_launcher_libc INTERFACE ${musl_compile})
    target_link_options(holdfast_launcher_libc INTERFACE ${musl_link})
    target_link_libraries(holdfast_launcher_libc INTERFACE ${musl_last})
  endif()
endif()
if(NOT holdfast_tries_musl)
  if(HOLDFAST_LAUNCHER_LIBC STREQUAL "musl")
    message(FATAL_ERROR "HOLDFAST_LAUNCHER_LIBC=musl: needs GCC, the package musl-dev and no sanitizer")
  endif()
  message(STATUS "The launcher is built with glibc (musl, Debian package musl-dev, makes it start faster)")
endif()

# Puts try_musl.sh, with <note> and ARGN, before a target's steps of <kind> (COMPILE or LINK).
function(holdfast_may_fail target kind note)
  if(HOLDFAST_LAUNCHER_LIBC STREQUAL "musl")
    return()
  endif()
  string(TOLOWER "${kind}" step)
  set(launch "/bin/sh \"${PROJECT_SOURCE_DIR}/cmake/try_musl.sh\" ${step}")
  foreach(word IN LISTS note ARGN)
    if(NOT word MATCHES "^<") # CMake itself quotes what it puts there
      set(word "\"${word}\"")
    endif()
    string(APPEND launch " ${word}")
  endforeach()
  set_property(TARGET ${target} PROPERTY RULE_LAUNCH_${kind} "${launch}")
endfunction()

# A library below a launcher. `<name>` is for everybody, `<name>_launcher` for launchers; both have
# the sources of ARGN. FOR_SPEED: the launchers' one is compiled for speed too, not for size.
function(holdfast_small_library name)
  cmake_parse_arguments(PARSE_ARGV 1 _library "FOR_SPEED" "" "")
  set(sources ${_library_UNPARSED_ARGUMENTS})
  set(compile_launcher holdfast_compile_small)
  if(_library_FOR_SPEED)
    set(compile_launcher holdfast_compile_fast)
  endif()
  add_library(${name} STATIC ${sources})
  if(holdfast_tries_musl)
    add_library(${name}_launcher STATIC ${sources})
    target_link_libraries(${name}_launcher PRIVATE ${compile_launcher} holdfast_launcher_libc)
    holdfast_may_fail(${name}_launcher COMPILE "<OBJECT>.note" "<OBJECT>")
    target_link_libraries(${name} PRIVATE holdfast_compile_bare)
  else()
    add_library(${name}_launcher ALIAS ${name})
    target_link_libraries(${name} PRIVATE ${compile_launcher})
  endif()
  target_link_libraries(${name} PUBLIC holdfast_compile)
  holdfast_compile_by_folder(${name})
  if(holdfast_tries_musl)
    holdfast_compile_by_folder(${name}_launcher)
  endif()
endfunction()

# `name` and `below` must both come from holdfast_small_library().
function(holdfast_small_library_uses name below)
  target_link_libraries(${name} PUBLIC ${below})
  if(holdfast_tries_musl)
    target_link_libraries(${name}_launcher PUBLIC ${below}_launcher)
  endif()
endfunction()

# A program that is started once per test. It is static, so that nothing is looked up and linked at
# each start. `feature` is the one it is made of, `memory` its operator new. Further sources are for
# musl only.
function(holdfast_launcher_program name main memory feature)
  holdfast_link_launcher(${name} ${main} ${memory} holdfast_${feature}_launcher)
  if(holdfast_tries_musl)
    target_sources(${name} PRIVATE ${ARGN})
    target_link_libraries(${name} PRIVATE holdfast_launcher_libc)
    set(glibc "${CMAKE_CURRENT_BINARY_DIR}/${name}-glibc")
    holdfast_link_launcher(${name}-glibc ${main} ${memory} holdfast_${feature})
    set_target_properties(${name}-glibc PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}")
    set_property(TARGET ${name} PROPERTY LINK_DEPENDS "${glibc}" "${PROJECT_SOURCE_DIR}/cmake/try_musl.sh")
    add_dependencies(${name} ${name}-glibc)
    holdfast_may_fail(${name} COMPILE "<OBJECT>.note" "<OBJECT>")
    holdfast_may_fail(${name} LINK "${CMAKE_CURRENT_BINARY_DIR}/${name}.note" "<TARGET>" "${glibc}" "${PROJECT_BINARY_DIR}")
  endif()
  holdfast_stage_program(${name} libexec/holdfast)
endfunction()

# Part of holdfast_launcher_program().
function(holdfast_link_launcher name main memory library)
  add_executable(${name} ${main})
  target_link_libraries(${name} PRIVATE ${library} holdfast_compile_small)
  if(NOT HOLDFAST_SANITIZE)
    # A sanitizer replaces operator new itself.
    target_sources(${name} PRIVATE ${memory} "${PROJECT_SOURCE_DIR}/launcher/programs/runtime.cpp")
    # A program that is so small needs no pages of their own for what is code and what is not: each
    # start maps them.
    target_link_options(${name} PRIVATE -static -Wl,--gc-sections -Wl,-z,noseparate-code)
  endif()
endfunction()
