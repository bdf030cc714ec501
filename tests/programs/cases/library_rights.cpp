// A library that takes rights away from the program that it belongs to.
#include <unistd.h>

int enter_jail() { return chroot("jail"); }
