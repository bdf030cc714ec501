# The targets that users' programs link. Holdfast.cmake includes them on every system, even with
# HOLDFAST_ENABLED OFF, so that a project that links them can always be built.
#
# ``Holdfast::mark``
#   <holdfast/mark.h>: tells that a process exits on purpose. Header only.
# ``Holdfast::gtest``
#   <holdfast/gtest.h>: ``holdfast::run_all_tests()`` for GoogleTest programs with a main() of their
#   own. Its sources are compiled as part of the program that links it, with that program's flags
#   and GoogleTest (1.8 or later, C++11 or later): no binary of ours has to fit.
# ``Holdfast::gtest_main``
#   The same, with a main(); in place of GTest::gtest_main.
#
# GoogleTest itself is GTest::gtest or gtest, the target that the program's directory knows.
if(TARGET Holdfast::mark)
  return()
endif()
include("${CMAKE_CURRENT_LIST_DIR}/directories.cmake")

# Adds GoogleTest to what links Holdfast::gtest. An imported target looks for it in the directory
# that made the target, and find_package(GTest) may have been called in another. So each program
# looks for it in its own directory.
function(_holdfast_link_googletest directory)
  get_property(targets DIRECTORY "${directory}" PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    foreach(property IN ITEMS LINK_LIBRARIES INTERFACE_LINK_LIBRARIES)
      get_property(libraries TARGET "${target}" PROPERTY "${property}")
      if("${libraries}" MATCHES "Holdfast::gtest")
        set_property(TARGET "${target}" APPEND PROPERTY "${property}"
          "$<IF:$<TARGET_EXISTS:GTest::gtest>,GTest::gtest,$<TARGET_NAME_IF_EXISTS:gtest>>")
      endif()
    endforeach()
  endforeach()
  _holdfast_subdirectories("${directory}" children)
  foreach(child IN LISTS children)
    _holdfast_link_googletest("${${child}}")
  endforeach()
endfunction()
cmake_language(DEFER DIRECTORY "${CMAKE_SOURCE_DIR}" CALL _holdfast_link_googletest
  "${CMAKE_SOURCE_DIR}")

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

set(_holdfast_linux_sources "")
foreach(_holdfast_source IN ITEMS anchor fork_obstacles fork_server own_handlers own_process packets progress_log reporter selection)
  list(APPEND _holdfast_linux_sources "${_holdfast_sources}/${_holdfast_source}.cpp")
endforeach()
add_library(Holdfast::gtest INTERFACE IMPORTED GLOBAL)
set_target_properties(Holdfast::gtest PROPERTIES
  INTERFACE_SOURCES "${_holdfast_sources}/run_all_tests.cpp;\
$<$<PLATFORM_ID:Linux>:${_holdfast_linux_sources}>"
  INTERFACE_COMPILE_FEATURES cxx_std_11
  INTERFACE_LINK_LIBRARIES Holdfast::mark)

add_library(Holdfast::gtest_main INTERFACE IMPORTED GLOBAL)
set_target_properties(Holdfast::gtest_main PROPERTIES
  INTERFACE_SOURCES "${_holdfast_sources}/main.cpp"
  INTERFACE_LINK_LIBRARIES Holdfast::gtest)

unset(_holdfast_include)
unset(_holdfast_place)
unset(_holdfast_sources)
unset(_holdfast_source)
unset(_holdfast_linux_sources)
