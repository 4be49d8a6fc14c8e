#define FIXED
#include "lock_taken_twice.c"
