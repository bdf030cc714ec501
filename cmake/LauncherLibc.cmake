# The C library of the launcher: musl where its Debian package musl-dev is there, else the one of
# everything else. A static program of glibc asks the processor some forty questions (CPUID) and
# resolves as many function variants before main; a virtual machine answers each in a microsecond or
# more, once per test (docs/internals/decisions/0009).
#
# Of the C++ library only headers are used: its binaries fit glibc only. Whether a compiler's headers can be
# used so is not known beforehand; so the launcher is built with glibc too, and takes that where any part of the
# other cannot be compiled, linked or run (try_musl.sh; docs/internals/decisions/0029).
#
# Gives holdfast_launcher_libc: what the launcher and the libraries below it are compiled and linked
# with for musl; and holdfast_tries_musl.

set(HOLDFAST_LAUNCHER_LIBC "auto" CACHE STRING
  "C library of the launcher: auto, glibc, or musl, where the build fails if it cannot be had")
set_property(CACHE HOLDFAST_LAUNCHER_LIBC PROPERTY STRINGS auto musl glibc)
set(HOLDFAST_MUSL_PREFIX "" CACHE PATH "Where musl is: include/ and lib/ (empty: where Debian has it)")

# Sets `<out>_compile` and `<out>_link` (options, then objects to link last in `<out>_last`), or
# nothing where the parts are not there.
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

add_library(holdfast_launcher_libc INTERFACE)
set(holdfast_tries_musl FALSE)
# A sanitizer's runtime is made for glibc; the self-test needs a program that can be started here.
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

# Puts try_musl.sh before a target's steps of <kind> (COMPILE or LINK), with <note> and further words.
function(holdfast_may_fail target kind note)
  if(HOLDFAST_LAUNCHER_LIBC STREQUAL "musl")
    return()
  endif()
  string(TOLOWER "${kind}" step)
  set(launch "/bin/sh \"${PROJECT_SOURCE_DIR}/cmake/try_musl.sh\" ${step}")
  foreach(word IN LISTS note ARGN)
    if(NOT word MATCHES "^<") # what CMake puts there is quoted by it
      set(word "\"${word}\"")
    endif()
    string(APPEND launch " ${word}")
  endforeach()
  set_property(TARGET ${target} PROPERTY RULE_LAUNCH_${kind} "${launch}")
endfunction()

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
endfunction()

# `name` and the library `below` are both holdfast_small_library.
function(holdfast_small_library_uses name below)
  target_link_libraries(${name} PUBLIC ${below})
  if(holdfast_tries_musl)
    target_link_libraries(${name}_launcher PUBLIC ${below}_launcher)
  endif()
endfunction()

# A program that is started once per test, beside the other ones. Static, so that nothing is looked up
# and linked at each start. `library`: what it is made of, a holdfast_small_library. `memory`: its operator
# new. Further sources: for musl only.
function(holdfast_launcher_program name main memory library)
  holdfast_link_launcher(${name} ${main} ${memory} ${library}_launcher)
  if(holdfast_tries_musl)
    target_sources(${name} PRIVATE ${ARGN})
    target_link_libraries(${name} PRIVATE holdfast_launcher_libc)
    set(glibc "${CMAKE_CURRENT_BINARY_DIR}/${name}-glibc")
    holdfast_link_launcher(${name}-glibc ${main} ${memory} ${library})
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
    target_sources(${name} PRIVATE ${memory} "${PROJECT_SOURCE_DIR}/launcher/supervision/runtime.cpp")
    target_link_options(${name} PRIVATE -static -Wl,--gc-sections)
  endif()
endfunction()
