# add_test() and set_tests_properties() as ctest calls them from here on. The built-in commands are
# __add_test() and __set_tests_properties() (attach.cmake).
#
# Every test passes through both at each start of ctest. ctest forks per test and pays for its heap
# at each fork. So the code below follows some rules:
# - One word tells the launcher what --name NAME -- would say in three, and which of the tests of this
#   name it is (launcher/values/attach.hpp).
# - For the usual number of arguments no code is evaluated and no list is made. Naming each ARGV<n>
#   in quotes keeps every byte: empty ones, brackets, semicolons, trailing backslashes.
# - cmake_parse_arguments(PARSE_ARGV) loses or merges exactly those. It serves only long commands
#   without them. Evaluated code costs heap and serves the rest.
# - An `elseif` costs as much as a get_property(), so branches form a tree.
# - Each ${reference} costs a third of that, and so does each command of a branch that is not taken.
# - STREQUAL is cheaper than EQUAL, and OR is cheaper than a second `if`.
# - ctest compares each property with the name of each of its tests: two pairs in one call cost as
#   much as in two calls.
#
# Only listings use the place where a test was added (_BACKTRACE_TRIPLES, the last property that
# CMake writes), and Holdfast does nothing in listings. So ctest does not get it.
#
# Which properties matter, and what follows from them, is worked out once for each combination
# (properties.cmake). After that a test with that combination takes a few look-ups in global
# properties:
#   _holdfast_passed <call>           how many of the arguments ctest gets; the names of its
#                                     properties identify a call
#   _holdfast_plan <call>             empty: none of them matters; else a sign and a template of the
#                                     values that do. `*` means that there is more to do
#                                     (_holdfast_special <call>; _holdfast_order_of <call> and
#                                     _holdfast_order_at <call>), `=` that there is not
#   _holdfast_of <test>               a number: what is known of the test so far
#   _holdfast_to <number> <call>      with the values: the number that follows; for that number:
#   _holdfast_more <number>           what else ctest is told
#   _holdfast_instead <number>        ARGV<n> and the value that ctest gets in its place
#
# Further global properties tell tests of one name apart:
#   +<test>                           a place: the name has occurred
#   _holdfast_nth <test>              how often, and
#   _holdfast_in <place> <test>       how often in that directory; both only from the second time on

set(_holdfast_odd_arguments "[][\\]|;;|;$")

# Many projects set no property that matters. The first such property reads the code for them.
function(_holdfast_need_properties)
  if(NOT COMMAND _holdfast_learn)
    include("${CMAKE_CURRENT_FUNCTION_LIST_DIR}/properties.cmake")
  endif()
endfunction()

# For tests that may be tried again, what decides the verdict is watched, too.
function(_holdfast_watch_verdicts)
  if(NOT COMMAND _holdfast_looks_for_failures)
    include("${CMAKE_CURRENT_FUNCTION_LIST_DIR}/retries.cmake")
    _holdfast_tell_what_ctest_looks_for()
  endif()
endfunction()

# ctest calls this in each directory that it reads, before the tests of the directory. Directories
# stand in the word for the launcher. Names of files have no meaning there, so a tree may be moved.
function(_holdfast_enter_directory)
  file(READ_SYMLINK /proc/self/cwd directory)
  if(directory STREQUAL _holdfast_tree)
    set(directory ".")
  else()
    string(FIND "${directory}" "${_holdfast_tree}/" begin)
    if(begin STREQUAL "0")
      string(LENGTH "${_holdfast_tree}/" begin)
      string(SUBSTRING "${directory}" ${begin} -1 directory)
    endif()
    if(NOT directory MATCHES "^[A-Za-z0-9_.+/-]*$")
      include("${CMAKE_CURRENT_FUNCTION_LIST_DIR}/encoding.cmake")
      _holdfast_encode("${directory}" directory)
      string(REPLACE "%2F" "/" directory "${directory}")
    endif()
  endif()
  set(_holdfast_place "${directory}:" PARENT_SCOPE) # the colon makes it true, even after `off`
  set(_holdfast_as "--test:${_holdfast_word}:${directory}=" PARENT_SCOPE)
endfunction()

# The word for a test whose name an earlier test has, too. `first`: the place of the first one.
function(_holdfast_tell_apart name first)
  get_property(nth GLOBAL PROPERTY "_holdfast_nth ${name}")
  if("${nth}" STREQUAL "")
    set(nth 1)
    set_property(GLOBAL PROPERTY "_holdfast_in ${first} ${name}" 1)
  endif()
  get_property(in_directory GLOBAL PROPERTY "_holdfast_in ${_holdfast_place} ${name}")
  if("${in_directory}" STREQUAL "")
    set(in_directory 0)
  endif()
  math(EXPR nth "${nth} + 1")
  math(EXPR in_directory "${in_directory} + 1")
  set_property(GLOBAL PROPERTY "_holdfast_nth ${name}" ${nth})
  set_property(GLOBAL PROPERTY "_holdfast_in ${_holdfast_place} ${name}" ${in_directory})
  set(_holdfast_as "--test:${_holdfast_word}:${_holdfast_place}${in_directory}:${nth}=" PARENT_SCOPE)
endfunction()

# Handles a test whose command is not known yet, or only for ctest's current directory, or is left
# to ctest. In the last case ctest gets the test here, and `command` stays empty. No parameters:
# ARGV<n> are those of add_test(), `count` is its ARGC.
function(_holdfast_seek_command)
  file(READ_SYMLINK /proc/self/cwd cwd)
  get_property(command GLOBAL PROPERTY "_holdfast_command_in ${cwd}//${ARGV1}")
  if(command)
    set_property(GLOBAL PROPERTY "_holdfast_relative ${ARGV0}" "${ARGV1}")
    set(command "${command}" PARENT_SCOPE)
    return()
  endif()
  set(required "")
  if(count GREATER 1)
    _holdfast_find_command("${ARGV1}" command required)
  endif()
  if(command STREQUAL "")
    set_property(GLOBAL PROPERTY "_holdfast_of ${ARGV0}" bare)
    set(code "")
    math(EXPR last "${count} - 1")
    foreach(i RANGE ${last})
      string(APPEND code " \"\${ARGV${i}}\"")
    endforeach()
    cmake_language(EVAL CODE "__add_test(${code})") # ctest says in its own words what is wrong
    # Its list does not name a program that it does not find.
    if("$ENV{HOLDFAST_EXPLAIN}" AND count GREATER 1 AND NOT ARGV1 MATCHES "^(NOT_AVAILABLE)?$|;")
      set(told "HOLDFAST_P_COMMAND=set:${ARGV1}")
      math(EXPR last "${count} - 1")
      if(count GREATER 2)
        foreach(i RANGE 2 ${last})
          string(REPLACE ";" "\\;" argument "${ARGV${i}}")
          string(APPEND told ";HOLDFAST_P_ARGUMENT=set:${argument}")
        endforeach()
      endif()
      __set_tests_properties("${ARGV0}" PROPERTIES ENVIRONMENT_MODIFICATION "${told}")
    endif()
  elseif(NOT ARGV1 MATCHES "^/")
    # WORKING_DIRECTORY may still change which file is meant.
    set_property(GLOBAL PROPERTY "_holdfast_relative ${ARGV0}" "${ARGV1}")
    _holdfast_watch("WORKING_DIRECTORY")
    if(required STREQUAL "")
      set_property(GLOBAL PROPERTY "_holdfast_command_in ${cwd}//${ARGV1}" "${command}")
    endif()
  endif()
  set(command "${command}" PARENT_SCOPE)
  if(NOT required STREQUAL "")
    set(_holdfast_required "${required}" PARENT_SCOPE)
    set(_holdfast_tells_new_tests TRUE PARENT_SCOPE)
  endif()
endfunction()

# Adds a property that matters from here on. Plans that were made without it are made anew.
function(_holdfast_watch property)
  get_property(watched GLOBAL PROPERTY _holdfast_watched)
  if(NOT "${property}" IN_LIST watched)
    set_property(GLOBAL APPEND PROPERTY _holdfast_watched "${property}")
    get_property(calls GLOBAL PROPERTY _holdfast_calls)
    foreach(call IN LISTS calls)
      set_property(GLOBAL PROPERTY "_holdfast_passed ${call}")
    endforeach()
    set_property(GLOBAL PROPERTY _holdfast_calls)
  endif()
endfunction()

# Tells ctest's own limit for a test without one.
function(_holdfast_tell_default_limit test)
  if(NOT _holdfast_default_limit STREQUAL "")
    __set_tests_properties("${test}" PROPERTIES TIMEOUT "${_holdfast_default_limit}")
    if("$ENV{HOLDFAST_EXPLAIN}") # a listing does not show ctest's environment
      __set_tests_properties("${test}" PROPERTIES ENVIRONMENT_MODIFICATION
        "HOLDFAST_P_DEFAULT_TIMEOUT=set:${_holdfast_default_timeout}")
    endif()
    if(_holdfast_far)
      _holdfast_note_property("${test}" "engine of holdfast.toml" slurm)
    endif()
  endif()
endfunction()

# Things that only some runs have: ctest's own limit for tests without one, labels, locks, services,
# a path that must exist when the test starts.
function(_holdfast_tell_of_new_test test required)
  get_property(needed GLOBAL PROPERTY "_holdfast_needed ${test}")
  if(needed) # a DEPENDS of an earlier test named it
    _holdfast_modify_environment("${test}" "HOLDFAST_P_NEEDED=set:1")
  endif()
  if(NOT _holdfast_selects OR test MATCHES "${_holdfast_selected}")
    _holdfast_tell_default_limit("${test}")
  endif()
  if(NOT required STREQUAL "")
    __set_tests_properties("${test}" PROPERTIES REQUIRED_FILES "${required}")
  endif()
  if(COMMAND _holdfast_locks_of_file) # attach.cmake
    _holdfast_locks_of_file("${test}" locks)
    if(NOT locks STREQUAL "")
      _holdfast_need_properties()
      _holdfast_note_property("${test}" "locks of holdfast.toml" "${locks}")
    endif()
  endif()
  if(COMMAND _holdfast_services_of_file)
    _holdfast_services_of_file("${test}" services)
    if(NOT services STREQUAL "")
      _holdfast_need_properties()
      _holdfast_note_property("${test}" "services of holdfast.toml" "${services}")
      if(COMMAND _holdfast_note_services)
        _holdfast_note_services("${test}")
      endif()
    endif()
  endif()
  if(_holdfast_tells_labels)
    _holdfast_note_test("${test}")
  endif()
  if(COMMAND _holdfast_put_in_order)
    _holdfast_put_in_order("${test}")
  endif()
endfunction()

# Adds a test with more arguments than add_test() itself handles. No parameters, as above.
function(_holdfast_add_long_test)
  set(named "${_holdfast_as}${ARGV0}")
  if(count LESS 8)
    if(count EQUAL 5)
      __add_test("${ARGV0}" "${_holdfast_launcher}" "${named}" "${command}" "${ARGV2}"
        "${ARGV3}" "${ARGV4}")
    elseif(count EQUAL 6)
      __add_test("${ARGV0}" "${_holdfast_launcher}" "${named}" "${command}" "${ARGV2}"
        "${ARGV3}" "${ARGV4}" "${ARGV5}")
    else()
      __add_test("${ARGV0}" "${_holdfast_launcher}" "${named}" "${command}" "${ARGV2}"
        "${ARGV3}" "${ARGV4}" "${ARGV5}" "${ARGV6}")
    endif()
  elseif(count LESS 11)
    if(count EQUAL 8)
      __add_test("${ARGV0}" "${_holdfast_launcher}" "${named}" "${command}" "${ARGV2}"
        "${ARGV3}" "${ARGV4}" "${ARGV5}" "${ARGV6}" "${ARGV7}")
    elseif(count EQUAL 9)
      __add_test("${ARGV0}" "${_holdfast_launcher}" "${named}" "${command}" "${ARGV2}"
        "${ARGV3}" "${ARGV4}" "${ARGV5}" "${ARGV6}" "${ARGV7}" "${ARGV8}")
    else()
      __add_test("${ARGV0}" "${_holdfast_launcher}" "${named}" "${command}" "${ARGV2}"
        "${ARGV3}" "${ARGV4}" "${ARGV5}" "${ARGV6}" "${ARGV7}" "${ARGV8}" "${ARGV9}")
    endif()
  else()
    set(code "")
    math(EXPR last "${count} - 1")
    foreach(i RANGE 2 ${last})
      string(APPEND code " \"\${ARGV${i}}\"")
    endforeach()
    cmake_language(EVAL CODE "__add_test(\"\${ARGV0}\" \"\${_holdfast_launcher}\"
      \"\${named}\" \"\${command}\" ${code})")
  endif()
endfunction()

function(add_test)
  get_property(first GLOBAL PROPERTY "+${ARGV0}")
  get_property(command GLOBAL PROPERTY "_holdfast_command ${ARGV1}")
  set_property(GLOBAL PROPERTY "+${ARGV0}" "${_holdfast_place}")
  if(first OR NOT command)
    if(first)
      _holdfast_tell_apart("${ARGV0}" "${first}")
    endif()
    if(NOT command)
      set(count ${ARGC})
      _holdfast_seek_command()
      if(command STREQUAL "")
        return()
      endif()
    endif()
  endif()
  if(ARGC STREQUAL "2")
    __add_test("${ARGV0}" "${_holdfast_launcher}" "${_holdfast_as}${ARGV0}" "${command}")
  elseif(ARGC LESS 5)
    if(ARGC STREQUAL "4")
      __add_test("${ARGV0}" "${_holdfast_launcher}" "${_holdfast_as}${ARGV0}" "${command}"
        "${ARGV2}" "${ARGV3}")
    else()
      __add_test("${ARGV0}" "${_holdfast_launcher}" "${_holdfast_as}${ARGV0}" "${command}"
        "${ARGV2}")
    endif()
  elseif(ARGC LESS 11 OR ARGV MATCHES "${_holdfast_odd_arguments}")
    set(count ${ARGC})
    _holdfast_add_long_test()
  else()
    cmake_parse_arguments(PARSE_ARGV 2 passed "" "" "")
    __add_test("${ARGV0}" "${_holdfast_launcher}" "${_holdfast_as}${ARGV0}" "${command}"
      ${passed_UNPARSED_ARGUMENTS})
  endif()
  if(_holdfast_tells_new_tests)
    _holdfast_tell_of_new_test("${ARGV0}" "${_holdfast_required}")
  endif()
endfunction()

# Handles a call whose combination of property names is new, and makes its plan. If that is not
# possible, it handles the call here and leaves `passed` empty. No parameters, as above.
function(_holdfast_meet_call)
  _holdfast_need_properties()
  _holdfast_make_plan()
  if(passed STREQUAL "")
    _holdfast_take_apart()
  elseif(_holdfast_selects) # only now is it known whether the test may be left out
    _holdfast_bring_along()
  endif()
  set(passed "${passed}" PARENT_SCOPE)
endfunction()

# Handles a call one property of one test at a time: a call with several tests, with more properties
# than fit below, or with a name that has no value, which ctest ignores.
#
# CMake writes where a test was added (_BACKTRACE_TRIPLES) without quoting. A quote in that path
# makes it any number of pieces, which ctest takes for names and values without a meaning. Those
# pieces are left out, and so is _BACKTRACE_TRIPLES itself. Every other property that ctest knows
# has only capital letters and underscores, and begins with a letter. Unknown HOLDFAST_ names are
# reported.
#
# No parameters: ARGV<n>, `count` (ARGC) and `arguments` (ARGV) are set_tests_properties()'s.
function(_holdfast_take_apart)
  set(first "") # the first property
  math(EXPR last "${count} - 1")
  foreach(i RANGE ${last})
    if(ARGV${i} STREQUAL "PROPERTIES")
      math(EXPR first "${i} + 1")
      break()
    endif()
  endforeach()
  if(first STREQUAL "")
    __set_tests_properties(${arguments}) # ctest reports it in its own words
    return()
  elseif(first EQUAL 1 OR last LESS first) # no test, or no property: ctest ignores it, too
    return()
  endif()
  set(properties "")
  foreach(i RANGE ${first} ${last} 2)
    if(i LESS last AND ARGV${i} MATCHES "^(HOLDFAST_.*|[A-Z][A-Z_]*)$")
      list(APPEND properties ${i})
      if(ARGV${i} STREQUAL "HOLDFAST_RETRY")
        _holdfast_watch_verdicts()
      endif()
    endif()
  endforeach()
  math(EXPR names_end "${first} - 2")
  foreach(n RANGE ${names_end})
    foreach(i IN LISTS properties)
      math(EXPR value "${i} + 1")
      set_tests_properties("${ARGV${n}}" PROPERTIES "${ARGV${i}}" "${ARGV${value}}")
    endforeach()
  endforeach()
endfunction()

# Passes on what ctest gets of a call that set_tests_properties() finds too long. No parameters.
function(_holdfast_pass_on)
  if(passed LESS 13)
    if(passed EQUAL 8)
      __set_tests_properties("${ARGV0}" "${ARGV1}" "${ARGV2}" "${ARGV3}" "${ARGV4}" "${ARGV5}"
        "${ARGV6}" "${ARGV7}" ${_holdfast_more})
    elseif(passed EQUAL 10)
      __set_tests_properties("${ARGV0}" "${ARGV1}" "${ARGV2}" "${ARGV3}" "${ARGV4}" "${ARGV5}"
        "${ARGV6}" "${ARGV7}" "${ARGV8}" "${ARGV9}" ${_holdfast_more})
    else()
      __set_tests_properties("${ARGV0}" "${ARGV1}" "${ARGV2}" "${ARGV3}" "${ARGV4}" "${ARGV5}"
        "${ARGV6}" "${ARGV7}" "${ARGV8}" "${ARGV9}" "${ARGV10}" "${ARGV11}" ${_holdfast_more})
    endif()
  elseif(passed EQUAL 14)
    __set_tests_properties("${ARGV0}" "${ARGV1}" "${ARGV2}" "${ARGV3}" "${ARGV4}" "${ARGV5}"
      "${ARGV6}" "${ARGV7}" "${ARGV8}" "${ARGV9}" "${ARGV10}" "${ARGV11}" "${ARGV12}" "${ARGV13}"
      ${_holdfast_more})
  elseif(passed EQUAL 16)
    __set_tests_properties("${ARGV0}" "${ARGV1}" "${ARGV2}" "${ARGV3}" "${ARGV4}" "${ARGV5}"
      "${ARGV6}" "${ARGV7}" "${ARGV8}" "${ARGV9}" "${ARGV10}" "${ARGV11}" "${ARGV12}" "${ARGV13}"
      "${ARGV14}" "${ARGV15}" ${_holdfast_more})
  else()
    __set_tests_properties("${ARGV0}" "${ARGV1}" "${ARGV2}" "${ARGV3}" "${ARGV4}" "${ARGV5}"
      "${ARGV6}" "${ARGV7}" "${ARGV8}" "${ARGV9}" "${ARGV10}" "${ARGV11}" "${ARGV12}" "${ARGV13}"
      "${ARGV14}" "${ARGV15}" "${ARGV16}" "${ARGV17}" ${_holdfast_more})
  endif()
endfunction()

function(set_tests_properties)
  if("${ARGC} ${ARGV2}" STREQUAL "4 _BACKTRACE_TRIPLES")
    return()
  endif()
  set(call "${ARGC} ${ARGV1} ${ARGV2} ${ARGV4} ${ARGV6} ${ARGV8} ${ARGV10} ${ARGV12} ${ARGV14} ${ARGV16}")
  if("${_holdfast_leaves_${call}}") # selection.cmake
    if(NOT ARGV0 MATCHES "${_holdfast_selected}" AND NOT "${_holdfast_brought_${ARGV0}}")
      # \r\t\r\n is _holdfast_f, written out because a reference would cost more.
      set_property(GLOBAL APPEND_STRING PROPERTY "_holdfast_left_out ${ARGV0}"
        "${call}\r\t\r\n${ARGV3}\r\t\r\n${ARGV5}\r\t\r\n${ARGV7}\r\t\r\n${ARGV9}\r\t\r\n\
${ARGV11}\r\t\r\n${ARGV13}\r\t\r\n${ARGV15}\r\t\r\n${ARGV17}\r\t\r\n")
      return()
    endif()
  endif()
  get_property(passed GLOBAL PROPERTY "_holdfast_passed ${call}")
  if(NOT passed)
    set(count ${ARGC})
    set(arguments "${ARGV}")
    _holdfast_meet_call()
    if(passed STREQUAL "")
      return()
    endif()
  endif()
  get_property(plan GLOBAL PROPERTY "_holdfast_plan ${call}")
  if(plan)
    if(NOT plan MATCHES "^=")
      _holdfast_do_what_is_special()
    endif()
    get_property(state GLOBAL PROPERTY "_holdfast_of ${ARGV0}")
    string(CONFIGURE "${plan}" said @ONLY)
    get_property(to GLOBAL PROPERTY "_holdfast_to ${state} ${call}${said}${_holdfast_anchor}")
    if(to)
      get_property(_holdfast_more GLOBAL PROPERTY "_holdfast_more ${to}")
      get_property(instead GLOBAL PROPERTY "_holdfast_instead ${to}")
    else()
      set(count ${ARGC})
      _holdfast_learn()
      if(is_passed_on)
        return()
      endif()
    endif()
    string(APPEND _holdfast_more "${_holdfast_also}")
    set_property(GLOBAL PROPERTY "_holdfast_of ${ARGV0}" "${to}")
    set(${instead})
  endif()
  if(passed LESS 7)
    if(passed EQUAL 6)
      __set_tests_properties("${ARGV0}" "${ARGV1}" "${ARGV2}" "${ARGV3}" "${ARGV4}" "${ARGV5}"
        ${_holdfast_more})
    else()
      __set_tests_properties("${ARGV0}" "${ARGV1}" "${ARGV2}" "${ARGV3}" ${_holdfast_more})
    endif()
  else()
    _holdfast_pass_on()
  endif()
endfunction()

# Moves the built-in commands on from _add_test() to __add_test(). If a script replaces add_test()
# after us, it gets ours as _add_test(), and ours still reaches the built-in.
function(_add_test)
  cmake_parse_arguments(PARSE_ARGV 0 passed "" "" "")
  __add_test(${passed_UNPARSED_ARGUMENTS})
endfunction()

function(_set_tests_properties)
  cmake_parse_arguments(PARSE_ARGV 0 passed "" "" "")
  __set_tests_properties(${passed_UNPARSED_ARGUMENTS})
endfunction()
