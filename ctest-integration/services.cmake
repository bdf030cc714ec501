#[=======================================================================[.rst:
.. command:: holdfast_add_service

  Declares a service: a process that several tests share, such as a database or a server under test.
  Holdfast starts it when the first test needs it, checks it before each test, starts it anew when a
  test has broken it, and ends it with the run (docs/reference/services.md)::

    holdfast_add_service(<name> COMMAND <command> [<arg>...]
      [READY_TCP <host:port> | READY_UNIX <path> | READY_HTTP <url> |
       READY_COMMAND <command>... | READY_OUTPUT <regex>]
      [HEALTH_TCP <host:port> | HEALTH_UNIX <path> | HEALTH_HTTP <url> | HEALTH_COMMAND <command>...]
      [HEALTH_TIMEOUT <duration>] [START_TIMEOUT <duration>] [PORT_TIMEOUT <duration>] [MAX_RESTARTS <n>]
      [INIT_COMMAND <command>...] [RESET_COMMAND <command>...] [STOP_COMMAND <command>...]
      [STOP_SIGNAL <signal>] [GRACE <duration>] [DEPENDS <service>...] [PORTS <n>] [INSTANCES <n>]
      [EAGER] [FORKING] [USER <user>] [LOG_LIMIT <size>] [WORKING_DIRECTORY <directory>]
      [ENVIRONMENT <NAME=value>...])

  Each keyword is a key of ``[service.NAME]`` in holdfast.toml, in capitals and with ``_`` for ``-``.
  docs/reference/services.md says what each key means. A test names its services in its property
  ``HOLDFAST_SERVICES``.

  All values may have generator expressions. The value of such an argument is a list, which becomes as
  many arguments as it has elements, as with ``COMMAND_EXPAND_LISTS``. Such an argument cannot have
  ``'''``. All other arguments reach the command unchanged: quotes, backslashes, semicolons and empty
  arguments. If the first word of a command is an executable target that exists already, the command
  runs the target's program. ``WORKING_DIRECTORY`` is relative to the current binary directory, which
  is also its default.

  It fails the configure step for an unknown keyword, a keyword without a value or with too many, and
  a bad name. Other errors are found when ctest runs, by the tests that use a service.
#]=======================================================================]
include_guard(GLOBAL)

# Sets <out> to <text> as a string of TOML. A generator expression is evaluated too late for escapes.
function(_holdfast_toml_string text out)
  if(text MATCHES "[$]<")
    if(text MATCHES "'''")
      message(FATAL_ERROR "${called}: found ''' beside a generator expression in \"${text}\", "
        "expected one of them")
    endif()
    set(${out} "'''${text}'''" PARENT_SCOPE)
    return()
  endif()
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(ASCII 1 first)
  string(ASCII 31 last)
  string(ASCII 127 delete)
  if(text MATCHES "[${first}-${last}${delete}]")
    foreach(code RANGE 1 32)
      if(code EQUAL 32)
        set(code 127)
      endif()
      string(ASCII ${code} character)
      math(EXPR code "${code}" OUTPUT_FORMAT HEXADECIMAL)
      string(REGEX REPLACE "^0x" "000" code "${code}")
      string(REGEX MATCH "....$" code "${code}")
      string(REPLACE "${character}" "\\u${code}" text "${text}")
    endforeach()
  endif()
  set(${out} "\"${text}\"" PARENT_SCOPE)
endfunction()

# Sets <out> to <text> as an element of an array of TOML. An array within the array means that the
# text may become several elements or none (launcher/settings/declared_services.cpp).
function(_holdfast_toml_element text out)
  _holdfast_toml_string("${text}" text)
  if(text MATCHES "[$]<")
    set(text "[${text}]")
  endif()
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

# Does the same for the first word of a command. An executable target stands for its program.
function(_holdfast_toml_program word out)
  if(TARGET "${word}")
    get_target_property(type "${word}" TYPE)
    if(type STREQUAL "EXECUTABLE")
      set(${out} "'''$<TARGET_FILE:${word}>'''" PARENT_SCOPE) # one path, even with a semicolon
      return()
    endif()
  endif()
  _holdfast_toml_element("${word}" word)
  set(${out} "${word}" PARENT_SCOPE)
endfunction()

# Adds `value` to value_<key>, which has the values of the keyword `key` in TOML. It is a macro
# because it sets variables of holdfast_add_service().
macro(_holdfast_add_service_value)
  if(key STREQUAL "ENVIRONMENT")
    if(NOT value MATCHES "^([A-Za-z_][A-Za-z0-9_]*)=(.*)$")
      message(FATAL_ERROR "${called}: found \"${value}\" in ENVIRONMENT, expected NAME=value")
    endif()
    set(variable "${CMAKE_MATCH_1}")
    if(DEFINED "variable_${variable}")
      message(FATAL_ERROR "${called}: found ${variable} twice in ENVIRONMENT, expected it once")
    endif()
    set("variable_${variable}" TRUE)
    _holdfast_toml_string("${CMAKE_MATCH_2}" value)
    string(APPEND environment "environment.${variable} = ${value}\n")
    set(value_${key} "some")
  elseif(key MATCHES "COMMAND$|^DEPENDS$")
    if(key MATCHES "COMMAND$" AND value_${key} STREQUAL "")
      _holdfast_toml_program("${value}" value)
    else()
      _holdfast_toml_element("${value}" value)
    endif()
    if(NOT value_${key} STREQUAL "")
      set(value ", ${value}")
    endif()
    string(APPEND value_${key} "${value}")
  elseif(NOT value_${key} STREQUAL "")
    message(FATAL_ERROR "${called}: found \"${value}\" after ${key} and its value, expected a keyword "
      "such as COMMAND or READY_TCP")
  elseif(key MATCHES "^(MAX_RESTARTS|PORTS|INSTANCES)$")
    if(NOT value MATCHES "^[0-9]+$" AND NOT value MATCHES "[$]<")
      message(FATAL_ERROR "${called}: found \"${value}\" for ${key}, expected a number")
    endif()
    set(value_${key} "${value}")
  else()
    _holdfast_toml_string("${value}" value_${key})
  endif()
endmacro()

# It reads each ARGV<n> by itself, which keeps every byte. cmake_parse_arguments() loses empty
# arguments and merges some with brackets.
function(holdfast_add_service name)
  set(called "holdfast_add_service(${name})")
  string(LENGTH "${name}" length)
  if(NOT name MATCHES "^[A-Za-z0-9_.-]+$" OR length GREATER 64)
    message(FATAL_ERROR "${called}: expected a name of letters, digits, `_`, `-` and `.`, at most 64 of them")
  endif()
  # Subprojects declare services for the same build tree.
  get_property(first GLOBAL PROPERTY "HOLDFAST_SERVICE_DECLARED_${name}")
  if(first)
    message(FATAL_ERROR "${called}: found a second service of that name in ${CMAKE_CURRENT_LIST_FILE}, "
      "expected one; ${first} has the first")
  endif()
  set(keywords COMMAND READY_TCP READY_UNIX READY_HTTP READY_COMMAND READY_OUTPUT HEALTH_TCP HEALTH_UNIX
    HEALTH_HTTP HEALTH_COMMAND HEALTH_TIMEOUT START_TIMEOUT PORT_TIMEOUT MAX_RESTARTS INIT_COMMAND RESET_COMMAND
    STOP_COMMAND STOP_SIGNAL GRACE DEPENDS PORTS INSTANCES EAGER FORKING USER LOG_LIMIT WORKING_DIRECTORY
    ENVIRONMENT)
  set(key "")
  set(said "")
  set(environment "")
  set(i 0)
  while(TRUE)
    math(EXPR i "${i} + 1")
    set(value "")
    if(i LESS ARGC)
      set(value "${ARGV${i}}")
    endif()
    if(i EQUAL ARGC OR value IN_LIST keywords)
      if(NOT key STREQUAL "" AND value_${key} STREQUAL "")
        message(FATAL_ERROR "${called}: ${key} has no value, expected one")
      elseif(i EQUAL ARGC)
        break()
      elseif(value IN_LIST said)
        message(FATAL_ERROR "${called}: found ${value} twice, expected it once")
      endif()
      set(key "${value}")
      list(APPEND said "${key}")
      set(value_${key} "")
      if(key MATCHES "^(EAGER|FORKING)$")
        set(value_${key} true)
      endif()
    elseif(key MATCHES "^(EAGER|FORKING)?$")
      message(FATAL_ERROR "${called}: found \"${value}\", expected a keyword such as COMMAND or READY_TCP")
    else()
      _holdfast_add_service_value()
    endif()
  endwhile()
  if(NOT "COMMAND" IN_LIST said)
    message(FATAL_ERROR "${called}: found no COMMAND, expected one")
  endif()

  _holdfast_toml_string("${CMAKE_CURRENT_LIST_FILE}" file)
  _holdfast_toml_string("${CMAKE_CURRENT_BINARY_DIR}" directory)
  set(text "# Written by holdfast_add_service() for the configuration \"$<CONFIG>\".\n")
  string(APPEND text "declared-in = ${file}\ndirectory = ${directory}\n[service.\"${name}\"]\n")
  foreach(key IN LISTS said)
    string(TOLOWER "${key}" toml)
    string(REPLACE "_" "-" toml "${toml}")
    if(key STREQUAL "ENVIRONMENT")
      string(APPEND text "${environment}")
    elseif(key MATCHES "COMMAND$|^DEPENDS$")
      string(APPEND text "${toml} = [${value_${key}}]\n")
    else()
      string(APPEND text "${toml} = ${value_${key}}\n")
    endif()
  endforeach()
  file(GENERATE OUTPUT "${CMAKE_BINARY_DIR}/.holdfast/services/$<CONFIG>/${name}.toml" CONTENT "${text}")
  set_property(GLOBAL PROPERTY "HOLDFAST_SERVICE_DECLARED_${name}" "${CMAKE_CURRENT_LIST_FILE}")
endfunction()
