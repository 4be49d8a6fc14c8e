#define FIXED
#include "leaks_pool.c"
