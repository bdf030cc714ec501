# Which parts of a call of set_tests_properties() matter, and how they are examined. This is the
# call's plan, made once for each combination of property names (overrides.cmake names what is
# kept). A plan is a template of the values that matter. properties.cmake, which reads this file,
# learns what follows from them.
#
# Some properties depend on the test's name or on other tests: DEPENDS, WORKING_DIRECTORY. Others may
# have another value for each test: FIXTURES_*, REQUIRED_FILES, and expressions, of which it only
# matters whether they may match the line about locks. These are special: handled for each test, not
# learnt.

string(ASCII 31 _holdfast_separator) # no value has it
set(_holdfast_separator "${_holdfast_separator}" CACHE INTERNAL "")

# Notes from here on which tests fixtures connect, and those that ctest has read before.
function(_holdfast_need_fixture_notes)
  if(NOT COMMAND _holdfast_note_fixtures)
    include("${CMAKE_CURRENT_FUNCTION_LIST_DIR}/fixture_notes.cmake")
    _holdfast_note_earlier_fixtures()
  endif()
endfunction()

# The properties whose values make a difference.
function(_holdfast_watched_properties out)
  get_property(watched GLOBAL PROPERTY _holdfast_watched)
  _holdfast_setting_names(settings)
  list(TRANSFORM settings PREPEND "HOLDFAST_")
  set(${out} ${settings} HOLDFAST_ENABLED PROCESSORS RESOURCE_LOCK RUN_SERIAL SKIP_RETURN_CODE TIMEOUT TIMEOUT_AFTER_MATCH
    TIMEOUT_SIGNAL_GRACE_PERIOD TIMEOUT_SIGNAL_NAME WILL_FAIL ${watched} PARENT_SCOPE)
endfunction()

# Reports a property of ours that has no effect, because without it a test may be green for the
# wrong reason. Reports it once, for the first test that has it.
function(_holdfast_say_unserved test property)
  _holdfast_setting_names(settings)
  list(TRANSFORM settings PREPEND "_")
  list(JOIN settings ", " settings)
  set(why "is no property of Holdfast's (HOLDFAST_ENABLED, ${settings})")
  _holdfast_say_once("${property}" "\"${test}\": ${property} ${why}: ignoring it")
endfunction()

# Makes the plan for a call with these property names. Sets `passed`, which is empty for a call that
# must be taken apart. No parameters: ARGV<n>, `call` and `count` are those of
# set_tests_properties().
function(_holdfast_make_plan)
  set(passed "" PARENT_SCOPE)
  math(EXPR odd "${count} % 2")
  if(NOT ARGV1 STREQUAL "PROPERTIES" OR odd OR count LESS 4 OR count GREATER 18)
    return()
  endif()
  # These come before all properties, because CMake writes FAIL_REGULAR_EXPRESSION first.
  if(call MATCHES " HOLDFAST_RETRY( |$)")
    _holdfast_watch_verdicts()
  endif()
  _holdfast_watched_properties(watched)
  if(call MATCHES " HOLDFAST_CONTAINMENT( |$)")
    _holdfast_need_fixture_notes()
  endif()
  set(template "")
  set(special "")
  set(order "")
  set(order_at "")
  set(sign "=")
  math(EXPR last "${count} - 2")
  get_property(asking GLOBAL PROPERTY _holdfast_asks_for_tree) # sharing.cmake
  foreach(i RANGE 2 ${last} 2)
    set(property "${ARGV${i}}")
    math(EXPR value "${i} + 1")
    if(property IN_LIST asking)
      list(APPEND special "alone-for-${property}=${value}")
      set(sign "*")
    endif()
    if(property IN_LIST watched AND NOT property STREQUAL "WORKING_DIRECTORY")
      string(APPEND template "@ARGV${value}@${_holdfast_separator}")
    elseif(property MATCHES "^HOLDFAST_")
      _holdfast_say_unserved("${ARGV0}" "${property}")
    elseif(property MATCHES "^(DEPENDS|FIXTURES_(SETUP|REQUIRED|CLEANUP))$")
      list(APPEND order ${property})
      list(APPEND order_at ${value})
      set(sign "*")
    elseif(property STREQUAL "REQUIRED_FILES" OR property IN_LIST watched)
      list(APPEND special "${property}=${value}")
      set(sign "*")
    endif()
    if(property STREQUAL "HOLDFAST_SERVICES" AND COMMAND _holdfast_note_services)
      list(APPEND special "services=${value}")
      set(sign "*")
    endif()
    if(property STREQUAL "FIXTURES_SETUP") # only that it has one is learnt
      string(APPEND template "${_holdfast_separator}")
    endif()
    if(property MATCHES "^(PASS|FAIL|SKIP)_REGULAR_EXPRESSION$")
      string(APPEND template "${_holdfast_separator}")
      list(APPEND special "expression=${value}")
      set(sign "*")
    endif()
  endforeach()
  if(_holdfast_selects) # selection.cmake
    set(slot " [^][ ;\\]*") # a property's name, or none
    if(call MATCHES "^[0-9]+ PROPERTIES${slot}${slot}${slot}${slot}${slot}${slot}${slot}${slot}$"
        AND NOT call MATCHES "DEPENDS|FIXTURES_(SETUP|CLEANUP)")
      set("_holdfast_leaves_${call}" TRUE CACHE INTERNAL "")
    else()
      list(PREPEND special "brings-along=0")
      set(sign "*")
    endif()
  endif()
  set(plan "")
  if(NOT "${template}${special}${order}" STREQUAL "")
    set(plan "${sign}${template}")
  endif()
  set(passed ${count})
  if("${ARGV${last}}" STREQUAL "_BACKTRACE_TRIPLES")
    math(EXPR passed "${count} - 2")
  endif()
  set_property(GLOBAL PROPERTY "_holdfast_passed ${call}" "${passed}")
  set_property(GLOBAL PROPERTY "_holdfast_plan ${call}" "${plan}")
  set_property(GLOBAL PROPERTY "_holdfast_special ${call}" "${special}")
  set_property(GLOBAL PROPERTY "_holdfast_order_of ${call}" "${order}")
  set_property(GLOBAL PROPERTY "_holdfast_order_at ${call}" "${order_at}")
  set_property(GLOBAL APPEND PROPERTY _holdfast_calls "${call}")
  set(passed "${passed}" PARENT_SCOPE)
endfunction()

# Handles a call whose plan says that there is more to do. Sets `_holdfast_anchor` if an expression
# begins at the start of the output, or may match the line about locks there (lock_line.cmake). Sets
# `_holdfast_also` to what ctest is told besides, as a list of names and values. No parameters.
function(_holdfast_do_what_is_special)
  set(also "")
  get_property(special GLOBAL PROPERTY "_holdfast_special ${call}")
  if(special)
    _holdfast_do_each_special()
  endif()
  # Every test of a large project may have these.
  get_property(order GLOBAL PROPERTY "_holdfast_order_of ${call}")
  get_property(order_at GLOBAL PROPERTY "_holdfast_order_at ${call}")
  foreach(one i IN ZIP_LISTS order order_at)
    set_property(GLOBAL APPEND PROPERTY "_holdfast_order ${one} ${ARGV0}" "${ARGV${i}}")
    get_property(names GLOBAL PROPERTY "_holdfast_order ${one} ${ARGV0}")
    get_property(change GLOBAL PROPERTY "_holdfast_tells ${one} ${names}")
    if(NOT change)
      _holdfast_tell_order()
    endif()
    string(APPEND also "${change}")
    if(COMMAND _holdfast_note_fixtures)
      _holdfast_note_fixtures("${ARGV0}" "${change}")
    elseif(NOT one STREQUAL "DEPENDS") # a property of a later test may ask for it
      set_property(GLOBAL APPEND_STRING PROPERTY _holdfast_tests_with_fixtures
        "${ARGV0}${_holdfast_separator}${one}${_holdfast_separator}")
    endif()
  endforeach()
  set(_holdfast_also "${also}" PARENT_SCOPE)
endfunction()

# Handles the values in `special`. Sets `_holdfast_anchor` and appends to `also`.
macro(_holdfast_do_each_special)
  foreach(one IN LISTS special)
    string(REGEX MATCH "[0-9]+$" i "${one}")
    if(one MATCHES "^expression")
      if(ARGV${i} MATCHES "\\^|holdfast|lock|service|after")
        set(_holdfast_anchor "^" PARENT_SCOPE)
      endif()
    elseif(one MATCHES "^REQUIRED_FILES")
      _holdfast_tell_required("${ARGV0}" "${ARGV${i}}")
    elseif(one MATCHES "^services")
      _holdfast_note_services("${ARGV0}")
    elseif(one STREQUAL "brings-along=0")
      _holdfast_bring_along()
    elseif(one MATCHES "^alone-for-(.*)=")
      _holdfast_consider_tree("${ARGV0}" "${CMAKE_MATCH_1}" "${ARGV${i}}")
    else()
      _holdfast_relocate_command("${ARGV0}" "${ARGV${i}}")
    endif()
  endforeach()
endmacro()

# A test that others depend on keeps its background processes until the run ends. If it is added
# later, add_test() looks again.
function(_holdfast_mark_needed test)
  get_property(marked GLOBAL PROPERTY "_holdfast_needed ${test}")
  if(NOT marked AND NOT test STREQUAL "")
    set_property(GLOBAL PROPERTY "_holdfast_needed ${test}" TRUE)
    set(_holdfast_tells_new_tests TRUE CACHE INTERNAL "")
    _holdfast_modify_environment("${test}" "HOLDFAST_P_NEEDED=set:1")
  endif()
endfunction()

# A relative command is looked up from WORKING_DIRECTORY, which is known only after the command was
# wrapped. HOLDFAST_P_COMMAND corrects the path.
function(_holdfast_relocate_command test directory)
  get_property(command GLOBAL PROPERTY "_holdfast_relative ${test}")
  if("${command}" STREQUAL "")
    return()
  endif()
  _holdfast_working_directory(cwd)
  cmake_path(ABSOLUTE_PATH directory BASE_DIRECTORY "${cwd}" NORMALIZE)
  _holdfast_find_relative("${directory}" "${command}" path)
  if(path STREQUAL "")
    set(path "${command}")
    cmake_path(ABSOLUTE_PATH path BASE_DIRECTORY "${directory}" NORMALIZE)
    __set_tests_properties("${test}" PROPERTIES REQUIRED_FILES "${path}")
  endif()
  get_property(wrapped GLOBAL PROPERTY "_holdfast_command_in ${cwd}//${command}")
  if(NOT path STREQUAL "${wrapped}")
    _holdfast_modify_environment("${test}" "HOLDFAST_P_COMMAND=set:${path}")
  endif()
endfunction()
