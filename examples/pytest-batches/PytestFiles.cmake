# add_pytest_files(<directory> [ARGUMENTS <argument>...])
#
# Makes each test_*.py below <directory> a test of ctest that is named after it: sub/test_x.py is
# `sub/test_x`. All cases of a file share a process. ARGUMENTS are given to every pytest.
#
# The files are looked for when the project is configured, and once more whenever it is built
# (CONFIGURE_DEPENDS): a new file is a new test after `cmake --build`.
#
# In the caller's scope: Python3_EXECUTABLE, of find_package(Python3 COMPONENTS Interpreter).
function(add_pytest_files directory)
  cmake_parse_arguments(PARSE_ARGV 1 PYTEST "" "" "ARGUMENTS")
  if(PYTEST_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "add_pytest_files: unknown arguments: ${PYTEST_UNPARSED_ARGUMENTS}")
  endif()
  cmake_path(ABSOLUTE_PATH directory BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
  file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE "${directory}" "${directory}/test_*.py")
  if(NOT files)
    message(FATAL_ERROR "add_pytest_files: no test_*.py in ${directory}")
  endif()
  foreach(file IN LISTS files)
    string(REGEX REPLACE "\\.py$" "" name "${file}")
    # -B and no:cacheprovider: files of one directory run at the same time, and leave nothing in it.
    add_test(NAME "${name}"
      COMMAND "${Python3_EXECUTABLE}" -B -m pytest -p no:cacheprovider ${PYTEST_ARGUMENTS} "${file}"
      WORKING_DIRECTORY "${directory}")
  endforeach()
endfunction()
