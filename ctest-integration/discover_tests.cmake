# discover_tests() of CMake 4.4 and newer lists tests while ctest reads the tree. This file was
# written from its documentation (https://cmake.org/cmake/help/v4.5/command/discover_tests.html).
#
# COMMAND runs once to list the tests and once for each test, and only TEST_ARGS knows a test's
# name. So COMMAND becomes the launcher alone; the command moves into DISCOVERY_ARGS and TEST_ARGS:
#
#   launcher -- <command> <discovery args>             with HOLDFAST_P_ENABLED=OFF: plain exec
#   launcher --name <test> -- <command> <test args>
#
# A command stays as it is unless it is an existing absolute path. So does one with a backslash in
# it, which TEST_ARGS would take for a reference to the match.
#
# Included only if ctest has the command. Needs overrides.cmake and commands.cmake.
_holdfast_need_properties()

function(discover_tests)
  set(sections COMMAND DISCOVERY_ARGS DISCOVERY_MATCH DISCOVERY_PROPERTIES
    TEST_NAME TEST_ARGS TEST_PROPERTIES)
  foreach(section IN LISTS sections)
    set(arguments_${section} "")
  endforeach()
  # The evaluated code below names arguments by number and never copies them: every byte stays.
  set(section "")
  set(program "")
  set(stay_out FALSE)
  set(other "")
  set(extra "")
  set(key "")
  math(EXPR last "${ARGC} - 1")
  foreach(i RANGE ${last})
    set(argument "${ARGV${i}}")
    if(argument IN_LIST sections)
      set(section "${argument}")
      continue()
    elseif(section STREQUAL "TEST_PROPERTIES" AND argument STREQUAL "_BACKTRACE_TRIPLES")
      set(section "other")
    endif()
    if(section STREQUAL "other" OR section STREQUAL "")
      string(APPEND other " \"\${ARGV${i}}\"")
      continue()
    endif()
    string(APPEND arguments_${section} " \"\${ARGV${i}}\"")
    if(section STREQUAL "COMMAND")
      if(program STREQUAL "")
        set(program "${argument}")
      endif()
      if(argument MATCHES "\\\\")
        set(stay_out TRUE)
      endif()
    elseif(section STREQUAL "TEST_PROPERTIES")
      if(key STREQUAL "")
        set(key "${argument}")
      else()
        _holdfast_discovered_property("${key}" "${argument}" more)
        string(APPEND extra "${more}")
        set(key "")
      endif()
    endif()
  endforeach()

  _holdfast_find_command("${program}" path required)
  if(stay_out OR NOT program MATCHES "^/" OR path STREQUAL "" OR NOT required STREQUAL "")
    set(code "")
    foreach(i RANGE ${last})
      string(APPEND code " \"\${ARGV${i}}\"")
    endforeach()
    cmake_language(EVAL CODE "__discover_tests(${code})")
    return()
  endif()
  cmake_language(EVAL CODE "__discover_tests(COMMAND \"\${_holdfast_launcher}\"
    DISCOVERY_ARGS -- ${arguments_COMMAND} ${arguments_DISCOVERY_ARGS}
    DISCOVERY_MATCH ${arguments_DISCOVERY_MATCH}
    DISCOVERY_PROPERTIES ${arguments_DISCOVERY_PROPERTIES}
      ENVIRONMENT_MODIFICATION HOLDFAST_P_ENABLED=set:OFF
    TEST_NAME ${arguments_TEST_NAME}
    TEST_ARGS --name ${arguments_TEST_NAME} -- ${arguments_COMMAND} ${arguments_TEST_ARGS}
    TEST_PROPERTIES ${arguments_TEST_PROPERTIES} ${extra}
      ENVIRONMENT_MODIFICATION HOLDFAST_P_KEPT_LIMIT=set:0 ${other})")
endfunction()

function(_discover_tests) # as _add_test() in overrides.cmake
  cmake_parse_arguments(PARSE_ARGV 0 passed "" "" "")
  __discover_tests(${passed_UNPARSED_ARGUMENTS})
endfunction()

# The code that a property of all discovered tests adds. A value may refer to the match (\1), which
# is replaced later. So such a lock name goes to the launcher without encoding.
function(_holdfast_discovered_property key value out)
  set(code "")
  if(key STREQUAL "DEPENDS")
    foreach(name IN LISTS value)
      _holdfast_mark_needed("${name}")
    endforeach()
  elseif(key STREQUAL "HOLDFAST_LOCKS")
    _holdfast_native_locks("${value}" names)
    if(names)
      string(APPEND code " RESOURCE_LOCK [==[${names}]==]")
    endif()
  endif()
  if(value MATCHES "\\\\" AND (key MATCHES "^(RESOURCE_LOCK|DEPENDS|FIXTURES_(SETUP|REQUIRED|CLEANUP))$"
      OR (key STREQUAL "LABELS" AND _holdfast_tells_labels)))
    string(REPLACE ";" "," value "${value}")
    set(variable "HOLDFAST_P_${key}=set:${value}")
  else()
    _holdfast_variable_of("${key}" "${value}" variable)
  endif()
  if(NOT variable STREQUAL "")
    string(APPEND code " ENVIRONMENT_MODIFICATION [==[${variable}]==]")
  endif()
  set(${out} "${code}" PARENT_SCOPE)
endfunction()
