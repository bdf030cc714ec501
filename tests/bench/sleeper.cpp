// A test that runs until it is ended, for a minute at most, so that one can look at the processes
// around it.
#include <unistd.h>

int main() {
  alarm(60);
  pause();
}
