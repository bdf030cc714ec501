# Whether this is a memory check. In one, valgrind is put before each command and would check the
# launcher instead of the test. The command line does not show ctest_memcheck() in a script, but the
# log that is already open does.
function(_holdfast_checks_memory out)
  set(${out} FALSE PARENT_SCOPE)
  file(GLOB descriptors LIST_DIRECTORIES TRUE /proc/self/fd/*)
  foreach(descriptor IN LISTS descriptors)
    if(NOT IS_SYMLINK "${descriptor}") # the descriptor that reads this directory
      continue()
    endif()
    file(READ_SYMLINK "${descriptor}" target)
    if(target MATCHES "/LastDynamicAnalysis[^/]*$")
      set(${out} TRUE PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()
