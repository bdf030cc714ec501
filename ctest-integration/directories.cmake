# The directories of a project, from one to those that it adds.
#
# CMake finds a directory by its source or its binary directory, whichever of all was there first. So where a
# source directory is another's binary directory, too (add_subdirectory(build) and `cmake -B build`), its source
# means that other one.

# The directories that <directory> adds, each by a name that finds it. One that no name is known to find (with a
# binary directory of its own choice, besides) is left out.
function(_holdfast_subdirectories directory out)
  get_property(sources DIRECTORY "${directory}" PROPERTY SUBDIRECTORIES)
  set(found "")
  foreach(source IN LISTS sources)
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
    list(APPEND found "${name}")
  endforeach()
  set(${out} "${found}" PARENT_SCOPE)
endfunction()
