# How every target of Holdfast is compiled. Targets link holdfast_compile. Nothing sets flags
# globally, so a sub-project keeps its own.

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Type of build" FORCE)
endif()

add_library(holdfast_compile INTERFACE)
target_compile_features(holdfast_compile INTERFACE cxx_std_20)
target_compile_options(holdfast_compile INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
  -Wold-style-cast -Woverloaded-virtual -Wimplicit-fallthrough -Werror=return-type
  # A switch over an enum without default must stay complete (style: every outcome is handled).
  -Werror=switch)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # It warns of std::string operator+ itself when it optimises (GCC bug 105651, fixed in 13).
  target_compile_options(holdfast_compile INTERFACE -Wno-restrict -Wno-array-bounds
    -Wno-stringop-overflow -Wno-stringop-overread)
endif()
target_compile_definitions(holdfast_compile INTERFACE
  HOLDFAST_VERSION="${PROJECT_VERSION}" _GNU_SOURCE)
# The same bytes wherever it is built.
target_compile_options(holdfast_compile INTERFACE
  "$<$<CONFIG:Release>:-ffile-prefix-map=${PROJECT_SOURCE_DIR}=holdfast>")
target_include_directories(holdfast_compile INTERFACE
  "${PROJECT_SOURCE_DIR}/launcher"
  # The headers that users' programs and Holdfast both compile.
  "${PROJECT_SOURCE_DIR}/ctest-integration/include")

# HOLDFAST_SANITIZE=address,undefined or thread: the asan-ubsan and tsan presets.
set(HOLDFAST_SANITIZE "" CACHE STRING "Sanitizers to build with, as -fsanitize takes them")
if(HOLDFAST_SANITIZE)
  target_compile_options(holdfast_compile INTERFACE
    -fsanitize=${HOLDFAST_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(holdfast_compile INTERFACE -fsanitize=${HOLDFAST_SANITIZE})
  if(HOLDFAST_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # It warns of the fence in std::shared_ptr itself.
    target_compile_options(holdfast_compile INTERFACE -Wno-tsan)
  endif()
endif()

# For the code of the launcher and the code that uses it: no exceptions, no RTTI, no guards of local
# statics. They would bring the unwinder into a program that is mapped once per test.
add_library(holdfast_compile_bare INTERFACE)
set(holdfast_no_rtti -fno-rtti)
if(HOLDFAST_SANITIZE MATCHES "undefined")
  set(holdfast_no_rtti "") # the sanitizer looks at the types of objects, even in code that has RTTI
endif()
target_link_libraries(holdfast_compile_bare INTERFACE holdfast_compile)
target_compile_options(holdfast_compile_bare INTERFACE
  -fno-exceptions ${holdfast_no_rtti} -fno-threadsafe-statics -fno-asynchronous-unwind-tables
  -ffunction-sections -fdata-sections)

# The launcher itself gets -Os, too. It waits far more than it computes, and each start pays for
# every page it touches. holdfast-exec reads all that a batch prints, so it is compiled for speed,
# whatever the type of build says (the preset release asks for little: it is quick to build).
add_library(holdfast_compile_small INTERFACE)
target_link_libraries(holdfast_compile_small INTERFACE holdfast_compile_bare)
target_compile_options(holdfast_compile_small INTERFACE $<$<NOT:$<CONFIG:Debug>>:-Os>)
add_library(holdfast_compile_fast INTERFACE)
target_link_libraries(holdfast_compile_fast INTERFACE holdfast_compile_bare)
target_compile_options(holdfast_compile_fast INTERFACE $<$<NOT:$<CONFIG:Debug>>:-O2>)

# The sources are many and small, and most of the time that one takes goes into what it includes. So
# the compiler gets up to eight of a folder at once, unless CMAKE_UNITY_BUILD is OFF, as for
# `./dev lint`. Thus a name may be in the anonymous namespace of one source of a folder only. To be
# called in the target's directory.
function(holdfast_compile_by_folder target)
  if(DEFINED CMAKE_UNITY_BUILD AND NOT CMAKE_UNITY_BUILD)
    return()
  endif()
  get_target_property(sources ${target} SOURCES)
  foreach(source IN LISTS sources)
    get_filename_component(folder "${source}" DIRECTORY)
    math(EXPR _count_${folder} "${_count_${folder}} + 1")
    math(EXPR part "(${_count_${folder}} - 1) / 8")
    set_source_files_properties("${source}" PROPERTIES UNITY_GROUP "${folder}${part}")
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
endfunction()
