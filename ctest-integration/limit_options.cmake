# The limits --timeout and --stop-time, from ctest's command line or a preset. Read only if there
# may be such an option (ctest_limits.cmake).
#
# Needs listing.cmake.

# " 33 30" -> "30"; nothing if a byte is none of 0123456789.:
function(_holdfast_text_of_time bytes out)
  set(${out} "" PARENT_SCOPE)
  if(NOT bytes MATCHES "^( (3[0-9a]|2e))+$")
    return()
  endif()
  string(REPLACE " 2e" "." text "${bytes}")
  string(REPLACE " 3a" ":" text "${text}")
  string(REGEX REPLACE " 3(.)" "\\1" text "${text}")
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

# What this ctest's command line says: each value as bytes; empty: it says nothing.
function(_holdfast_limit_options timeout_out stop_out preset_out script_out)
  foreach(out IN ITEMS timeout stop preset)
    set(${${out}_out} "" PARENT_SCOPE)
  endforeach()
  set(${script_out} FALSE PARENT_SCOPE)
  _holdfast_own_arguments(arguments)
  _holdfast_options_with_value(takes_value)
  foreach(option IN ITEMS --timeout --stop-time --preset -S -SP --script --script-new-process
      --overwrite --test-command)
    _holdfast_bytes("${option}" "bytes${option}")
  endforeach()
  _holdfast_bytes("=" equals)
  set(timeout "")
  set(stop "")
  set(preset "")
  set(script FALSE)
  set(option "")
  foreach(argument IN LISTS arguments)
    if(NOT option STREQUAL "")
      if(option STREQUAL "${bytes--timeout}")
        set(timeout "${argument}")
      elseif(option STREQUAL "${bytes--stop-time}")
        set(stop "${argument}")
      elseif(option STREQUAL "${bytes--preset}")
        set(preset "${argument}")
      endif()
      set(option "")
      continue()
    elseif(argument STREQUAL "${bytes--test-command}")
      break() # what follows is the command line of somebody else
    elseif(argument MATCHES "^${bytes--preset}${equals}(.*)$")
      set(preset "${CMAKE_MATCH_1}")
    elseif(argument STREQUAL "${bytes--preset}" OR argument IN_LIST takes_value)
      set(option "${argument}")
    endif()
    # --overwrite TimeOut=… counts as a script.
    if(argument STREQUAL "${bytes-S}" OR argument STREQUAL "${bytes-SP}"
        OR argument MATCHES "^(${bytes--script}|${bytes--script-new-process}|${bytes--overwrite})")
      set(script TRUE)
    endif()
  endforeach()
  set(${timeout_out} "${timeout}" PARENT_SCOPE)
  set(${stop_out} "${stop}" PARENT_SCOPE)
  set(${preset_out} "${preset}" PARENT_SCOPE)
  set(${script_out} "${script}" PARENT_SCOPE)
endfunction()

# The limit that --timeout or the preset gives, in seconds. <unknown>: whether it cannot be
# understood, or a script may give another.
function(_holdfast_wanted_timeout source_dir timeout preset script seconds_out unknown)
  set(${seconds_out} "" PARENT_SCOPE)
  set(${unknown} FALSE PARENT_SCOPE)
  set(seconds "")
  if(NOT timeout STREQUAL "")
    _holdfast_text_of_time("${timeout}" seconds)
    if(NOT seconds MATCHES "^[0-9]+(\\.[0-9]+)?$")
      set(${unknown} TRUE PARENT_SCOPE) # only ctest understands it
      return()
    endif()
  endif()
  # ctest takes a zero for the preset's limit, too: no limit.
  if(timeout STREQUAL "" AND NOT preset STREQUAL "")
    _holdfast_preset_of_ctest("${source_dir}" "${preset}" timeout seconds)
  endif()
  if(script AND NOT seconds MATCHES "[1-9]")
    set(${unknown} TRUE PARENT_SCOPE)
  endif()
  set(${seconds_out} "${seconds}" PARENT_SCOPE)
endfunction()

# The time of --stop-time, in seconds since 1970. Empty: there is none, or ctest 3.25 ignores its
# form (with a time zone, or a date).
function(_holdfast_stop_time bytes out)
  set(${out} "" PARENT_SCOPE)
  _holdfast_text_of_time("${bytes}" text)
  if(NOT text MATCHES "^([0-9]?[0-9]):([0-9][0-9])(:([0-9][0-9]))?$")
    return()
  endif()
  math(EXPR stop "${CMAKE_MATCH_1} * 3600 + ${CMAKE_MATCH_2} * 60 + 0${CMAKE_MATCH_4}")
  string(TIMESTAMP now "%s;%H;%M;%S")
  list(GET now 0 unix)
  list(GET now 1 hour)
  list(GET now 2 minute)
  list(GET now 3 second)
  math(EXPR today "${hour} * 3600 + ${minute} * 60 + ${second}")
  if(stop LESS today)
    math(EXPR stop "${stop} + 24 * 3600") # tomorrow
  endif()
  math(EXPR stop "${unix} + ${stop} - ${today}")
  set(${out} "${stop}" PARENT_SCOPE)
endfunction()
