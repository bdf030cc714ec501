# Read by ctest before the tests of a tree (through <tree>/.holdfast/attach.cmake): from here
# on every add_test() runs its command through the launcher, whoever calls it: generated test
# files, discovery scripts, sub-directories.
#
# The file in the tree sets
#   _holdfast_tree           the top-level build directory, absolute
#   _holdfast_tree_contract  the number of the contract that tree was configured for
#   _holdfast_tree_version   the Holdfast that configured it
#   _holdfast_source_dir     the top-level source directory
#   _holdfast_project_key    the project's name, percent-encoded
#   _holdfast_timeout_margin seconds; empty: the usual (timeouts.cmake)
#
# It stays out, without a word, where there is nothing to run or it would be in the way
# (HOLDFAST_DISABLE, listings, memory checks), and with one line where something is wrong.
# Nothing here starts a process, but for a run that CTestCustom.cmake did not begin (ctest in a
# sub-directory, `ctest -S`), and for one that shares the tree and must not (sharing.cmake). Both wait
# for the tree here. That is later than it should be, since ctest has opened its log already, and
# still better than two runs at once.

# ctest reads with all policies unset: IN_LIST would not even be an operator.
cmake_policy(VERSION 3.25)

if("$ENV{HOLDFAST_DISABLE}")
  return()
endif()

include("${CMAKE_CURRENT_LIST_DIR}/process.cmake")
set(_holdfast_stay_out FALSE)
_holdfast_may_list(_holdfast_may)
if(_holdfast_may)
  include("${CMAKE_CURRENT_LIST_DIR}/listing.cmake")
  _holdfast_lists_only("${_holdfast_source_dir}" _holdfast_stay_out)
endif()
# `holdfast config --explain` asks for a listing with what the launcher would be told.
if(_holdfast_stay_out AND NOT "$ENV{HOLDFAST_EXPLAIN}")
  return()
endif()

_holdfast_proc_is_anothers(_holdfast_stay_out)
if(_holdfast_stay_out)
  message(NOTICE "holdfast: /proc is of another PID namespace, not of ours: tests run without Holdfast")
  return()
endif()

include("${CMAKE_CURRENT_LIST_DIR}/environment.cmake")
# A ctest that runs no script and names no step does no memory check: -D, -M, -S, -T, --dashboard,
# --script, --test-action, --test-model.
if(_holdfast_line MATCHES "2d(44|4d|53|54)|2d2d(6461|7363|746573742d(61|6d))")
  include("${CMAKE_CURRENT_LIST_DIR}/memory_check.cmake")
  _holdfast_checks_memory(_holdfast_stay_out)
  if(_holdfast_stay_out)
    return()
  endif()
endif()

# What the tree's files and these files say to one another. A change of meaning gets a new number.
set(_holdfast_contract 1)
set(_holdfast_version "unknown")
if(EXISTS "${CMAKE_CURRENT_LIST_DIR}/HoldfastConfigVersion.cmake")
  file(READ "${CMAKE_CURRENT_LIST_DIR}/HoldfastConfigVersion.cmake" _holdfast_text)
  if(_holdfast_text MATCHES "set\\(PACKAGE_VERSION \"([^\"]+)\"")
    set(_holdfast_version "${CMAKE_MATCH_1}")
  endif()
endif()
if(NOT _holdfast_tree_contract STREQUAL _holdfast_contract)
  message(NOTICE "holdfast: this tree was configured by Holdfast ${_holdfast_tree_version}, "
    "which does not fit the installed ${_holdfast_version}: tests run without it until the "
    "tree is configured again")
  return()
elseif(NOT _holdfast_tree_version STREQUAL _holdfast_version)
  message(NOTICE "holdfast: this tree was configured by Holdfast ${_holdfast_tree_version}, "
    "${_holdfast_version} is installed; they fit")
endif()

# A function of the same name as a command keeps that command under the name with a '_' in
# front, once: a second override would make the first call itself for ever.
if(COMMAND _add_test OR COMMAND _set_tests_properties)
  message(NOTICE "holdfast: another script already replaces add_test() or "
    "set_tests_properties(): tests run without Holdfast")
  return()
endif()

get_filename_component(_holdfast_launcher
  "${CMAKE_CURRENT_LIST_DIR}/../../../libexec/holdfast/holdfast-launcher" ABSOLUTE)
_holdfast_trouble_with_program("${_holdfast_launcher}" _holdfast_trouble)
if(NOT _holdfast_trouble STREQUAL "")
  message(NOTICE "holdfast: ${_holdfast_launcher} ${_holdfast_trouble}: tests run without Holdfast")
  return()
endif()

# Who runs the tests. Set in ctest's own environment, which is every test's; the launcher takes
# it away again. Several ctest_test() of one script read this again in the same process: the
# count tells their runs apart. A ctest started by a test has another pid and begins at 1.
_holdfast_own_process(_holdfast_pid _holdfast_start)
_holdfast_own_pid_namespace(_holdfast_numbers)
set(_holdfast_ctest "2 ${_holdfast_pid} ${_holdfast_start} ${_holdfast_numbers}")
set(_holdfast_count 1)
if("$ENV{HOLDFAST_ATTACH}" MATCHES "^${_holdfast_ctest} ([0-9]+) ")
  math(EXPR _holdfast_count "${CMAKE_MATCH_1} + 1")
endif()
set(ENV{HOLDFAST_ATTACH} "${_holdfast_ctest} ${_holdfast_count} ${_holdfast_project_key} ${_holdfast_tree}")

get_filename_component(_holdfast_program "${CMAKE_CURRENT_LIST_DIR}/../../../bin/holdfast" ABSOLUTE)
function(_holdfast_begin)
  _holdfast_trouble_with_program("${_holdfast_program}" trouble)
  if(NOT trouble STREQUAL "")
    if("--from-include" IN_LIST ARGN) # once
      message(NOTICE "holdfast: ${_holdfast_program} ${trouble}: tests run by their own properties, "
        "nothing is recorded; a test that may be tried again is red")
    endif()
    return()
  endif()
  # Neither stdout nor stderr is ctest's here: begin speaks on ctest's stderr by itself.
  execute_process(
    COMMAND "${_holdfast_program}" begin --tree "${_holdfast_tree}"
      --project "${_holdfast_project_key}" --ctest "${_holdfast_pid}:${_holdfast_start}"
      --ctest-version "${CMAKE_VERSION}" ${ARGN}
    RESULT_VARIABLE result OUTPUT_QUIET ERROR_VARIABLE error)
  string(STRIP "${error}" error)
  if(NOT result EQUAL 0)
    # In a line of its own: FATAL_ERROR would wrap it.
    message(NOTICE "${error}")
    message(FATAL_ERROR "Holdfast could not begin this run: no test is run")
  elseif(NOT error STREQUAL "")
    message(NOTICE "${error}")
  endif()
endfunction()

if(NOT "$ENV{HOLDFAST_BEGUN}" STREQUAL "${_holdfast_pid}:${_holdfast_start}"
    AND NOT "$ENV{HOLDFAST_EXPLAIN}")
  _holdfast_begin(--from-include)
endif()

# What `holdfast begin` has written for this profile has its name at the end.
set(_holdfast_of_profile "")
if(NOT "$ENV{HOLDFAST_PROFILE}" MATCHES "^(default)?$")
  include("${CMAKE_CURRENT_LIST_DIR}/encoding.cmake")
  _holdfast_encode("$ENV{HOLDFAST_PROFILE}" _holdfast_of_profile)
  string(PREPEND _holdfast_of_profile "-")
endif()

# What a test's end may take: stacks (2 s), the longest grace that settings give, SIGKILL (1 s):
# launcher/core/ctest/time_budget.hpp.
set(_holdfast_ctest_tells FALSE)
if(NOT "${_holdfast_timeout_margin}" MATCHES "^[1-9][0-9]?[0-9]?$")
  set(_holdfast_timeout_margin 8)
  set(_holdfast_grace "${_holdfast_tree}/.holdfast/grace${_holdfast_of_profile}")
  if(EXISTS "${_holdfast_grace}")
    file(READ "${_holdfast_grace}" _holdfast_grace LIMIT 12)
    if(_holdfast_grace MATCHES "^([0-9]+)\n$")
      math(EXPR _holdfast_timeout_margin "(${CMAKE_MATCH_1} + 999) / 1000 + 3")
    endif()
  endif()
  # From CMake 3.27 on ctest can tell that a test's limit is over, and then waits for its end. Not longer
  # than a minute.
  if(CMAKE_VERSION VERSION_GREATER_EQUAL 3.27 AND _holdfast_timeout_margin LESS_EQUAL 60)
    set(_holdfast_ctest_tells TRUE)
  endif()
endif()
include("${CMAKE_CURRENT_LIST_DIR}/commands.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/ctest_limits.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/overrides.cmake")
set(_holdfast_may_share FALSE)
if(_holdfast_line MATCHES "2d49|2d2d74657374732d(66|69)") # -I, --tests-from-file, --tests-information
  set(_holdfast_may_share TRUE)
endif()
set(_holdfast_tells_labels FALSE)
set(_holdfast_file_asks_for_retries FALSE)
if(EXISTS "${_holdfast_source_dir}/holdfast.toml"
    AND NOT IS_DIRECTORY "${_holdfast_source_dir}/holdfast.toml")
  include("${CMAKE_CURRENT_LIST_DIR}/labels.cmake")
  # The locks that it has for tests (launcher/core/settings/locks_for_ctest.hpp).
  include("${_holdfast_tree}/.holdfast/locks.cmake${_holdfast_of_profile}" OPTIONAL)
  file(STRINGS "${_holdfast_source_dir}/holdfast.toml" _holdfast_line_of_toml
    REGEX "retry|known-flaky|on-failure" LIMIT_COUNT 1)
  if(NOT "${_holdfast_line_of_toml}" STREQUAL "")
    set(_holdfast_file_asks_for_retries TRUE)
    _holdfast_need_properties()
    _holdfast_watch_verdicts()
  endif()
  file(STRINGS "${_holdfast_source_dir}/holdfast.toml" _holdfast_line_of_toml REGEX "share" LIMIT_COUNT 1)
  if(NOT "${_holdfast_line_of_toml}" STREQUAL "")
    set(_holdfast_may_share TRUE)
  endif()
endif()
set(_holdfast_selects FALSE)
# -R, --tests-regex
if(_holdfast_line MATCHES "2d52|2d2d74657374732d72")
  include("${CMAKE_CURRENT_LIST_DIR}/listing.cmake")
  include("${CMAKE_CURRENT_LIST_DIR}/selection.cmake")
  # Only names are shared by, `^…$` (launcher/core/ctest/ctest_selection.hpp); in doubt `holdfast begin` is asked.
  if(NOT _holdfast_selects OR _holdfast_selected MATCHES "^\\^([^.*+?\\]|\\\\.)*[$]$")
    set(_holdfast_may_share TRUE)
  endif()
endif()
if(_holdfast_may_share AND NOT "$ENV{HOLDFAST_EXPLAIN}")
  include("${CMAKE_CURRENT_LIST_DIR}/sharing.cmake")
endif()
set(_holdfast_tells_new_tests FALSE CACHE INTERNAL "")
if(_holdfast_tells_labels OR COMMAND _holdfast_locks_of_file OR NOT _holdfast_default_limit STREQUAL "")
  set(_holdfast_tells_new_tests TRUE CACHE INTERNAL "")
endif()
if(COMMAND discover_tests)
  include("${CMAKE_CURRENT_LIST_DIR}/discover_tests.cmake")
endif()
