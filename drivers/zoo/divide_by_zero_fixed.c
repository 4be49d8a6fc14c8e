#define FIXED
#include "divide_by_zero.c"
