# A test with a limit (its own, or ctest's default) and a lock or a service waits for it on ctest's
# clock. So, when it has all of them, the launcher prints one first line (`holdfast: lock db, service
# web after 4.2 s`). By TIMEOUT_AFTER_MATCH ctest then restarts its clock from zero. Until then its
# limit is generous.
#
# The expression is anchored at the start of the output. ctest tries it on the whole output at every
# line, and an expression without an anchor took 63 s for 40,000 lines. Other lines of ours may come
# before: without a keeper the launcher tells of a wait there. Read with properties.cmake.

# Whether the test may wait for something before it begins.
function(_holdfast_may_wait out)
  set(${out} TRUE PARENT_SCOPE)
  if("${of_locks}${of_resource_locks}${of_services}" STREQUAL "")
    set(${out} FALSE PARENT_SCOPE)
  endif()
endfunction()

# Whether the launcher may print the line. In ctest 3.25 TIMEOUT_AFTER_MATCH cancels --stop-time.
function(_holdfast_may_tell_locks out)
  set(${out} FALSE PARENT_SCOPE)
  _holdfast_may_wait(may_wait)
  if(may_wait AND NOT of_anchored AND _holdfast_stop STREQUAL "")
    set(${out} TRUE PARENT_SCOPE)
  endif()
endfunction()

# Changes the variables that _holdfast_limits_of() sets to their values for such a test.
macro(_holdfast_restart_clock_at_locks native_name told_name match_name)
  set(from_line "") # ctest's limit, which counts from the line
  if("${${told_name}}" MATCHES "NATIVE_LIMIT=set:[0-9.]*[1-9]") # our limit ends the test
    set(from_line "${${native_name}}")
  elseif("${${told_name}}${${native_name}}" STREQUAL "") # ctest's default limit does, if any
    set(from_line "${_holdfast_default_limit}")
  endif()
  if(NOT from_line STREQUAL "")
    _holdfast_may_tell_locks(tells)
    if(tells)
      # If ctest gets an expression twice, it looks for it twice at each line.
      if(NOT of_lock_line STREQUAL from_line)
        set(of_lock_line "${from_line}")
        set(${match_name} "${of_lock_line};^(holdfast: [^\n]*\n)*holdfast: (lock|service) ")
      endif()
      list(APPEND ${told_name} "HOLDFAST_P_LOCK_LINE=set:1")
      # A day, for the wait for the locks and for all further attempts of `ctest --repeat`: ctest
      # 3.25 forgets the expression once it has matched.
      set(${native_name} 86400)
    endif()
  endif()
endmacro()
