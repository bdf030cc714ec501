# The targets that users' programs link. Holdfast.cmake includes them on every system, even with
# HOLDFAST_ENABLED OFF, so that a project that links them can always be built.
#
# ``Holdfast::mark``
#   <holdfast/mark.h>: tells that a process exits on purpose. Header only.
# ``Holdfast::gtest``
#   For GoogleTest programs (1.8 or later, C++11 or later) with a main() of their own, which calls
#   RUN_ALL_TESTS() as ever, or <holdfast/gtest.h>'s ``holdfast::run_all_tests()``. One source is
#   compiled as part of each program that links it, with that program's flags and GoogleTest: no
#   binary of ours has to fit. What does not need GoogleTest is compiled once per project
#   (gtest/worker.h).
# ``Holdfast::gtest_main``
#   The same, with a main(); in place of GTest::gtest_main.
#
# GoogleTest itself is GTest::gtest or gtest, the target that the program's directory knows.
if(TARGET Holdfast::mark)
  return()
endif()
include("${CMAKE_CURRENT_LIST_DIR}/directories.cmake")

# Adds what links Holdfast::gtest in `directory` and below to `found`.
function(_holdfast_users_of_gtest directory found)
  get_property(targets DIRECTORY "${directory}" PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    foreach(property IN ITEMS LINK_LIBRARIES INTERFACE_LINK_LIBRARIES)
      get_property(libraries TARGET "${target}" PROPERTY "${property}")
      if("${libraries}" MATCHES "Holdfast::gtest")
        list(APPEND "${found}" "${target} ${property}")
      endif()
    endforeach()
  endforeach()
  _holdfast_subdirectories("${directory}" children)
  foreach(child IN LISTS children)
    _holdfast_users_of_gtest("${${child}}" "${found}")
  endforeach()
  set("${found}" "${${found}}" PARENT_SCOPE)
endfunction()

# Adds GoogleTest to what links Holdfast::gtest. An imported target looks for it in the directory
# that made the target, and find_package(GTest) may have been called in another. So each program
# looks for it in its own directory.
#
# The libraries are made here, at the end of the project's top directory, and only if something
# links them. If that directory has no C++ (only directories below it have), or nothing is seen to
# link them, whoever does compiles their sources.
function(_holdfast_link_googletest)
  set(users "")
  _holdfast_users_of_gtest("${CMAKE_SOURCE_DIR}" users)
  foreach(user IN LISTS users)
    string(REPLACE " " ";" user "${user}")
    list(POP_BACK user property)
    set_property(TARGET "${user}" APPEND PROPERTY "${property}"
      "$<IF:$<TARGET_EXISTS:GTest::gtest>,GTest::gtest,$<TARGET_NAME_IF_EXISTS:gtest>>")
  endforeach()
  get_property(directory TARGET Holdfast::gtest PROPERTY _holdfast_sources)
  get_property(include TARGET Holdfast::mark PROPERTY INTERFACE_INCLUDE_DIRECTORIES)
  set(sources_gtest "")
  if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
    foreach(source IN ITEMS anchor fork_obstacles own_handlers own_process packets progress_log worker)
      list(APPEND sources_gtest "${directory}/${source}.cpp")
    endforeach()
  endif()
  set(sources_gtest_main "${directory}/main.cpp")
  foreach(part IN ITEMS gtest gtest_main)
    if(NOT sources_${part})
      continue()
    endif()
    # What links us by another name was not seen.
    if(NOT users OR NOT DEFINED CMAKE_CXX_COMPILE_OBJECT)
      set_property(TARGET "Holdfast::${part}" APPEND PROPERTY
        INTERFACE_SOURCES "${sources_${part}}")
      continue()
    endif()
    add_library("holdfast_${part}" STATIC EXCLUDE_FROM_ALL ${sources_${part}})
    target_include_directories("holdfast_${part}" PRIVATE "${include}")
    target_compile_features("holdfast_${part}" PRIVATE cxx_std_11)
    # These are not the user's sources: neither warnings nor tools are to look at them.
    target_compile_options("holdfast_${part}" PRIVATE
      -w "$<$<CXX_COMPILER_ID:GNU,Clang,AppleClang>:-fno-lto>")
    set_target_properties("holdfast_${part}" PROPERTIES
      LINK_LIBRARIES ""
      INTERFACE_LINK_LIBRARIES ""
      INTERPROCEDURAL_OPTIMIZATION OFF
      ARCHIVE_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/CMakeFiles/holdfast"
      POSITION_INDEPENDENT_CODE ON
      CXX_CLANG_TIDY "" CXX_CPPCHECK "" CXX_CPPLINT "" CXX_INCLUDE_WHAT_YOU_USE ""
      UNITY_BUILD OFF
      FOLDER Holdfast)
    set_property(TARGET "Holdfast::${part}" APPEND PROPERTY
      INTERFACE_LINK_LIBRARIES "holdfast_${part}")
  endforeach()
endfunction()
cmake_language(DEFER DIRECTORY "${CMAKE_SOURCE_DIR}" CALL _holdfast_link_googletest)

# The headers are beside this file in the sources, and in the prefix's include/ when installed.
foreach(_holdfast_place IN ITEMS include ../../../include)
  if(EXISTS "${CMAKE_CURRENT_LIST_DIR}/${_holdfast_place}/holdfast/mark.h")
    get_filename_component(_holdfast_include "${CMAKE_CURRENT_LIST_DIR}/${_holdfast_place}" ABSOLUTE)
    break()
  endif()
endforeach()
set(_holdfast_sources "${CMAKE_CURRENT_LIST_DIR}/gtest")

# GLOBAL: found once, anywhere in the project, they serve the whole project.
add_library(Holdfast::mark INTERFACE IMPORTED GLOBAL)
set_target_properties(Holdfast::mark PROPERTIES
  INTERFACE_INCLUDE_DIRECTORIES "${_holdfast_include}")

add_library(Holdfast::gtest INTERFACE IMPORTED GLOBAL)
set_target_properties(Holdfast::gtest PROPERTIES
  _holdfast_sources "${_holdfast_sources}"
  INTERFACE_SOURCES "${_holdfast_sources}/googletest.cpp"
  INTERFACE_COMPILE_FEATURES cxx_std_11
  # Puts googletest.cpp in the place of RUN_ALL_TESTS().
  INTERFACE_LINK_OPTIONS "$<$<PLATFORM_ID:Linux>:LINKER:--wrap=_ZN7testing8UnitTest3RunEv>"
  INTERFACE_LINK_LIBRARIES Holdfast::mark)

add_library(Holdfast::gtest_main INTERFACE IMPORTED GLOBAL)
set_target_properties(Holdfast::gtest_main PROPERTIES
  INTERFACE_LINK_LIBRARIES Holdfast::gtest)

unset(_holdfast_include)
unset(_holdfast_place)
unset(_holdfast_sources)
