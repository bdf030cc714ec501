# ctest reads this before the tests of a tree (through <tree>/.holdfast/attach.cmake). From here on
# every add_test() runs its command through the launcher, whoever calls it: generated test files,
# discovery scripts, sub-directories.
#
# The file in the tree sets
#   _holdfast_tree           the top-level build directory, absolute
#   _holdfast_tree_contract  the number of the contract that tree was configured for
#   _holdfast_tree_version   the Holdfast that configured it
#   _holdfast_source_dir     the top-level source directory
#   _holdfast_project_key    the project's name, percent-encoded
#   _holdfast_timeout_margin seconds; empty: the usual margin (timeouts.cmake)
#
# It does nothing, and says nothing, if there is nothing to run or it would be in the way
# (HOLDFAST_DISABLE, listings, memory checks). If something is wrong it only prints one line. One
# line also says that services are not started, where the project declares some.
#
# Only two kinds of run start a process here: one that CTestCustom.cmake did not begin (ctest in a
# sub-directory, `ctest -S`), and one that shares the tree and must not (sharing.cmake). Both wait
# for the tree here. ctest has opened its log by then: that is too late, but better than two runs at
# once.

# ctest reads this with all policies unset: not even IN_LIST would be an operator.
cmake_policy(VERSION 3.25)

# Tests that use services would fail without a word. It has one line for them, except in a listing.
function(_holdfast_say_without_services why)
  file(GLOB_RECURSE declared LIST_DIRECTORIES FALSE "${_holdfast_tree}/.holdfast/services/*.toml")
  if("${declared}" STREQUAL "" AND EXISTS "${_holdfast_source_dir}/holdfast.toml"
      AND NOT IS_DIRECTORY "${_holdfast_source_dir}/holdfast.toml")
    file(STRINGS "${_holdfast_source_dir}/holdfast.toml" declared
      REGEX "^[ \t]*\\[[ \t]*service[ \t]*\\." LIMIT_COUNT 1)
  endif()
  if("${declared}" STREQUAL "")
    return()
  endif()
  include("${CMAKE_CURRENT_FUNCTION_LIST_DIR}/listing.cmake")
  _holdfast_lists_only("${_holdfast_source_dir}" lists_only)
  if(NOT lists_only)
    message(NOTICE "holdfast: ${why}: services are not started")
  endif()
endfunction()

if("$ENV{HOLDFAST_DISABLE}")
  _holdfast_say_without_services("HOLDFAST_DISABLE is set")
  return()
endif()

include("${CMAKE_CURRENT_LIST_DIR}/process.cmake")
set(_holdfast_stay_out FALSE)
_holdfast_may_list(_holdfast_may)
if(_holdfast_may)
  include("${CMAKE_CURRENT_LIST_DIR}/listing.cmake")
  _holdfast_lists_only("${_holdfast_source_dir}" _holdfast_stay_out)
endif()
# `holdfast config --explain` wants a listing of what the launcher would be told.
if(_holdfast_stay_out AND NOT "$ENV{HOLDFAST_EXPLAIN}")
  return()
endif()

_holdfast_proc_is_anothers(_holdfast_stay_out)
if(_holdfast_stay_out)
  message(NOTICE "holdfast: /proc is of another PID namespace, not of ours: tests run without Holdfast")
  return()
endif()

include("${CMAKE_CURRENT_LIST_DIR}/environment.cmake")
# Only these can mean a memory check: -D, -M, -S, -T, --dashboard, --script, --test-action,
# --test-model.
if(_holdfast_line MATCHES "2d(44|4d|53|54)|2d2d(6461|7363|746573742d(61|6d))")
  include("${CMAKE_CURRENT_LIST_DIR}/memory_check.cmake")
  _holdfast_checks_memory(_holdfast_stay_out)
  if(_holdfast_stay_out)
    _holdfast_say_without_services("a memory check runs the tests without Holdfast")
    return()
  endif()
endif()

# The contract between the tree's files and these files. A change of meaning gets a new number.
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

# A function with the name of a command keeps that command under the name with a '_' in front, but
# only once. After a second override the first function would call itself for ever.
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

# Says which ctest runs the tests. It is set in ctest's own environment, which every test inherits;
# the launcher removes it. A script with several ctest_test() reads this file again in the same
# process, and the count tells its runs apart. A ctest inside a test has its own pid and count.
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
    if("--from-include" IN_LIST ARGN)
      message(NOTICE "holdfast: ${_holdfast_program} ${trouble}: tests run by their own properties, "
        "nothing is recorded")
    endif()
    return()
  endif()
  # stdout and stderr are not ctest's here: begin finds ctest's stderr by itself.
  execute_process(
    COMMAND "${_holdfast_program}" begin --tree "${_holdfast_tree}"
      --project "${_holdfast_project_key}" --ctest "${_holdfast_pid}:${_holdfast_start}"
      --ctest-version "${CMAKE_VERSION}" ${ARGN}
    RESULT_VARIABLE result OUTPUT_QUIET ERROR_VARIABLE error)
  string(STRIP "${error}" error)
  if(NOT result EQUAL 0)
    # On a line of its own, because FATAL_ERROR would wrap it.
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
if(NOT "$ENV{HOLDFAST_PLANNED}" STREQUAL "") # `holdfast begin` has read it; it is of this run alone
  unset(ENV{HOLDFAST_PLANNED})
endif()
# ctest puts a test's command into its log, before what the test prints. No test is told this word, so
# nothing that a test prints is taken for ctest's words (launcher/ctest/ctest_log_entries.hpp).
set(_holdfast_word "")
if(NOT "$ENV{HOLDFAST_EXPLAIN}")
  # string(RANDOM) would give the same word in each run of a script that sets RANDOM_SEED.
  file(READ /dev/urandom _holdfast_word LIMIT 8 HEX)
endif()
set(_holdfast_is_shard_in_one_tree FALSE)
if(NOT "$ENV{HOLDFAST_ONE_TREE}" STREQUAL "") # no other shard has its tests or their fixtures
  set(_holdfast_is_shard_in_one_tree TRUE)
  unset(ENV{HOLDFAST_ONE_TREE})
endif()

# Files that `holdfast begin` wrote for this profile have its name at their end.
set(_holdfast_of_profile "")
if(NOT "$ENV{HOLDFAST_PROFILE}" MATCHES "^(default)?$")
  include("${CMAKE_CURRENT_LIST_DIR}/encoding.cmake")
  _holdfast_encode("$ENV{HOLDFAST_PROFILE}" _holdfast_of_profile)
  string(PREPEND _holdfast_of_profile "-")
endif()

# How long the end of a test may take: stacks (2 s), the longest grace in the settings, SIGKILL (1
# s). See launcher/ctest/ctest_limits.hpp.
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
  # From CMake 3.27 on ctest can tell that a limit is over, and wait for the end: a minute at most.
  if(CMAKE_VERSION VERSION_GREATER_EQUAL 3.27 AND _holdfast_timeout_margin LESS_EQUAL 60)
    set(_holdfast_ctest_tells TRUE)
  endif()
endif()
include("${CMAKE_CURRENT_LIST_DIR}/commands.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/ctest_limits.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/overrides.cmake")
_holdfast_enter_directory()
set(_holdfast_may_share FALSE)
if(_holdfast_line MATCHES "2d49|2d2d74657374732d(66|69)") # -I, --tests-from-file, --tests-information
  set(_holdfast_may_share TRUE)
endif()
set(_holdfast_test_order "")
set(_holdfast_tells_labels FALSE)
set(_holdfast_file_asks_for_retries FALSE)
set(_holdfast_far FALSE)
# A script may test several trees.
unset(ENV{HOLDFAST_P_FILE_SHARES_CONTAINMENT})
unset(ENV{HOLDFAST_P_FILE_MUST_CONTAIN})
if(EXISTS "${_holdfast_source_dir}/holdfast.toml"
    AND NOT IS_DIRECTORY "${_holdfast_source_dir}/holdfast.toml")
  include("${CMAKE_CURRENT_LIST_DIR}/labels.cmake")
  # The locks and services of holdfast.toml for tests (launcher/settings/locks_for_ctest.hpp).
  include("${_holdfast_tree}/.holdfast/locks.cmake${_holdfast_of_profile}" OPTIONAL)
  if(_holdfast_far)
    include("${CMAKE_CURRENT_LIST_DIR}/far.cmake")
  endif()
  if(EXISTS "${_holdfast_tree}/.holdfast/order.cmake${_holdfast_of_profile}")
    set(_holdfast_test_order "${_holdfast_tree}/.holdfast/order.cmake${_holdfast_of_profile}")
  endif()
  file(STRINGS "${_holdfast_source_dir}/holdfast.toml" _holdfast_line_of_toml
    REGEX "retry|known-flaky|on-failure" LIMIT_COUNT 1)
  if(NOT "${_holdfast_line_of_toml}" STREQUAL "")
    set(_holdfast_file_asks_for_retries TRUE)
    _holdfast_need_properties()
    _holdfast_watch_verdicts()
  endif()
  file(STRINGS "${_holdfast_source_dir}/holdfast.toml" _holdfast_line_of_toml
    REGEX "containment.*(netns|tmp)" LIMIT_COUNT 1)
  if(NOT "${_holdfast_line_of_toml}" STREQUAL "")
    _holdfast_need_properties()
    _holdfast_need_fixture_notes()
    set(ENV{HOLDFAST_P_FILE_SHARES_CONTAINMENT} 1)
  endif()
  file(STRINGS "${_holdfast_source_dir}/holdfast.toml" _holdfast_line_of_toml
    REGEX "containment-missing.*fail" LIMIT_COUNT 1)
  if(NOT "${_holdfast_line_of_toml}" STREQUAL "")
    set(ENV{HOLDFAST_P_FILE_MUST_CONTAIN} 1)
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
  # Only names `^…$` can share (launcher/ctest/ctest_options.hpp); `holdfast begin` decides.
  if(NOT _holdfast_selects OR _holdfast_selected MATCHES "^\\^([^.*+?\\]|\\\\.)*[$]$")
    set(_holdfast_may_share TRUE)
  endif()
endif()
if(_holdfast_may_share AND NOT _holdfast_is_shard_in_one_tree AND NOT "$ENV{HOLDFAST_EXPLAIN}")
  include("${CMAKE_CURRENT_LIST_DIR}/sharing.cmake")
endif()
if(NOT "$ENV{HOLDFAST_TEST_ORDER}" STREQUAL "")
  set(_holdfast_test_order "$ENV{HOLDFAST_TEST_ORDER}")
  unset(ENV{HOLDFAST_TEST_ORDER})
endif()
if(NOT _holdfast_test_order MATCHES "^(as-is)?$")
  include("${CMAKE_CURRENT_LIST_DIR}/test_order.cmake")
endif()
set(_holdfast_tells_new_tests FALSE CACHE INTERNAL "")
if(_holdfast_tells_labels OR COMMAND _holdfast_locks_of_file OR COMMAND _holdfast_services_of_file
    OR COMMAND _holdfast_put_in_order
    OR NOT _holdfast_default_limit STREQUAL "")
  set(_holdfast_tells_new_tests TRUE CACHE INTERNAL "")
endif()
if(COMMAND discover_tests)
  include("${CMAKE_CURRENT_LIST_DIR}/discover_tests.cmake")
endif()
