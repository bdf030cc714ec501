#include "progress_log.hpp"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

namespace holdfast {
namespace gtest_support {
namespace {

const size_t k_room = HOLDFAST_WORKER_LOG_SIZE - HOLDFAST_WORKER_LOG_HEADER;

uint64_t now_us() {
  timespec now;
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000 + static_cast<uint64_t>(now.tv_nsec) / 1000;
}

}  // namespace

ProgressLog ProgressLog::map(Descriptor file) {
  ProgressLog log;
  struct stat info;
  if (!file.valid() || ::fstat(file.get(), &info) != 0) return log;
  if (info.st_size != HOLDFAST_WORKER_LOG_SIZE) return log;
  void* start =
      ::mmap(nullptr, HOLDFAST_WORKER_LOG_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (start != MAP_FAILED) log.start_ = static_cast<char*>(start);
  return log;
}

bool ProgressLog::say(int socket, const Message& text) {
  if (!text.fits()) return false;
  const size_t whole = (HOLDFAST_WORKER_LOG_RECORD_HEADER + text.size() + 7) / 8 * 8;
  if (*written() + whole > k_room) {
    if (!send(socket, Message(HOLDFAST_WORKER_FULL))) return false;
    Packet answer;
    receive_answer(socket, answer);
    if (!answer.is(HOLDFAST_WORKER_ROOM) || *written() != 0) return false;
  }
  const uint64_t time_and_size = now_us() << 16 | text.size();
  const uint32_t from = *written();
  char* record = start_ + HOLDFAST_WORKER_LOG_HEADER + from;
  memcpy(record, &time_and_size, sizeof time_and_size);
  memcpy(record + HOLDFAST_WORKER_LOG_RECORD_HEADER, text.data(), text.size());
  // Both are SEQ_CST, in this order: the reader asks for news and then looks at the size again, so
  // either it sees the record or we see that it asked.
  __atomic_store_n(written(), from + static_cast<uint32_t>(whole), __ATOMIC_SEQ_CST);
  if (__atomic_load_n(wants_news(), __ATOMIC_SEQ_CST) == 0) return true;
  __atomic_store_n(wants_news(), 0U, __ATOMIC_SEQ_CST);
  // If a case has closed the socket, exec finds the record at the process's end.
  send(socket, Message(HOLDFAST_WORKER_NEWS));
  return true;
}

}  // namespace gtest_support
}  // namespace holdfast
