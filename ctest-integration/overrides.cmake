# add_test() and set_tests_properties() as ctest calls them from here on. The built-ins are
# __add_test() and __set_tests_properties() (attach.cmake).
#
# Both are on the way of every test, at each start of ctest, and ctest forks per test and pays for
# its heap at each fork. So the launcher is told in one word what --name NAME -- would say in three,
# no code is evaluated and no list is made for the usual number of arguments. Naming each ARGV<n> in
# quotes keeps every byte: empty ones, brackets, semicolons, trailing backslashes.
# cmake_parse_arguments(PARSE_ARGV) loses or merges exactly those; it serves for long commands without
# them, and evaluated code, which costs heap, only for what is left. An `elseif` costs as much as a
# get_property: branches are a tree. Each ${reference} costs a third of that, and so does each command of a
# branch that is not taken: those are few. STREQUAL is cheaper than EQUAL. ctest compares each property with
# the name of each test it has: two pairs in one call cost what they cost in two.
#
# Where a test was added from (_BACKTRACE_TRIPLES, the last property of what CMake writes) matters to
# listings only, in which Holdfast stays out: ctest is spared it.
#
# Which properties matter, and what follows from them, is found out once for each combination
# (properties.cmake). From then on a test with that combination is a few look-ups in global properties:
#   _holdfast_passed <call>           how many of the arguments ctest is to have; a call is known by the
#                                     names of its properties
#   _holdfast_plan <call>             empty: none of them matters. Else a sign and a template of the values
#                                     that do: `=`; `*`: with more to do (_holdfast_special <call>)
#   _holdfast_of <test>               a number: what is known of the test so far
#   _holdfast_to <number> <call>      with the values: the number that follows, and of that:
#   _holdfast_more <number>           what ctest is told besides
#   _holdfast_instead <number>        ARGV<n> and the value that ctest has in its place

set(_holdfast_odd_arguments "[][\\]|;;|;$")

# Many projects set none of the properties that matter: what looks at them is read with the first.
function(_holdfast_need_properties)
  if(NOT COMMAND _holdfast_learn)
    include("${CMAKE_CURRENT_FUNCTION_LIST_DIR}/properties.cmake")
  endif()
endfunction()

# Of a test that may be tried again what decides about its verdict is watched, too.
function(_holdfast_watch_verdicts)
  if(NOT COMMAND _holdfast_looks_for_failures)
    include("${CMAKE_CURRENT_FUNCTION_LIST_DIR}/retries.cmake")
    _holdfast_tell_what_ctest_looks_for()
  endif()
endfunction()

# A test whose command is not known yet, or only for the directory that ctest is in, or is left to ctest,
# which is told so here and `command` stays empty. No parameters: ARGV<n> are add_test()'s, `count` its ARGC.
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
    cmake_language(EVAL CODE "__add_test(${code})") # ctest has its own words for what is wrong with it
  elseif(NOT ARGV1 MATCHES "^/")
    # WORKING_DIRECTORY may still change what is meant.
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

# One more property that matters from here on: plans that were made without it are made anew.
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

# ctest's own limit, for a test without one.
function(_holdfast_tell_default_limit test)
  if(NOT _holdfast_default_limit STREQUAL "")
    __set_tests_properties("${test}" PROPERTIES TIMEOUT "${_holdfast_default_limit}")
    if("$ENV{HOLDFAST_EXPLAIN}") # a listing does not show ctest's environment
      __set_tests_properties("${test}" PROPERTIES ENVIRONMENT_MODIFICATION
        "HOLDFAST_P_DEFAULT_TIMEOUT=set:${_holdfast_default_timeout}")
    endif()
  endif()
endfunction()

# What only some runs have: a limit of ctest's own for tests without one, labels, locks, a path that must exist
# when the test starts.
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
  if(_holdfast_tells_labels)
    _holdfast_note_test("${test}")
  endif()
endfunction()

# A test with more arguments than add_test() looks for itself. No parameters, as above.
function(_holdfast_add_long_test)
  if(count LESS 8)
    if(count EQUAL 5)
      __add_test("${ARGV0}" "${_holdfast_launcher}" "--test=${ARGV0}" "${command}" "${ARGV2}"
        "${ARGV3}" "${ARGV4}")
    elseif(count EQUAL 6)
      __add_test("${ARGV0}" "${_holdfast_launcher}" "--test=${ARGV0}" "${command}" "${ARGV2}"
        "${ARGV3}" "${ARGV4}" "${ARGV5}")
    else()
      __add_test("${ARGV0}" "${_holdfast_launcher}" "--test=${ARGV0}" "${command}" "${ARGV2}"
        "${ARGV3}" "${ARGV4}" "${ARGV5}" "${ARGV6}")
    endif()
  elseif(count LESS 11)
    if(count EQUAL 8)
      __add_test("${ARGV0}" "${_holdfast_launcher}" "--test=${ARGV0}" "${command}" "${ARGV2}"
        "${ARGV3}" "${ARGV4}" "${ARGV5}" "${ARGV6}" "${ARGV7}")
    elseif(count EQUAL 9)
      __add_test("${ARGV0}" "${_holdfast_launcher}" "--test=${ARGV0}" "${command}" "${ARGV2}"
        "${ARGV3}" "${ARGV4}" "${ARGV5}" "${ARGV6}" "${ARGV7}" "${ARGV8}")
    else()
      __add_test("${ARGV0}" "${_holdfast_launcher}" "--test=${ARGV0}" "${command}" "${ARGV2}"
        "${ARGV3}" "${ARGV4}" "${ARGV5}" "${ARGV6}" "${ARGV7}" "${ARGV8}" "${ARGV9}")
    endif()
  else()
    set(code "")
    math(EXPR last "${count} - 1")
    foreach(i RANGE 2 ${last})
      string(APPEND code " \"\${ARGV${i}}\"")
    endforeach()
    cmake_language(EVAL CODE "__add_test(\"\${ARGV0}\" \"\${_holdfast_launcher}\"
      \"--test=\${ARGV0}\" \"\${command}\" ${code})")
  endif()
endfunction()

function(add_test)
  get_property(command GLOBAL PROPERTY "_holdfast_command ${ARGV1}")
  if(NOT command)
    set(count ${ARGC})
    _holdfast_seek_command()
    if(command STREQUAL "")
      return()
    endif()
  endif()
  if(ARGC LESS 5)
    if(ARGC EQUAL 2)
      __add_test("${ARGV0}" "${_holdfast_launcher}" "--test=${ARGV0}" "${command}")
    elseif(ARGC EQUAL 4)
      __add_test("${ARGV0}" "${_holdfast_launcher}" "--test=${ARGV0}" "${command}" "${ARGV2}"
        "${ARGV3}")
    else()
      __add_test("${ARGV0}" "${_holdfast_launcher}" "--test=${ARGV0}" "${command}" "${ARGV2}")
    endif()
  elseif(ARGC LESS 11 OR ARGV MATCHES "${_holdfast_odd_arguments}")
    set(count ${ARGC})
    _holdfast_add_long_test()
  else()
    cmake_parse_arguments(PARSE_ARGV 2 passed "" "" "")
    __add_test("${ARGV0}" "${_holdfast_launcher}" "--test=${ARGV0}" "${command}"
      ${passed_UNPARSED_ARGUMENTS})
  endif()
  if(_holdfast_tells_new_tests)
    _holdfast_tell_of_new_test("${ARGV0}" "${_holdfast_required}")
  endif()
endfunction()

# A call with properties of names that were not met before: makes a plan. Without one, `passed` is empty,
# it has been dealt with here. No parameters, as above.
function(_holdfast_meet_call)
  _holdfast_need_properties()
  _holdfast_make_plan()
  if(passed STREQUAL "")
    _holdfast_take_apart()
  elseif(_holdfast_selects) # only now is it known whether it may be left out
    _holdfast_bring_along()
  endif()
  set(passed "${passed}" PARENT_SCOPE)
endfunction()

# A call with several tests, with more properties than fit below, or with a name that has no value, which ctest
# passes by: one property of one test at a time. CMake writes where a test was added from (_BACKTRACE_TRIPLES) as it
# is: with a quote in that path it is any number of pieces, which ctest takes for names and values that mean nothing
# to it. Those are left out, as is _BACKTRACE_TRIPLES itself: no property that ctest knows but that one is other than
# of capital letters and underscores, beginning with a letter. Of what begins with HOLDFAST_ the unknown is told.
# No parameters: ARGV<n> are set_tests_properties()'s, `count` is its ARGC, `arguments` its ARGV.
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
    __set_tests_properties(${arguments}) # ctest has its own words for it
    return()
  elseif(first EQUAL 1 OR last LESS first) # no test, or no property: ctest passes it by, too
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

# What of a call ctest is to have, where that is more than set_tests_properties() looks for itself. No
# parameters, as above.
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
  if(ARGC STREQUAL "4")
    if(ARGV2 STREQUAL "_BACKTRACE_TRIPLES")
      return()
    endif()
  endif()
  set(call "${ARGC} ${ARGV1} ${ARGV2} ${ARGV4} ${ARGV6} ${ARGV8} ${ARGV10} ${ARGV12} ${ARGV14} ${ARGV16}")
  if("${_holdfast_leaves_${call}}") # selection.cmake
    if(NOT ARGV0 MATCHES "${_holdfast_selected}" AND NOT "${_holdfast_brought_${ARGV0}}")
      # Between the fields stands _holdfast_f, which a reference to would be dearer.
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
