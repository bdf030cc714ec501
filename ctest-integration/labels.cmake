# Labels, for overrides by label. They are watched and told to the launcher only if the project's
# holdfast.toml has the word `label`; otherwise they cost nothing. Read only if there is a
# holdfast.toml. Needs overrides.cmake.
#
# CMake writes the labels of a directory as set_directory_properties() at the end of its test file.
# ctest adds them to every test read from that directory so far.

file(STRINGS "${_holdfast_source_dir}/holdfast.toml" _holdfast_line_of_toml REGEX "label" LIMIT_COUNT 1)
if("${_holdfast_line_of_toml}" STREQUAL "")
  return()
endif()
set(_holdfast_tells_labels TRUE)
_holdfast_need_properties()

_holdfast_watch("LABELS")

function(_holdfast_note_test test)
  _holdfast_working_directory(cwd)
  set_property(GLOBAL APPEND PROPERTY "_holdfast_tests_of ${cwd}" "${test}")
endfunction()

if(COMMAND _set_directory_properties)
  return() # it is another script's: a second override would call itself for ever
endif()

# ctest takes one pair: PROPERTIES LABELS <list>.
function(set_directory_properties)
  if(NOT ARGC EQUAL 3)
    __set_directory_properties(${ARGV})
    return()
  endif()
  __set_directory_properties("${ARGV0}" "${ARGV1}" "${ARGV2}")
  if(NOT ARGV1 STREQUAL "LABELS")
    return()
  endif()
  _holdfast_working_directory(cwd)
  get_property(tests GLOBAL PROPERTY "_holdfast_tests_of ${cwd}")
  foreach(test IN LISTS tests)
    _holdfast_note_property("${test}" LABELS "${ARGV2}")
  endforeach()
endfunction()

function(_set_directory_properties) # as _add_test() in overrides.cmake
  cmake_parse_arguments(PARSE_ARGV 0 passed "" "" "")
  __set_directory_properties(${passed_UNPARSED_ARGUMENTS})
endfunction()
