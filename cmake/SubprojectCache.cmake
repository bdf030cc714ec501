# The cache of built programs, for projects that add Holdfast by FetchContent or add_subdirectory:
# $XDG_CACHE_HOME/holdfast/<key>, a prefix. A key is made of all that the programs depend on, so a
# prefix never changes. Nothing is used where somebody else could write. Without a cache, all works as
# with one, and takes longer.
#
# A prefix is whole if its file `key-<key>` has the size of each of its files; that file comes last.

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
  # What a configure step and a compiler read.
  foreach(variable IN ITEMS CXX CXXFLAGS LDFLAGS CPATH CPLUS_INCLUDE_PATH LIBRARY_PATH PKG_CONFIG PKG_CONFIG_PATH
      PKG_CONFIG_LIBDIR CMAKE_PREFIX_PATH CMAKE_INCLUDE_PATH CMAKE_LIBRARY_PATH CMAKE_GENERATOR CMAKE_TOOLCHAIN_FILE
      CMAKE_BUILD_TYPE COMPILER_PATH GCC_EXEC_PREFIX)
    string(APPEND text "${variable}=$ENV{${variable}}\n")
  endforeach()
  file(GLOB musl /usr/lib/*-linux-musl/libc.a)
  foreach(library IN LISTS musl)
    file(SHA256 "${library}" hash)
    string(APPEND text "musl ${hash}\n")
  endforeach()
  foreach(command IN ITEMS "${compiler}" ldd)
    execute_process(COMMAND "${command}" --version OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE _)
    string(APPEND text "${said}\n")
  endforeach()
  foreach(module IN ITEMS fmt spdlog CLI11 nlohmann_json tomlplusplus re2 sqlite3 zlib libarchive libzstd liblzma bzip2 nettle libcurl)
    execute_process(COMMAND pkg-config --modversion ${module} OUTPUT_VARIABLE said ERROR_QUIET RESULT_VARIABLE _)
    string(APPEND text "${module} ${said}\n")
  endforeach()
  string(SHA256 hash "${text}")
  string(SUBSTRING "${hash}" 0 32 hash)
  set(${key} "${hash}" PARENT_SCOPE)
endfunction()

# The names and sizes of the files of a prefix.
function(holdfast_sizes sizes prefix)
  file(GLOB_RECURSE files LIST_DIRECTORIES FALSE RELATIVE "${prefix}" "${prefix}/*")
  list(FILTER files EXCLUDE REGEX "^key-")
  set(text "")
  foreach(file IN LISTS files)
    file(SIZE "${prefix}/${file}" size)
    string(APPEND text "${size} ${file}\n")
  endforeach()
  set(${sizes} "${text}" PARENT_SCOPE)
endfunction()

function(holdfast_stamp prefix key)
  holdfast_sizes(sizes "${prefix}")
  # A renamed file may be empty after a loss of power, unless its contents are on the disk before.
  execute_process(COMMAND sync -f "${prefix}" ERROR_QUIET)
  file(WRITE "${prefix}/key-${key}" "${sizes}")
endfunction()

function(holdfast_is_whole whole prefix key)
  set(${whole} FALSE PARENT_SCOPE)
  if(EXISTS "${prefix}/key-${key}")
    file(READ "${prefix}/key-${key}" wanted)
    holdfast_sizes(found "${prefix}")
    if(wanted AND wanted STREQUAL found)
      set(${whole} TRUE PARENT_SCOPE)
    endif()
  endif()
endfunction()

# file(COPY) cannot say that it has failed.
function(holdfast_copy copied from to)
  execute_process(COMMAND "${CMAKE_COMMAND}" -E copy_directory "${from}" "${to}" RESULT_VARIABLE result
    OUTPUT_QUIET ERROR_QUIET)
  if(result EQUAL 0)
    set(${copied} TRUE PARENT_SCOPE)
  else()
    file(REMOVE_RECURSE "${to}")
    set(${copied} FALSE PARENT_SCOPE)
  endif()
endfunction()

# The directory of the cache; empty if there is none to use. Until the calling function ends, nobody
# else builds for `key`: who waits for that finds the programs afterwards. If nothing can be written
# there, holdfast_cache_is_read_only is true.
macro(holdfast_open_cache cache key)
  holdfast_cache_directory(${cache} "${key}")
  if(${cache} AND NOT holdfast_cache_is_read_only)
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

# `key`: its lock file is made, which nobody else can open.
function(holdfast_cache_directory cache key)
  set(${cache} "" PARENT_SCOPE)
  set(holdfast_cache_is_read_only FALSE PARENT_SCOPE)
  set(above "$ENV{XDG_CACHE_HOME}")
  if(NOT IS_ABSOLUTE "${above}" AND IS_ABSOLUTE "$ENV{HOME}")
    set(above "$ENV{HOME}/.cache")
  endif()
  if(NOT IS_ABSOLUTE "${above}")
    return()
  endif()
  set(directory "${above}/holdfast")
  # The owner of the programs decides what tests run.
  execute_process(COMMAND sh -c [[
umask 077
mkdir -p -- "$1" && [ ! -L "$1" ] && [ -O "$1" ] && [ -z "$(find "$1" -maxdepth 0 -perm /022)" ] || exit 1
: >>"$1/$2.lock" || exit 2
]] sh "${directory}" "${key}" RESULT_VARIABLE result ERROR_QUIET)
  if(result EQUAL 0 OR result EQUAL 2)
    set(${cache} "${directory}" PARENT_SCOPE)
  else()
    message(STATUS "Holdfast: keeps nothing in ${directory}: expected a directory that only you can write to")
  endif()
  if(result EQUAL 2)
    set(holdfast_cache_is_read_only TRUE PARENT_SCOPE)
  endif()
endfunction()

# Copies a prefix into the cache, by a rename; the caller has the lock of its key. What was not used
# for two months goes.
function(holdfast_keep from cache key)
  string(RANDOM LENGTH 12 number)
  set(draft "${cache}/draft-${number}")
  file(REMOVE_RECURSE "${cache}/${key}")
  holdfast_copy(copied "${from}" "${draft}")
  if(copied)
    execute_process(COMMAND sync -f "${draft}" ERROR_QUIET)
    file(RENAME "${draft}" "${cache}/${key}" RESULT result)
  endif()
  if(NOT copied OR NOT result STREQUAL "0")
    file(REMOVE_RECURSE "${draft}")
    message(STATUS "Holdfast: its programs could not be kept in ${cache}")
  endif()
  execute_process(COMMAND find "${cache}" -mindepth 1 -maxdepth 1 -type d -atime +60 -mtime +60
    -exec rm -rf "{}" + ERROR_QUIET)
endfunction()

# Puts each file of `from` into its place below `to` by a rename: programs may run meanwhile. The key
# goes first and comes last, so that a prefix that is half of each is never taken for whole. What only
# the old prefix has goes.
function(holdfast_replace from to)
  file(GLOB keys "${to}/key-*")
  if(keys)
    file(REMOVE ${keys})
  endif()
  file(GLOB_RECURSE files LIST_DIRECTORIES FALSE RELATIVE "${from}" "${from}/*")
  set(last ${files})
  list(FILTER last INCLUDE REGEX "^key-")
  list(FILTER files EXCLUDE REGEX "^key-")
  file(GLOB_RECURSE old LIST_DIRECTORIES FALSE RELATIVE "${to}" "${to}/*")
  if(old AND files)
    list(REMOVE_ITEM old ${files})
  endif()
  foreach(file IN LISTS files last)
    get_filename_component(directory "${to}/${file}" DIRECTORY)
    file(MAKE_DIRECTORY "${directory}")
    file(RENAME "${from}/${file}" "${to}/${file}")
  endforeach()
  foreach(file IN LISTS old)
    file(REMOVE "${to}/${file}")
  endforeach()
  file(REMOVE_RECURSE "${from}")
endfunction()
