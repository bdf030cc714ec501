# A test that has a limit of its own and a lock waits for the lock on ctest's clock. So its launcher says one
# first line when it has the locks (`holdfast: lock db after 4.2 s`), at which ctest starts its clock
# anew, by TIMEOUT_AFTER_MATCH, and forgets what it had counted; until then ctest's limit is generous.
#
# The expression is anchored at the start of the output: ctest tries it on all there is of the
# output at every line, and one that may match anywhere took 63 s for 40,000 lines. Lines of ours may stand
# before: without a keeper a wait is told there. Read with properties.cmake.

# Whether the launcher may say the line. Not with --stop-time, which TIMEOUT_AFTER_MATCH cancels in
# ctest 3.25.
function(_holdfast_may_tell_locks test out)
  get_property(locks GLOBAL PROPERTY "_holdfast_HOLDFAST_LOCKS ${test}")
  get_property(resource_locks GLOBAL PROPERTY "_holdfast_RESOURCE_LOCK ${test}")
  get_property(anchored GLOBAL PROPERTY "_holdfast_anchored ${test}")
  set(${out} FALSE PARENT_SCOPE)
  if(NOT "${locks}${resource_locks}" STREQUAL "" AND NOT anchored AND _holdfast_stop STREQUAL "")
    set(${out} TRUE PARENT_SCOPE)
  endif()
endfunction()

# Changes the two variables, as _holdfast_limits_of() gives them, to what they are for such a test.
function(_holdfast_restart_clock_at_locks test native_name told_name)
  if(NOT "${${told_name}}" MATCHES "NATIVE_LIMIT=set:[0-9.]*[1-9]")
    return() # nothing that ends the test is ours
  endif()
  _holdfast_may_tell_locks("${test}" tells)
  if(NOT tells)
    return()
  endif()
  get_property(set_before GLOBAL PROPERTY "_holdfast_lock_line ${test}")
  if(NOT "${set_before}" STREQUAL "${${native_name}}")
    set_property(GLOBAL PROPERTY "_holdfast_lock_line ${test}" "${${native_name}}")
    __set_tests_properties("${test}" PROPERTIES
      TIMEOUT_AFTER_MATCH "${${native_name}};^(holdfast: [^\n]*\n)*holdfast: lock ")
  endif()
  set(${told_name} "${${told_name}};HOLDFAST_P_LOCK_LINE=set:1" PARENT_SCOPE)
  # While the test waits for its locks, and for all further attempts of `ctest --repeat`: ctest 3.25
  # forgets the expression once it has matched. A day.
  set(${native_name} 86400 PARENT_SCOPE)
endfunction()
