# DEPENDS and FIXTURES_* say which tests ctest runs one after the other. The launcher is told them for
# the report, which names the longest chain of such tests, and for services
# (launcher/core/service/fixture_generations.hpp). Needs encoding.cmake.

# Tells the names of all calls; ctest adds them up, too. The keeper takes 64 KiB for all that a
# launcher tells it, and a test must not fail because of its fixtures. So a longer list counts as not
# set.
function(_holdfast_tell_order test property value)
  get_property(names GLOBAL PROPERTY "_holdfast_order ${property} ${test}")
  if("${names}" STREQUAL "")
    set(names "${value}")
  else()
    string(APPEND names ";${value}")
  endif()
  if(names STREQUAL "")
    return()
  endif()
  set_property(GLOBAL PROPERTY "_holdfast_order ${property} ${test}" "${names}")
  _holdfast_encode_names("${names}" encoded)
  set(change "set:${encoded}")
  string(LENGTH "${encoded}" length)
  if(length GREATER 16384)
    _holdfast_say_too_long("${test}" "${property}" "16 KiB")
    set(change "unset:")
  endif()
  _holdfast_modify_environment("${test}" "HOLDFAST_P_${property}=${change}")
endfunction()
