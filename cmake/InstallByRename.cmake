# Part of cmake_install.cmake, once per program: holdfast_name has been installed into <holdfast_dir>/.holdfast-new
# and gets its place at one stroke. Until then what was there before is whole, and so are those that run it.
set(holdfast_place "${CMAKE_INSTALL_PREFIX}/${holdfast_dir}")
set(holdfast_new "$ENV{DESTDIR}${holdfast_place}/.holdfast-new")
# The contents before the name: after a loss of power a renamed file may be empty. sync(1) of a file is fsync(2);
# where it is not to be had, the rename is what is left.
execute_process(COMMAND sync "${holdfast_new}/${holdfast_name}" ERROR_QUIET)
file(RENAME "${holdfast_new}/${holdfast_name}" "$ENV{DESTDIR}${holdfast_place}/${holdfast_name}")
message(STATUS "Renamed: $ENV{DESTDIR}${holdfast_place}/${holdfast_name}")
string(REPLACE "${holdfast_place}/.holdfast-new/${holdfast_name}" "${holdfast_place}/${holdfast_name}"
  CMAKE_INSTALL_MANIFEST_FILES "${CMAKE_INSTALL_MANIFEST_FILES}")
file(GLOB holdfast_rest "${holdfast_new}/*")
if("${holdfast_rest}" STREQUAL "")
  file(REMOVE_RECURSE "${holdfast_new}")
endif()
