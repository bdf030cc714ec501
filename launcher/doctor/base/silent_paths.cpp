// Hazards. A thread that hangs in the kernel lives until this process ends. It makes no file, and
// holds no lock of the allocator, so this process may fork meanwhile. It owns all that it uses.
#include "doctor/base/silent_paths.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

namespace holdfast::doctor {
namespace {

class Looks {
 public:
  explicit Looks(std::vector<std::string> paths) : paths_(std::move(paths)) {}

  // For the thread.
  void look() {
    for (const std::string& path : paths_) {
      struct stat info {};
      struct statvfs system {};
      (void)::stat(path.c_str(), &info);
      (void)::statvfs(path.c_str(), &system);
      const std::lock_guard lock(mutex_);
      ++answered_;
      news_.notify_one();
    }
  }

  // Returns how many paths answered, each in time, before the first that did not.
  std::size_t await(Milliseconds patience) {
    std::unique_lock lock(mutex_);
    while (answered_ < paths_.size()) {
      const std::size_t before = answered_;
      if (!news_.wait_for(lock, patience, [&] { return answered_ > before; })) break;
    }
    return answered_;
  }

 private:
  const std::vector<std::string> paths_;
  std::mutex mutex_;
  std::condition_variable news_;
  std::size_t answered_ = 0;
};

}  // namespace

std::vector<std::string> silent_among(const std::vector<std::string>& paths,
                                      Milliseconds patience) {
  std::vector<std::string> silent;
  std::vector<std::string> rest = paths;
  while (!rest.empty()) {
    const auto looks = std::make_shared<Looks>(rest);
    std::thread thread;
    try {
      thread = std::thread([looks] { looks->look(); });
    } catch (const std::system_error&) {
      break;  // this user has no process left to have, and doctor says so elsewhere
    }
    const std::size_t answered = looks->await(patience);
    if (answered == rest.size()) {
      thread.join();
      break;
    }
    thread.detach();
    silent.push_back(rest[answered]);
    rest.erase(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(answered) + 1);
  }
  return silent;
}

std::string say_silent(const std::string& path, Milliseconds patience) {
  return path + " gave no answer within " + holdfast::describe(patience);
}

}  // namespace holdfast::doctor
