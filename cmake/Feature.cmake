# A folder of launcher/ is a feature. Its sources go into two libraries, which hold nothing else:
#
#   holdfast_<name>          what launchers may contain; the launchers' own build of it is
#                            holdfast_<name>_launcher (LauncherLibc.cmake)
#   holdfast_<name>_program  what only the bigger programs contain

# holdfast_feature(<name> [FOR_SPEED] [LAUNCHER <source>…] [PROGRAM <source>…] [LIBS <target>…]
#                  USES <feature>…)
#
# FOR_SPEED: launchers' part is compiled for speed, not for size. LIBS: what PROGRAM needs of other
# people. USES: the features whose headers it includes, which may come later.
function(holdfast_feature name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "FOR_SPEED" "" "LAUNCHER;PROGRAM;LIBS;USES")
  set(target "holdfast_${name}")
  if(arg_LAUNCHER)
    if(arg_FOR_SPEED)
      list(PREPEND arg_LAUNCHER FOR_SPEED)
    endif()
    holdfast_small_library(${target} ${arg_LAUNCHER})
  endif()
  if(arg_PROGRAM)
    add_library(${target}_program STATIC ${arg_PROGRAM})
    holdfast_compile_by_folder(${target}_program)
    target_link_libraries(${target}_program PUBLIC holdfast_compile
      PRIVATE holdfast_fmt nlohmann_json::nlohmann_json ${arg_LIBS})
  else()
    add_library(${target}_program INTERFACE)
  endif()
  set_property(GLOBAL APPEND PROPERTY holdfast_features ${name})
  set_property(GLOBAL PROPERTY holdfast_used_by_${name} ${arg_USES})
endfunction()

# To be called when all features are known.
function(holdfast_link_features)
  get_property(names GLOBAL PROPERTY holdfast_features)
  foreach(name IN LISTS names)
    target_link_libraries(holdfast_everything INTERFACE holdfast_${name}_program)
    get_property(used GLOBAL PROPERTY holdfast_used_by_${name})
    get_target_property(kind holdfast_${name}_program TYPE)
    set(visibility PUBLIC)
    if(kind STREQUAL "INTERFACE_LIBRARY")
      set(visibility INTERFACE)
    endif()
    if(TARGET holdfast_${name})
      target_link_libraries(holdfast_${name}_program ${visibility} holdfast_${name})
    endif()
    foreach(below IN LISTS used)
      target_link_libraries(holdfast_${name}_program ${visibility} holdfast_${below}_program)
      if(TARGET holdfast_${name} AND TARGET holdfast_${below})
        holdfast_small_library_uses(holdfast_${name} holdfast_${below})
      endif()
    endforeach()
  endforeach()
endfunction()

# For unit tests: all features.
add_library(holdfast_everything INTERFACE)
