# A test that has a limit of its own and a lock waits for the lock on ctest's clock. So its launcher says one
# first line when it has the locks (`holdfast: lock db after 4.2 s`), at which ctest starts its clock
# anew, by TIMEOUT_AFTER_MATCH, and forgets what it had counted; until then ctest's limit is generous.
#
# The expression is anchored at the start of the output: ctest tries it on all there is of the
# output at every line, and one that may match anywhere took 63 s for 40,000 lines. Lines of ours may stand
# before: without a keeper a wait is told there. Read with properties.cmake.

# Whether the launcher may say the line. Not with --stop-time, which TIMEOUT_AFTER_MATCH cancels in
# ctest 3.25.
function(_holdfast_may_tell_locks out)
  set(${out} FALSE PARENT_SCOPE)
  if(NOT "${of_locks}${of_resource_locks}" STREQUAL "" AND NOT of_anchored AND _holdfast_stop STREQUAL "")
    set(${out} TRUE PARENT_SCOPE)
  endif()
endfunction()

# Changes the variables, as _holdfast_limits_of() gives them, to what they are for such a test.
macro(_holdfast_restart_clock_at_locks native_name told_name match_name)
  if("${${told_name}}" MATCHES "NATIVE_LIMIT=set:[0-9.]*[1-9]") # what ends the test is ours
    _holdfast_may_tell_locks(tells)
    if(tells)
      # ctest would look for an expression that it is given twice at each line twice.
      if(NOT of_lock_line STREQUAL "${${native_name}}")
        set(of_lock_line "${${native_name}}")
        set(${match_name} "${of_lock_line};^(holdfast: [^\n]*\n)*holdfast: lock ")
      endif()
      list(APPEND ${told_name} "HOLDFAST_P_LOCK_LINE=set:1")
      # While the test waits for its locks, and for all further attempts of `ctest --repeat`: ctest 3.25
      # forgets the expression once it has matched. A day.
      set(${native_name} 86400)
    endif()
  endif()
endmacro()
