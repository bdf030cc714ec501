# Holdfast as a part of another project (FetchContent, add_subdirectory). Its programs are built and
# installed into that project's build tree at configure time. The project's test discovery may need
# them at build time already, at a path that never changes. None of our targets becomes one of that
# project.
#
#   <build>/.holdfast/tools-build   our build tree
#   <build>/.holdfast/tools         our prefix
#
# What was built is kept in $XDG_CACHE_HOME/holdfast (SubprojectCache.cmake), for the next build tree.

if(NOT CMAKE_HOST_SYSTEM_NAME STREQUAL "Linux")
  include("${CMAKE_CURRENT_LIST_DIR}/../ctest-integration/targets.cmake")
  include("${CMAKE_CURRENT_LIST_DIR}/../ctest-integration/gtest_discovery.cmake")
  include("${CMAKE_CURRENT_LIST_DIR}/../ctest-integration/services.cmake")
  message(STATUS "Holdfast needs Linux: tests run without it")
  return()
endif()
if(DEFINED HOLDFAST_ENABLED AND NOT HOLDFAST_ENABLED)
  include("${CMAKE_CURRENT_LIST_DIR}/../ctest-integration/Holdfast.cmake")
  return()
endif()

include("${CMAKE_CURRENT_LIST_DIR}/SubprojectCache.cmake")

set(holdfast_build "${CMAKE_BINARY_DIR}/.holdfast/tools-build")
set(holdfast_prefix "${CMAKE_BINARY_DIR}/.holdfast/tools")
set(HOLDFAST_COMPONENTS "" CACHE STRING
  "Helpers of Holdfast to build: archive (bundles of reports), etcd (locks over machines)")

# An edit of our sources configures the project again, and that builds what changed.
file(GLOB_RECURSE holdfast_sources CONFIGURE_DEPENDS
  "${CMAKE_CURRENT_LIST_DIR}/../launcher/*"
  "${CMAKE_CURRENT_LIST_DIR}/../ctest-integration/*"
  "${CMAKE_CURRENT_LIST_DIR}/../cmake/*"
  "${CMAKE_CURRENT_LIST_DIR}/../CMakeLists.txt"
  "${CMAKE_CURRENT_LIST_DIR}/../docs/reference/holdfast.schema.json")
list(FILTER holdfast_sources EXCLUDE REGEX "/cmake/(dev|package)/")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${holdfast_sources})

# The programs run on this machine, so a cross compiler of the project's is not used. -O1: it is
# quick to compile, and the launcher has options of its own.
list(JOIN HOLDFAST_COMPONENTS "," holdfast_components) # a `;` would end the argument
set(holdfast_arguments
  -D CMAKE_BUILD_TYPE=Release -D "CMAKE_CXX_FLAGS_RELEASE=-O1 -DNDEBUG" -D HOLDFAST_BUILD_TESTS=OFF
  -D "HOLDFAST_COMPONENTS=${holdfast_components}")
set(holdfast_compiler c++)
if(NOT CMAKE_CROSSCOMPILING AND CMAKE_CXX_COMPILER)
  set(holdfast_compiler "${CMAKE_CXX_COMPILER}")
  list(APPEND holdfast_arguments -D "CMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}")
endif()
if(CMAKE_GENERATOR MATCHES "^Ninja")
  set(holdfast_generator -G Ninja -D "CMAKE_MAKE_PROGRAM=${CMAKE_MAKE_PROGRAM}")
else()
  set(holdfast_generator -G "Unix Makefiles")
endif()

# Runs cmake and shows its output only if it fails.
function(holdfast_run_cmake what)
  execute_process(
    COMMAND "${CMAKE_COMMAND}" -E env --unset=DESTDIR --unset=MAKEFLAGS --unset=MAKELEVEL
      "${CMAKE_COMMAND}" ${ARGN}
    OUTPUT_VARIABLE output ERROR_VARIABLE output RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "Holdfast could not be ${what} (${result}):\n${output}")
  endif()
endfunction()

# Builds what is not built yet, and says how far it is. The output is in a file, of which the end is
# shown if the build fails.
function(holdfast_build_programs)
  cmake_host_system_information(RESULT jobs QUERY NUMBER_OF_LOGICAL_CORES)
  set(output "${holdfast_build}/build.log")
  file(REMOVE "${output}")
  execute_process(
    COMMAND "${CMAKE_COMMAND}" -E env --unset=DESTDIR --unset=MAKEFLAGS --unset=MAKELEVEL --unset=NINJA_STATUS
      sh -c "exec \"$@\" 2>&1" sh "${CMAKE_COMMAND}" --build "${holdfast_build}" --parallel ${jobs}
    COMMAND awk -v "output=${output}" -f "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/progress.awk"
    RESULTS_VARIABLE results)
  list(GET results 0 result)
  if(NOT result EQUAL 0)
    execute_process(COMMAND tail -n 40 "${output}" OUTPUT_VARIABLE end)
    message(FATAL_ERROR "Holdfast could not be built (${result}; all of it is in ${output}):\n${end}")
  endif()
endfunction()

# Fills holdfast_prefix, unless what is there is of this key and whole.
function(holdfast_provide_programs)
  holdfast_key(key "${holdfast_compiler}" "${holdfast_arguments}" "${holdfast_sources}")
  holdfast_is_whole(is_there "${holdfast_prefix}" "${key}")
  if(is_there)
    return()
  endif()
  set(new "${holdfast_prefix}-new")
  file(REMOVE_RECURSE "${new}")
  set(is_cached FALSE)
  set(copied FALSE)
  holdfast_open_cache(cache "${key}")
  if(cache)
    holdfast_is_whole(is_cached "${cache}/${key}" "${key}")
  endif()
  if(is_cached)
    holdfast_copy(copied "${cache}/${key}" "${new}")
  endif()
  if(copied)
    message(STATUS "Holdfast: its programs are in ${cache}/${key}")
    if(NOT holdfast_cache_is_read_only)
      file(TOUCH_NOCREATE "${cache}/${key}")
    endif()
  else()
    set(helpers ${HOLDFAST_COMPONENTS})
    list(TRANSFORM helpers PREPEND ", holdfast-")
    string(CONCAT helpers ${helpers})
    message(STATUS "Holdfast: building holdfast, holdfast-launcher, holdfast-exec${helpers} in ${holdfast_build}")
    message(STATUS "Holdfast: this takes minutes, once; its tarball needs no build (docs/guide/attaching.md)")
    holdfast_run_cmake("configured" -S "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/.." -B "${holdfast_build}"
      ${holdfast_generator} ${holdfast_arguments})
    holdfast_build_programs()
    holdfast_run_cmake("installed" --install "${holdfast_build}" --strip --prefix "${new}")
    holdfast_stamp("${new}" "${key}")
    if(cache AND NOT holdfast_cache_is_read_only)
      holdfast_keep("${new}" "${cache}" "${key}")
    endif()
  endif()
  holdfast_replace("${new}" "${holdfast_prefix}")
endfunction()

holdfast_provide_programs()
include("${holdfast_prefix}/lib/cmake/Holdfast/Holdfast.cmake")
