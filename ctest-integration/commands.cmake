# Finds the command of a test as ctest would, so that a test that ctest would not find is
# `***Not Run` with Holdfast too. Modelled on cmCTestTestHandler::FindExecutable (CMake 3.25):
# the path itself, then the configuration's directory or, without -C, the usual ones; a name
# without a slash also in ctest's own PATH; what is relative is seen from the test's
# WORKING_DIRECTORY, else from the directory ctest was in when it read the test.
#
# Results are kept in global properties: functions have scopes, and most
# tests of a project share few commands.

# The directory ctest is in, which it changes for every sub-directory it reads. CMake's own
# variables do not tell: CMAKE_CURRENT_SOURCE_DIR is empty in ctest.
function(_holdfast_working_directory out)
  file(READ_SYMLINK /proc/self/cwd cwd)
  set(${out} "${cwd}" PARENT_SCOPE)
endfunction()

# The candidates for <command> seen from <directory>, in ctest's order; the first that is a file.
# Paths are never put into a list: one with a lone '[' would swallow its neighbours.
function(_holdfast_find_below directory command out)
  get_filename_component(base "${command}" DIRECTORY)
  get_filename_component(name "${command}" NAME)
  if(base AND NOT base MATCHES "/$")
    string(APPEND base "/")
  endif()
  set(configs "${CTEST_CONFIGURATION_TYPE}")
  if("${configs}" STREQUAL "")
    set(configs Release Debug MinSizeRel RelWithDebInfo Deployment Development)
  endif()
  set(${out} "" PARENT_SCOPE)
  foreach(config IN ITEMS "" ${configs})
    if(config STREQUAL "")
      set(path "${base}${name}")
    else()
      set(path "${base}${config}/${name}")
    endif()
    cmake_path(ABSOLUTE_PATH path BASE_DIRECTORY "${directory}")
    if(EXISTS "${path}" AND NOT IS_DIRECTORY "${path}")
      cmake_path(NORMAL_PATH path) # only now: in missing/../prog there is no prog
      set(${out} "${path}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()

# A name without a slash in ctest's PATH. ctest takes the first file, executable or not.
function(_holdfast_find_in_path name out)
  set(${out} "" PARENT_SCOPE)
  string(REPLACE ":" ";" directories "$ENV{PATH}")
  foreach(directory IN LISTS directories)
    if(EXISTS "${directory}/${name}" AND NOT IS_DIRECTORY "${directory}/${name}")
      set(path "${directory}/${name}")
      cmake_path(NORMAL_PATH path)
      set(${out} "${path}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()

# A relative command, seen from <directory>: its absolute path or nothing.
function(_holdfast_find_relative directory command out)
  get_property(found GLOBAL PROPERTY "_holdfast_found ${directory}//${command}")
  if("${found}" STREQUAL "")
    _holdfast_find_below("${directory}" "${command}" found)
    if(found STREQUAL "" AND NOT command MATCHES "/")
      _holdfast_find_in_path("${command}" found)
    endif()
    set_property(GLOBAL PROPERTY "_holdfast_found ${directory}//${command}" "${found}")
  endif()
  set(${out} "${found}" PARENT_SCOPE)
endfunction()

# Whether a program that is missing may be there when its test starts, or its test needs us all the same: as the
# file says that adds the test, or holdfast.toml. A test that holds a lock is never run without it.
function(_holdfast_may_be_made out)
  set(file "${CMAKE_CURRENT_LIST_FILE}")
  _holdfast_working_directory(cwd)
  cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY "${cwd}")
  get_property(may GLOBAL PROPERTY "_holdfast_makes ${file}")
  if("${may}" STREQUAL "")
    set(may TRUE)
    set(locks "")
    if(EXISTS "${_holdfast_source_dir}/holdfast.toml" AND NOT IS_DIRECTORY "${_holdfast_source_dir}/holdfast.toml")
      file(STRINGS "${_holdfast_source_dir}/holdfast.toml" locks REGEX "locks" LIMIT_COUNT 1)
    endif()
    if("${locks}" STREQUAL "" AND EXISTS "${file}")
      file(READ "${file}" text)
      if(NOT text MATCHES "FIXTURES_REQUIRED|DEPENDS|_LOCK")
        set(may FALSE)
      endif()
    endif()
    set_property(GLOBAL PROPERTY "_holdfast_makes ${file}" "${may}")
  endif()
  set(${out} "${may}" PARENT_SCOPE)
endfunction()

function(_holdfast_say_once key text)
  get_property(said GLOBAL PROPERTY "_holdfast_said ${key}")
  if(NOT said)
    set_property(GLOBAL PROPERTY "_holdfast_said ${key}" TRUE)
    message(NOTICE "holdfast: ${text}")
  endif()
endfunction()

# The file that ctest would find for <command>, or nothing.
function(_holdfast_locate command out)
  if(command MATCHES "^/")
    _holdfast_find_below("/" "${command}" path)
    if(path STREQUAL "")
      _holdfast_working_directory(cwd)
      string(SUBSTRING "${command}" 1 -1 local) # yes, ctest does that
      _holdfast_find_below("${cwd}" "${local}" path)
    endif()
  else()
    _holdfast_working_directory(cwd)
    _holdfast_find_relative("${cwd}" "${command}" path)
  endif()
  set(${out} "${path}" PARENT_SCOPE)
endfunction()

# Whether the launcher is to start <path>, the file of <command>; and what must exist when the test starts, or nothing.
#
# A file that cannot be executed (no permission, a script whose interpreter is missing) is left
# to ctest: it says `***Not Run` for it, which no exit of a launcher can say. So is, from CMake 4 on, a
# script that names no interpreter: ctest runs it, or finds that it cannot be executed.
function(_holdfast_examine command path is_ours_out required_out)
  set(${is_ours_out} FALSE PARENT_SCOPE)
  set(${required_out} "" PARENT_SCOPE)
  find_program(executable NAMES "${path}" NO_CACHE NO_DEFAULT_PATH)
  if(NOT executable)
    return()
  endif()
  file(READ "${path}" head LIMIT 128)
  if(head MATCHES "^#![ \t]*(/[^ \t\r\n]+)[ \t\r\n]")
    set(interpreter "${CMAKE_MATCH_1}")
    if(NOT EXISTS "${interpreter}")
      _holdfast_may_be_made(may)
      if(NOT may OR NOT command MATCHES "^/")
        _holdfast_say_once("${path}" "${path}: its interpreter ${interpreter} is missing")
        return()
      endif()
      set(${required_out} "${interpreter}" PARENT_SCOPE)
    endif()
  elseif(CMAKE_VERSION VERSION_GREATER_EQUAL 4.0 AND NOT head MATCHES "^(#!|.ELF|MZ)")
    # By execvp(3) a shell runs it; the libuv of a newer ctest may find it not executable.
    _holdfast_may_be_made(may)
    if(NOT may)
      _holdfast_say_once("${path}"
        "${path}: no program, and no script that names its interpreter (#!): it runs without Holdfast")
      return()
    endif()
  endif()
  set(${is_ours_out} TRUE PARENT_SCOPE)
endfunction()

# What to run for <command>:
#   <path>      the file, or nothing: leave the test as it is
#   <required>  what must exist when the test starts, because it does not yet: a fixture may
#               build it, else ctest says Not Run
function(_holdfast_find_command command path_out required_out)
  set(${path_out} "" PARENT_SCOPE)
  set(${required_out} "" PARENT_SCOPE)
  if(command STREQUAL "NOT_AVAILABLE" OR command STREQUAL "") # built for another -C
    return()
  endif()
  if(command MATCHES ";") # find_program() and REQUIRED_FILES would split it
    if(command MATCHES "^/" AND EXISTS "${command}" AND NOT IS_DIRECTORY "${command}")
      set(${path_out} "${command}" PARENT_SCOPE)
    endif()
    return()
  endif()
  if(command MATCHES "^/" AND IS_DIRECTORY "${command}")
    return()
  endif()
  _holdfast_locate("${command}" path)
  if(NOT path STREQUAL "")
    _holdfast_examine("${command}" "${path}" is_ours required)
    if(NOT is_ours)
      return()
    endif()
  elseif(NOT command MATCHES "/")
    return() # a fixture may install it into the PATH: then it runs, without us
  else()
    _holdfast_may_be_made(may)
    if(NOT may AND command MATCHES "^/") # WORKING_DIRECTORY may still mean another file
      return() # in ctest's own words, with all the places it looked in
    endif()
    set(path "${command}")
    set(required "${command}")
  endif()
  if(command MATCHES "^/" AND required STREQUAL "")
    set_property(GLOBAL PROPERTY "_holdfast_command ${command}" "${path}")
  endif()
  set(${path_out} "${path}" PARENT_SCOPE)
  set(${required_out} "${required}" PARENT_SCOPE)
endfunction()
