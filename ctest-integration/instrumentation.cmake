# Build steps in a tree that CMake itself instruments (cmake-instrumentation(7), CMake 4.3 or
# later). CMake sets RULE_LAUNCH_COMPILE, _LINK and _CUSTOM after the whole configure step, deferred
# calls included. A value of a directory or target would replace those. So the launcher goes inside
# of them, before the project's <LANG>_COMPILER_LAUNCHER and <LANG>_LINKER_LAUNCHER (ccache). There
# is no such place for archive steps, nor for custom commands.

# Whether there is a query: of the project, in the build tree, or of the user.
function(_holdfast_is_instrumented out)
  set(found "")
  if(CMAKE_VERSION VERSION_GREATER_EQUAL 4.3)
    set(user "$ENV{HOME}/.config/cmake")
    if(NOT "$ENV{CMAKE_CONFIG_DIR}" STREQUAL "")
      set(user "$ENV{CMAKE_CONFIG_DIR}")
    elseif(NOT "$ENV{XDG_CONFIG_HOME}" STREQUAL "")
      set(user "$ENV{XDG_CONFIG_HOME}/cmake")
    endif()
    foreach(place IN ITEMS "${CMAKE_BINARY_DIR}/.cmake" "${user}")
      # GLOB takes brackets in a path for a pattern.
      string(REGEX REPLACE "([][*?])" "[\\1]" place "${place}")
      foreach(directory IN ITEMS query query/generated)
        file(GLOB queries "${place}/instrumentation/v1/${directory}/*.json")
        list(APPEND found ${queries})
      endforeach()
    endforeach()
  endif()
  if("${found}" STREQUAL "")
    set(${out} FALSE PARENT_SCOPE)
  else()
    set(${out} TRUE PARENT_SCOPE)
  endif()
endfunction()

# <launch> is the value that RULE_LAUNCH_* would have. CMake expands nothing in a compiler's
# launcher: target and language are known here, and the output is what the command says (-o).
function(_holdfast_launcher_words launch target language out)
  string(REGEX REPLACE " --output=<[A-Z]+>" "" launch "${launch}")
  string(REPLACE "<TARGET_NAME>" "${target}" launch "${launch}")
  string(REPLACE "<LANGUAGE>" "${language}" launch "${launch}")
  separate_arguments(words UNIX_COMMAND "${launch}")
  set(${out} "${words}" PARENT_SCOPE)
endfunction()

# <what>: COMPILER or LINKER.
function(_holdfast_launch_tools target what launch)
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  foreach(language IN LISTS languages)
    _holdfast_launcher_words("${launch}" "${target}" "${language}" words)
    _holdfast_launch_first("TARGET;${target}" ${language}_${what}_LAUNCHER "${words}" ";")
  endforeach()
endfunction()

function(_holdfast_launch_tools_below directory what launch)
  get_property(targets DIRECTORY "${directory}" PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(type "${target}" TYPE)
    if(type MATCHES "^(EXECUTABLE|(STATIC|SHARED|MODULE|OBJECT)_LIBRARY)$")
      _holdfast_launch_tools("${target}" ${what} "${launch}")
    endif()
  endforeach()
  _holdfast_subdirectories("${directory}" children)
  foreach(child IN LISTS children)
    _holdfast_launch_tools_below("${${child}}" ${what} "${launch}")
  endforeach()
endfunction()
