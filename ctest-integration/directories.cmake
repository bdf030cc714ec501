# The directories of a project: one directory and those that it adds.
#
# CMake finds a directory by its source or its binary directory, whichever was there first. If a
# source directory is also the binary directory of another (add_subdirectory(build) and `cmake -B
# build`), its path means the other one.

# A path may have a semicolon. Our lists put a backslash before it; CMake's SUBDIRECTORIES does not.

# What get_property() and set_property() take for a directory: a list of two.
function(_holdfast_directory_scope directory out)
  string(REPLACE ";" "\\;" directory "${directory}")
  set(${out} "DIRECTORY;${directory}" PARENT_SCOPE)
endfunction()

# The name by which CMake finds the directory with this source that <directory> adds. Empty: no name
# is known, because its source is also another's binary directory and its own was chosen freely.
function(_holdfast_name_of_directory source directory out)
  set(name "${source}")
  get_property(is DIRECTORY "${source}" PROPERTY SOURCE_DIR)
  if(NOT is STREQUAL source)
    get_property(name DIRECTORY "${directory}" PROPERTY BINARY_DIR)
    get_property(above DIRECTORY "${directory}" PROPERTY SOURCE_DIR)
    file(RELATIVE_PATH below "${above}" "${source}")
    string(APPEND name "/${below}")
    if(NOT EXISTS "${name}/CMakeFiles") # exists for each directory that was added
      set(name "")
    endif()
  endif()
  set(${out} "${name}" PARENT_SCOPE)
endfunction()

# The directories that <directory> adds. <out> lists names of variables; each variable holds a name
# by which CMake finds one directory. The names are not in a list themselves, because foreach() does
# not split a list after a path with a single bracket. A directory without a known name is left out.
#
# CMake joins the paths with semicolons. Each path is absolute, so a semicolon without a slash after
# it belongs to a path. A semicolon with a slash may be either: `a;/c` is one path if `a` is no
# directory, or if `a;/c` is one.
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
  foreach(part IN LISTS parts ITEMS "") # the last, empty part closes the last path
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
