# Facts about the ctest process that reads this, from /proc (proc(5)).

# <pid> and <start>: who this ctest is, safe against recycled pids. <start> is field 22 of
# /proc/self/stat, clock ticks since boot; fields are counted from the last ')', because the
# program's name before it may hold blanks and parentheses.
function(_holdfast_own_process pid_out start_out)
  file(READ /proc/self/stat stat)
  string(REGEX MATCH "^[0-9]+" pid "${stat}")
  string(REGEX REPLACE "^.*\\) " "" fields "${stat}")
  string(REPLACE " " ";" fields "${fields}")
  list(GET fields 19 start) # the first one here is field 3
  set(${pid_out} "${pid}" PARENT_SCOPE)
  set(${start_out} "${start}" PARENT_SCOPE)
endfunction()

# The directory ctest is in, which it changes for every sub-directory it reads. CMake's own
# variables do not tell: CMAKE_CURRENT_SOURCE_DIR is empty in ctest.
function(_holdfast_working_directory out)
  file(READ_SYMLINK /proc/self/cwd cwd)
  set(${out} "${cwd}" PARENT_SCOPE)
endfunction()

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
