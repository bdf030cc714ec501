# ctest reads this with CTestCustom.cmake, through <tree>/.holdfast/custom.cmake, which sets the
# variables that attach.cmake lists. `holdfast begin` before the first test waits for the tree and
# starts the run. `holdfast end` after the last test prints the summary.
#
# ctest 3.25 runs PRE_TEST commands while listing, too, and a missing PRE_TEST or POST_TEST command
# makes a green run red. So a command is added only if it will work and attach.cmake will wrap the
# tests. PRE_TEST runs before ctest opens its log, the only moment at which waiting does no harm.
cmake_policy(VERSION 3.25)

get_filename_component(_holdfast_program "${CMAKE_CURRENT_LIST_DIR}/../../../bin/holdfast" ABSOLUTE)
get_filename_component(_holdfast_launcher
  "${CMAKE_CURRENT_LIST_DIR}/../../../libexec/holdfast/holdfast-launcher" ABSOLUTE)
if("$ENV{HOLDFAST_DISABLE}" OR NOT _holdfast_tree_contract STREQUAL "1")
  return()
endif()
include("${CMAKE_CURRENT_LIST_DIR}/process.cmake")
foreach(_holdfast_file IN ITEMS "${_holdfast_program}" "${_holdfast_launcher}")
  _holdfast_trouble_with_program("${_holdfast_file}" _holdfast_trouble)
  if(NOT _holdfast_trouble STREQUAL "")
    return() # attach.cmake says so
  endif()
endforeach()

# The project may have been configured without Holdfast since; the line in CTestCustom.cmake stays.
if(NOT EXISTS "${_holdfast_tree}/CTestTestfile.cmake")
  return()
endif()
# The line comes before the tests, after two paths in comments.
file(READ "${_holdfast_tree}/CTestTestfile.cmake" _holdfast_text LIMIT 16384)
if(NOT _holdfast_text MATCHES "\ninclude\\(\"[^\n]*\\.holdfast/")
  return()
endif()

# A script (-S, -SP, --script) reads this at ctest_start() and runs none of the commands. If it
# calls ctest_read_custom_files(), it runs them for every tree it visits. So attach.cmake begins its
# runs.
if(_holdfast_line MATCHES "002d53(00|50|52)|002d2d736372697074")
  return()
endif()
_holdfast_may_list(_holdfast_may)
if(_holdfast_may)
  include("${CMAKE_CURRENT_LIST_DIR}/listing.cmake")
  _holdfast_lists_only("${_holdfast_source_dir}" _holdfast_stay_out)
  if(_holdfast_stay_out)
    return()
  endif()
endif()

_holdfast_proc_is_anothers(_holdfast_stay_out)
if(_holdfast_stay_out)  # attach.cmake says so
  return()
endif()

# ctest splits these commands as a shell would, with exceptions. It knows no backslash within
# quotes, does not join two quoted parts, and takes the commands from a list.
function(_holdfast_quote text out)
  if(NOT text MATCHES "\"")
    set(text "\"${text}\"")
  elseif(NOT text MATCHES "'")
    set(text "'${text}'")
  else()
    string(REGEX REPLACE "([ \t\"'\\])" "\\\\\\1" text "${text}")
  endif()
  string(REPLACE ";" "\\;" text "${text}")
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

_holdfast_own_process(_holdfast_pid _holdfast_start)
_holdfast_quote("${_holdfast_program}" _holdfast_program)
_holdfast_quote("${_holdfast_tree}" _holdfast_quoted_tree)
set(_holdfast_ctest "--ctest ${_holdfast_pid}:${_holdfast_start}")
# Without this file attach.cmake begins the run itself. The launcher removes the variable.
set(ENV{HOLDFAST_BEGUN} "${_holdfast_pid}:${_holdfast_start}")
# Before CMake 4.3 two ctests that open their log at the same moment may open the same file. So the
# last command before that takes a turn. Usually it is the only command.
set(_holdfast_log_next "")
if(CMAKE_VERSION VERSION_LESS 4.3)
  set(_holdfast_log_next "--log-next")
  if(NOT "${CTEST_CUSTOM_PRE_TEST}" STREQUAL "")
    list(APPEND CTEST_CUSTOM_PRE_TEST
      "${_holdfast_program} begin --begun --tree ${_holdfast_quoted_tree} ${_holdfast_ctest} --log-next")
    set(_holdfast_log_next "")
  endif()
endif()
# First and last, because the project's own PRE_TEST and POST_TEST commands belong to the run.
list(PREPEND CTEST_CUSTOM_PRE_TEST "${_holdfast_program} begin --tree ${_holdfast_quoted_tree} \
--project ${_holdfast_project_key} ${_holdfast_ctest} --ctest-version ${CMAKE_VERSION} ${_holdfast_log_next}")
list(APPEND CTEST_CUSTOM_POST_TEST
  "${_holdfast_program} end --tree ${_holdfast_quoted_tree} ${_holdfast_ctest}")
