#define FIXED
#include "stack_overflow.c"
