// What a sanitizer's runtime cannot do.
#pragma once

#include <gtest/gtest.h>

#ifdef __SANITIZE_THREAD__
#define SKIP_UNDER_TSAN(why) GTEST_SKIP() << "ThreadSanitizer " << (why)
#else
#define SKIP_UNDER_TSAN(why) static_cast<void>(0)
#endif

namespace holdfast::os {

// It hands signals to handlers when a wrapped system call returns, which one that blocks does not.
inline constexpr const char* k_puts_handlers_off = "puts signal handlers off";
// It makes vfork(2) a fork(2): what the child says in memory that is the parent's too is lost.
inline constexpr const char* k_has_no_vfork = "makes vfork a fork";

}  // namespace holdfast::os
