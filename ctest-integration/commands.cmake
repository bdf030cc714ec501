# Finds the command of a test as ctest would. So a test that ctest would not find is `***Not Run`
# with Holdfast, too. The model is cmCTestTestHandler::FindExecutable (CMake 3.25). It tries the
# path itself, then the configuration's directory, or the usual ones without -C. It looks for a name
# without a slash in ctest's own PATH, too. A relative path starts from the test's
# WORKING_DIRECTORY, else from the directory in which ctest read the test.
#
# Global properties keep the results: functions have scopes, and most tests share few commands.

# The current directory of ctest, which changes for every sub-directory that it reads. CMake's own
# variables do not tell: CMAKE_CURRENT_SOURCE_DIR is empty in ctest.
function(_holdfast_working_directory out)
  file(READ_SYMLINK /proc/self/cwd cwd)
  set(${out} "${cwd}" PARENT_SCOPE)
endfunction()

# The first candidate for <command>, seen from <directory>, that is a file, in ctest's order. Paths
# are never put into a list, in which a lone '[' would swallow its neighbours.
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
      cmake_path(NORMAL_PATH path) # not before: there is no prog in missing/../prog
      set(${out} "${path}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()

# Looks for a name without a slash in ctest's PATH. ctest takes the first file, executable or not.
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

# The absolute path of a relative command, seen from <directory>, or nothing.
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

# Whether a missing program may exist when its test starts, or its test needs us in any case. The
# file that adds the test tells, or holdfast.toml. A test never runs without its locks.
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
      string(SUBSTRING "${command}" 1 -1 local) # ctest really does that
      _holdfast_find_below("${cwd}" "${local}" path)
    endif()
  else()
    _holdfast_working_directory(cwd)
    _holdfast_find_relative("${cwd}" "${command}" path)
  endif()
  set(${out} "${path}" PARENT_SCOPE)
endfunction()

# Whether the launcher must start <path>, <command>'s file; and what must exist when the test
# starts.
#
# ctest itself gets a file that cannot be executed (no permission, a script whose interpreter is
# missing). It says `***Not Run`, which the launcher has no way to say. From CMake 4 on ctest also
# gets a script that names no interpreter: it runs the script, or finds that it cannot be executed.
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
    # execvp(3) runs such a script with a shell, but the libuv of a newer ctest may refuse it.
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
#   <required>  what must exist when the test starts and does not exist yet: a fixture may
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
    return() # a fixture may install it into the PATH: then it runs without us
  else()
    _holdfast_may_be_made(may)
    if(NOT may AND command MATCHES "^/") # WORKING_DIRECTORY may still mean another file
      return() # ctest reports it in its own words, with all the places it looked in
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
