# Build steps in a tree that CMake itself instruments (cmake-instrumentation(7), CMake 4.3 or later).
# It sets RULE_LAUNCH_COMPILE, _LINK and _CUSTOM when the whole configure step is over, deferred calls
# included; a directory's or target's own value would displace it. So the launcher goes inside of it,
# next to what a project has as <LANG>_COMPILER_LAUNCHER and <LANG>_LINKER_LAUNCHER, in front of that
# (ccache). Archive steps have no such place, and custom commands neither.

# Whether there is a query: the project's, one laid into the build tree, or the user's.
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
      # GLOB takes brackets in a path for a pattern of its own.
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

# <launch> is the value that RULE_LAUNCH_* would have. Nothing is expanded in a compiler's launcher:
# target and language are known here, the output is what the command says (-o).
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
