# The directories of a project, from one to those that it adds.
#
# CMake finds a directory by its source or its binary directory, whichever of all was there first. So where a
# source directory is another's binary directory, too (add_subdirectory(build) and `cmake -B build`), its source
# means that other one.

# A path may have a semicolon: in our lists it has a backslash before it, in SUBDIRECTORIES of CMake it has none.

# What get_property() and set_property() take for a directory: a list of two.
function(_holdfast_directory_scope directory out)
  string(REPLACE ";" "\\;" directory "${directory}")
  set(${out} "DIRECTORY;${directory}" PARENT_SCOPE)
endfunction()

# The directories that <directory> adds: <out> has the names of variables, each of which has a name that finds one.
# They are no list, since foreach() does not split one where a path before it has one bracket of a pair. A directory
# that no name is known to find (with a binary directory of its own choice, besides) is left out.
function(_holdfast_subdirectories directory out)
  get_property(parts DIRECTORY "${directory}" PROPERTY SUBDIRECTORIES)
  string(REGEX REPLACE ";([^/])" "\\\\;\\1" parts "${parts}") # each is absolute
  string(ASCII 1 open)
  string(ASCII 2 close)
  string(REPLACE "[" "${open}" parts "${parts}")
  string(REPLACE "]" "${close}" parts "${parts}")
  set(found "")
  set(start "")
  foreach(part IN LISTS parts)
    string(REPLACE "${open}" "[" part "${part}")
    string(REPLACE "${close}" "]" part "${part}")
    set(source "${start}${part}")
    set(start "${source};")
    if(NOT IS_DIRECTORY "${source}") # the next part belongs to it
      continue()
    endif()
    set(start "")
    set(name "${source}")
    get_property(is DIRECTORY "${source}" PROPERTY SOURCE_DIR)
    if(NOT is STREQUAL source)
      get_property(name DIRECTORY "${directory}" PROPERTY BINARY_DIR)
      get_property(above DIRECTORY "${directory}" PROPERTY SOURCE_DIR)
      file(RELATIVE_PATH below "${above}" "${source}")
      string(APPEND name "/${below}")
      if(NOT EXISTS "${name}/CMakeFiles") # made for each that was added
        continue()
      endif()
    endif()
    list(LENGTH found number)
    list(APPEND found ${out}_${number})
    set(${out}_${number} "${name}" PARENT_SCOPE)
  endforeach()
  set(${out} "${found}" PARENT_SCOPE)
endfunction()
