# Whether this is a memory check, in which valgrind is put in front of each command and would
# check the launcher instead of the test. ctest_memcheck() in a script shows nowhere on the
# command line; the log that is open already does.
function(_holdfast_checks_memory out)
  set(${out} FALSE PARENT_SCOPE)
  file(GLOB descriptors LIST_DIRECTORIES TRUE /proc/self/fd/*)
  foreach(descriptor IN LISTS descriptors)
    if(NOT IS_SYMLINK "${descriptor}") # the one by which the directory was read
      continue()
    endif()
    file(READ_SYMLINK "${descriptor}" target)
    if(target MATCHES "/LastDynamicAnalysis[^/]*$")
      set(${out} TRUE PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()
