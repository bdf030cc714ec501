# Which programs are built, and whether the packages that they need are there.
#
# Provides holdfast_components: `archive` for holdfast-archive (bundles of reports), `etcd` for
# holdfast-etcd (locks over machines). What attaching needs is always built.

set(HOLDFAST_COMPONENTS "archive;etcd" CACHE STRING
  "Helpers to build: archive (bundles of reports), etcd (locks over machines)")
string(REPLACE "," ";" holdfast_components "${HOLDFAST_COMPONENTS}")
foreach(component IN LISTS holdfast_components)
  if(NOT component MATCHES "^(archive|etcd)$")
    message(FATAL_ERROR "HOLDFAST_COMPONENTS \"${component}\": expected archive or etcd")
  endif()
endforeach()

# A header and the Debian package that has it. All that are missing are said at once, before
# anything is built.
set(holdfast_needs
  fmt/format.h=libfmt-dev spdlog/spdlog.h=libspdlog-dev CLI/CLI.hpp=libcli11-dev
  nlohmann/json.hpp=nlohmann-json3-dev toml++/toml.h=libtomlplusplus-dev re2/re2.h=libre2-dev
  sqlite3.h=libsqlite3-dev zlib.h=zlib1g-dev)
if("archive" IN_LIST holdfast_components)
  list(APPEND holdfast_needs archive.h=libarchive-dev zstd.h=libzstd-dev lzma.h=liblzma-dev
    bzlib.h=libbz2-dev nettle/sha.h=nettle-dev)
endif()
if("etcd" IN_LIST holdfast_components)
  list(APPEND holdfast_needs curl/curl.h=libcurl4-openssl-dev)
endif()

set(holdfast_missing "")
foreach(need IN LISTS holdfast_needs)
  string(REGEX MATCH "^(.*)=(.*)$" _ "${need}")
  set(package "${CMAKE_MATCH_2}")
  find_path(holdfast_header "${CMAKE_MATCH_1}" NO_CACHE)
  if(NOT holdfast_header)
    list(APPEND holdfast_missing "${package}")
  endif()
  unset(holdfast_header)
endforeach()
find_program(holdfast_pkg_config NAMES pkg-config pkgconf NO_CACHE)
if(NOT holdfast_pkg_config)
  list(APPEND holdfast_missing pkg-config)
endif()
if(holdfast_missing)
  list(JOIN holdfast_missing " " holdfast_missing)
  # CMake breaks lines that are not indented.
  message(FATAL_ERROR "Holdfast cannot be built, because packages are missing. On Debian and Ubuntu:\n"
    "  sudo apt install ${holdfast_missing}\n"
    "Its tarball needs no build and none of them (docs/guide/attaching.md).")
endif()
