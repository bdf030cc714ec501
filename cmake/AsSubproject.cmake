# Holdfast as a part of another project (FetchContent, add_subdirectory). Its programs are built and
# installed into that project's build tree at configure time. The project's test discovery may need
# them at build time already, at a path that never changes. None of our targets becomes one of that
# project.
#
#   <build>/.holdfast/tools-build   our build tree
#   <build>/.holdfast/tools         our prefix

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

set(holdfast_build "${CMAKE_BINARY_DIR}/.holdfast/tools-build")
set(holdfast_prefix "${CMAKE_BINARY_DIR}/.holdfast/tools")

# An edit of our sources configures the project again, and that builds what changed.
file(GLOB_RECURSE holdfast_sources CONFIGURE_DEPENDS
  "${CMAKE_CURRENT_LIST_DIR}/../launcher/*.[ch]pp"
  "${CMAKE_CURRENT_LIST_DIR}/../launcher/CMakeLists.txt"
  "${CMAKE_CURRENT_LIST_DIR}/../ctest-integration/*"
  "${CMAKE_CURRENT_LIST_DIR}/../cmake/*")
list(FILTER holdfast_sources EXCLUDE REGEX "/cmake/dev/")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${holdfast_sources})

# The programs run on this machine, so a cross compiler of the project's is not used.
set(holdfast_arguments
  -S "${CMAKE_CURRENT_SOURCE_DIR}" -B "${holdfast_build}"
  -D CMAKE_BUILD_TYPE=RelWithDebInfo -D HOLDFAST_BUILD_TESTS=OFF
  -D "CMAKE_INSTALL_PREFIX=${holdfast_prefix}")
if(NOT CMAKE_CROSSCOMPILING AND CMAKE_CXX_COMPILER)
  list(APPEND holdfast_arguments -D "CMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}")
endif()
if(CMAKE_GENERATOR MATCHES "^Ninja")
  list(APPEND holdfast_arguments -G Ninja -D "CMAKE_MAKE_PROGRAM=${CMAKE_MAKE_PROGRAM}")
else()
  list(APPEND holdfast_arguments -G "Unix Makefiles")
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

message(STATUS "Holdfast: building its programs in ${holdfast_build}")
holdfast_run_cmake("configured" ${holdfast_arguments})
cmake_host_system_information(RESULT holdfast_jobs QUERY NUMBER_OF_LOGICAL_CORES)
holdfast_run_cmake("built" --build "${holdfast_build}" --parallel ${holdfast_jobs})
holdfast_run_cmake("installed" --install "${holdfast_build}")
include("${holdfast_prefix}/lib/cmake/Holdfast/Holdfast.cmake")
