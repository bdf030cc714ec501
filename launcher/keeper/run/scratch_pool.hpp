// The scratch directories of a run: lent to one attempt at a time, used again when they come back
// empty.
#pragma once

#include <string>
#include <vector>

namespace holdfast {

class ScratchPool {
 public:
  // Below `<run>/scratch`. Makes nothing yet.
  explicit ScratchPool(std::string directory) : directory_(std::move(directory)) {}

  // An empty directory; empty text when none can be made, and why in trouble().
  std::string lend();
  // It is as it was lent.
  void give_back(std::string path) { free_.push_back(std::move(path)); }
  const std::string& trouble() const { return trouble_; }

  // Removes those that are empty, and the directory above them when none is kept.
  void close();

 private:
  std::string directory_;
  std::vector<std::string> free_;
  unsigned made_ = 0;
  std::string trouble_;
};

}  // namespace holdfast
