// What a lock itself costs, without a launcher: Holdfast's lock (launcher/os/lock/lock_file.hpp),
// plain flock(2), and a lock file that is looked at every 50 ms.
//
//   contend handoff holdfast|flock|polled ROUNDS    ns from release to take, one per line
//   contend share   holdfast|flock PROCESSES TOTAL  how often each process had it, one per line
//   contend alone   holdfast|flock ROUNDS           ns to take and release, one per line
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <string>

#include "os/file/clock.hpp"
#include "os/lock/lock_file.hpp"
#include "os/process/process.hpp"

namespace {

using namespace holdfast;

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "contend: %s\n", what.c_str());
  std::exit(1);
}

struct Lock {
  virtual ~Lock() = default;
  virtual void take() = 0;
  virtual void let_go() = 0;
};

std::string own_name_on_disk() { return "bench-" + std::to_string(::getpid()); }

class HoldfastLock final : public Lock {
 public:
  explicit HoldfastLock(const std::string& name) : spec_(*parse_lock_spec(name + "@user")) {
    party_ = {os::own_name(), os::boot_id(), "bench", "/tree", 0};
  }
  void take() override {
    Result<os::LockRequest> request = os::LockRequest::open(spec_, {});
    if (!request) fail(request.error().message);
    const Result<bool> had = request->try_take();
    if (!had) fail(had.error().message);
    if (!*had) {
      request->sign_waiting(party_);
      wait_for(*request);
    }
    request->sign(party_);
    held_.emplace(std::move(*request));
  }
  void let_go() override { held_.reset(); }

 private:
  // Waits as the launcher does (locks/lock_taking.cpp).
  static void wait_for(os::LockRequest& request) {
    if (!request.start_waiting()) fail("no helper");
    pollfd news{request.ready_fd(), POLLIN, 0};
    if (::poll(&news, 1, 60'000) != 1) fail("not had");
    const Result<bool> had = request.finish_waiting();
    if (!had || !*had) fail("not had");
  }

  LockSpec spec_;
  LockParty party_;
  std::optional<os::LockRequest> held_;
};

class FlockLock final : public Lock {
 public:
  explicit FlockLock(const std::string& name) : path_("/tmp/" + name) {}
  void take() override {
    file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    while (::flock(file_, LOCK_EX) != 0) {
    }
  }
  void let_go() override { ::close(file_); }

 private:
  std::string path_;
  int file_ = -1;
};

class PolledLock final : public Lock {
 public:
  explicit PolledLock(const std::string& name) : path_("/tmp/" + name) {}
  void take() override {
    while (true) {
      const int file = ::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
      if (file >= 0) {
        ::close(file);
        return;
      }
      ::usleep(50'000);
    }
  }
  void let_go() override { ::unlink(path_.c_str()); }

 private:
  std::string path_;
};

std::unique_ptr<Lock> make(const std::string& kind, const std::string& name) {
  if (kind == "holdfast") return std::make_unique<HoldfastLock>(name);
  if (kind == "flock") return std::make_unique<FlockLock>(name);
  if (kind == "polled") return std::make_unique<PolledLock>(name);
  fail("unknown lock " + kind);
}

struct Shared {
  std::atomic<std::int64_t> let_go{0};
  std::atomic<int> total{0};
  std::atomic<int> asking{0};
  std::atomic<int> first_had{0};
  std::atomic<bool> begin{false};
  std::atomic<int> count[64] = {};
};

Shared* share() {
  void* memory =
      ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) fail("no memory");
  return new (memory) Shared;
}

template <typename Body>
pid_t start(Body body) {
  std::fflush(stdout);
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  body();
  std::fflush(stdout);
  ::_exit(0);
}

void finish(pid_t pid) {
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (status != 0) std::exit(1);
}

// One process has the lock and the other waits, again and again. Both are forked first: a child of
// a holder would hold the lock too.
void hand_off(const std::string& kind, int rounds) {
  Shared* shared = share();
  const std::string name = own_name_on_disk();
  const pid_t waiter = start([&] {
    const auto theirs = make(kind, name);
    for (int round = 1; round <= rounds; ++round) {
      while (shared->total < round) ::usleep(50);
      shared->asking = round;
      theirs->take();
      const std::int64_t had = os::monotonic_now_ns();
      theirs->let_go();
      std::printf("%lld\n", static_cast<long long>(had - shared->let_go));
      shared->asking = -round;
    }
  });
  const auto ours = make(kind, name);
  for (int round = 1; round <= rounds; ++round) {
    ours->take();
    shared->total = round;
    while (shared->asking != round) ::usleep(50);
    ::usleep(3000 + static_cast<unsigned>(::random() % 1000));  // until it waits in the kernel
    shared->let_go = os::monotonic_now_ns();
    ours->let_go();
    while (shared->asking != -round) ::usleep(50);
  }
  finish(waiter);
}

void share_out(const std::string& kind, int processes, int total) {
  Shared* shared = share();
  const std::string name = own_name_on_disk();
  pid_t pids[64];
  for (int i = 0; i < processes; ++i) {
    pids[i] = start([&] {
      const auto lock = make(kind, name);
      ++shared->asking;
      while (!shared->begin) ::usleep(100);
      // The count starts once all of them take part.
      bool first = true;
      while (true) {
        lock->take();
        if (first) ++shared->first_had;
        first = false;
        const bool over = shared->total >= total;
        if (!over && shared->first_had == processes) {
          ++shared->total;
          ++shared->count[i];
        }
        lock->let_go();
        if (over) return;
      }
    });
  }
  while (shared->asking < processes) ::usleep(100);
  shared->begin = true;
  for (int i = 0; i < processes; ++i) finish(pids[i]);
  for (int i = 0; i < processes; ++i) std::printf("%d\n", shared->count[i].load());
}

void alone(const std::string& kind, int rounds) {
  const auto lock = make(kind, own_name_on_disk());
  for (int round = 0; round < rounds; ++round) {
    const std::int64_t before = os::monotonic_now_ns();
    lock->take();
    lock->let_go();
    std::printf("%lld\n", static_cast<long long>(os::monotonic_now_ns() - before));
  }
}

void clean_up() {
  const std::string name = own_name_on_disk();
  ::unlink(("/tmp/" + name).c_str());
  const std::string directory =
      "/tmp/holdfast-" + std::to_string(::geteuid()) + "/locks/user/" + name;
  for (const char* file : {"lock", "lock.spare", "queue"}) {
    ::unlink((directory + "/" + file).c_str());
  }
  ::rmdir(directory.c_str());
}

}  // namespace

int main(int count, char** words) {
  if (count < 4) fail("usage: contend handoff|share|alone KIND NUMBER [NUMBER]");
  const std::string what = words[1];
  const int number = std::atoi(words[3]);
  if (what == "handoff") {
    hand_off(words[2], number);
  } else if (what == "share" && count > 4 && number <= 64) {
    share_out(words[2], number, std::atoi(words[4]));
  } else if (what == "alone") {
    alone(words[2], number);
  } else {
    fail("unknown words");
  }
  clean_up();
}
