// All of fmt, for the archive holdfast_fmt (CommandLinking.cmake says why).
#include <fmt/format.h>
