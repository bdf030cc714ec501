// The scratch directories of a run. Each is lent to one attempt at a time, and lent again if it
// comes back empty.
#pragma once

#include <string>
#include <vector>

namespace holdfast {

class ScratchPool {
 public:
  // The directories are made below `directory`, `<run>/scratch`, but not yet.
  explicit ScratchPool(std::string directory) : directory_(std::move(directory)) {}

  // An empty directory. An empty text when none can be made; trouble() then says why.
  std::string lend();
  // The directory must be as it was lent.
  void give_back(std::string path) { free_.push_back(std::move(path)); }
  const std::string& trouble() const { return trouble_; }

  // Removes the empty ones, and the directory above them if none is left.
  void close();

 private:
  std::string directory_;
  std::vector<std::string> free_;
  unsigned made_ = 0;
  std::string trouble_;
};

}  // namespace holdfast
