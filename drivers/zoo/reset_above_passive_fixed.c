#define FIXED
#include "reset_above_passive.c"
