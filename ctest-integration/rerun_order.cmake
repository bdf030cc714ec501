# The order in which an earlier run started its tests (`holdfast rerun`). ctest starts a test with a
# higher COST first. The file of HOLDFAST_RERUN_ORDER gives each test a cost, by its name in
# hexadecimal digits (costs_for_order() in launcher/core/ctest/rerun.hpp). A COST that the project
# sets for a test comes later and wins.
include("$ENV{HOLDFAST_RERUN_ORDER}" OPTIONAL)
unset(ENV{HOLDFAST_RERUN_ORDER})

function(_holdfast_put_in_order test)
  string(HEX "${test}" name)
  get_property(cost GLOBAL PROPERTY "_holdfast_cost_${name}")
  if(NOT "${cost}" STREQUAL "")
    __set_tests_properties("${test}" PROPERTIES COST ${cost})
  endif()
endfunction()
