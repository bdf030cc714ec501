# The launcher keeps a test's own limit: when it runs out, the launcher takes stacks and ends the
# tree. ctest gets the limit with a margin, and says `***Timeout` when the margin is over, too. From
# CMake 3.27 on ctest itself tells when the limit is over, and waits for the end
# (docs/reference/timeouts.md).
#
# Tests without TIMEOUT and HOLDFAST_TIMEOUT have ctest's own limit (ctest_limits.cmake), which
# add_test() raises in the same way. Read with properties.cmake; of_<fact> is a fact about the test.

# A HOLDFAST_TIMEOUT in whole seconds, rounded up; nothing if the launcher would not understand it.
function(_holdfast_seconds duration out)
  set(${out} "" PARENT_SCOPE)
  string(LENGTH "${duration}" length)
  if(length GREATER 12 OR NOT duration MATCHES "[0-9]"
      OR NOT duration MATCHES "^([0-9]*)(\\.[0-9]*)?(ms|s|m|h)?$")
    return() # a longer text is practically never
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

# The shorter of two limits in seconds, without those that are zero; 0 if one is not a plain number.
function(_holdfast_shorter one other out)
  set(shortest "")
  foreach(limit IN ITEMS "${one}" "${other}")
    if(limit STREQUAL "")
      continue()
    endif()
    string(LENGTH "${limit}" length)
    if(NOT limit MATCHES "^[0-9]+(\\.[0-9]+)?$" OR length GREATER 12)
      set(${out} 0 PARENT_SCOPE)
      return()
    endif()
    if(limit MATCHES "[1-9]" AND (shortest STREQUAL "" OR limit LESS shortest))
      set(shortest "${limit}")
    endif()
  endforeach()
  set(${out} "${shortest}" PARENT_SCOPE)
endfunction()

# The signal and the grace at the end of a test's time, if the project sets them (CMake 3.27:
# TIMEOUT_SIGNAL_NAME, TIMEOUT_SIGNAL_GRACE_PERIOD). Nothing if ctest will refuse them itself.
function(_holdfast_timeout_signal_of signal_out grace_out)
  set(${signal_out} "" PARENT_SCOPE)
  set(${grace_out} 0 PARENT_SCOPE)
  set(signal "${of_signal_name}")
  set(grace "${of_signal_grace}")
  if(grace STREQUAL "")
    set(grace 1)
  endif()
  string(LENGTH "${grace}" length)
  if(NOT signal MATCHES "^SIG(INT|QUIT|TERM|USR1|USR2)$" OR NOT grace MATCHES "^[0-9]+(\\.[0-9]+)?$"
      OR length GREATER 12)
    return()
  endif()
  if(grace GREATER 60)
    set(grace 60) # as in ctest
  endif()
  set(${signal_out} "${signal}" PARENT_SCOPE)
  set(${grace_out} "${grace}" PARENT_SCOPE)
endfunction()

# A HOLDFAST_TIMEOUT with its fraction; <whole> is its seconds rounded up.
function(_holdfast_exact_seconds duration whole out)
  set(${out} "${whole}" PARENT_SCOPE)
  if(duration MATCHES "^([0-9]+)ms$")
    math(EXPR seconds "${CMAKE_MATCH_1} / 1000")
    math(EXPR rest "1000 + ${CMAKE_MATCH_1} % 1000")
    string(SUBSTRING "${rest}" 1 -1 rest)
    set(${out} "${seconds}.${rest}" PARENT_SCOPE)
  elseif(duration MATCHES "^([0-9]+\\.[0-9]+)s?$")
    set(${out} "${CMAKE_MATCH_1}" PARENT_SCOPE)
  endif()
endfunction()

# Whether ctest must tell that the limit is over. Not if the project chooses the signal, nor if
# ctest's clock would count the wait for locks and services. Not for a batch either, which is more than one
# process after the other (docs/internals/decisions/0025-ctest-tells-of-the-limit.md).
function(_holdfast_is_told_by_ctest out)
  set(${out} FALSE PARENT_SCOPE)
  _holdfast_may_tell_locks(tells_locks)
  _holdfast_may_wait(may_wait)
  if(_holdfast_ctest_tells AND "${of_signal_name}" STREQUAL "" AND "${of_isolation}" STREQUAL ""
      AND NOT _holdfast_file_asks_for_retries # each attempt has the limit to itself
      AND (tells_locks OR NOT may_wait))
    set(${out} TRUE PARENT_SCOPE)
  endif()
endfunction()

# As _holdfast_limits_of(), for a test with HOLDFAST_RETRY, or in a run with tests on other nodes.
# Each of its attempts has the whole limit, and nobody knows how many there will be. So the launcher
# keeps the limit, and ctest gets practically none. Both empty: as for any test.
function(_holdfast_limits_of_attempts native_out told_out match_out)
  set(${native_out} "" PARENT_SCOPE)
  set(${told_out} "" PARENT_SCOPE)
  set(${match_out} "" PARENT_SCOPE)
  if(NOT "${of_timeout}" STREQUAL "")
    _holdfast_shorter("${of_timeout}" "" plain)
    if(plain STREQUAL "0")
      return() # only ctest understands it
    endif()
    set(told "HOLDFAST_P_NATIVE_LIMIT=set:0")
    if(NOT plain STREQUAL "")
      list(APPEND told "HOLDFAST_P_NATIVE_TIMEOUT=set:${of_timeout}")
    endif()
  elseif(NOT "${_holdfast_default_limit}" STREQUAL "")
    set(told "HOLDFAST_P_DEFAULT_LIMIT=set:0" "HOLDFAST_P_DEFAULT_TIMEOUT=set:${_holdfast_default_timeout}")
  else()
    if("${of_wanted}" STREQUAL "")
      return()
    endif()
    set(told "HOLDFAST_P_NATIVE_LIMIT=set:0")
  endif()
  # The output is held back, so its first line can say that the test timed out for good. Then
  # ctest's clock starts anew, with nothing left to wait for. Not with --stop-time, which
  # TIMEOUT_AFTER_MATCH cancels in ctest 3.25.
  if(_holdfast_stop STREQUAL "")
    set(${match_out} "0.1;^holdfast: timed out " PARENT_SCOPE)
    list(APPEND told "HOLDFAST_P_TIMEOUT_LINE=set:0.1")
  endif()
  # A day, and not 0: for 0, ctest 3.25 takes its --timeout.
  set(${native_out} 86400 PARENT_SCOPE)
  set(${told_out} "${told}" PARENT_SCOPE)
endfunction()

# The limit that ctest gets, and what the launcher is told about it. Both empty: no change.
function(_holdfast_limits_of native_out told_out match_out)
  set(${native_out} "" PARENT_SCOPE)
  set(${told_out} "" PARENT_SCOPE)
  set(${match_out} "" PARENT_SCOPE)
  set(unraised "${of_timeout}")
  if("${of_timeout}" STREQUAL "")
    set(unraised "${_holdfast_default_timeout}")
  endif()
  if(of_bare)
    set(${native_out} "${unraised}" PARENT_SCOPE)
    return()
  endif()
  # With TIMEOUT_AFTER_MATCH the user has a clock that only ctest can keep.
  if(NOT "${of_after_match}" STREQUAL "")
    list(GET of_after_match 0 after_match) # SECONDS;REGEX
    _holdfast_shorter("${after_match}" "${unraised}" kept)
    set(${native_out} "${unraised}" PARENT_SCOPE)
    if(NOT kept STREQUAL "")
      set(${told_out} "HOLDFAST_P_KEPT_LIMIT=set:${kept}" PARENT_SCOPE)
    elseif(NOT _holdfast_default_timeout STREQUAL "")
      set(${told_out} "HOLDFAST_P_NATIVE_LIMIT=set:0" PARENT_SCOPE) # none
    endif()
    return()
  endif()
  if(of_retry OR _holdfast_far)
    _holdfast_limits_of_attempts(native told match)
    if(NOT told STREQUAL "")
      set(${match_out} "${match}" PARENT_SCOPE)
      set(${native_out} "${native}" PARENT_SCOPE)
      set(${told_out} "${told}" PARENT_SCOPE)
      return()
    endif()
  endif()
  _holdfast_timeout_signal_of(signal grace)
  string(REGEX MATCH "^[0-9]+" margin "${grace}")
  if(grace MATCHES "\\..*[1-9]")
    math(EXPR margin "${margin} + 1")
  endif()
  math(EXPR margin "${margin} + ${_holdfast_timeout_margin}")
  set(seconds "")
  # For a batch it limits each case; only TIMEOUT limits the whole.
  if(NOT "${of_wanted}" STREQUAL "" AND "${of_isolation}" STREQUAL "")
    _holdfast_seconds("${of_wanted}" seconds)
  endif()
  set(none FALSE)
  set(no_limit 0)
  set(no_limit_told "HOLDFAST_P_NATIVE_LIMIT=set:0")
  if(seconds STREQUAL "0")
    set(none TRUE) # HOLDFAST_TIMEOUT wins
    if(NOT "${_holdfast_default_timeout}" STREQUAL "")
      set(no_limit 86400) # for 0, ctest 3.25 takes its --timeout
    endif()
  elseif(NOT seconds STREQUAL "")
    # HOLDFAST_TIMEOUT does not count such a wait; a ctest clock that cannot restart would.
    _holdfast_may_tell_locks(tells)
    _holdfast_may_wait(may_wait)
    if("${of_timeout}" STREQUAL "" AND may_wait AND NOT tells)
      set(none TRUE)
    else()
      _holdfast_exact_seconds("${of_wanted}" "${seconds}" exact)
      _holdfast_is_told_by_ctest(tells)
      if(tells)
        math(EXPR native "${seconds} + 60")
        set(${native_out} "${exact}" PARENT_SCOPE)
        set(${told_out} "HOLDFAST_P_NATIVE_LIMIT=set:${native};HOLDFAST_P_TELLS_LIMIT=set:1" PARENT_SCOPE)
      else()
        math(EXPR native "${seconds} + ${margin}")
        set(${native_out} "${native}" PARENT_SCOPE)
        set(${told_out} "HOLDFAST_P_NATIVE_LIMIT=set:${native}" PARENT_SCOPE)
      endif()
    endif()
  elseif(NOT "${of_timeout}" STREQUAL "")
    _holdfast_shorter("${of_timeout}" "" plain)
    if(plain STREQUAL "")
      set(none TRUE)
      if(NOT "${_holdfast_default_timeout}" STREQUAL "")
        set(no_limit_told "HOLDFAST_P_KEPT_LIMIT=set:${_holdfast_default_timeout}") # of ctest 3.25, see above
      endif()
    elseif(plain STREQUAL "0")
      set(${native_out} "${of_timeout}" PARENT_SCOPE)
      set(${told_out} "HOLDFAST_P_KEPT_LIMIT=set:0" PARENT_SCOPE)
    else()
      string(REGEX MATCH "^[0-9]+" native "${of_timeout}")
      string(REGEX MATCH "\\..*$" fraction "${of_timeout}")
      _holdfast_is_told_by_ctest(tells)
      if(tells)
        math(EXPR native "${native} + 60")
        set(${native_out} "${of_timeout}" PARENT_SCOPE)
        set(${told_out} "HOLDFAST_P_NATIVE_LIMIT=set:${native}${fraction}" "HOLDFAST_P_TELLS_LIMIT=set:1"
          "HOLDFAST_P_NATIVE_TIMEOUT=set:${of_timeout}" PARENT_SCOPE)
      else()
        math(EXPR native "${native} + ${margin}")
        set(${native_out} "${native}${fraction}" PARENT_SCOPE)
        set(${told_out} "HOLDFAST_P_NATIVE_LIMIT=set:${native}${fraction}"
          "HOLDFAST_P_NATIVE_TIMEOUT=set:${of_timeout}" PARENT_SCOPE)
      endif()
    endif()
  endif()
  if(none AND NOT unraised STREQUAL "")
    set(${native_out} ${no_limit} PARENT_SCOPE)
    set(${told_out} "${no_limit_told}" PARENT_SCOPE)
  endif()
endfunction()

# Adds the signal with which the launcher must end the test to what it is told.
function(_holdfast_add_timeout_signal told_name)
  _holdfast_timeout_signal_of(signal grace)
  if(signal STREQUAL "" OR of_bare OR NOT "${of_after_match}" STREQUAL "")
    return()
  endif()
  set(told ${${told_name}} "HOLDFAST_P_TIMEOUT_SIGNAL=set:${signal}"
    "HOLDFAST_P_TIMEOUT_GRACE=set:${grace}")
  set(${told_name} "${told}" PARENT_SCOPE)
endfunction()

# Runs after every call that may have changed something, because ctest holds what that call said.
# Adds to what the launcher is told, and sets what ctest gets: `native` for its TIMEOUT,
# `after_match` for its TIMEOUT_AFTER_MATCH; empty: no change. No arguments; part of
# _holdfast_learn().
macro(_holdfast_settle_limit)
  _holdfast_limits_of(native limits_told after_match)
  _holdfast_restart_clock_at_locks(native limits_told after_match)
  _holdfast_add_timeout_signal(limits_told)
  if(native STREQUAL "" AND NOT "${of_told_limit}" STREQUAL "")
    set(native "${of_timeout}")
    if(native STREQUAL "")
      set(native "${_holdfast_default_limit}")
    endif()
  endif()
  # The signal is the one that the launcher expects (attempt/attempt.cpp). ctest cannot
  # take it back. When ctest no longer tells, its wait after the signal is the project's, or none.
  if(limits_told MATCHES "TELLS_LIMIT")
    set(signal SIGUSR1 TIMEOUT_SIGNAL_GRACE_PERIOD 60)
  elseif(of_told_signal STREQUAL "")
    set(signal "")
  elseif(of_signal_name STREQUAL "")
    set(signal SIGUSR1 TIMEOUT_SIGNAL_GRACE_PERIOD 0.001)
  elseif(of_signal_grace STREQUAL "")
    set(signal "${of_signal_name}" TIMEOUT_SIGNAL_GRACE_PERIOD 1) # ctest's own
  else()
    set(signal "${of_signal_name}" TIMEOUT_SIGNAL_GRACE_PERIOD "${of_signal_grace}")
  endif()
  if(NOT signal STREQUAL of_told_signal)
    set(of_told_signal "${signal}")
    set(tells_signal "${signal}")
  endif()
  foreach(one IN LISTS limits_told)
    math(EXPR told "${told} + 1")
    set(told_${told} "${one}")
  endforeach()
  foreach(variable IN ITEMS DEFAULT_LIMIT DEFAULT_TIMEOUT NATIVE_LIMIT NATIVE_TIMEOUT KEPT_LIMIT LOCK_LINE
      TELLS_LIMIT TIMEOUT_GRACE TIMEOUT_LINE TIMEOUT_SIGNAL)
    if("${of_told_limit}" MATCHES "_${variable}=" AND NOT limits_told MATCHES "_${variable}=")
      math(EXPR told "${told} + 1")
      set(told_${told} "HOLDFAST_P_${variable}=unset:")
    endif()
  endforeach()
  set(of_told_limit "${limits_told}")
endmacro()
