// become_owner [FILE]: a program with the set-user-ID bit. Becomes for good the user who owns it,
// announces itself and stays: whoever started it cannot end it. Without FILE: exits with 0 if it
// could become another user.
#include "habit.hpp"

int main(int count, char** words) {
  const uid_t owner = geteuid();
  if (owner == getuid()) return 97;
  if (setresuid(owner, owner, owner) != 0) return 98;
  if (count == 1) return 0;
  habit::announce(words[1]);
  habit::linger();
}
