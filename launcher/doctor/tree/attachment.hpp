// Whether the tests of the build tree run through Holdfast.
#pragma once

#include <string>
#include <vector>

#include "doctor/base/finding.hpp"

namespace holdfast::doctor {

struct Attachment {
  std::string tree;
  std::string sources = {};        // the project's top directory; empty: not known
  std::string configured_at = {};  // where CMake configured the tree, if that is another place
  bool is_attached = true;
  std::string package = {};       // of Holdfast, by which the tree was configured; empty: not known
  bool has_package = true;        // it is there
  std::string own_package = {};   // of this Holdfast, if it is another one
  std::string broken = {};        // what is wrong with a program of this Holdfast; empty: nothing
  bool is_off = false;            // HOLDFAST_DISABLE
  std::string cannot_watch = {};  // why processes cannot be watched here; empty: they can
  std::vector<std::string> said = {};  // lines of Holdfast when ctest listed the tests
};

// `configured_at`: CMAKE_CACHEFILE_DIR. Leaves out `said`.
Attachment look_at_attachment(const std::string& tree, const std::string& configured_at);
Findings check_attachment(const Attachment& attachment);

// The value that `text`, a file of CMake, sets as `set(<name> [==[<value>]==])`; empty: it does
// not.
std::string value_in(const std::string& text, const std::string& name);

// The lines of Holdfast in what ctest printed, without `holdfast: `. Leaves out what is no fault,
// or another finding.
std::vector<std::string> lines_of_holdfast(const std::string& said);

}  // namespace holdfast::doctor
