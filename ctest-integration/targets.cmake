# What tests link (Holdfast.cmake lists it for users). The headers lie beside this file in the
# sources, and where a prefix has its headers when it is installed.
foreach(_holdfast_include IN ITEMS include ../../../include)
  if(EXISTS "${CMAKE_CURRENT_LIST_DIR}/${_holdfast_include}/holdfast/mark.h")
    get_filename_component(_holdfast_headers "${CMAKE_CURRENT_LIST_DIR}/${_holdfast_include}" ABSOLUTE)
    break()
  endif()
endforeach()

if(NOT TARGET Holdfast::mark)
  add_library(Holdfast::mark INTERFACE IMPORTED GLOBAL)
  set_target_properties(Holdfast::mark PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${_holdfast_headers}")
endif()
unset(_holdfast_include)
unset(_holdfast_headers)
