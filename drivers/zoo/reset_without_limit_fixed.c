#define FIXED
#include "reset_without_limit.c"
