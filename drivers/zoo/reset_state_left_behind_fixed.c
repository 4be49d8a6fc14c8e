#define FIXED
#include "reset_state_left_behind.c"
