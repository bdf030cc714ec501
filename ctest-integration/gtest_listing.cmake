# Asks a GoogleTest program for the list of its cases, which has one of two forms, and reads it. It
# is a part of gtest_cases.cmake, lies beside it, and calls its _holdfast_end_suite() and
# _holdfast_take_case().

# Replaces characters that have a meaning in a list of CMake by characters that no name has.
macro(_holdfast_put_stand_ins text)
  set(code 1)
  foreach(special IN ITEMS "[" "]" ";" "\\")
    string(ASCII ${code} stand_in)
    string(REPLACE "${special}" "${stand_in}" ${text} "${${text}}")
    math(EXPR code "${code} + 1")
  endforeach()
endmacro()

# The lines of the list that the program has written into <file>: GoogleTest 1.10 and later give
# every member a line of its own. Empty if the file is no such list. string(JSON) would parse the
# whole text for every member.
function(_holdfast_written_lines file out)
  set(${out} "" PARENT_SCOPE)
  if(NOT EXISTS "${file}")
    return()
  endif()
  file(READ "${file}" text)
  file(REMOVE "${file}")
  string(JSON count ERROR_VARIABLE error LENGTH "${text}" testsuites)
  if(NOT error STREQUAL "NOTFOUND")
    return()
  endif()
  string(ASCII 5 backslash)
  string(REPLACE "\\\\" "${backslash}" text "${text}") # this backslash begins no escape
  string(REGEX REPLACE "\n *(\"(tests|file|line)\": [^\n]*|{)" "" text "${text}")
  set(suite_begins "\n      \"testsuite\": [")
  string(REPLACE "${suite_begins}" "" rest "${text}")
  foreach(length IN ITEMS text rest suite_begins)
    string(LENGTH "${${length}}" ${length}_length)
  endforeach()
  math(EXPR understood "(${text_length} - ${rest_length}) / ${suite_begins_length}")
  if(understood EQUAL count)
    _holdfast_put_stand_ins(text) # each backslash that is left begins an escape
    string(REPLACE "\n" ";" text "${text}")
    set(${out} "${text}" PARENT_SCOPE)
  endif()
endfunction()

# Runs the program. <written> gets the lines of the list that it wrote, or nothing; <printed> the
# lines that it printed. Other output of the program may hide the beginning of a printed list.
function(_holdfast_listed_lines written printed)
  if(NOT EXISTS "${_holdfast_executable}")
    message(FATAL_ERROR "holdfast_discover_tests: ${_holdfast_executable} does not exist")
  endif()
  set(filter "")
  if(NOT _holdfast_TEST_FILTER STREQUAL "")
    set(filter "--gtest_filter=${_holdfast_TEST_FILTER}")
  endif()
  string(RANDOM LENGTH 12 random) # two ctests may ask at once
  set(file "${_holdfast_tests_file}.${random}.json")
  # With these set, the program would list the cases of one shard only.
  foreach(variable IN ITEMS GTEST_TOTAL_SHARDS GTEST_SHARD_INDEX)
    set(its_${variable} "$ENV{${variable}}")
    unset(ENV{${variable}})
  endforeach()
  execute_process(
    COMMAND ${_holdfast_executor} "${_holdfast_executable}" --gtest_list_tests "--gtest_output=json:${file}" ${filter}
      ${_holdfast_DISCOVERY_EXTRA_ARGS}
    WORKING_DIRECTORY "${_holdfast_WORKING_DIRECTORY}" TIMEOUT "${_holdfast_DISCOVERY_TIMEOUT}"
    OUTPUT_VARIABLE output ERROR_VARIABLE error RESULT_VARIABLE result)
  foreach(variable IN ITEMS GTEST_TOTAL_SHARDS GTEST_SHARD_INDEX)
    if(NOT its_${variable} STREQUAL "")
      set(ENV{${variable}} "${its_${variable}}")
    endif()
  endforeach()
  _holdfast_written_lines("${file}" lines)
  if(NOT result EQUAL 0)
    string(REPLACE "\n" "\n  " output "${output}${error}")
    message(FATAL_ERROR "holdfast_discover_tests: ${_holdfast_executable} did not list its cases (${result}, "
      "in ${_holdfast_WORKING_DIRECTORY}, within ${_holdfast_DISCOVERY_TIMEOUT} s):\n  ${output}")
  endif()
  set(${written} "${lines}" PARENT_SCOPE)
  _holdfast_put_stand_ins(output)
  string(REPLACE "\r\n" "\n" output "${output}")
  string(REPLACE "\n" ";" output "${output}")
  set(${printed} "${output}" PARENT_SCOPE)
endfunction()

function(_holdfast_restored text out)
  set(code 1)
  foreach(special IN ITEMS "[" "]" ";" "\\")
    string(ASCII ${code} stand_in)
    string(REPLACE "${stand_in}" "${special}" text "${text}")
    math(EXPR code "${code} + 1")
  endforeach()
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

# The macros below work on variables of _holdfast_discover_cases() and take no text, because a macro
# evaluates its arguments once more.

# Sets the parts of tests' names, pretty_suite and type ("<int>"), from suite and type_param, which
# may be empty.
macro(_holdfast_name_suite)
  set(type "")
  set(pretty_suite "${suite}")
  if(NOT type_param STREQUAL "")
    set(type "<${type_param}>")
    if(suite MATCHES "^(.*)/([0-9]+)$")
      set(pretty_suite "${CMAKE_MATCH_1}")
      if(_holdfast_NO_PRETTY_TYPES)
        set(type "<${CMAKE_MATCH_2}>")
      endif()
    endif()
  endif()
  string(REGEX REPLACE "^DISABLED_" "" pretty_suite "${pretty_suite}")
  set(in_suite TRUE)
endmacro()

# Sets pretty_test ("Case/5") from test and shown ("Case/0  # GetParam() = 5"), and disabled by
# GoogleTest's rule: DISABLED_ at the beginning, or after the prefix of an instantiation.
macro(_holdfast_name_case)
  if(NOT _holdfast_NO_PRETTY_VALUES)
    string(REGEX REPLACE "/[0-9]+[ #]+GetParam\\(\\) = " "/" pretty_test "${shown}")
  else()
    set(pretty_test "${test}")
  endif()
  # This case has a name in place of a number. Up to 4.1 CMake put the value behind such a name.
  if(pretty_test STREQUAL shown AND CMAKE_VERSION VERSION_GREATER_EQUAL 4.2)
    set(pretty_test "${test}")
  endif()
  string(REGEX REPLACE "^DISABLED_" "" pretty_test "${pretty_test}")
  set(disabled FALSE)
  if(suite MATCHES "(^|/)DISABLED_" OR test MATCHES "(^|/)DISABLED_")
    set(disabled TRUE)
  endif()
endmacro()

# Takes a printed line: "Suite.", "Suite.  # TypeParam = int", "  Case", or
# "  Case/0  # GetParam() = 5".
macro(_holdfast_take_printed_line)
  if(line MATCHES "^[^ ].*\\.(  # TypeParam = .*)?$")
    _holdfast_end_suite()
    set(type_param "")
    if(line MATCHES "^(.*)\\.  # TypeParam = (.*)$")
      set(suite "${CMAKE_MATCH_1}")
      set(type_param "${CMAKE_MATCH_2}")
    else()
      string(REGEX REPLACE "\\.$" "" suite "${line}")
    endif()
    _holdfast_name_suite()
  elseif(line MATCHES "^  [^ ]" AND in_suite)
    string(STRIP "${line}" shown)
    string(REGEX REPLACE " +#.*" "" test "${shown}")
    _holdfast_name_case()
    _holdfast_take_case()
  endif()
endmacro()

# Undoes the escapes of JSON. GoogleTest writes each byte that is not ASCII as \u00XX.
function(_holdfast_unescape text out)
  string(ASCII 4 begin)
  string(ASCII 5 backslash)
  foreach(pair IN ITEMS "\"=\"" "/=/" "n=\n" "t=\t" "r=\r")
    string(SUBSTRING "${pair}" 0 1 letter)
    string(SUBSTRING "${pair}" 2 1 meant)
    string(REPLACE "${begin}${letter}" "${meant}" text "${text}")
  endforeach()
  while(text MATCHES "${begin}u00([0-9A-Fa-f][0-9A-Fa-f])")
    set(escaped "${CMAKE_MATCH_0}")
    math(EXPR byte "0x${CMAKE_MATCH_1}")
    string(ASCII ${byte} byte)
    string(REPLACE "${escaped}" "${byte}" text "${text}")
  endwhile()
  string(REPLACE "${backslash}" "${begin}" text "${text}") # to the stand-in for a backslash
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

# A value as GoogleTest prints it behind a name: on one line, at most 250 characters.
function(_holdfast_on_one_line text out)
  string(ASCII 4 backslash)
  string(REPLACE "\n" "${backslash}n" text "${text}")
  string(LENGTH "${text}" length)
  if(length GREATER 250)
    string(SUBSTRING "${text}" 0 250 text)
    string(APPEND text "...")
  endif()
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

# Takes a written line: a member of a suite (indented by 6), a member of a case (by 10), or the end
# of a case.
macro(_holdfast_take_written_line)
  if(line MATCHES "^(      |          )\"([a-z_]+)\": \"(.*)\",?$")
    set(member "${CMAKE_MATCH_2}")
    string(LENGTH "${CMAKE_MATCH_1}" indent)
    set(value "${CMAKE_MATCH_3}")
    if(value MATCHES "${_holdfast_escape}")
      _holdfast_unescape("${value}" value)
    endif()
    if(indent EQUAL 6 AND member STREQUAL "name")
      _holdfast_end_suite()
      set(suite "${value}")
      set(type_param "")
      _holdfast_name_suite()
    elseif(member STREQUAL "name")
      set(test "${value}")
      set(shown "${value}")
    elseif(member STREQUAL "value_param")
      _holdfast_on_one_line("${value}" value)
      string(APPEND shown "  # GetParam() = ${value}")
    elseif(member STREQUAL "type_param" AND type_param STREQUAL "")
      _holdfast_on_one_line("${value}" type_param)
      _holdfast_name_suite()
    endif()
  elseif(line MATCHES "^        }")
    _holdfast_name_case()
    _holdfast_take_case()
  endif()
endmacro()
