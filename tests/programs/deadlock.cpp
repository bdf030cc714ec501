// deadlock [FILE]: 30 threads, each of which holds one lock and wants its neighbour's. It announces
// itself in FILE once all of them wait.
#include <pthread.h>

#include "habit.hpp"

namespace {

constexpr int k_threads = 30;
pthread_mutex_t locks[k_threads];
pthread_barrier_t all_hold_one;

}  // namespace

extern "C" __attribute__((noinline)) void wait_for_neighbour(long number) {
  pthread_mutex_lock(&locks[(number + 1) % k_threads]);
}

extern "C" __attribute__((noinline)) void* philosopher(void* number) {
  const long own = reinterpret_cast<long>(number);
  pthread_mutex_lock(&locks[own]);
  pthread_barrier_wait(&all_hold_one);
  wait_for_neighbour(own);
  return nullptr;
}

int main(int count, char** words) {
  pthread_barrier_init(&all_hold_one, nullptr, k_threads + 1);
  for (auto& lock : locks) pthread_mutex_init(&lock, nullptr);
  for (long number = 0; number < k_threads; ++number) {
    pthread_t thread;
    pthread_create(&thread, nullptr, philosopher, reinterpret_cast<void*>(number));
  }
  pthread_barrier_wait(&all_hold_one);
  if (count > 1) habit::announce(words[1]);
  habit::linger();
}
