// Hazards. A thread that hangs in the kernel lives until this process ends. It makes no file, and
// holds no lock of the allocator, so this process may fork meanwhile. It owns all that it uses.
#include "doctor/base/silent_paths.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <future>
#include <system_error>
#include <thread>

namespace holdfast::doctor {

bool is_silent(const std::string& path, Milliseconds patience) {
  std::promise<void> answer;
  const std::future<void> answered = answer.get_future();
  std::thread thread;
  try {
    thread = std::thread([path, answer = std::move(answer)]() mutable {
      struct stat info {};
      struct statvfs system {};
      (void)::stat(path.c_str(), &info);
      (void)::statvfs(path.c_str(), &system);
      answer.set_value();
    });
  } catch (const std::system_error&) {
    return false;  // this user has no process left to have, and doctor says so elsewhere
  }
  if (answered.wait_for(patience) == std::future_status::ready) {
    thread.join();
    return false;
  }
  thread.detach();
  return true;
}

std::string say_silent(const std::string& path, Milliseconds patience) {
  return path + " gave no answer within " + holdfast::describe(patience);
}

}  // namespace holdfast::doctor
