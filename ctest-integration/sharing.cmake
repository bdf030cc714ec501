# A run that names its tests one by one may share the build tree with others
# (docs/reference/locks.md). `holdfast begin` decides that by the command line. This file looks for
# tests of the run that need more. One with a fixture brings other tests along, and one with
# RUN_SERIAL must be alone. For such a test the run gets the tree alone, before any test starts.
#
# Read after selection.cmake if the command line may name tests by -R, -I or --tests-from-file, or
# if holdfast.toml has the word `share`. Unless selection.cmake knows what ctest selects, any test
# may be of this run.

set_property(GLOBAL PROPERTY _holdfast_asks_for_tree FIXTURES_REQUIRED RUN_SERIAL)
set_property(GLOBAL PROPERTY _holdfast_alone_for "")

# Handles `test`, which has that property with that value.
function(_holdfast_consider_tree test property value)
  get_property(known GLOBAL PROPERTY _holdfast_alone_for)
  if("${value}" STREQUAL "" OR property IN_LIST known OR (property STREQUAL "RUN_SERIAL" AND NOT "${value}")
      OR (_holdfast_selects AND NOT test MATCHES "${_holdfast_selected}"))
    return()
  endif()
  set_property(GLOBAL APPEND PROPERTY _holdfast_alone_for "${property}")
  _holdfast_begin(--alone-for "${property}")
endfunction()
