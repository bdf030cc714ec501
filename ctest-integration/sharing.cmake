# A run that names its tests one by one may share the build tree with others (docs/guide/locks.md).
# Whether it does, `holdfast begin` decides, by the command line. Here it is found out whether a test that
# it runs needs more than that: one with a fixture, which brings other tests along, or one with RUN_SERIAL.
# Then the run gets the tree alone, before any test starts.
#
# Read where the command line may name tests by -R, -I or --tests-from-file, or holdfast.toml has the word
# `share`, after selection.cmake: where that does not know what ctest selects, any test may be of this run.

set_property(GLOBAL PROPERTY _holdfast_asks_for_tree FIXTURES_REQUIRED RUN_SERIAL)
set_property(GLOBAL PROPERTY _holdfast_alone_for "")

# `test` has that property, with that value.
function(_holdfast_consider_tree test property value)
  get_property(known GLOBAL PROPERTY _holdfast_alone_for)
  if("${value}" STREQUAL "" OR property IN_LIST known OR (property STREQUAL "RUN_SERIAL" AND NOT "${value}")
      OR (_holdfast_selects AND NOT test MATCHES "${_holdfast_selected}"))
    return()
  endif()
  set_property(GLOBAL APPEND PROPERTY _holdfast_alone_for "${property}")
  _holdfast_begin(--alone-for "${property}")
endfunction()
