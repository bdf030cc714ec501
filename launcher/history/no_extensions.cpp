// SQLite can load extensions by dlopen(3). We never ask it to, and a static program of glibc can do
// it only beside the same glibc. So ld(1) gives SQLite this function in its place (--wrap).
// NOLINTBEGIN(bugprone-reserved-identifier, readability-identifier-naming): ld(1) says the name
extern "C" void* __wrap_dlopen(const char* file, int mode);
extern "C" void* __wrap_dlopen(const char* /*file*/, int /*mode*/) { return nullptr; }
// NOLINTEND(bugprone-reserved-identifier, readability-identifier-naming)
