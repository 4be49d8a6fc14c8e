#define FIXED
#include "null_write.c"
