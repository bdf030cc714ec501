// A test that is there until it is ended, so that what is around it can be looked at; for a minute
// at most, should nobody end it.
#include <unistd.h>

int main() {
  alarm(60);
  pause();
}
