# Puts the launcher around every compile and link step of the build tree: by RULE_LAUNCH_COMPILE and
# RULE_LAUNCH_LINK, outermost, in front of what is there already (`ctest --launch` of
# CTEST_USE_LAUNCHERS, a project's own). Last of all, since include(CTest) overwrites the global ones.
# CMAKE_<LANG>_COMPILER_LAUNCHER is inside of them: ccache stays next to the compiler.

# <kind>: compile or link. The words of the launcher before the step's own command.
function(_holdfast_step_launch kind out)
  get_property(package_dir GLOBAL PROPERTY HOLDFAST_PACKAGE_DIR)
  get_filename_component(launcher "${package_dir}/../../../libexec/holdfast/holdfast-launcher" ABSOLUTE)
  set(output "<OBJECT>")
  set(slots "")
  if(kind STREQUAL "link")
    set(output "<TARGET>")
    if(HOLDFAST_LINK_SLOTS)
      set(slots " --lock=holdfast-link-${HOLDFAST_LINK_SLOTS}:1/${HOLDFAST_LINK_SLOTS}@user")
    endif()
  endif()
  string(CONCAT launch "\"${launcher}\" --step=${kind} --tree=\"${CMAKE_BINARY_DIR}\""
    " --target=<TARGET_NAME> --output=${output} --language=<LANGUAGE>${slots} --")
  set(${out} "${launch}" PARENT_SCOPE)
endfunction()

# <scope> is GLOBAL, DIRECTORY <dir> or TARGET <name>: whatever it has or inherits, the launcher comes
# first, once.
function(_holdfast_launch_steps property launch scope)
  get_property(present ${scope} ${ARGN} PROPERTY ${property})
  string(FIND "${present}" "${launch}" place)
  if("${present}" STREQUAL "")
    set_property(${scope} ${ARGN} PROPERTY ${property} "${launch}")
  elseif(NOT place EQUAL 0)
    set_property(${scope} ${ARGN} PROPERTY ${property} "${launch} ${present}")
  endif()
endfunction()

# From the root down: only who has a value of its own does not inherit the launcher.
function(_holdfast_launch_steps_below directory property launch)
  _holdfast_launch_steps(${property} "${launch}" DIRECTORY "${directory}")
  get_property(targets DIRECTORY "${directory}" PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    _holdfast_launch_steps(${property} "${launch}" TARGET "${target}")
  endforeach()
  get_property(children DIRECTORY "${directory}" PROPERTY SUBDIRECTORIES)
  foreach(child IN LISTS children)
    _holdfast_launch_steps_below("${child}" ${property} "${launch}")
  endforeach()
endfunction()

# To be called when every directory of the project is known.
function(_holdfast_attach_build_steps)
  if(NOT HOLDFAST_BUILD_STEPS)
    return()
  endif()
  if(NOT CMAKE_GENERATOR MATCHES "Ninja|Makefiles")
    message(STATUS "Holdfast: build steps run without it (${CMAKE_GENERATOR})")
    return()
  endif()
  get_property(package_dir GLOBAL PROPERTY HOLDFAST_PACKAGE_DIR)
  if("${package_dir}${CMAKE_BINARY_DIR}" MATCHES "[][\"$`\\<>]")
    message(STATUS "Holdfast: build steps run without it: a path that no rule can quote")
    return()
  endif()
  if(NOT "${HOLDFAST_LINK_SLOTS}" MATCHES "^$|^[1-9][0-9]*$")
    message(FATAL_ERROR "HOLDFAST_LINK_SLOTS is \"${HOLDFAST_LINK_SLOTS}\": expected a number from 1 on")
  endif()
  file(MAKE_DIRECTORY "${CMAKE_BINARY_DIR}/.holdfast/build")
  foreach(kind IN ITEMS compile link)
    string(TOUPPER "RULE_LAUNCH_${kind}" property)
    _holdfast_step_launch(${kind} launch)
    _holdfast_launch_steps(${property} "${launch}" GLOBAL)
    _holdfast_launch_steps_below("${CMAKE_SOURCE_DIR}" ${property} "${launch}")
  endforeach()
endfunction()
