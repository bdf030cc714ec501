# Which tests this ctest can run, where its command line tells by one -R: those whose names match, and what
# fixtures bring along. Of others nothing is told to the launcher, nor to ctest. Read where ctest may have
# such an option (attach.cmake). Sets _holdfast_selects, and _holdfast_selected: the expression.
#
# In doubt all are told: with a union (-U), several -R, in a script, with a preset, -R written in one word,
# and with --rerun-failed, for which ctest forgets its -R.
#
# A test is brought along only if it has FIXTURES_SETUP or FIXTURES_CLEANUP, which may come after its other
# properties: what has been left out is kept, and told then. Needs listing.cmake.

function(_holdfast_find_selection selects_out selected_out)
  set(${selects_out} FALSE PARENT_SCOPE)
  set(${selected_out} "" PARENT_SCOPE)
  _holdfast_own_arguments(arguments)
  _holdfast_options_with_value(takes_value)
  _holdfast_bytes("-R|--tests-regex" takes_expression)
  _holdfast_bytes("-S" takes_script)
  _holdfast_bytes("-R|--tests-regex|-U|--union|-S|--script|--overwrite|--preset|--rerun-failed" in_doubt)
  _holdfast_bytes("--test-command" test_command)
  string(REPLACE " 7c" "|" takes_expression "${takes_expression}")
  string(REPLACE " 7c" "|" in_doubt "${in_doubt}")
  set(option "")
  set(bytes "")
  foreach(argument IN LISTS arguments)
    if(NOT option STREQUAL "")
      if(option MATCHES "^(${takes_expression})$")
        if(NOT bytes STREQUAL "")
          return()
        endif()
        set(bytes "${argument}")
      endif()
      set(option "")
    elseif(argument STREQUAL test_command)
      break() # what follows is somebody else's command line
    elseif(argument IN_LIST takes_value AND NOT argument MATCHES "^${takes_script}")
      set(option "${argument}")
    elseif(argument MATCHES "^(${in_doubt})")
      return()
    endif()
  endforeach()
  if(NOT bytes MATCHES "^( [2-7][0-9a-f])+$")
    return()
  endif()
  _holdfast_text("${bytes}" selected)
  # CMake would stop at an expression that is none: what is not plainly one is not looked into.
  set(character "([A-Za-z0-9_/: -]|\\.|\\\\[.()*+?^$|])[*+?]?")
  if(NOT selected MATCHES "^(${character}|[$^|]|\\((${character}|[$^|])+\\))+$")
    return()
  endif()
  set(${selects_out} TRUE PARENT_SCOPE)
  set(${selected_out} "${selected}" PARENT_SCOPE)
endfunction()
_holdfast_find_selection(_holdfast_selects _holdfast_selected)
# Between the fields of what is kept (set_tests_properties() in overrides.cmake). CMake reads CR LF of a file as LF:
# no value that it wrote has it, and nobody else's by accident.
set(_holdfast_f "\r\t\r\n")

# A test that is not selected may run all the same: tells what has been kept of it, once. So it is with the first
# call of each kind, since only its plan says whether it may be left out. No parameters: ARGV0 is
# set_tests_properties()'s. What is asked of each test is a cache variable: that is the cheapest to look up.
function(_holdfast_bring_along)
  if("${_holdfast_brought_${ARGV0}}" OR ARGV0 MATCHES "${_holdfast_selected}")
    return()
  endif()
  set("_holdfast_brought_${ARGV0}" TRUE CACHE INTERNAL "")
  _holdfast_tell_default_limit("${ARGV0}")
  set(name "${ARGV0}")
  get_property(kept GLOBAL PROPERTY "_holdfast_left_out ${ARGV0}")
  while(NOT "${kept}" STREQUAL "")
    # A call, then ARGV3, ARGV5 to ARGV17: the values of the properties that it names.
    _holdfast_take_field(call)
    string(REPLACE " " ";" call "${call}")
    list(SUBLIST call 2 8 properties)
    foreach(property IN LISTS properties)
      _holdfast_take_field(value)
      if(NOT property STREQUAL "")
        set_tests_properties("${name}" PROPERTIES "${property}" "${value}")
      endif()
    endforeach()
  endwhile()
endfunction()

macro(_holdfast_take_field out)
  string(FIND "${kept}" "${_holdfast_f}" end)
  string(SUBSTRING "${kept}" 0 ${end} ${out})
  math(EXPR end "${end} + 4") # the length of _holdfast_f
  string(SUBSTRING "${kept}" ${end} -1 kept)
endmacro()
