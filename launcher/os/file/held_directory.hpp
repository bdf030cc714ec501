// A directory that may be removed, or may be moved away from its path.
#pragma once

#include <string>

#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {

// As long as an object of this class lives, the kernel gives the directory's number to no other.
class HeldDirectory {
 public:
  static Result<HeldDirectory> open(const std::string& path);

  // True: nothing is at the path, or something else is. An error of another kind, such as that of a
  // file system that does not answer, says nothing.
  bool is_gone() const;
  // True: it has no entry of that name.
  bool lacks(const std::string& name) const;

 private:
  std::string path_;
  UniqueFd held_;
};

}  // namespace holdfast::os
