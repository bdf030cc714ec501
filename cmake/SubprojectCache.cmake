# The cache of built programs, for projects that add Holdfast by FetchContent or add_subdirectory:
# $XDG_CACHE_HOME/holdfast/<key>, a prefix. A key is made of all that the programs depend on, so a
# prefix never changes. Nothing is kept if somebody else could write there.

# What the programs depend on: our sources, the compiler, the options, and what is linked.
function(holdfast_key key compiler arguments sources)
  set(text "${compiler}\n${arguments}\n")
  foreach(source IN LISTS sources)
    if(NOT IS_DIRECTORY "${source}")
      file(SHA256 "${source}" hash)
      file(RELATIVE_PATH name "${CMAKE_CURRENT_FUNCTION_LIST_DIR}" "${source}")
      string(APPEND text "${name} ${hash}\n")
    endif()
  endforeach()
  file(GLOB musl /usr/lib/*-linux-musl/libc.a)
  foreach(library IN LISTS musl)
    file(SHA256 "${library}" hash)
    string(APPEND text "musl ${hash}\n")
  endforeach()
  foreach(words IN ITEMS "${compiler};--version" "ldd;--version"
      "pkg-config;--print-errors;--modversion;fmt;spdlog;CLI11;nlohmann_json;tomlplusplus;re2;sqlite3;zlib;libarchive;libcurl")
    execute_process(COMMAND ${words} OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE _)
    string(APPEND text "${said}\n")
  endforeach()
  string(SHA256 hash "${text}")
  string(SUBSTRING "${hash}" 0 32 hash)
  set(${key} "${hash}" PARENT_SCOPE)
endfunction()

# The directory of the cache; empty if there is none to use. Until the calling function ends, nobody
# else builds for `key`: who waits for that finds the programs afterwards.
macro(holdfast_open_cache cache key)
  holdfast_cache_directory(${cache})
  if(${cache})
    file(LOCK "${${cache}}/${key}.lock" GUARD FUNCTION TIMEOUT 0 RESULT_VARIABLE holdfast_lock)
    if(NOT holdfast_lock STREQUAL "0")
      message(STATUS "Holdfast: waiting for another configure that builds the same programs")
      file(LOCK "${${cache}}/${key}.lock" GUARD FUNCTION TIMEOUT 3600 RESULT_VARIABLE holdfast_lock)
    endif()
    if(NOT holdfast_lock STREQUAL "0")
      set(${cache} "")
    endif()
  endif()
endmacro()

function(holdfast_cache_directory cache)
  set(${cache} "" PARENT_SCOPE)
  set(above "$ENV{XDG_CACHE_HOME}")
  if(NOT IS_ABSOLUTE "${above}")
    set(above "$ENV{HOME}/.cache")
  endif()
  if(NOT IS_ABSOLUTE "${above}")
    return()
  endif()
  set(directory "${above}/holdfast")
  # The owner of the programs decides what tests run.
  execute_process(COMMAND sh -c [[
umask 077
mkdir -p -- "$1" && [ ! -L "$1" ] && [ -O "$1" ] && [ -z "$(find "$1" -maxdepth 0 -perm /022)" ]
]] sh "${directory}" RESULT_VARIABLE result ERROR_QUIET)
  if(result EQUAL 0)
    set(${cache} "${directory}" PARENT_SCOPE)
  else()
    message(STATUS "Holdfast: keeps nothing in ${directory}: expected a directory that only you can write to")
  endif()
endfunction()

# Copies a prefix into the cache, by a rename; the caller has the lock of its key. What was not used
# for two months goes.
function(holdfast_keep from to)
  string(RANDOM LENGTH 12 number)
  file(COPY "${from}/" DESTINATION "${to}.${number}")
  file(RENAME "${to}.${number}" "${to}" RESULT result)
  if(NOT result STREQUAL "0")
    file(REMOVE_RECURSE "${to}.${number}")
  endif()
  get_filename_component(cache "${to}" DIRECTORY)
  execute_process(COMMAND find "${cache}" -mindepth 1 -maxdepth 1 -atime +60 -mtime +60 -exec rm -rf "{}" +)
endfunction()

# Puts each file of `from` into its place below `to` by a rename: programs may run meanwhile.
function(holdfast_replace from to)
  file(GLOB_RECURSE files RELATIVE "${from}" "${from}/*")
  foreach(file IN LISTS files)
    get_filename_component(directory "${to}/${file}" DIRECTORY)
    file(MAKE_DIRECTORY "${directory}")
    file(RENAME "${from}/${file}" "${to}/${file}")
  endforeach()
  file(REMOVE_RECURSE "${from}")
endfunction()
