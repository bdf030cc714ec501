#[=======================================================================[.rst:
.. command:: holdfast_discover_tests

  Makes tests of a program's cases, with several cases in one test if you want that::

    holdfast_discover_tests(target
                            [FRAMEWORK <gtest|catch2|doctest|boost>]
                            [BATCH <case|suite|binary|N>]
                            [ISOLATION <process|fork|none>]
                            [EXTRA_ARGS args...]
                            [WORKING_DIRECTORY dir]
                            [TEST_PREFIX prefix] [TEST_SUFFIX suffix]
                            [TEST_FILTER expr]
                            [NO_PRETTY_TYPES] [NO_PRETTY_VALUES]
                            [PROPERTIES name1 value1...]
                            [TEST_LIST var]
                            [DISCOVERY_TIMEOUT seconds]
                            [DISCOVERY_EXTRA_ARGS args...]
                            [XML_OUTPUT_DIR dir]
                            [DISCOVERY_MODE <POST_BUILD|PRE_TEST>])

  All options except the first three are those of :command:`gtest_discover_tests`, with the same default
  of ``DISCOVERY_MODE`` (``CMAKE_GTEST_DISCOVER_TESTS_DISCOVERY_MODE``). Without the first three the
  command makes the same tests with the same names as ``gtest_discover_tests()``.
  docs/guide/gtest.md has the guide.

  ``FRAMEWORK``
    The test framework of the program: GoogleTest (``gtest``, the default), ``catch2`` (2.13 and later),
    ``doctest`` (2.4) or ``boost`` (Boost.Test 1.62 and later). The options about names of parameters
    and about GoogleTest's XML are for ``gtest`` alone, and so is ``ISOLATION fork``. ``BATCH suite`` is
    for ``gtest`` and ``boost``. ``TEST_FILTER`` is a selection in the framework's own form; ``boost``
    has none. ``catch_discover_tests()`` and ``doctest_discover_tests()`` give a ``case`` each the same
    names.
  ``BATCH``
    What one ctest test is: a ``case`` (the default without ``ISOLATION``), a ``suite`` (the default
    with ``ISOLATION``), the whole ``binary``, or ``N`` cases in their order. The tests are named
    ``<prefix><suite>.<case><suffix>``, ``<prefix><suite><suffix>``, ``<prefix><target><suffix>``
    and ``<prefix><target>.<number><suffix>``. Batches leave disabled cases out; a suite that has
    only disabled cases is a test with :prop_test:`DISABLED`.
  ``ISOLATION``
    Which cases of a batch share a process (the test property ``HOLDFAST_ISOLATION``). ``process``, the
    default: each case has a process. ``fork``: each case has a process, forked from one that has done
    its start-up (needs ``Holdfast::gtest_main`` or ``Holdfast::gtest``). ``none``: all cases share a
    process until one ends it. Without Holdfast a batch is one run of the program with a filter.
  ``XML_OUTPUT_DIR``
    A batch has one file with all of its cases, whatever its isolation. Without Holdfast a batch is one
    process anyway.
#]=======================================================================]
include_guard(GLOBAL)

set_property(GLOBAL PROPERTY HOLDFAST_DISCOVERY_DIR "${CMAKE_CURRENT_LIST_DIR}")

# Puts in the defaults of BATCH and ISOLATION. Ends the configure step if their values are wrong.
function(_holdfast_batch_of batch isolation batch_out isolation_out)
  if("${batch}" STREQUAL "")
    set(batch case)
    if(NOT "${isolation}" STREQUAL "")
      set(batch suite)
    endif()
  elseif(NOT batch MATCHES "^(case|suite|binary|[1-9][0-9]*)$")
    message(FATAL_ERROR "holdfast_discover_tests: BATCH ${batch}: expected case, suite, binary or a number")
  endif()
  if("${isolation}" STREQUAL "")
    set(isolation process)
  elseif(NOT isolation MATCHES "^(process|fork|none)$")
    message(FATAL_ERROR "holdfast_discover_tests: ISOLATION ${isolation}: expected process, fork or none")
  endif()
  if(batch STREQUAL "case")
    set(isolation "") # a single case has its own process anyway
  endif()
  set(${batch_out} "${batch}" PARENT_SCOPE)
  set(${isolation_out} "${isolation}" PARENT_SCOPE)
endfunction()

# Appends "set(<name> [[value]])" to <out>, with brackets that the value does not hold.
function(_holdfast_set_line name value out)
  set(equals "==")
  while(value MATCHES "]${equals}]")
    string(APPEND equals "=")
  endwhile()
  string(APPEND ${out} "set(${name} [${equals}[${value}]${equals}])\n")
  set(${out} "${${out}}" PARENT_SCOPE)
endfunction()

# Writes a file that includes the discovered tests, and adds it to the tests of the directory.
function(_holdfast_include_discovered target base suffix mode script)
  set(tests "${base}-tests${suffix}.cmake")
  set(request "${base}-request${suffix}.cmake")
  set(code "")
  if(mode STREQUAL "PRE_TEST")
    # ctest discovers again if the program or the request is newer than the list.
    set(code "if(EXISTS \"${request}\")
  include(\"${request}\")
  if(EXISTS \"\${_holdfast_executable}\" AND (NOT EXISTS \"${tests}\"
      OR NOT \"${tests}\" IS_NEWER_THAN \"\${_holdfast_executable}\"
      OR NOT \"${tests}\" IS_NEWER_THAN \"${request}\"))
    include(\"${script}\")
    _holdfast_discover_cases(\"${request}\")
  endif()
  if(NOT EXISTS \"\${_holdfast_executable}\")
    set(_holdfast_not_built TRUE)
  endif()
endif()
")
  endif()
  string(PREPEND code "set(_holdfast_not_built FALSE)\n")
  string(APPEND code "if(EXISTS \"${tests}\" AND NOT _holdfast_not_built)
  include(\"${tests}\")
else()
  add_test([==[${target}_NOT_BUILT]==] [==[${target}_NOT_BUILT]==])
endif()
")
  file(WRITE "${base}-include.cmake" "${code}")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${base}-include.cmake")
endfunction()

# Ends the configure step if the call asks for what the framework does not have.
macro(_holdfast_check_framework)
  if(NOT given_FRAMEWORK)
    set(given_FRAMEWORK gtest)
  elseif(NOT given_FRAMEWORK MATCHES "^(gtest|catch2|doctest|boost)$")
    message(FATAL_ERROR "holdfast_discover_tests: FRAMEWORK ${given_FRAMEWORK}: expected gtest, catch2, "
      "doctest or boost")
  endif()
  if(NOT given_FRAMEWORK STREQUAL "gtest")
    foreach(option IN ITEMS XML_OUTPUT_DIR NO_PRETTY_TYPES NO_PRETTY_VALUES)
      if(given_${option})
        message(FATAL_ERROR "holdfast_discover_tests: ${option} with FRAMEWORK ${given_FRAMEWORK}: "
          "expected FRAMEWORK gtest")
      endif()
    endforeach()
    list(LENGTH given_TEST_FILTER words)
    if(words GREATER 1)
      message(FATAL_ERROR "holdfast_discover_tests: TEST_FILTER has ${words} words, expected one")
    endif()
    if(given_ISOLATION STREQUAL "fork")
      message(FATAL_ERROR "holdfast_discover_tests: ISOLATION fork with FRAMEWORK ${given_FRAMEWORK}: "
        "expected process or none")
    elseif(NOT given_FRAMEWORK STREQUAL "boost")
      if(given_BATCH STREQUAL "suite")
        message(FATAL_ERROR "holdfast_discover_tests: BATCH suite with FRAMEWORK ${given_FRAMEWORK}: "
          "expected case, binary or a number")
      elseif(given_ISOLATION AND NOT given_BATCH)
        set(given_BATCH binary)
      endif()
    endif()
  endif()
endmacro()

function(holdfast_discover_tests target)
  cmake_parse_arguments(PARSE_ARGV 1 given "NO_PRETTY_TYPES;NO_PRETTY_VALUES"
    "FRAMEWORK;BATCH;ISOLATION;TEST_PREFIX;TEST_SUFFIX;WORKING_DIRECTORY;TEST_LIST;DISCOVERY_TIMEOUT;\
XML_OUTPUT_DIR;DISCOVERY_MODE"
    "EXTRA_ARGS;PROPERTIES;TEST_FILTER;DISCOVERY_EXTRA_ARGS")
  if(NOT TARGET "${target}")
    message(FATAL_ERROR "holdfast_discover_tests: ${target} is no target")
  elseif(given_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "holdfast_discover_tests: unknown argument ${given_UNPARSED_ARGUMENTS}")
  endif()
  _holdfast_check_framework()
  _holdfast_batch_of("${given_BATCH}" "${given_ISOLATION}" given_BATCH given_ISOLATION)
  foreach(default IN ITEMS "WORKING_DIRECTORY=${CMAKE_CURRENT_BINARY_DIR}"
      "TEST_LIST=${target}_TESTS" "DISCOVERY_TIMEOUT=5"
      "DISCOVERY_MODE=${CMAKE_GTEST_DISCOVER_TESTS_DISCOVERY_MODE}" "DISCOVERY_MODE=POST_BUILD")
    string(REGEX MATCH "^([A-Z_]+)=(.*)$" default "${default}")
    if(NOT given_${CMAKE_MATCH_1})
      set(given_${CMAKE_MATCH_1} "${CMAKE_MATCH_2}")
    endif()
  endforeach()
  if(NOT given_DISCOVERY_MODE MATCHES "^(POST_BUILD|PRE_TEST)$")
    message(FATAL_ERROR "holdfast_discover_tests: DISCOVERY_MODE ${given_DISCOVERY_MODE}: "
      "expected POST_BUILD or PRE_TEST")
  endif()

  get_property(number TARGET "${target}" PROPERTY HOLDFAST_DISCOVERIES)
  math(EXPR number "0${number} + 1")
  set_property(TARGET "${target}" PROPERTY HOLDFAST_DISCOVERIES "${number}")
  set(base "${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/holdfast/${target}-${number}")
  set(suffix "")
  set(suffix_in_ctest "")
  get_property(multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
  if(multi_config)
    set(suffix "-$<CONFIG>")
    set(suffix_in_ctest "-\${CTEST_CONFIGURATION_TYPE}")
  endif()

  # A copy, so that a tree finds its tests even when Holdfast is no longer installed.
  get_property(directory GLOBAL PROPERTY HOLDFAST_DISCOVERY_DIR)
  foreach(file IN ITEMS gtest_cases gtest_listing)
    configure_file("${directory}/${file}.cmake" "${CMAKE_BINARY_DIR}/.holdfast/${file}.cmake" COPYONLY)
  endforeach()
  set(script "${CMAKE_BINARY_DIR}/.holdfast/gtest_cases.cmake")

  # The same words as CMake's add_test() puts first: a TEST_LAUNCHER from 3.29 on, and an emulator,
  # which with CMP0158 is only for cross builds. PARENT_SCOPE asks for the caller's policy, as
  # CMake's own modules do.
  set(executor "")
  set(runs_by CROSSCOMPILING_EMULATOR)
  if(POLICY CMP0158)
    cmake_policy(GET CMP0158 emulator_policy PARENT_SCOPE)
    if(emulator_policy STREQUAL "NEW" AND NOT CMAKE_CROSSCOMPILING)
      set(runs_by "")
    endif()
    list(PREPEND runs_by TEST_LAUNCHER)
  endif()
  foreach(property IN LISTS runs_by)
    get_property(words TARGET "${target}" PROPERTY "${property}")
    list(APPEND executor ${words})
  endforeach()
  set(request "# What holdfast_discover_tests(${target}) says: gtest_cases.cmake.\n")
  _holdfast_set_line(_holdfast_executable "$<TARGET_FILE:${target}>" request)
  _holdfast_set_line(_holdfast_tests_file "${base}-tests${suffix}.cmake" request)
  _holdfast_set_line(_holdfast_executor "${executor}" request)
  _holdfast_set_line(_holdfast_target "${target}" request)
  foreach(name IN ITEMS FRAMEWORK BATCH ISOLATION TEST_PREFIX TEST_SUFFIX TEST_FILTER WORKING_DIRECTORY TEST_LIST
      DISCOVERY_TIMEOUT DISCOVERY_EXTRA_ARGS XML_OUTPUT_DIR EXTRA_ARGS PROPERTIES NO_PRETTY_TYPES
      NO_PRETTY_VALUES)
    _holdfast_set_line(_holdfast_${name} "${given_${name}}" request)
  endforeach()
  file(GENERATE OUTPUT "${base}-request${suffix}.cmake" CONTENT "${request}")

  if(given_DISCOVERY_MODE STREQUAL "POST_BUILD")
    # The revision makes a changed call a changed command, so the tests are discovered anew.
    string(MD5 revision "${request}")
    set(byproducts "${base}-tests${suffix}.cmake")
    add_custom_command(TARGET "${target}" POST_BUILD BYPRODUCTS "${byproducts}"
      COMMAND "${CMAKE_COMMAND}" -D "HOLDFAST_REQUEST=${base}-request${suffix}.cmake"
        -D "HOLDFAST_REVISION=${revision}" -P "${script}"
      VERBATIM)
  endif()
  _holdfast_include_discovered("${target}" "${base}" "${suffix_in_ctest}" "${given_DISCOVERY_MODE}"
    "${script}")
endfunction()
