#define FIXED
#include "reset_flags_not_zero.c"
