# REQUIRED_FILES are inputs of the test (launcher/values/test_inputs.hpp). Needs encoding.cmake.

# Appends to `also` what tells the first few absolute paths of all calls; ctest keeps them all, too.
# A longer list might not fit into the environment of a process.
function(_holdfast_tell_required test files)
  set(most 8) # as many as the launcher takes: k_most_inputs in launcher/values/test_inputs.cpp
  get_property(told GLOBAL PROPERTY "_holdfast_required ${test}")
  foreach(file IN LISTS files)
    list(LENGTH told count)
    if(count LESS most AND file MATCHES "^/")
      if(NOT file MATCHES "^[A-Za-z0-9_.+/-]+$")
        _holdfast_encode("${file}" file)
      endif()
      list(APPEND told "${file}")
    endif()
  endforeach()
  set_property(GLOBAL PROPERTY "_holdfast_required ${test}" "${told}")
  if(NOT told STREQUAL "")
    list(JOIN told "," told)
    set(also "${also};ENVIRONMENT_MODIFICATION;HOLDFAST_P_REQUIRED_FILES=set:${told}" PARENT_SCOPE)
  endif()
endfunction()
