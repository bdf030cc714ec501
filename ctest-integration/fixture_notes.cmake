# Tests that fixtures connect share a containment (docs/reference/containment.md). Which these are
# is known only when ctest has read all tests, and ctest says nothing then. So each test with
# fixtures is noted in a file, which the keeper reads when the first of them starts
# (launcher/ctest/test_graph.hpp). ctest reads this file if holdfast.toml or a property asks
# for such a containment.

include("${CMAKE_CURRENT_LIST_DIR}/encoding.cmake")
set(_holdfast_fixture_notes
  "${_holdfast_tree}/.holdfast/fixtures-${_holdfast_pid}-${_holdfast_start}-${_holdfast_numbers}-${_holdfast_count}" CACHE INTERNAL "")

# `change`: what _holdfast_tell_order() has set.
function(_holdfast_note_fixtures test change)
  if(NOT change MATCHES "HOLDFAST_P_FIXTURES_[A-Z]+=set:(.*)$" OR "$ENV{HOLDFAST_EXPLAIN}")
    return()
  endif()
  set(names "${CMAKE_MATCH_1}")
  _holdfast_encode("${test}" encoded)
  file(APPEND "${_holdfast_fixture_notes}" "F ${encoded} ${names}\n")
endfunction()

function(_holdfast_note_services test)
  if(NOT "$ENV{HOLDFAST_EXPLAIN}")
    _holdfast_encode("${test}" encoded)
    file(APPEND "${_holdfast_fixture_notes}" "S ${encoded}\n")
  endif()
endfunction()

# Notes the tests that ctest has read before.
function(_holdfast_note_earlier_fixtures)
  get_property(earlier GLOBAL PROPERTY _holdfast_tests_with_fixtures)
  set(separator "${_holdfast_separator}")
  while(earlier MATCHES "^([^${separator}]*)${separator}([^${separator}]*)${separator}(.*)$")
    set(test "${CMAKE_MATCH_1}")
    set(one "${CMAKE_MATCH_2}")
    set(earlier "${CMAKE_MATCH_3}")
    get_property(names GLOBAL PROPERTY "_holdfast_order ${one} ${test}")
    _holdfast_encode_names("${names}" encoded)
    _holdfast_note_fixtures("${test}" "HOLDFAST_P_${one}=set:${encoded}")
  endwhile()
endfunction()
