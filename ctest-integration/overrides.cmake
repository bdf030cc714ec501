# add_test() and set_tests_properties() as ctest calls them from here on. The built-ins are
# __add_test() and __set_tests_properties() (attach.cmake).
#
# Both are on the way of every test: ctest forks per test and pays for its heap at each fork, so
# the launcher is told in one word what --name NAME -- would say in three, no code is evaluated
# and no list is made for the usual number of arguments. Naming each ARGV<n> in quotes keeps every
# byte: empty ones, brackets, semicolons, trailing backslashes. cmake_parse_arguments(PARSE_ARGV)
# loses or merges exactly those; it serves for long ones without them, and evaluated code, which
# costs heap, only for what is left.

set(_holdfast_odd_arguments "[][\\]|;;|;$")

# A set_tests_properties() whose arguments match this needs a look; all others take the short way.
set(_holdfast_always_watched
  "HOLDFAST_|RESOURCE_LOCK|DEPENDS|FIXTURES_SETUP|TIMEOUT|RUN_SERIAL|SKIP_RETURN_CODE|PROCESSORS")
set_property(GLOBAL PROPERTY _holdfast_watched "${_holdfast_always_watched}")
# One that matches this may change a limit.
set(_holdfast_limit_properties
  "TIMEOUT|HOLDFAST_ENABLED|HOLDFAST_ISOLATION|HOLDFAST_RETRY|HOLDFAST_LOCKS|RESOURCE_LOCK")
# One that matches this has an expression anchored at the start of the output, where the line of
# lock_line.cmake would stand in its way.
set(_holdfast_anchored_expression "(PASS|FAIL|SKIP)_REGULAR_EXPRESSION;.*\\^")

# Of a test that may be tried again what decides about its verdict is watched, too.
function(_holdfast_watch_verdicts)
  if(NOT COMMAND _holdfast_note_verdict)
    include("${CMAKE_CURRENT_FUNCTION_LIST_DIR}/retries.cmake")
    get_property(watched GLOBAL PROPERTY _holdfast_watched)
    set_property(GLOBAL PROPERTY _holdfast_watched
      "${watched}|WILL_FAIL|(PASS|FAIL|SKIP)_REGULAR_EXPRESSION")
    _holdfast_tell_what_ctest_looks_for()
  endif()
endfunction()

# Many projects set none of the properties that matter: what looks at them is read with the first.
function(_holdfast_need_properties)
  if(NOT COMMAND _holdfast_note_property)
    include("${CMAKE_CURRENT_FUNCTION_LIST_DIR}/properties.cmake")
  endif()
endfunction()

function(add_test)
  if(ARGC LESS 2)
    __add_test(${ARGV}) # ctest has its own words for it
    return()
  endif()
  get_property(command GLOBAL PROPERTY "_holdfast_command ${ARGV1}")
  set(required "")
  if("${command}" STREQUAL "")
    _holdfast_find_command("${ARGV1}" command required)
    if(NOT command STREQUAL "" AND NOT ARGV1 MATCHES "^/")
      # WORKING_DIRECTORY may still change what is meant.
      set_property(GLOBAL PROPERTY "_holdfast_relative ${ARGV0}" "${ARGV1}")
      set_property(GLOBAL PROPERTY "_holdfast_wrapped ${ARGV0}" "${command}")
      get_property(watched GLOBAL PROPERTY _holdfast_watched)
      if(NOT watched MATCHES "WORKING_DIRECTORY")
        set_property(GLOBAL PROPERTY _holdfast_watched "${watched}|WORKING_DIRECTORY")
      endif()
    endif()
  endif()
  if(command STREQUAL "")
    set_property(GLOBAL PROPERTY "_holdfast_bare ${ARGV0}" TRUE)
    set(code "")
    math(EXPR last "${ARGC} - 1")
    foreach(i RANGE ${last})
      string(APPEND code " \"\${ARGV${i}}\"")
    endforeach()
    cmake_language(EVAL CODE "__add_test(${code})")
    return()
  endif()
  if(ARGC EQUAL 2)
    __add_test("${ARGV0}" "${_holdfast_launcher}" "--test=${ARGV0}" "${command}")
  elseif(ARGC EQUAL 3)
    __add_test("${ARGV0}" "${_holdfast_launcher}" "--test=${ARGV0}" "${command}" "${ARGV2}")
  elseif(ARGC EQUAL 4)
    __add_test("${ARGV0}" "${_holdfast_launcher}" "--test=${ARGV0}" "${command}" "${ARGV2}"
      "${ARGV3}")
  elseif(ARGC EQUAL 5)
    __add_test("${ARGV0}" "${_holdfast_launcher}" "--test=${ARGV0}" "${command}" "${ARGV2}"
      "${ARGV3}" "${ARGV4}")
  elseif(ARGC EQUAL 6)
    __add_test("${ARGV0}" "${_holdfast_launcher}" "--test=${ARGV0}" "${command}" "${ARGV2}"
      "${ARGV3}" "${ARGV4}" "${ARGV5}")
  elseif(ARGC EQUAL 7)
    __add_test("${ARGV0}" "${_holdfast_launcher}" "--test=${ARGV0}" "${command}" "${ARGV2}"
      "${ARGV3}" "${ARGV4}" "${ARGV5}" "${ARGV6}")
  elseif(ARGC EQUAL 8)
    __add_test("${ARGV0}" "${_holdfast_launcher}" "--test=${ARGV0}" "${command}" "${ARGV2}"
      "${ARGV3}" "${ARGV4}" "${ARGV5}" "${ARGV6}" "${ARGV7}")
  elseif(ARGC EQUAL 9)
    __add_test("${ARGV0}" "${_holdfast_launcher}" "--test=${ARGV0}" "${command}" "${ARGV2}"
      "${ARGV3}" "${ARGV4}" "${ARGV5}" "${ARGV6}" "${ARGV7}" "${ARGV8}")
  elseif(ARGC EQUAL 10)
    __add_test("${ARGV0}" "${_holdfast_launcher}" "--test=${ARGV0}" "${command}" "${ARGV2}"
      "${ARGV3}" "${ARGV4}" "${ARGV5}" "${ARGV6}" "${ARGV7}" "${ARGV8}" "${ARGV9}")
  elseif(NOT ARGV MATCHES "${_holdfast_odd_arguments}")
    cmake_parse_arguments(PARSE_ARGV 2 passed "" "" "")
    __add_test("${ARGV0}" "${_holdfast_launcher}" "--test=${ARGV0}" "${command}"
      ${passed_UNPARSED_ARGUMENTS})
  else()
    set(code "")
    math(EXPR last "${ARGC} - 1")
    foreach(i RANGE 2 ${last})
      string(APPEND code " \"\${ARGV${i}}\"")
    endforeach()
    cmake_language(EVAL CODE "__add_test(\"\${ARGV0}\" \"\${_holdfast_launcher}\"
      \"--test=\${ARGV0}\" \"\${command}\" ${code})")
  endif()
  if(NOT _holdfast_default_limit STREQUAL "")
    __set_tests_properties("${ARGV0}" PROPERTIES TIMEOUT "${_holdfast_default_limit}")
    if("$ENV{HOLDFAST_EXPLAIN}") # a listing does not show ctest's environment
      __set_tests_properties("${ARGV0}" PROPERTIES ENVIRONMENT_MODIFICATION
        "HOLDFAST_P_DEFAULT_TIMEOUT=set:${_holdfast_default_timeout}")
    endif()
  endif()
  if(NOT required STREQUAL "")
    __set_tests_properties("${ARGV0}" PROPERTIES REQUIRED_FILES "${required}")
  endif()
  if(_holdfast_tells_labels)
    _holdfast_note_test("${ARGV0}")
  endif()
  get_property(needed GLOBAL PROPERTY "_holdfast_needed ${ARGV0}")
  if(needed) # a DEPENDS of an earlier test named it
    _holdfast_modify_environment("${ARGV0}" "HOLDFAST_P_NEEDED=set:1")
  endif()
endfunction()

function(set_tests_properties)
  if(ARGC EQUAL 4)
    __set_tests_properties("${ARGV0}" "${ARGV1}" "${ARGV2}" "${ARGV3}")
  elseif(ARGC EQUAL 6)
    __set_tests_properties("${ARGV0}" "${ARGV1}" "${ARGV2}" "${ARGV3}" "${ARGV4}" "${ARGV5}")
  elseif(ARGC EQUAL 8)
    __set_tests_properties("${ARGV0}" "${ARGV1}" "${ARGV2}" "${ARGV3}" "${ARGV4}" "${ARGV5}"
      "${ARGV6}" "${ARGV7}")
  elseif(ARGC EQUAL 10)
    __set_tests_properties("${ARGV0}" "${ARGV1}" "${ARGV2}" "${ARGV3}" "${ARGV4}" "${ARGV5}"
      "${ARGV6}" "${ARGV7}" "${ARGV8}" "${ARGV9}")
  elseif(ARGC EQUAL 12)
    __set_tests_properties("${ARGV0}" "${ARGV1}" "${ARGV2}" "${ARGV3}" "${ARGV4}" "${ARGV5}"
      "${ARGV6}" "${ARGV7}" "${ARGV8}" "${ARGV9}" "${ARGV10}" "${ARGV11}")
  elseif(ARGC EQUAL 14)
    __set_tests_properties("${ARGV0}" "${ARGV1}" "${ARGV2}" "${ARGV3}" "${ARGV4}" "${ARGV5}"
      "${ARGV6}" "${ARGV7}" "${ARGV8}" "${ARGV9}" "${ARGV10}" "${ARGV11}" "${ARGV12}" "${ARGV13}")
  elseif(NOT ARGV MATCHES "${_holdfast_odd_arguments}")
    cmake_parse_arguments(PARSE_ARGV 0 passed "" "" "")
    __set_tests_properties(${passed_UNPARSED_ARGUMENTS})
  else()
    set(code "")
    math(EXPR last "${ARGC} - 1")
    foreach(i RANGE ${last})
      string(APPEND code " \"\${ARGV${i}}\"")
    endforeach()
    cmake_language(EVAL CODE "__set_tests_properties(${code})")
  endif()

  get_property(watched GLOBAL PROPERTY _holdfast_watched)
  set(anchored FALSE)
  if(ARGV MATCHES "${_holdfast_anchored_expression}")
    set(anchored TRUE)
  endif()
  if(NOT ARGV MATCHES "${watched}" AND NOT anchored)
    return()
  endif()
  _holdfast_need_properties()
  if(ARGV MATCHES "HOLDFAST_RETRY")
    _holdfast_watch_verdicts()
    get_property(watched GLOBAL PROPERTY _holdfast_watched)
  endif()
  math(EXPR last "${ARGC} - 1")
  set(names_end -1)
  set(property "")
  foreach(i RANGE ${last})
    if(names_end LESS 0)
      if(ARGV${i} STREQUAL "PROPERTIES")
        math(EXPR names_end "${i} - 1")
      endif()
    elseif(property STREQUAL "")
      set(property "${ARGV${i}}")
    else()
      if(property MATCHES "^(${watched})")
        foreach(n RANGE ${names_end})
          _holdfast_note_property("${ARGV${n}}" "${property}" "${ARGV${i}}")
        endforeach()
      endif()
      set(property "")
    endif()
  endforeach()
  if((anchored OR ARGV MATCHES "${_holdfast_limit_properties}") AND names_end GREATER_EQUAL 0)
    foreach(n RANGE ${names_end})
      if(anchored)
        set_property(GLOBAL PROPERTY "_holdfast_anchored ${ARGV${n}}" TRUE)
      endif()
      _holdfast_settle_limit("${ARGV${n}}")
    endforeach()
  endif()
endfunction()

# Moves the built-ins on from _add_test() to __add_test(). A script that replaces add_test()
# after us then gets ours as _add_test(), and ours still reaches the built-in.
function(_add_test)
  cmake_parse_arguments(PARSE_ARGV 0 passed "" "" "")
  __add_test(${passed_UNPARSED_ARGUMENTS})
endfunction()

function(_set_tests_properties)
  cmake_parse_arguments(PARSE_ARGV 0 passed "" "" "")
  __set_tests_properties(${passed_UNPARSED_ARGUMENTS})
endfunction()
