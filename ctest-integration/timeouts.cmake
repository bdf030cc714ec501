# A test's own limit is the launcher's: it takes stacks and ends the tree when the limit runs out. ctest
# gets the limit and a margin, and says `***Timeout` when the margin is over too (docs/timeouts.md).
#
# Tests without TIMEOUT and HOLDFAST_TIMEOUT are left alone, so that `ctest --timeout`, presets,
# DartConfiguration and --stop-time hold as ever. Needs properties.cmake.

# Stacks (2 s), the default grace (5 s), SIGKILL (1 s): launcher/core/time_budget.hpp.
if(NOT "${_holdfast_timeout_margin}" MATCHES "^[1-9][0-9]?[0-9]?$")
  set(_holdfast_timeout_margin 8)
endif()

# A call of set_tests_properties() that matches this may change a limit.
set(_holdfast_limit_properties "TIMEOUT|HOLDFAST_ENABLED|HOLDFAST_LOCKS|RESOURCE_LOCK")

# A HOLDFAST_TIMEOUT in whole seconds, rounded up; nothing when the launcher would not understand it.
function(_holdfast_seconds duration out)
  set(${out} "" PARENT_SCOPE)
  string(LENGTH "${duration}" length)
  if(length GREATER 12 OR NOT duration MATCHES "[0-9]"
      OR NOT duration MATCHES "^([0-9]*)(\\.[0-9]*)?(ms|s|m|h)?$")
    return() # what is longer is practically never
  endif()
  set(whole "0${CMAKE_MATCH_1}")
  set(unit "${CMAKE_MATCH_3}")
  if("${CMAKE_MATCH_2}" MATCHES "[1-9]")
    math(EXPR whole "${whole} + 1")
  endif()
  if(unit STREQUAL "ms")
    math(EXPR whole "(${whole} + 999) / 1000")
  elseif(unit STREQUAL "m")
    math(EXPR whole "${whole} * 60")
  elseif(unit STREQUAL "h")
    math(EXPR whole "${whole} * 3600")
  else()
    math(EXPR whole "${whole}")
  endif()
  set(${out} "${whole}" PARENT_SCOPE)
endfunction()

# What ctest is to have for its own limit, and what the launcher is told of TIMEOUT. Nothing: the
# test is left as the project has it.
function(_holdfast_limits_of test native_out timeout_out)
  set(${native_out} "" PARENT_SCOPE)
  set(${timeout_out} "" PARENT_SCOPE)
  # The user's own clock, or signal: ctest's to keep.
  get_property(after_match GLOBAL PROPERTY "_holdfast_TIMEOUT_AFTER_MATCH ${test}")
  get_property(signal GLOBAL PROPERTY "_holdfast_TIMEOUT_SIGNAL_NAME ${test}")
  get_property(bare GLOBAL PROPERTY "_holdfast_bare ${test}")
  if(bare OR NOT "${after_match}${signal}" STREQUAL "")
    return()
  endif()
  get_property(timeout GLOBAL PROPERTY "_holdfast_TIMEOUT ${test}")
  get_property(wanted GLOBAL PROPERTY "_holdfast_HOLDFAST_TIMEOUT ${test}")
  set(seconds "")
  if(NOT "${wanted}" STREQUAL "")
    _holdfast_seconds("${wanted}" seconds)
  endif()
  if(seconds STREQUAL "0")
    if(NOT "${timeout}" STREQUAL "")
      set(${native_out} 0 PARENT_SCOPE) # HOLDFAST_TIMEOUT wins: none
    endif()
  elseif(NOT seconds STREQUAL "")
    # HOLDFAST_TIMEOUT does not count the wait for locks, which ctest's clock would.
    get_property(locks GLOBAL PROPERTY "_holdfast_HOLDFAST_LOCKS ${test}")
    get_property(resource_locks GLOBAL PROPERTY "_holdfast_RESOURCE_LOCK ${test}")
    if("${timeout}" STREQUAL "" AND NOT "${locks}${resource_locks}" STREQUAL "")
      return()
    endif()
    math(EXPR native "${seconds} + ${_holdfast_timeout_margin}")
    set(${native_out} "${native}" PARENT_SCOPE)
  elseif("${timeout}" MATCHES "[1-9]" AND "${timeout}" MATCHES "^([0-9]+)(\\.[0-9]+)?$")
    string(LENGTH "${timeout}" length)
    if(length GREATER 12)
      return()
    endif()
    math(EXPR native "${CMAKE_MATCH_1} + ${_holdfast_timeout_margin}")
    string(REGEX MATCH "\\..*$" fraction "${timeout}")
    set(${native_out} "${native}${fraction}" PARENT_SCOPE)
    set(${timeout_out} "${timeout}" PARENT_SCOPE)
  endif()
endfunction()

# After every call that may have changed something: ctest holds what that call said.
function(_holdfast_settle_limit test)
  get_property(raised GLOBAL PROPERTY "_holdfast_raised ${test}")
  _holdfast_limits_of("${test}" native timeout)
  if(native STREQUAL "")
    get_property(own GLOBAL PROPERTY "_holdfast_TIMEOUT ${test}")
    if(raised)
      _holdfast_modify_environment("${test}"
        "HOLDFAST_P_NATIVE_LIMIT=unset:;HOLDFAST_P_NATIVE_TIMEOUT=unset:")
      set_property(GLOBAL PROPERTY "_holdfast_raised ${test}" FALSE)
      if(NOT "${own}" STREQUAL "")
        __set_tests_properties("${test}" PROPERTIES TIMEOUT "${own}")
      endif()
    endif()
    return()
  endif()
  set_property(GLOBAL PROPERTY "_holdfast_raised ${test}" TRUE)
  set(told "HOLDFAST_P_NATIVE_LIMIT=set:${native}")
  if(NOT timeout STREQUAL "")
    string(APPEND told ";HOLDFAST_P_NATIVE_TIMEOUT=set:${timeout}")
  elseif(raised)
    string(APPEND told ";HOLDFAST_P_NATIVE_TIMEOUT=unset:")
  endif()
  __set_tests_properties("${test}" PROPERTIES TIMEOUT "${native}" ENVIRONMENT_MODIFICATION "${told}")
endfunction()
