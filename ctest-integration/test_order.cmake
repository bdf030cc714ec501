# The order in which ctest starts tests: it starts a test with a higher COST first. A file gives tests
# a cost, by their names in hexadecimal digits (cost_commands() in launcher/ctest/shown_tests.hpp).
# `holdfast rerun` and `holdfast ctest` name it in HOLDFAST_TEST_ORDER; `holdfast begin` writes one if
# holdfast.toml has an order. A COST that the project sets for a test comes later and wins.
include("${_holdfast_test_order}" OPTIONAL)

function(_holdfast_put_in_order test)
  string(HEX "${test}" name)
  get_property(cost GLOBAL PROPERTY "_holdfast_cost_${name}")
  if(NOT "${cost}" STREQUAL "")
    __set_tests_properties("${test}" PROPERTIES COST ${cost})
  endif()
endfunction()
