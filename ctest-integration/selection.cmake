# Which tests this ctest can run, if one -R on its command line tells: those whose names match, and
# those that fixtures bring along. Neither the launcher nor ctest is told anything about the others.
# Read if ctest may have such an option (attach.cmake). Sets _holdfast_selects, and
# _holdfast_selected, the expression.
#
# In doubt all tests are told: with a union (-U), several -R, a script, a preset, -R and its value
# in one word, and with --rerun-failed, for which ctest ignores its -R.
#
# A test is brought along only if it has FIXTURES_SETUP or FIXTURES_CLEANUP, which may come after
# its other properties. So what is left out is kept, and told then. Needs listing.cmake.

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
      break() # what follows is the command line of somebody else
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
  # CMake would stop at a malformed expression, so only plainly valid ones are used.
  set(character "([A-Za-z0-9_/: -]|\\.|\\\\[.()*+?^$|])[*+?]?")
  if(NOT selected MATCHES "^(${character}|[$^|]|\\((${character}|[$^|])+\\))+$")
    return()
  endif()
  set(${selects_out} TRUE PARENT_SCOPE)
  set(${selected_out} "${selected}" PARENT_SCOPE)
endfunction()
_holdfast_find_selection(_holdfast_selects _holdfast_selected)
# Separates the fields of what is kept (set_tests_properties() in overrides.cmake). CMake reads CR
# LF in a file as LF, so no value that CMake wrote has it, and nobody else writes it by accident.
set(_holdfast_f "\r\t\r\n")

# A test that is not selected may run all the same: tells what was kept of it, once. This also
# serves the first call of each kind, because only its plan says whether it may be left out. What
# every test looks up is a cache variable, the cheapest kind. No parameters, as above.
function(_holdfast_bring_along)
  if("${_holdfast_brought_${ARGV0}}" OR ARGV0 MATCHES "${_holdfast_selected}")
    return()
  endif()
  set("_holdfast_brought_${ARGV0}" TRUE CACHE INTERNAL "")
  _holdfast_tell_default_limit("${ARGV0}")
  set(name "${ARGV0}")
  get_property(kept GLOBAL PROPERTY "_holdfast_left_out ${ARGV0}")
  while(NOT "${kept}" STREQUAL "")
    # A call, then ARGV3, ARGV5 and so on to ARGV17: the values of the properties in it.
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
