# What a test's properties tell the launcher, as variables in that test's environment.
#
# ctest ignores unknown properties, and a wrapped command cannot change any more when
# set_tests_properties() comes. So each property that matters becomes a variable HOLDFAST_P_<NAME>
# by ENVIRONMENT_MODIFICATION, which ctest appends to what the test has.
# launcher/base/environment.hpp lists these variables. Needs commands.cmake.
#
# What is known of a test is its state: a number. Each state is a set of facts:
#   _holdfast_fact <number> <fact>    of_<fact> while a state is worked on
# A call of set_tests_properties() leads from one state to the next. The next state is the same for
# every test in the first, whatever its name (overrides.cmake looks it up). What depends on the
# test's name or on other tests is no fact, but special (plans.cmake).
#
# To add a property: a setting needs a row in launcher/values/table.def (setting_names.cmake
# follows from it). Any other property goes into _holdfast_watched_properties() in plans.cmake.
# _holdfast_learn_property() says what follows from a property. A variable that follows from several
# facts is told at the end of _holdfast_learn().
#
# An example is HOLDFAST_P_JUDGED, by what ctest judges the test besides its end. `output` means an
# expression, `will-fail` that WILL_FAIL is true; in this order, with a comma. (SKIP_RETURN_CODE is
# another variable.)
#
# Read when the first property that matters is set (_holdfast_need_properties() in overrides.cmake).
# That may be within a function, so this file has only functions and macros.
include("${CMAKE_CURRENT_LIST_DIR}/encoding.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/plans.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/timeouts.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/lock_line.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/verdicts.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/inputs.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/order.cmake")

# "VAR=set:VALUE" for a property, or nothing. Values are single words or comma lists:
# a semicolon would end the ENVIRONMENT_MODIFICATION.
function(_holdfast_variable_of property value out)
  set(variable "")
  # A setting's value goes to the launcher as it is (a list with commas).
  _holdfast_setting_names(settings)
  list(TRANSFORM settings PREPEND "HOLDFAST_")
  if(property IN_LIST settings)
    string(REPLACE ";" "," value "${value}")
    string(REGEX REPLACE "^HOLDFAST_" "HOLDFAST_P_" variable "${property}")
    string(APPEND variable "=set:${value}")
  elseif(property STREQUAL "HOLDFAST_ENABLED")
    if(NOT "${value}")
      set(variable "HOLDFAST_P_ENABLED=set:OFF")
    endif()
  elseif(property STREQUAL "RUN_SERIAL")
    if(value)
      set(variable "HOLDFAST_P_RUN_SERIAL=set:1")
    endif()
  elseif(property STREQUAL "SKIP_RETURN_CODE")
    if(value MATCHES "^[0-9]+$")
      set(variable "HOLDFAST_P_SKIP_RETURN_CODE=set:${value}")
    endif()
  elseif(property STREQUAL "PROCESSORS")
    if(value MATCHES "^[0-9]+$")
      set(variable "HOLDFAST_P_PROCESSORS=set:${value}")
    endif()
  elseif(property MATCHES "^(RESOURCE_LOCK|DEPENDS|FIXTURES_(SETUP|REQUIRED|CLEANUP))$"
      OR (property STREQUAL "LABELS" AND _holdfast_tells_labels))
    _holdfast_encode_names("${value}" names)
    set(variable "HOLDFAST_P_${property}=set:${names}")
  endif()
  set(${out} "${variable}" PARENT_SCOPE)
endfunction()

# Reports a property that needs more than `size` once, for the first test that has it.
function(_holdfast_say_too_long test property size)
  set(what "such a one is ignored")
  if(property STREQUAL "RESOURCE_LOCK")
    set(what "such locks hold within one run only")
  elseif(property STREQUAL "HOLDFAST_LOCKS")
    set(what "no test is run without its locks")
  elseif(property STREQUAL "HOLDFAST_SERVICES")
    set(what "no test is run without its services")
  endif()
  _holdfast_say_once("length of ${property}"
    "\"${test}\": its ${property} is too long to be told to its launcher (${size}): ${what}")
endfunction()

# The exclusive locks of HOLDFAST_LOCKS whose names also go into RESOURCE_LOCK, so that ctest does
# not start a test that would only wait in a -j slot. ctest cannot express shared and counted locks
# (NAME:…). The launcher reports bad specs.
function(_holdfast_native_locks specs out)
  set(names "")
  foreach(spec IN LISTS specs)
    if(spec MATCHES "^([^:@]+)(@project)?$")
      list(APPEND names "${CMAKE_MATCH_1}")
    elseif(spec MATCHES "^[^:@]+@[^:@]+$")
      list(APPEND names "${spec}")
    endif()
  endforeach()
  set(${out} "${names}" PARENT_SCOPE)
endfunction()

function(_holdfast_modify_environment test modification)
  __set_tests_properties("${test}" PROPERTIES ENVIRONMENT_MODIFICATION "${modification}")
endfunction()

# Sets of_<fact> for each fact of `state`.
macro(_holdfast_recall)
  foreach(fact IN ITEMS bare timeout after_match signal_name signal_grace wanted locks resource_locks services
      labels isolation retry anchored output will_fail
      skip_code expressions told_limit told_verdict told_judged told_signal lock_line)
    get_property(value GLOBAL PROPERTY "_holdfast_fact ${state} ${fact}")
    set(of_${fact} "${value}")
  endforeach()
  if(state STREQUAL "bare")
    set(of_bare TRUE)
  endif()
endmacro()

# Gives what is known now a number: `to`.
macro(_holdfast_remember)
  get_property(to GLOBAL PROPERTY _holdfast_states)
  math(EXPR to "0${to} + 1")
  set_property(GLOBAL PROPERTY _holdfast_states "${to}")
  foreach(fact IN ITEMS bare timeout after_match signal_name signal_grace wanted locks resource_locks services
      labels isolation retry anchored output will_fail
      skip_code expressions told_limit told_verdict told_judged told_signal lock_line)
    if(NOT "${of_${fact}}" STREQUAL "")
      set_property(GLOBAL PROPERTY "_holdfast_fact ${to} ${fact}" "${of_${fact}}")
    endif()
  endforeach()
endmacro()

# Adds a variable to those that are told now: told_<n>.
function(_holdfast_tell variable value)
  math(EXPR n "${told} + 1")
  set(told ${n} PARENT_SCOPE)
  set(told_${n} "HOLDFAST_P_${variable}=set:${value}" PARENT_SCOPE)
endfunction()

# Part of _holdfast_learn_variable(): makes the property as if it was never set.
macro(_holdfast_learn_without)
  string(REGEX REPLACE "=set:.*" "=unset:" variable "${variable}")
  foreach(fact IN ITEMS RESOURCE_LOCK=resource_locks LABELS=labels HOLDFAST_RETRY=retry
      HOLDFAST_TIMEOUT=wanted HOLDFAST_ISOLATION=isolation)
    if(fact MATCHES "^${property}=(.*)")
      set(of_${CMAKE_MATCH_1} "")
    endif()
  endforeach()
  set(property "")
  set(limits TRUE)
endmacro()

# Part of _holdfast_learn_property(): sets `variable`. execve(2) takes 128 KiB for one variable, its
# name included, and ctest cannot start a test with a longer one. A longer property counts as not
# set, except HOLDFAST_LOCKS and HOLDFAST_SERVICES: no test runs without them.
macro(_holdfast_learn_variable)
  _holdfast_variable_of("${property}" "${value}" variable)
  string(LENGTH "${variable}" length)
  if(length GREATER 131000) # a few bytes are for what is added to the name
    _holdfast_say_too_long("${ARGV0}" "${property}" "128 KiB")
    if(NOT property MATCHES "^HOLDFAST_(LOCKS|SERVICES)$")
      _holdfast_learn_without()
    endif()
  endif()
endmacro()

# What follows from `property` being `value` now. No arguments: a macro would evaluate them again.
macro(_holdfast_learn_property)
  if(property MATCHES "^(PASS|FAIL|SKIP)_REGULAR_EXPRESSION$")
    set(of_output TRUE)
  endif()
  if(property MATCHES "^(RESOURCE_LOCK|LABELS)$")
    # ctest adds up the values of several calls; the variable alone would keep only the last.
    string(TOLOWER "${property}" fact)
    string(REPLACE "resource_lock" "resource_locks" fact "${fact}")
    if("${of_${fact}}" STREQUAL "")
      set(of_${fact} "${value}")
    else()
      string(APPEND of_${fact} ";${value}")
    endif()
    set(value "${of_${fact}}")
  elseif(property MATCHES "^(TIMEOUT|HOLDFAST_(ENABLED|ISOLATION|RETRY|TIMEOUT|LOCKS|SERVICES)|TIMEOUT_.*)$")
    set(limits TRUE)
  endif()
  _holdfast_learn_variable()
  if(property STREQUAL "TIMEOUT")
    set(of_timeout "${value}")
    set(timeout_at "ARGV${i}")
  elseif(property STREQUAL "HOLDFAST_TIMEOUT")
    set(of_wanted "${value}")
  elseif(property STREQUAL "TIMEOUT_AFTER_MATCH")
    set(of_after_match "${value}")
  elseif(property STREQUAL "TIMEOUT_SIGNAL_NAME")
    set(of_signal_name "${value}")
  elseif(property STREQUAL "TIMEOUT_SIGNAL_GRACE_PERIOD")
    set(of_signal_grace "${value}")
  elseif(property STREQUAL "RESOURCE_LOCK")
    set(limits TRUE)
  elseif(property MATCHES "^(HOLDFAST_LOCKS|locks of holdfast.toml)$")
    set(limits TRUE)
    set(of_locks "${value}")
    _holdfast_native_locks("${value}" native_locks)
  elseif(property MATCHES "^(HOLDFAST_SERVICES|services of holdfast.toml)$")
    set(limits TRUE)
    set(of_services "${value}")
  elseif(property STREQUAL "HOLDFAST_ENABLED")
    if(NOT "${value}")
      set(of_bare TRUE)
    endif()
  elseif(property STREQUAL "HOLDFAST_RETRY")
    set(of_retry TRUE)
  elseif(property STREQUAL "engine of holdfast.toml")
    set(limits TRUE)
  elseif(property STREQUAL "HOLDFAST_ISOLATION")
    set(of_isolation "${value}")
  elseif(property MATCHES "^(WILL_FAIL|SKIP_RETURN_CODE|(PASS|FAIL|SKIP)_REGULAR_EXPRESSION)$")
    _holdfast_learn_verdict()
  endif()
  if(NOT variable STREQUAL "")
    math(EXPR told "${told} + 1")
    set(told_${told} "${variable}")
  endif()
endmacro()

# Handles a combination that comes for the first time. Sets `to`, the state that follows, and
# `_holdfast_more` and `instead`, which ctest gets besides. `is_passed_on`: ctest has got
# everything, even the call itself. No parameters: ARGV<n>, `call`, `count`, `state`, `said` and
# `_holdfast_anchor` are those of set_tests_properties().
function(_holdfast_learn)
  _holdfast_recall()
  set(told 0)
  set(limits FALSE)
  set(timeout_at "")
  set(tells_signal "")
  set(native_locks "")
  math(EXPR last "${count} - 1")
  _holdfast_watched_properties(watched)
  list(APPEND watched "locks of holdfast.toml" "services of holdfast.toml"
    "engine of holdfast.toml" PASS_REGULAR_EXPRESSION FAIL_REGULAR_EXPRESSION SKIP_REGULAR_EXPRESSION)
  list(REMOVE_ITEM watched WORKING_DIRECTORY)
  foreach(i RANGE 3 ${last} 2)
    math(EXPR property "${i} - 1")
    set(property "${ARGV${property}}")
    set(value "${ARGV${i}}")
    if(property STREQUAL "FIXTURES_SETUP")
      _holdfast_tell(NEEDED 1)
    elseif(property IN_LIST watched)
      _holdfast_learn_property()
    endif()
  endforeach()
  if(NOT "${_holdfast_anchor}" STREQUAL "")
    set(of_anchored TRUE)
    set(limits TRUE)
  endif()
  _holdfast_tell_judged()
  _holdfast_tell_verdict()
  set(native "")
  set(after_match "")
  if(limits)
    _holdfast_settle_limit()
  endif()
  _holdfast_remember()
  set(to "${to}" PARENT_SCOPE)
  _holdfast_pack()
endfunction()

# Packs what else ctest is told into a list that goes into its command unquoted. What a list cannot
# hold is told by calls of its own, and worked out each time. At most 1000 combinations are
# remembered: a project in which no two tests are alike pays with its time, not with ctest's memory.
macro(_holdfast_pack)
  set(more "")
  set(modifications "")
  set(list "${native_locks}")
  if(told GREATER 0)
    foreach(n RANGE 1 ${told})
      string(APPEND modifications "\\;${told_${n}}")
      string(APPEND list ";${told_${n}}")
    endforeach()
    string(SUBSTRING "${modifications}" 2 -1 modifications)
    string(APPEND more ";ENVIRONMENT_MODIFICATION;${modifications}")
  endif()
  if(NOT native_locks STREQUAL "")
    string(REPLACE ";" "\\;" names "${native_locks}")
    string(APPEND more ";RESOURCE_LOCK;${names}")
  endif()
  set(instead ignored "")
  if(NOT tells_signal STREQUAL "")
    string(APPEND more ";TIMEOUT_SIGNAL_NAME;${tells_signal}")
  endif()
  if(NOT native STREQUAL "" AND timeout_at STREQUAL "")
    string(APPEND more ";TIMEOUT;${native}")
  elseif(NOT native STREQUAL "")
    set(instead "${timeout_at}" "${native}")
  endif()
  if(NOT after_match STREQUAL "")
    string(REPLACE ";" "\\;" after_match "${after_match}")
    string(APPEND more ";TIMEOUT_AFTER_MATCH;${after_match}")
  endif()
  if(list MATCHES "[][\\]|;;|;$")
    _holdfast_pass_on_piecemeal()
    set(is_passed_on TRUE PARENT_SCOPE)
  else()
    set(is_passed_on FALSE PARENT_SCOPE)
    set(_holdfast_more "${more}" PARENT_SCOPE)
    set(instead "${instead}" PARENT_SCOPE)
    if(to LESS 1000)
      set_property(GLOBAL PROPERTY "_holdfast_to ${state} ${call}${said}${_holdfast_anchor}" "${to}")
      set_property(GLOBAL PROPERTY "_holdfast_more ${to}" "${more}")
      set_property(GLOBAL PROPERTY "_holdfast_instead ${to}" "${instead}")
    endif()
  endif()
endmacro()

# No parameters, as above.
function(_holdfast_pass_on_piecemeal)
  foreach(i RANGE 3 ${last} 2)
    math(EXPR property "${i} - 1")
    __set_tests_properties("${ARGV0}" PROPERTIES "${ARGV${property}}" "${ARGV${i}}")
  endforeach()
  foreach(n RANGE 1 ${told})
    __set_tests_properties("${ARGV0}" PROPERTIES ENVIRONMENT_MODIFICATION "${told_${n}}")
  endforeach()
  if(NOT "${_holdfast_also}" STREQUAL "")
    __set_tests_properties("${ARGV0}" PROPERTIES ${_holdfast_also})
  endif()
  if(NOT native_locks STREQUAL "")
    __set_tests_properties("${ARGV0}" PROPERTIES RESOURCE_LOCK "${native_locks}")
  endif()
  if(NOT tells_signal STREQUAL "")
    __set_tests_properties("${ARGV0}" PROPERTIES TIMEOUT_SIGNAL_NAME ${tells_signal})
  endif()
  if(NOT native STREQUAL "")
    __set_tests_properties("${ARGV0}" PROPERTIES TIMEOUT "${native}")
  endif()
  if(NOT after_match STREQUAL "")
    string(REPLACE "\\;" ";" after_match "${after_match}")
    __set_tests_properties("${ARGV0}" PROPERTIES TIMEOUT_AFTER_MATCH "${after_match}")
  endif()
  set_property(GLOBAL PROPERTY "_holdfast_of ${ARGV0}" "${to}")
endfunction()

# A value that comes from no call of set_tests_properties(): the labels of the test's directory,
# which ctest has from set_directory_properties(), and the locks, services and engine that
# holdfast.toml gives the test. It is learnt like such a call; ctest is told what follows from it.
function(_holdfast_note_property test property value)
  get_property(state GLOBAL PROPERTY "_holdfast_of ${test}")
  set(call "in no call: ${property}") # a call begins with its number of arguments
  set(said "=${value}")
  get_property(to GLOBAL PROPERTY "_holdfast_to ${state} ${call}${said}")
  if("${to}" STREQUAL "")
    set(count 4)
    set(ARGV0 "${test}")
    set(ARGV2 "${property}")
    set(ARGV3 "${value}")
    _holdfast_learn()
    if(is_passed_on)
      return()
    endif()
  else()
    get_property(_holdfast_more GLOBAL PROPERTY "_holdfast_more ${to}")
  endif()
  if(NOT "${_holdfast_more}" STREQUAL "")
    __set_tests_properties("${test}" PROPERTIES ${_holdfast_more})
  endif()
  set_property(GLOBAL PROPERTY "_holdfast_of ${test}" "${to}")
endfunction()
