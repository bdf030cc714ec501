# ctest's own limits: --stop-time, and the limit for tests that have none. The latter is --timeout,
# else that of a preset, else the TimeOut of DartConfiguration.tcl. ctest's environment tells them
# to the launcher. ctest gets a margin beyond, as for a test's own limit (timeouts.cmake).
#
# With `ctest -S` only --timeout can be seen; nobody can see a script's CTEST_TEST_TIMEOUT.
#
# Needs process.cmake, commands.cmake, _holdfast_timeout_margin.

# The TimeOut of the configuration file that ctest reads at its start; empty: there is none.
function(_holdfast_configured_timeout out)
  set(${out} "" PARENT_SCOPE)
  _holdfast_working_directory(cwd)
  foreach(file IN ITEMS CTestConfiguration.ini DartConfiguration.tcl)
    if(EXISTS "${cwd}/${file}")
      file(READ "${cwd}/${file}" text)
      if("\n${text}" MATCHES "\nTimeOut: *([^\r\n]*[^ \r\n])")
        set(${out} "${CMAKE_MATCH_1}" PARENT_SCOPE)
      endif()
      return()
    endif()
  endforeach()
endfunction()

# The default limit in seconds; empty: none. <unknown>: whether ctest may have one that is not seen.
set(_holdfast_default_timeout "")
set(_holdfast_limit_unknown FALSE)
set(_holdfast_stop "")
# Usually there is no such option, and a closer look costs ctest memory and a millisecond. The bytes
# are the beginnings of --timeout, --stop-time, --preset, --script; -S; --overwrite.
if(_holdfast_line MATCHES "2d2d(7469|73746f|70726573|7363|6f76)|2d53")
  include("${CMAKE_CURRENT_LIST_DIR}/listing.cmake")
  include("${CMAKE_CURRENT_LIST_DIR}/limit_options.cmake")
  _holdfast_limit_options(_holdfast_bytes_of_timeout _holdfast_bytes_of_stop _holdfast_preset
    _holdfast_script)
  _holdfast_wanted_timeout("${_holdfast_source_dir}" "${_holdfast_bytes_of_timeout}"
    "${_holdfast_preset}" "${_holdfast_script}" _holdfast_default_timeout _holdfast_limit_unknown)
  _holdfast_stop_time("${_holdfast_bytes_of_stop}" _holdfast_stop)
endif()
if(NOT _holdfast_default_timeout MATCHES "[1-9]" AND NOT _holdfast_limit_unknown)
  _holdfast_configured_timeout(_holdfast_default_timeout)
endif()
string(LENGTH "${_holdfast_default_timeout}" _holdfast_length)
if(NOT _holdfast_default_timeout MATCHES "^[0-9]+(\\.[0-9]+)?$" OR _holdfast_length GREATER 12)
  if(NOT _holdfast_default_timeout STREQUAL "")
    set(_holdfast_limit_unknown TRUE)
  endif()
  set(_holdfast_default_timeout "")
elseif(NOT _holdfast_default_timeout MATCHES "[1-9]")
  set(_holdfast_default_timeout "")
endif()

set(_holdfast_default_limit "")
if(NOT _holdfast_default_timeout STREQUAL "")
  string(REGEX MATCH "^[0-9]+" _holdfast_whole "${_holdfast_default_timeout}")
  string(REGEX MATCH "\\..*$" _holdfast_fraction "${_holdfast_default_timeout}")
  math(EXPR _holdfast_whole "${_holdfast_whole} + ${_holdfast_timeout_margin}")
  set(_holdfast_default_limit "${_holdfast_whole}${_holdfast_fraction}")
  set(ENV{HOLDFAST_P_DEFAULT_TIMEOUT} "${_holdfast_default_timeout}")
  set(ENV{HOLDFAST_P_DEFAULT_LIMIT} "${_holdfast_default_limit}")
elseif(_holdfast_limit_unknown)
  set(ENV{HOLDFAST_P_KEPT_LIMIT} 0)
endif()
if(NOT _holdfast_stop STREQUAL "")
  set(ENV{HOLDFAST_P_STOP_TIME} "${_holdfast_stop}")
endif()
