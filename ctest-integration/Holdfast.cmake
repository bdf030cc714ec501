#[=======================================================================[.rst:
Holdfast
--------

Runs every test of this build tree through Holdfast. Use any of these, anywhere in the project:

.. code-block:: cmake

  find_package(Holdfast)                                   # installed
  include(<prefix>/lib/cmake/Holdfast/Holdfast.cmake)      # installed
  FetchContent_MakeAvailable(Holdfast)                     # built with the project

No edit is needed with this option of the configure step::

  cmake -DCMAKE_PROJECT_TOP_LEVEL_INCLUDES=<prefix>/lib/cmake/Holdfast/Holdfast.cmake ...

A tree is attached once: including Holdfast again, from a sub-project too, changes nothing. Holdfast
sets the directory property :prop_dir:`TEST_INCLUDE_FILE` (to a file that includes the project's own
value), adds one line to ``CTestCustom.cmake`` in the build tree, and puts its launcher before build
steps (``HOLDFAST_BUILD_STEPS`` below). All this happens at the end of the configure step. On
systems other than Linux it does nothing, and says so. docs/guide/attaching.md has the details.

Variables
^^^^^^^^^

``HOLDFAST_ENABLED``
  Cache option, ``ON`` by default. ``OFF`` detaches the tree: ctest runs as without Holdfast.
``HOLDFAST_BUILD_STEPS``
  Cache option, ``ON`` by default. With the Ninja and Makefile generators every compile and link step
  runs through Holdfast too (docs/guide/build-steps.md). Holdfast sets :prop_gbl:`RULE_LAUNCH_COMPILE`
  and :prop_gbl:`RULE_LAUNCH_LINK`, in front of what a project or ``CTEST_USE_LAUNCHERS`` has there.
  This works only where the top-level project includes Holdfast.
``HOLDFAST_CUSTOM_STEPS``, ``HOLDFAST_CUSTOM_TIMEOUT``
  These are not variables but properties of a directory (and all below it) or, with Makefiles, of a
  target. Its custom commands run through Holdfast too; with the second property each of them may take
  that time at most: ``90``, ``500ms``, ``2m`` (docs/guide/build-steps.md). ``HOLDFAST_CUSTOM_STEPS``
  ``OFF`` takes a directory or target out again.
``HOLDFAST_LINK_SLOTS``
  A number up to 1024 is how many links may run at once, over all build trees of this user that say
  the same number. ``memory`` allows as many as memory allows, by what past links of the same output
  took. Empty, the default, allows as many as the build tool starts.
``HOLDFAST_COMPILE_SLOTS``
  A list of ``PATTERN=N`` and ``PATTERN=memory`` sets the same for compile steps, by their object
  files. The first pattern that fits counts. ``*`` is any text, ``?`` any character, as in
  ``*/heavy_*.o=2;*=memory``.
``HOLDFAST_COMPONENTS``
  Where Holdfast is built with the project (FetchContent of its sources): the helpers to build, a list
  of ``archive`` (bundles of reports) and ``etcd`` (locks over machines). None, by default.
``HOLDFAST_TIMEOUT_MARGIN``
  For Holdfast's own tests: the whole seconds that ctest waits beyond a limit.

Test properties
^^^^^^^^^^^^^^^

Set them with :command:`set_tests_properties`, or with the ``PROPERTIES`` of
``gtest_discover_tests()`` and the like.

``HOLDFAST_ENABLED``
  ``OFF``: this test runs without Holdfast.
``HOLDFAST_LOCKS``
  A list of the locks that the test holds while it runs: ``NAME[:shared|:K/N|:SIZE/SIZE][@scope]``,
  for example ``db``, ``db:shared``, ``gpu:1/4@machine``, ``vram:6GiB/24GiB``, ``memory:6GiB``. The
  scopes are ``build``, ``project`` (default), ``user``, ``machine`` and ``cluster``. ctest also gets
  the exclusive locks as :prop_test:`RESOURCE_LOCK`. The names in a test's own ``RESOURCE_LOCK`` are
  exclusive locks of scope ``project`` and need not be named here (docs/guide/locks.md).
``HOLDFAST_TIMEOUT``
  The time that the test may take, without its waits for locks: ``30``, ``500ms``, ``2m``. It wins
  over :prop_test:`TIMEOUT`, which Holdfast keeps as well. When the time is over, Holdfast shows the
  stacks of what hangs and ends it, and ctest says ``***Timeout`` (docs/guide/timeouts.md).
``HOLDFAST_ON_LEAK``
  What becomes of processes that the test leaves behind: ``kill`` (default), ``fail`` (kill, and
  the test fails) or ``ignore``. What a test leaves that has :prop_test:`FIXTURES_SETUP`, or is
  named in a :prop_test:`DEPENDS`, lives until the run ends.
``HOLDFAST_RETRY``
  A list of rules that say which failures are tried again, and how often: ``exit:4=3;crash=1``
  (docs/guide/retry.md).
``HOLDFAST_SERVICES``
  A list of the services that the test uses: ``NAME``, ``NAME:exclusive`` or ``NAME:fresh``.
  ``holdfast_add_service()`` (services.cmake) declares them (docs/reference/services.md).
``HOLDFAST_PORTS``
  How many TCP ports the test gets for itself, 64 at most. It finds them in ``HOLDFAST_PORT`` (the
  first) and ``HOLDFAST_PORTS`` (docs/reference/services.md).
``HOLDFAST_CONTAINMENT``
  Boundaries of the kernel around the test: ``none``, or some of ``cgroup``, ``pidns``, ``netns`` (a
  network of its own) and ``tmp`` (its own /tmp), with commas between (docs/guide/containment.md).
``HOLDFAST_NICE``
  The least nice value of the test's processes, 0 to 19: with 10 they give way to others.
``HOLDFAST_UMASK``
  The mask of permissions of the test's processes, as in umask(1): three octal digits such as
  ``022``.
``HOLDFAST_ISOLATION``
  The test is a batch: a GoogleTest or Catch2 program with several cases. Each case has a result of
  its own, and none takes the others with it. ``process``: one process per case. ``fork``: the same,
  forked from a process that has done its start-up; only GoogleTest programs that link
  ``Holdfast::gtest_main`` can do that, and others get ``process``. ``none``: one process until it ends
  early, then a fresh one. :prop_test:`PROCESSORS` says how many cases may run beside each other.
  ``HOLDFAST_TIMEOUT`` limits each case, :prop_test:`TIMEOUT` the whole. ``holdfast_discover_tests()``
  (gtest_discovery.cmake) makes such tests (docs/guide/gtest.md, docs/guide/batches.md).
``HOLDFAST_IDLE_SLOTS``
  ``OFF``: the cases of this batch never use more slots of ``ctest -j`` than its
  :prop_test:`PROCESSORS`. ``ON``, the default: they also use those that no test has.

Targets
^^^^^^^

Tests may link these targets. They exist whether tests are attached or not, and on every system.

``Holdfast::mark``
  The header ``holdfast/mark.h`` for C and C++. ``holdfast_mark_exit()`` says that this process now
  exits on purpose (docs/reference/marker-protocol.md). It needs no library at run time.
``Holdfast::gtest``, ``Holdfast::gtest_main``
  For GoogleTest programs, with a main() of their own or with ours (targets.cmake).

docs/reference/environment.md has the environment variables that ctest and Holdfast read.
#]=======================================================================]

cmake_policy(PUSH)
cmake_policy(VERSION 3.24)

# Targets that tests link exist wherever Holdfast does, attached or not.
include("${CMAKE_CURRENT_LIST_DIR}/targets.cmake")

option(HOLDFAST_ENABLED "Run the tests of this build tree through Holdfast" ON)
option(HOLDFAST_BUILD_STEPS "Run the build steps of this build tree through Holdfast" ON)
set(HOLDFAST_LINK_SLOTS "" CACHE STRING "Links at once, over all build trees: a number or memory; empty: any")
set(HOLDFAST_COMPILE_SLOTS "" CACHE STRING "Compile steps at once: a list of PATTERN=N and PATTERN=memory")
if("${PROJECT_SOURCE_DIR}" STREQUAL "${CMAKE_SOURCE_DIR}" OR "${PROJECT_SOURCE_DIR}" STREQUAL "")
  set_property(GLOBAL PROPERTY HOLDFAST_INCLUDED_AT_TOP TRUE)
endif()

include("${CMAKE_CURRENT_LIST_DIR}/gtest_discovery.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/services.cmake")

get_property(_holdfast_attached_by GLOBAL PROPERTY HOLDFAST_ATTACHED_BY)
# A program that is not there, or is cut off, is a matter of ctest (process.cmake): it may be installed
# again.
get_filename_component(_holdfast_program "${CMAKE_CURRENT_LIST_DIR}/../../../bin/holdfast" ABSOLUTE)
set(_holdfast_runs_here TRUE)
if("${_holdfast_attached_by}" STREQUAL "" AND HOLDFAST_ENABLED AND CMAKE_HOST_SYSTEM_NAME STREQUAL "Linux")
  include("${CMAKE_CURRENT_LIST_DIR}/process.cmake")
  _holdfast_trouble_with_program("${_holdfast_program}" _holdfast_trouble)
  if(_holdfast_trouble STREQUAL "")
    execute_process(COMMAND "${_holdfast_program}" --version TIMEOUT 10
      OUTPUT_QUIET ERROR_QUIET RESULT_VARIABLE _holdfast_result)
    if(NOT _holdfast_result EQUAL 0)
      set(_holdfast_runs_here FALSE)
    endif()
  endif()
endif()
if(NOT CMAKE_HOST_SYSTEM_NAME STREQUAL "Linux")
  get_property(_holdfast_said GLOBAL PROPERTY HOLDFAST_SAID_NOT_LINUX)
  if(NOT _holdfast_said)
    message(STATUS "Holdfast needs Linux: tests run without it")
    set_property(GLOBAL PROPERTY HOLDFAST_SAID_NOT_LINUX TRUE)
  endif()
elseif(CMAKE_VERSION VERSION_LESS 3.25)
  message(STATUS "Holdfast needs CMake 3.25: tests run without it")
elseif(NOT HOLDFAST_ENABLED)
  # An earlier configure left these in the tree. The line in CTestCustom.cmake checks for them.
  file(REMOVE "${CMAKE_BINARY_DIR}/.holdfast/attach.cmake"
    "${CMAKE_BINARY_DIR}/.holdfast/custom.cmake")
elseif("${_holdfast_attached_by}" STREQUAL "" AND NOT _holdfast_runs_here)
  # Of another architecture, or on a file system from which nothing may be executed.
  message(WARNING "Holdfast: ${_holdfast_program} cannot be executed here: tests run without it")
  file(REMOVE "${CMAKE_BINARY_DIR}/.holdfast/attach.cmake"
    "${CMAKE_BINARY_DIR}/.holdfast/custom.cmake")
elseif("${_holdfast_attached_by}" STREQUAL "")
  set_property(GLOBAL PROPERTY HOLDFAST_ATTACHED_BY "${CMAKE_CURRENT_LIST_DIR}")
  include("${CMAKE_CURRENT_LIST_DIR}/attachment.cmake")
  # Deferred twice, to run after what the project itself deferred (such as its CTestCustom.cmake).
  cmake_language(DEFER DIRECTORY "${CMAKE_SOURCE_DIR}" CALL cmake_language DEFER CALL
    _holdfast_attach_tree)
elseif(NOT _holdfast_attached_by STREQUAL CMAKE_CURRENT_LIST_DIR)
  message(STATUS "Holdfast: already attached from ${_holdfast_attached_by}, "
    "leaving out ${CMAKE_CURRENT_LIST_DIR}")
endif()

cmake_policy(POP)
