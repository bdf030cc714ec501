// What the runtime of a sanitizer cannot do.
#pragma once

#include <gtest/gtest.h>

#ifdef __SANITIZE_THREAD__
#define SKIP_UNDER_TSAN(why) GTEST_SKIP() << "ThreadSanitizer " << (why)
#else
#define SKIP_UNDER_TSAN(why) static_cast<void>(0)
#endif

namespace holdfast::os {

// It runs handlers only when a wrapped system call returns, and a call that blocks does not.
inline constexpr const char* k_puts_handlers_off = "puts signal handlers off";
// It turns vfork(2) into fork(2), so what the child writes into the shared memory is lost.
inline constexpr const char* k_has_no_vfork = "makes vfork a fork";

}  // namespace holdfast::os
