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

# The name by which CMake finds the directory that <directory> adds from this source. Empty: none is known (its source
# is also another's binary directory, and its own was chosen freely).
function(_holdfast_name_of_directory source directory out)
  set(name "${source}")
  get_property(is DIRECTORY "${source}" PROPERTY SOURCE_DIR)
  if(NOT is STREQUAL source)
    get_property(name DIRECTORY "${directory}" PROPERTY BINARY_DIR)
    get_property(above DIRECTORY "${directory}" PROPERTY SOURCE_DIR)
    file(RELATIVE_PATH below "${above}" "${source}")
    string(APPEND name "/${below}")
    if(NOT EXISTS "${name}/CMakeFiles") # made for each that was added
      set(name "")
    endif()
  endif()
  set(${out} "${name}" PARENT_SCOPE)
endfunction()

# The directories that <directory> adds: <out> has the names of variables, each of which has a name that finds one.
# They are no list, since foreach() does not split one where a path before it has one bracket of a pair. A directory
# that no name is known to find is left out.
#
# CMake joins the paths by semicolons. Each path is absolute: a semicolon with no slash behind it belongs to a path. With
# one it may be either: `a;/c` is one path where `a` is no directory, or where `a;/c` is one.
function(_holdfast_subdirectories directory out)
  get_property(parts DIRECTORY "${directory}" PROPERTY SUBDIRECTORIES)
  string(ASCII 1 open)
  string(ASCII 2 close)
  string(ASCII 3 semicolon)
  string(ASCII 4 end)
  string(REPLACE "[" "${open}" parts "${parts}")
  string(REPLACE "]" "${close}" parts "${parts}")
  string(REPLACE ";/" "${end}/" parts "${parts}")
  string(REPLACE ";" "${semicolon}" parts "${parts}")
  string(REPLACE "${end}" ";" parts "${parts}")
  set(found "")
  set(path "")
  foreach(part IN LISTS parts ITEMS "") # the empty one at the end closes the last path
    string(REPLACE "${open}" "[" part "${part}")
    string(REPLACE "${close}" "]" part "${part}")
    string(REPLACE "${semicolon}" ";" part "${part}")
    if(NOT part STREQUAL "" AND NOT path STREQUAL ""
        AND (NOT IS_DIRECTORY "${path}" OR IS_DIRECTORY "${path};${part}"))
      string(APPEND path ";${part}")
      continue()
    endif()
    if(IS_DIRECTORY "${path}")
      _holdfast_name_of_directory("${path}" "${directory}" name)
      if(NOT name STREQUAL "")
        list(LENGTH found number)
        list(APPEND found ${out}_${number})
        set(${out}_${number} "${name}" PARENT_SCOPE)
      endif()
    endif()
    set(path "${part}")
  endforeach()
  set(${out} "${found}" PARENT_SCOPE)
endfunction()
