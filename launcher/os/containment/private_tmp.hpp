// A /tmp, /var/tmp and /dev/shm that only one process tree sees. They are directories below another
// directory; in a mount namespace of its own the tree finds them at the usual places.
//
// Some paths below the usual places stay as they are outside: they are passed through. They are
// mounts then, so nobody may remove the directories while a process of the tree lives (mounts are
// not removed: os/file/removal.hpp).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast::os {

class PrivateTmp {
 public:
  // An absolute path that is passed through. One that is not below the usual places, or does not
  // exist, needs nothing.
  struct Passed {
    std::string path;
    // With what is beside it, and beside the file to which a link leads. Nothing in a usual place
    // itself is such a neighbour.
    bool with_neighbours = false;
  };

  // No directories: enter() has no effect.
  PrivateTmp() = default;

  // Makes the directories below `directory`, which is made too, unless they are there already. The
  // working directory is passed through, too. To be called in the parent.
  static Result<PrivateTmp> prepare(const std::string& directory,
                                    const std::vector<Passed>& passed_through);
  // Whether that is one of the usual places, under whatever name.
  bool is_place(const std::string& directory) const;
  // To be called next if the directories have served another tree, and were bare then: removes what
  // was made for passages that this tree does not have.
  void forget_other_passages() const;

  // To be called next if other trees have the same directories: what is passed through must have
  // room there. Returns why it has none, in words; empty: it has.
  std::string conflict() const;

  // To be called in the child, in a mount namespace of its own whose mounts do not reach the
  // parent's.
  Result<void> enter() const;

  // To be called in the parent, when no process of the tree is left.
  //
  // True: there is nothing but what was made for passages. Then the directories may serve another
  // tree. To remove and make directories costs more than all the rest on some disks.
  bool is_bare() const;
  // Removes the directories and all that is in them. If a process of the tree lived, its mounts
  // would go, too.
  Result<void> remove() const;

  const std::string& directory() const { return above_; }

 private:
  struct Place {
    std::string path;     // where the tree sees it; without links
    std::string backing;  // the directory that is there; in the parent
    FileId covered;
  };
  // A path that stays as it is.
  struct Passage {
    std::string from;  // without links
    std::string to;    // where the tree finds it
    bool is_directory = false;
  };

  void pass_through(const Passed& passed);
  void pass_through(std::string path, const std::string& real);
  // Whether a usual place has that path, without links.
  bool has_path(const std::string& path) const;
  bool is_below_a_place(const std::string& path) const;
  void drop_passages_in_others();

  enum class Others : std::uint8_t { tell, remove };

  const Place& place_of(const Passage& passage) const;
  bool has_only_passages(const UniqueFd& directory, const std::string& inside, Others others) const;
  bool leads_to_a_passage(const UniqueFd& above, const char* name, const std::string& inside,
                          Others others) const;

  std::string above_;  // of the directories
  std::vector<Place> places_;
  std::vector<Passage> passages_;  // sorted by `to`
  std::string directory_;          // working directory, if it is below a place
};

// The system calls for mounts that C libraries may lack (Linux 5.2): open_tree(2), move_mount(2).

// Takes what is at `path`, with all mounts below it, as a mount that is nowhere yet. Invalid, with
// errno set: that failed.
UniqueFd take_mount(const std::string& path);

// Puts such a mount at `path`. False, with errno set: that failed.
bool put_mount(const UniqueFd& mount, const std::string& path);

}  // namespace holdfast::os
