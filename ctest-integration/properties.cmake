# What a test's properties tell the launcher, as variables in that test's environment.
#
# ctest passes unknown properties by, and a wrapped command cannot be changed any more when
# set_tests_properties() comes, so each property that matters becomes a variable
# HOLDFAST_P_<NAME> by ENVIRONMENT_MODIFICATION, which ctest appends to what the test has.
# launcher/core/environment.hpp lists these variables. Needs commands.cmake.
#
# Read when the first property that matters is set (_holdfast_need_properties() in overrides.cmake),
# which may be within a function: what is here are functions only.
include("${CMAKE_CURRENT_LIST_DIR}/encoding.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/timeouts.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/lock_line.cmake")

# "VAR=set:VALUE" for a property, or nothing. Values are single words or comma lists:
# a semicolon would end the ENVIRONMENT_MODIFICATION.
function(_holdfast_variable_of property value out)
  set(variable "")
  # Their value goes to the launcher as it is (a list with commas): a later property of that kind is
  # one more name here.
  if(property MATCHES "^HOLDFAST_(LOCKS|TIMEOUT|ON_LEAK|ISOLATION|RETRY)$")
    string(REPLACE ";" "," value "${value}")
    string(REPLACE "HOLDFAST_" "HOLDFAST_P_" variable "${property}")
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
  elseif(property STREQUAL "FIXTURES_SETUP")
    set(variable "HOLDFAST_P_NEEDED=set:1")
  elseif(property STREQUAL "RESOURCE_LOCK"
      OR (property STREQUAL "LABELS" AND _holdfast_tells_labels))
    set(names "")
    foreach(name IN LISTS value)
      _holdfast_encode("${name}" name)
      list(APPEND names "${name}")
    endforeach()
    list(JOIN names "," names)
    set(variable "HOLDFAST_P_${property}=set:${names}")
  endif()
  set(${out} "${variable}" PARENT_SCOPE)
endfunction()

# The names under which the exclusive locks of HOLDFAST_LOCKS also go into RESOURCE_LOCK, so
# that ctest does not start a test that would only wait in a -j slot. Shared and counted ones
# (NAME:…) cannot be said to ctest. Bad specs are the launcher's to report.
function(_holdfast_mirrored_locks specs out)
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

# A test that others depend on keeps its background processes until the run ends. It may be
# added later: add_test() asks again.
function(_holdfast_mark_needed test)
  get_property(marked GLOBAL PROPERTY "_holdfast_needed ${test}")
  if(NOT marked AND NOT test STREQUAL "")
    set_property(GLOBAL PROPERTY "_holdfast_needed ${test}" TRUE)
    _holdfast_modify_environment("${test}" "HOLDFAST_P_NEEDED=set:1")
  endif()
endfunction()

# A relative command is looked up from WORKING_DIRECTORY, known only after the command was
# wrapped: HOLDFAST_P_COMMAND corrects it.
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
  get_property(wrapped GLOBAL PROPERTY "_holdfast_wrapped ${test}")
  if(NOT path STREQUAL "${wrapped}")
    _holdfast_modify_environment("${test}" "HOLDFAST_P_COMMAND=set:${path}")
  endif()
endfunction()

# How many cases of a batch may run beside each other: as many as ctest keeps job slots for. Only a
# test with an isolation is told, whichever of the two properties comes first.
function(_holdfast_tell_processors test)
  get_property(processors GLOBAL PROPERTY "_holdfast_PROCESSORS ${test}")
  get_property(isolation GLOBAL PROPERTY "_holdfast_HOLDFAST_ISOLATION ${test}")
  if(NOT "${processors}" STREQUAL "" AND NOT "${isolation}" STREQUAL "")
    _holdfast_modify_environment("${test}" "HOLDFAST_P_PROCESSORS=set:${processors}")
  endif()
endfunction()

# One property of one test.
function(_holdfast_note_property test property value)
  if(property STREQUAL "DEPENDS")
    foreach(name IN LISTS value)
      _holdfast_mark_needed("${name}")
    endforeach()
    return()
  elseif(property STREQUAL "WORKING_DIRECTORY")
    _holdfast_relocate_command("${test}" "${value}")
    return()
  elseif(property MATCHES "^(WILL_FAIL|SKIP_RETURN_CODE|(PASS|FAIL|SKIP)_REGULAR_EXPRESSION)$")
    if(COMMAND _holdfast_note_verdict)
      _holdfast_note_verdict("${test}" "${property}" "${value}")
    endif()
  elseif(property STREQUAL "HOLDFAST_RETRY")
    _holdfast_note_retry("${test}")
  elseif(property STREQUAL "RESOURCE_LOCK" OR property STREQUAL "LABELS")
    # Set twice, ctest holds both; the variable would keep the last only.
    set_property(GLOBAL APPEND PROPERTY "_holdfast_${property} ${test}" "${value}")
    get_property(value GLOBAL PROPERTY "_holdfast_${property} ${test}")
  elseif(property MATCHES "^(HOLDFAST_)?TIMEOUT$|^TIMEOUT_(AFTER_MATCH|SIGNAL_(NAME|GRACE_PERIOD))$")
    set_property(GLOBAL PROPERTY "_holdfast_${property} ${test}" "${value}")
    if(NOT property STREQUAL "HOLDFAST_TIMEOUT")
      return()
    endif()
  elseif(property STREQUAL "HOLDFAST_ENABLED")
    if(NOT "${value}")
      set_property(GLOBAL PROPERTY "_holdfast_bare ${test}" TRUE)
    endif()
  elseif(property STREQUAL "PROCESSORS" OR property STREQUAL "HOLDFAST_ISOLATION")
    set_property(GLOBAL PROPERTY "_holdfast_${property} ${test}" "${value}")
    _holdfast_tell_processors("${test}")
  elseif(property STREQUAL "HOLDFAST_LOCKS")
    set_property(GLOBAL PROPERTY "_holdfast_${property} ${test}" "${value}")
    _holdfast_mirrored_locks("${value}" names)
    if(names)
      __set_tests_properties("${test}" PROPERTIES RESOURCE_LOCK "${names}")
    endif()
  endif()
  _holdfast_variable_of("${property}" "${value}" modification)
  if(NOT modification STREQUAL "")
    _holdfast_modify_environment("${test}" "${modification}")
  endif()
endfunction()
