#include "os/lock/lock_threads.hpp"

#include <pthread.h>
#include <sys/file.h>

#include <cerrno>

#include "os/file/system_call.hpp"

namespace holdfast::os {
namespace {

constexpr std::size_t k_stack = 64UL * 1024;

bool wait_for(const BlockingLock& lock) {
  if (lock.bytes.length == 0) return ::flock(lock.file, LOCK_EX) == 0;
  return wait_for_byte_lock(lock.file, ByteLock::exclusive, lock.bytes);
}

}  // namespace

// A thread makes only system calls, because the process may end while the thread waits.
void* LockThreads::wait_for_one(void* argument) {
  const Waiter waiter = *static_cast<Waiter*>(argument);
  const int locked = retried([&] { return wait_for(waiter.lock) ? 0 : -1; });
  const News news{waiter.index, locked == 0 ? 0 : errno};
  (void)::write(waiter.tell, &news, sizeof news);
  return nullptr;
}

Result<void> LockThreads::open() {
  HOLDFAST_TRY(Pipe news, make_pipe());
  news_ = std::move(news);
  return {};
}

Result<void> LockThreads::add(const BlockingLock& lock, int index) {
  waiters_.push_back({lock, news_.write.get(), index});
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, k_stack);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t thread{};
  const int error = ::pthread_create(&thread, &attributes, wait_for_one, &waiters_.back());
  pthread_attr_destroy(&attributes);
  if (error != 0) return system_error("start a thread that waits for a lock", error);
  return {};
}

Result<LockThreads::News> LockThreads::next() {
  News news;
  if (retried([&] { return ::read(news_.read.get(), &news, sizeof news); }) != sizeof news) {
    return system_error("wait for a lock");
  }
  return news;
}

}  // namespace holdfast::os
