# Part of cmake_install.cmake, once per program. holdfast_name has been installed into
# <holdfast_dir>/.holdfast-new; a rename now puts it in its place at one stroke. The old program
# stays whole until then, and for processes that run it.
set(holdfast_place "${CMAKE_INSTALL_PREFIX}/${holdfast_dir}")
set(holdfast_new "$ENV{DESTDIR}${holdfast_place}/.holdfast-new")
# The contents go to the disk before the name: after a loss of power a renamed file may be empty.
# sync(1) of a file is fsync(2). Without it only the rename remains.
execute_process(COMMAND sync "${holdfast_new}/${holdfast_name}" ERROR_QUIET)
file(RENAME "${holdfast_new}/${holdfast_name}" "$ENV{DESTDIR}${holdfast_place}/${holdfast_name}")
message(STATUS "Renamed: $ENV{DESTDIR}${holdfast_place}/${holdfast_name}")
string(REPLACE "${holdfast_place}/.holdfast-new/${holdfast_name}" "${holdfast_place}/${holdfast_name}"
  CMAKE_INSTALL_MANIFEST_FILES "${CMAKE_INSTALL_MANIFEST_FILES}")
file(GLOB holdfast_rest "${holdfast_new}/*")
if("${holdfast_rest}" STREQUAL "")
  file(REMOVE_RECURSE "${holdfast_new}")
endif()
