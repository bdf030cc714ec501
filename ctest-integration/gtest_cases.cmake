# Asks a program for its cases and writes the tests of a holdfast_discover_tests() call
# (gtest_discovery.cmake). It runs as a script after the build, with -D HOLDFAST_REQUEST=<file>, or
# ctest includes it. The build tree has a copy of it and of gtest_listing.cmake; they need nothing
# else of Holdfast.
cmake_policy(PUSH)
cmake_policy(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/gtest_listing.cmake")

# Longer filters go into a file: the kernel takes at most 128 KiB per argument.
set(_holdfast_longest_filter 100000)

# The end of the output of a batch in which every case was skipped: Holdfast's line, or GoogleTest's
# own. A batch that skipped only some of its cases is not skipped.
set(_holdfast_all_skipped "holdfast: [0-9]+ cases?: [0-9]+ skipped\n*$;\
\\[  PASSED  \\] 0 tests\\.\n\\[  SKIPPED \\] [0-9]+ tests?, listed below:\n\
(\\[  SKIPPED \\] [^\n]*\n*)+( *YOU HAVE [^\n]*\n*)?$")

# The end of the output of a test whose filter matches no case, or whose arguments GoogleTest does
# not understand (it prints its help). Such a test must not pass. But a shard may have no case: then
# GoogleTest prints a line about the shard in between, and Holdfast prints no line of its own.
set(_holdfast_none_matches "Note: Google Test filter = [^\n]*\n([^\n]*Note: Randomizing [^\n]*\n)?\
[^\n]*Running 0 tests from 0 test (suites|cases)\\.\n\
[^\n]*0 tests from 0 test (suites|cases) ran\\. [^\n]*\n\
[^\n]*PASSED[^\n]*0 tests\\.\n([^\n]*WARNING: filter [^\n]*\n[^\n]*)?\n*(holdfast: 0 cases\n)?$;\
holdfast: 0 cases: the filter matches none\n*$;\
please report it to\n[^\n]*<googletestframework[^\n]*googlegroups\\.com>[^\n]*\\.\n*\
(holdfast: 0 cases: [^\n]*\n*)?$")

# These lines stand around tests that are batches, so that ctest starts holdfast-exec for them. The
# launcher of attach.cmake would replace itself by that, for the price of one more program. If the
# tests run without Holdfast, ctest knows neither the variable nor the command.
set(_holdfast_before_batches [==[
set(_holdfast_usual_launcher "${_holdfast_launcher}")
if(NOT _holdfast_usual_launcher STREQUAL "" AND COMMAND _holdfast_trouble_with_program)
  string(REPLACE "/holdfast-launcher" "/holdfast-exec" _holdfast_exec "${_holdfast_launcher}")
  _holdfast_trouble_with_program("${_holdfast_exec}" _holdfast_trouble)
  if(_holdfast_trouble STREQUAL "")
    set(_holdfast_launcher "${_holdfast_exec}")
  endif()
endif()
]==])
set(_holdfast_behind_batches "set(_holdfast_launcher \"\${_holdfast_usual_launcher}\")\n")

# Appends " [[text]]" to <out>, with brackets that the text does not hold.
function(_holdfast_append_quoted out text)
  set(equals "==")
  while("${text}]" MATCHES "]${equals}]")
    string(APPEND equals "=")
  endwhile()
  set(${out} "${${out}} [${equals}[${text}]${equals}]" PARENT_SCOPE)
endfunction()

# Quotes every element of a list, for a command in the script.
function(_holdfast_quote_all list out)
  set(words "")
  foreach(word IN LISTS ${list})
    _holdfast_append_quoted(words "${word}")
  endforeach()
  set(${out} "${words}" PARENT_SCOPE)
endfunction()

# The filter that matches a name. Names of types may hold characters with a meaning in a filter.
function(_holdfast_pattern name out)
  string(REGEX REPLACE "[*:\n-]" "?" name "${name}") # no line break: it may go into a file
  set(${out} "${name}" PARENT_SCOPE)
endfunction()

# Writes one test. <filter>: its cases, or nothing; <file>: the name of GoogleTest's own XML file.
function(_holdfast_write_test name filter file disabled)
  string(ASCII 4 backslash)
  string(REPLACE "\n" "${backslash}n" name "${_holdfast_TEST_PREFIX}${name}${_holdfast_TEST_SUFFIX}")
  foreach(text IN ITEMS name filter file)
    _holdfast_restored("${${text}}" ${text})
  endforeach()
  set(line "add_test(")
  _holdfast_append_quoted(line "${name}")
  string(APPEND line "${_holdfast_program_words}")
  if(NOT filter STREQUAL "")
    _holdfast_filter_argument("${filter}" argument)
    _holdfast_append_quoted(line "${argument}")
  endif()
  if(_holdfast_BATCH STREQUAL "case" AND _holdfast_FRAMEWORK STREQUAL "gtest")
    string(APPEND line " --gtest_also_run_disabled_tests")
  else()
    set(file "${name}")
  endif()
  if(NOT _holdfast_XML_OUTPUT_DIR STREQUAL "")
    _holdfast_append_quoted(line "--gtest_output=xml:${_holdfast_XML_OUTPUT_DIR}/${file}.xml")
  endif()
  string(APPEND line "${_holdfast_extra_words})\nset_tests_properties(")
  _holdfast_append_quoted(line "${name}")
  string(APPEND line " PROPERTIES${_holdfast_common_words}")
  if(disabled)
    string(APPEND line " DISABLED TRUE")
  endif()
  # A property can grow without being copied.
  set_property(GLOBAL APPEND_STRING PROPERTY _holdfast_script "${line}${_holdfast_property_words})\n")
  if(NOT name MATCHES "[][]") # a list cannot hold such a name
    string(REPLACE ";" "\\;" name "${name}")
    set(listed "")
    _holdfast_append_quoted(listed "${name}")
    set_property(GLOBAL APPEND_STRING PROPERTY _holdfast_names "${listed}")
  endif()
endfunction()

function(_holdfast_filter_argument filter out)
  string(LENGTH "${filter}" length)
  set(option_of_gtest "--gtest_filter=")
  set(option_of_catch2 "")
  set(option_of_doctest "--test-case=")
  set(option_of_boost "--run_test=")
  set(${out} "${option_of_${_holdfast_FRAMEWORK}}${filter}" PARENT_SCOPE)
  if(NOT _holdfast_FRAMEWORK STREQUAL "gtest")
    if(length GREATER _holdfast_longest_filter)
      message(FATAL_ERROR "holdfast_discover_tests: a batch of ${_holdfast_target} has a selection of "
        "${length} characters, expected at most ${_holdfast_longest_filter}: make smaller batches")
    endif()
  elseif(length GREATER _holdfast_longest_filter)
    get_property(number GLOBAL PROPERTY _holdfast_flag_files)
    math(EXPR number "0${number} + 1")
    set_property(GLOBAL PROPERTY _holdfast_flag_files "${number}")
    file(WRITE "${_holdfast_tests_file}.${number}.flags" "--gtest_filter=${filter}\n")
    set(${out} "--gtest_flagfile=${_holdfast_tests_file}.${number}.flags" PARENT_SCOPE)
  endif()
endfunction()

# As in gtest_listing.cmake, the macros below work on variables of _holdfast_discover_cases() and
# take no text.

# Makes a test, batch_name, of all cases since the last call.
macro(_holdfast_end_batch)
  if(batch_count GREATER 0)
    _holdfast_write_test("${batch_name}" "${batch_filter}" "" FALSE)
  endif()
  set(batch_filter "")
  set(batch_count 0)
endmacro()

# Called at the end of a suite. With BATCH suite, makes it a test. The suite's name is filter enough
# if TEST_FILTER leaves no case out.
macro(_holdfast_end_suite)
  if(_holdfast_BATCH STREQUAL "suite" AND in_suite)
    _holdfast_pattern("${suite}.*" pattern)
    string(REGEX REPLACE "[?]$" "*" pattern "${pattern}")
    set(batch_name "${pretty_suite}${type}")
    if(batch_name STREQUAL "")
      set(batch_name "(no name)")
    endif()
    if(suite MATCHES "^DISABLED_") # a suite of the same name without this prefix may exist
      string(PREPEND batch_name "DISABLED_")
    endif()
    if(_holdfast_TEST_FILTER STREQUAL "")
      set(batch_filter "${pattern}")
    endif()
    if(batch_count EQUAL 0 AND disabled_count GREATER 0)
      _holdfast_write_test("${batch_name}" "${pattern}" "" TRUE)
    endif()
    _holdfast_end_batch()
  endif()
  set(disabled_count 0)
endmacro()

# Adds a case to the test to which it belongs.
macro(_holdfast_take_case)
  _holdfast_pattern("${suite}.${test}" pattern)
  if(_holdfast_BATCH STREQUAL "case")
    _holdfast_write_test("${pretty_suite}.${pretty_test}${type}" "${pattern}"
      "${_holdfast_TEST_PREFIX}${suite}.${test}${_holdfast_TEST_SUFFIX}" ${disabled})
  elseif(disabled)
    math(EXPR disabled_count "${disabled_count} + 1")
  else()
    math(EXPR batch_count "${batch_count} + 1")
    if(NOT _holdfast_BATCH STREQUAL "binary"
        AND NOT (_holdfast_BATCH STREQUAL "suite" AND _holdfast_TEST_FILTER STREQUAL ""))
      if(NOT batch_filter STREQUAL "")
        string(APPEND batch_filter ":")
      endif()
      string(APPEND batch_filter "${pattern}")
    endif()
    if(batch_count STREQUAL _holdfast_BATCH)
      math(EXPR batch_number "${batch_number} + 1")
      set(batch_name "${_holdfast_target}.${batch_number}")
      _holdfast_end_batch()
    endif()
  endif()
endmacro()

# Sets the words of the script that all tests of the call have in common.
macro(_holdfast_prepare_words)
  set(program ${_holdfast_executor} "${_holdfast_executable}")
  _holdfast_quote_all(program _holdfast_program_words)
  _holdfast_quote_all(_holdfast_EXTRA_ARGS _holdfast_extra_words)
  _holdfast_quote_all(_holdfast_PROPERTIES _holdfast_property_words)
  set(_holdfast_common_words " WORKING_DIRECTORY")
  _holdfast_append_quoted(_holdfast_common_words "${_holdfast_WORKING_DIRECTORY}")
  if(NOT _holdfast_BATCH STREQUAL "case" OR _holdfast_FRAMEWORK STREQUAL "gtest")
    string(APPEND _holdfast_common_words " SKIP_REGULAR_EXPRESSION")
  endif()
  if(_holdfast_BATCH STREQUAL "case" AND NOT _holdfast_FRAMEWORK STREQUAL "gtest")
    # The framework's own words and codes are for the call to name (PROPERTIES).
  elseif(_holdfast_BATCH STREQUAL "case")
    _holdfast_append_quoted(_holdfast_common_words "\\[  SKIPPED \\]")
  else()
    _holdfast_append_quoted(_holdfast_common_words "${_holdfast_all_skipped}")
    string(APPEND _holdfast_common_words " HOLDFAST_ISOLATION ${_holdfast_ISOLATION}")
  endif()
  # With WILL_FAIL a test without a case fails already, and this would make it pass.
  if(NOT "WILL_FAIL" IN_LIST _holdfast_PROPERTIES)
    string(APPEND _holdfast_common_words " FAIL_REGULAR_EXPRESSION")
    _holdfast_append_quoted(_holdfast_common_words
      "${_holdfast_none_matches};\\[doctest\\] test cases: +0 \\|[^\n]*\n[^\n]*\n[^\n]*\n*$;No tests ran\n*$")
  endif()
endmacro()

# Asks a GoogleTest program.
function(_holdfast_discover_gtest)
  set(suite "")
  set(in_suite FALSE)
  string(ASCII 4 5 special)
  set(_holdfast_escape "[${special}]")
  set(batch_filter "")
  foreach(counter IN ITEMS batch_count batch_number disabled_count)
    set(${counter} 0)
  endforeach()
  _holdfast_listed_lines(written printed)
  if(NOT written STREQUAL "")
    foreach(line IN LISTS written)
      _holdfast_take_written_line()
    endforeach()
  else()
    foreach(line IN LISTS printed)
      _holdfast_take_printed_line()
    endforeach()
  endif()
  _holdfast_end_suite()
  if(_holdfast_BATCH STREQUAL "binary")
    set(batch_filter "${_holdfast_TEST_FILTER}")
    set(batch_name "${_holdfast_target}")
    _holdfast_end_batch()
  elseif(_holdfast_BATCH MATCHES "^[0-9]")
    math(EXPR batch_number "${batch_number} + 1")
    set(batch_name "${_holdfast_target}.${batch_number}")
    _holdfast_end_batch()
  endif()
endfunction()

# Reads the request, asks the program, writes the tests.
function(_holdfast_discover_cases request_file)
  include("${request_file}")
  _holdfast_prepare_words()
  foreach(property IN ITEMS _holdfast_script _holdfast_names _holdfast_flag_files)
    set_property(GLOBAL PROPERTY ${property} "")
  endforeach()
  if(_holdfast_FRAMEWORK STREQUAL "gtest")
    _holdfast_discover_gtest()
  else()
    _holdfast_discover_listed()
  endif()
  get_property(script GLOBAL PROPERTY _holdfast_script)
  get_property(names GLOBAL PROPERTY _holdfast_names)
  if(NOT _holdfast_BATCH STREQUAL "case")
    set(script "${_holdfast_before_batches}${script}${_holdfast_behind_batches}")
  endif()
  file(WRITE "${_holdfast_tests_file}" "${script}set(${_holdfast_TEST_LIST}${names})\n")
  foreach(property IN ITEMS _holdfast_script _holdfast_names)
    set_property(GLOBAL PROPERTY ${property} "")
  endforeach()
endfunction()

if(DEFINED HOLDFAST_REQUEST)
  _holdfast_discover_cases("${HOLDFAST_REQUEST}")
endif()

cmake_policy(POP)
