# DEPENDS and FIXTURES_* say which tests ctest runs one after the other. The launcher is told them for
# the report, which names the longest chain of such tests, and for services
# (launcher/values/service_state.hpp). Needs encoding.cmake.

# Handles a list of names that comes for the first time: sets `change`, what ctest is told besides.
# The keeper takes 64 KiB for all that a launcher tells it, and a test must not fail because of its
# fixtures. So a longer list counts as not set. Short lists are remembered, as many tests have the
# same. No parameters: `one` is the property, `names` has the names of all calls, which ctest adds
# up, too.
function(_holdfast_tell_order)
  if(one STREQUAL "DEPENDS")
    foreach(name IN LISTS names)
      _holdfast_mark_needed("${name}")
    endforeach()
  endif()
  if("${names}" STREQUAL "")
    return()
  endif()
  _holdfast_encode_names("${names}" encoded)
  set(change "set:${encoded}")
  string(LENGTH "${encoded}" length)
  if(length GREATER 16384)
    _holdfast_say_too_long("${ARGV0}" "${one}" "16 KiB")
    set(change "unset:")
  endif()
  set(change ";ENVIRONMENT_MODIFICATION;HOLDFAST_P_${one}=${change}")
  if(length LESS 256)
    set_property(GLOBAL PROPERTY "_holdfast_tells ${one} ${names}" "${change}")
  endif()
  set(change "${change}" PARENT_SCOPE)
endfunction()
