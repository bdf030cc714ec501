// The scratch directories of a run. Each is lent to one attempt at a time, and lent again if it
// comes back empty.
#pragma once

#include <string>
#include <vector>

namespace holdfast {

class ScratchPool {
 public:
  // `directory` is `<run>/scratch`. The directories below it are made when they are lent.
  explicit ScratchPool(std::string directory) : directory_(std::move(directory)) {}

  // Returns an empty directory. Empty text: none can be made, and trouble() says why.
  std::string lend();
  // The directory must be empty again, as it was when it was lent.
  void give_back(std::string path) { free_.push_back(std::move(path)); }
  const std::string& trouble() const { return trouble_; }

  // Removes the empty directories, and then `directory` itself if nothing is left in it.
  void close();

 private:
  std::string directory_;
  std::vector<std::string> free_;
  unsigned made_ = 0;
  std::string trouble_;
};

}  // namespace holdfast
