# What ctest will judge a test by, for tests that may be tried again. The launcher mirrors the
# verdict to know whether an attempt failed (launcher/ctest/ctest_verdict.hpp). This costs
# something only if somebody asks for retries: by HOLDFAST_RETRY, or by a holdfast.toml with the
# words `retry`, `known-flaky` or `on-failure`. The first of them reads this file
# (_holdfast_watch_verdicts() in overrides.cmake). That may be within a function, so this file has
# only functions. Needs properties.cmake.
#
# Without such words, the expressions of tests are watched from the first HOLDFAST_RETRY on, and in
# the same call. A PASS_REGULAR_EXPRESSION in an earlier call than the first HOLDFAST_RETRY is
# missed.

# `ctest --repeat until-fail` looks for a failure, which a retry would hide. `ctest -S` does not
# show it.
function(_holdfast_looks_for_failures out)
  set(${out} FALSE PARENT_SCOPE)
  foreach(file IN ITEMS listing limit_options)
    include("${CMAKE_CURRENT_FUNCTION_LIST_DIR}/${file}.cmake")
  endforeach()
  _holdfast_own_arguments(arguments)
  set(until_fail " 75 6e 74 69 6c 2d 66 61 69 6c")
  set(repeat " 2d 2d 72 65 70 65 61 74")
  if(arguments MATCHES "${repeat}(;| 3d| 2d)${until_fail}")
    set(${out} TRUE PARENT_SCOPE)
    return()
  endif()
  _holdfast_limit_options(timeout stop preset script)
  if(NOT preset STREQUAL "")
    _holdfast_preset_of_ctest("${_holdfast_source_dir}" "${preset}" repeat how)
    if("${how}" MATCHES "until-fail")
      set(${out} TRUE PARENT_SCOPE)
    endif()
  endif()
endfunction()

# From here on the properties that decide verdicts are watched.
function(_holdfast_tell_what_ctest_looks_for)
  _holdfast_looks_for_failures(looks)
  if(looks)
    set(ENV{HOLDFAST_P_UNTIL_FAIL} 1)
  endif()
  foreach(kind IN ITEMS PASS FAIL SKIP)
    _holdfast_watch("${kind}_REGULAR_EXPRESSION")
  endforeach()
endfunction()
