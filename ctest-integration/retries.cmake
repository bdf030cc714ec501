# What ctest will judge a test by, for tests that may be tried again: the launcher mirrors the verdict to know
# whether an attempt failed (launcher/core/ctest_verdict.hpp). It costs something only where retries are asked
# for: by HOLDFAST_RETRY, or by holdfast.toml, in which the words `retry`, `known-flaky` or `on-failure` are then; read with the
# first of them (_holdfast_watch_verdicts() in overrides.cmake), which may be within a function: what is here are
# functions only. Needs properties.cmake.
#
# Without such words the properties of a test are watched from the first HOLDFAST_RETRY on, with those of the same
# call: a script that sets WILL_FAIL in an earlier call and HOLDFAST_RETRY for the first time in a later one is
# not seen through.

# `ctest --repeat until-fail` looks for a failure, which a retry would hide. Of `ctest -S` it cannot be seen.
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

function(_holdfast_tell_what_ctest_looks_for)
  _holdfast_looks_for_failures(looks)
  if(looks)
    set(ENV{HOLDFAST_P_UNTIL_FAIL} 1)
  endif()
endfunction()

# One property, as parse_verdict_properties() reads it. ctest holds all expressions of several calls, and the
# last of what is one value.
function(_holdfast_note_verdict test property value)
  set(parts "")
  if(property STREQUAL "WILL_FAIL")
    if("${value}" MATCHES "^(1|[Oo][Nn]|[Yy]|[Yy][Ee][Ss]|[Tt][Rr][Uu][Ee])$")
      set(parts "will-fail")
    endif()
    set_property(GLOBAL PROPERTY "_holdfast_WILL_FAIL ${test}" "${parts}")
  elseif(property STREQUAL "SKIP_RETURN_CODE")
    string(REGEX MATCH "^-?[0-9]*" code "${value}") # as far as ctest reads it
    set_property(GLOBAL PROPERTY "_holdfast_SKIP_RETURN_CODE ${test}" "code=${code}")
  else()
    string(REGEX MATCH "^[A-Z]+" kind "${property}")
    string(TOLOWER "${kind}" kind)
    foreach(expression IN LISTS value)
      if(NOT expression STREQUAL "")
        _holdfast_encode("${expression}" expression)
        set_property(GLOBAL APPEND PROPERTY "_holdfast_expressions ${test}" "${kind}=${expression}")
      endif()
    endforeach()
  endif()
  _holdfast_tell_verdict("${test}")
endfunction()

function(_holdfast_tell_verdict test)
  get_property(retry GLOBAL PROPERTY "_holdfast_retry ${test}")
  if(NOT retry AND NOT _holdfast_file_asks_for_retries)
    return()
  endif()
  set(told "")
  foreach(property IN ITEMS WILL_FAIL SKIP_RETURN_CODE expressions)
    get_property(parts GLOBAL PROPERTY "_holdfast_${property} ${test}")
    list(APPEND told ${parts})
  endforeach()
  list(JOIN told "," told)
  get_property(before GLOBAL PROPERTY "_holdfast_told_verdict ${test}")
  if(NOT told STREQUAL "${before}")
    set_property(GLOBAL PROPERTY "_holdfast_told_verdict ${test}" "${told}")
    _holdfast_modify_environment("${test}" "HOLDFAST_P_VERDICT=set:${told}")
  endif()
endfunction()

function(_holdfast_note_retry test)
  set_property(GLOBAL PROPERTY "_holdfast_retry ${test}" TRUE)
  _holdfast_tell_verdict("${test}")
endfunction()
