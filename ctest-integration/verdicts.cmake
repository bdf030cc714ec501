# Tells the launcher what ctest judges a test by: HOLDFAST_P_JUDGED, and for tests that may be tried
# again everything (retries.cmake). Parts of _holdfast_learn() in properties.cmake.

# Takes one property that decides the verdict, in the form that parse_verdict_properties() reads
# (launcher/ctest/ctest_verdict.hpp). Of several calls ctest keeps all expressions, and the
# last value of the other properties. No arguments; part of _holdfast_learn().
macro(_holdfast_learn_verdict)
  if(property STREQUAL "WILL_FAIL")
    set(of_will_fail "")
    if("${value}" MATCHES "^(1|[Oo][Nn]|[Yy]|[Yy][Ee][Ss]|[Tt][Rr][Uu][Ee])$")
      set(of_will_fail "will-fail")
    endif()
  elseif(property STREQUAL "SKIP_RETURN_CODE")
    string(REGEX MATCH "^-?[0-9]+" of_skip_code "${value}") # as far as ctest reads it
    string(PREPEND of_skip_code "code=")
  elseif(COMMAND _holdfast_looks_for_failures) # with retries.cmake
    string(REGEX MATCH "^[A-Z]+" kind "${property}")
    string(TOLOWER "${kind}" kind)
    foreach(expression IN LISTS value)
      if(NOT expression STREQUAL "")
        _holdfast_encode("${expression}" expression)
        list(APPEND of_expressions "${kind}=${expression}")
      endif()
    endforeach()
  endif()
endmacro()

# Tells everything that decides the verdict of a test that may be tried again (retries.cmake).
# execve(2) takes 128 KiB for one variable, and ctest could not start a test with a longer one. It
# is not tried again.
macro(_holdfast_tell_verdict)
  if(of_retry OR _holdfast_file_asks_for_retries)
    set(verdict ${of_will_fail} ${of_skip_code} ${of_expressions})
    list(JOIN verdict "," verdict)
    string(LENGTH "${verdict}" length)
    if(length GREATER 131000)
      _holdfast_say_once("verdict of ${ARGV0}"
        "\"${ARGV0}\": its regular expressions are too long to be told to its launcher: no test with these is tried again")
      _holdfast_tell(UNTIL_FAIL 1) # as when ctest looks for its failure
    elseif(NOT verdict STREQUAL "${of_told_verdict}")
      set(of_told_verdict "${verdict}")
      _holdfast_tell(VERDICT "${verdict}")
    endif()
  endif()
endmacro()

# Tells what ctest judges the test by besides its end (properties.cmake).
macro(_holdfast_tell_judged)
  set(judged "")
  if(of_output)
    list(APPEND judged "output")
  endif()
  if(of_will_fail)
    list(APPEND judged "will-fail")
  endif()
  list(JOIN judged "," judged)
  if(NOT judged STREQUAL "${of_told_judged}")
    set(of_told_judged "${judged}")
    _holdfast_tell(JUDGED "${judged}")
  endif()
endmacro()
