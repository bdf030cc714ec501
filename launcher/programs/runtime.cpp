// What the C++ library calls when memory or logic fails. These versions do without exceptions.
//
// When linked statically, the library's own versions bring in the unwinder, the demangler and
// stdio. That is a quarter of the program, and a quarter of the pages that each start of it
// touches. The launcher is built without exceptions, so nothing could be caught anyway. The process
// aborts, and the guard lives on and ends the test.
#include <cstddef>
#include <cstdlib>
#include <new>

// The names are the library's (bits/functexcept.h, bits/c++config.h). The library's assertions are
// on with _GLIBCXX_ASSERTIONS, and since GCC 15 in builds without optimisation.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
namespace std {
void __glibcxx_assert_fail(const char*, int, const char*, const char*) noexcept { abort(); }
void __throw_length_error(const char*) { abort(); }
void __throw_logic_error(const char*) { abort(); }
void __throw_bad_alloc() { abort(); }
void __throw_bad_array_new_length() { abort(); }
void __throw_out_of_range_fmt(const char*, ...) { abort(); }
void __throw_out_of_range(const char*) { abort(); }
void __throw_bad_optional_access() { abort(); }
void __throw_bad_function_call() { abort(); }
}  // namespace std

extern "C" void __cxa_pure_virtual() { abort(); }
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

const std::nothrow_t std::nothrow{};

void* operator new[](std::size_t size) { return operator new(size); }
void operator delete[](void* memory) noexcept { operator delete(memory); }
void operator delete[](void* memory, std::size_t /*size*/) noexcept { operator delete(memory); }
