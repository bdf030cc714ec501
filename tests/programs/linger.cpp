// linger FILE: announces itself and stays.
#include "habit.hpp"

int main(int /*count*/, char** words) {
  habit::announce(words[1]);
  habit::linger();
}
