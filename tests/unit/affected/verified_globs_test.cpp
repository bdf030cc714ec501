#include "affected/ninja_tools.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

// As CMake 3.25 writes it.
constexpr std::string_view k_text = R"(# CMAKE generated file: DO NOT EDIT!
cmake_policy(SET CMP0009 NEW)

# ALL at CMakeLists.txt:4 (file)
file(GLOB_RECURSE NEW_GLOB LIST_DIRECTORIES false "/p/res/*.txt")
set(OLD_GLOB
  "/p/res/a.txt"
  "/p/res/deep/b.txt"
  )
if(NOT "${NEW_GLOB}" STREQUAL "${OLD_GLOB}")
  message("-- GLOB mismatch!")
  file(TOUCH_NOCREATE "/p/b/CMakeFiles/cmake.verify_globs")
endif()

# SOURCES at CMakeLists.txt:5 (file)
file(GLOB NEW_GLOB LIST_DIRECTORIES true RELATIVE "/p" "/p/src/[ab]?.c")
set(OLD_GLOB
  )
)";

TEST(VerifiedGlobs, AFileThatFitsAndIsNotListedWouldBeAdded) {
  const VerifiedGlobs globs = read_verified_globs(k_text);
  for (const std::string_view path :
       {"/p/res/new.txt", "/p/res/deep/new.txt", "/p/res/x/y/new.txt", "/p/src/ax.c"}) {
    EXPECT_TRUE(globs.would_add(path)) << path;
  }
  for (const std::string_view path :
       {"/p/res/a.txt", "/p/res/deep/b.txt", "/p/res/new.dat", "/p/new.txt", "/p/src/a.c",
        "/p/src/deep/ax.c", "/p/b/CMakeFiles/cmake.verify_globs", ""}) {
    EXPECT_FALSE(globs.would_add(path)) << path;
  }
}

TEST(VerifiedGlobs, AnyTextIsRead) {
  for (const std::string_view text : {"", "\"", "file(GLOB", "file(GLOB \"", "set(OLD_GLOB\n\"",
                                      "file(GLOB X \"[\")", "file(GLOB_RECURSE NEW_GLOB \"x*\")"}) {
    EXPECT_FALSE(read_verified_globs(text).would_add("/p")) << text;
  }
}

}  // namespace
}  // namespace holdfast
