# Runs custom commands through the launcher, only if a directory or target has the property
# HOLDFAST_CUSTOM_STEPS or HOLDFAST_CUSTOM_TIMEOUT. RULE_LAUNCH_CUSTOM puts the launcher before each
# command of a shell line. So shell words that are no program (cd, export, `!`, VAR=1) fail there.
#
# A directory's value also holds below it. CMake's Ninja generator reads only that of the directory.

# The launcher's words that <scope> asks for, or "" for none. <scope> is the list DIRECTORY <dir> or
# TARGET <name>. <inherited> is the value of the directory above; the scope's own property wins.
function(_holdfast_custom_launch scope inherited out)
  get_property(has_steps ${scope} PROPERTY HOLDFAST_CUSTOM_STEPS SET)
  get_property(steps ${scope} PROPERTY HOLDFAST_CUSTOM_STEPS)
  get_property(timeout ${scope} PROPERTY HOLDFAST_CUSTOM_TIMEOUT)
  set(launch "${inherited}")
  if(has_steps AND NOT steps)
    set(launch "")
  elseif(has_steps OR NOT "${timeout}" STREQUAL "")
    if(NOT "${timeout}" MATCHES "^([1-9][0-9]*(ms|s|m|h)?)?$")
      list(JOIN scope " " scope)
      message(FATAL_ERROR "HOLDFAST_CUSTOM_TIMEOUT of ${scope} is \"${timeout}\": expected a length of "
        "time such as 90, 500ms or 2m")
    endif()
    _holdfast_launcher_path(launcher)
    # CMake expands nothing else there: <TARGET_NAME> would be a redirection to the shell.
    set(launch "\"${launcher}\" --step=custom --tree=\"${CMAKE_BINARY_DIR}\" --output=<OUTPUT>")
    if(NOT "${timeout}" STREQUAL "")
      string(APPEND launch " --timeout=${timeout}")
    endif()
    string(APPEND launch " --")
  endif()
  set(${out} "${launch}" PARENT_SCOPE)
endfunction()

# <inherits> is what the scope would have without a value of its own. `present` is what it has now,
# from the project or CTEST_USE_LAUNCHERS; it comes after the launcher.
function(_holdfast_set_custom_launch scope launch inherits)
  get_property(present ${scope} PROPERTY RULE_LAUNCH_CUSTOM)
  if(NOT "${launch}" STREQUAL "")
    string(STRIP "${launch} ${present}" value)
    set_property(${scope} PROPERTY RULE_LAUNCH_CUSTOM "${value}")
  elseif(NOT "${inherits}" STREQUAL "")
    set_property(${scope} PROPERTY RULE_LAUNCH_CUSTOM "${present}")
  endif()
endfunction()

# Goes from the bottom up, so that each scope still inherits the project's value.
function(_holdfast_launch_custom_steps directory above)
  _holdfast_directory_scope("${directory}" scope)
  _holdfast_custom_launch("${scope}" "${above}" launch)
  _holdfast_subdirectories("${directory}" children)
  foreach(child IN LISTS children)
    _holdfast_launch_custom_steps("${${child}}" "${launch}")
  endforeach()
  get_property(targets DIRECTORY "${directory}" PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    _holdfast_custom_launch("TARGET;${target}" "${launch}" own)
    if(NOT CMAKE_GENERATOR MATCHES "Ninja")
      _holdfast_set_custom_launch("TARGET;${target}" "${own}" "${launch}")
    elseif(NOT "${own}" STREQUAL "${launch}")
      message(STATUS "Holdfast: target ${target} asks for its custom commands: with Ninja its "
        "directory must (docs/guide/build-steps.md)")
    endif()
  endforeach()
  _holdfast_set_custom_launch("${scope}" "${launch}" "${above}")
endfunction()
