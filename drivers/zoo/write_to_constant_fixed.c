#define FIXED
#include "write_to_constant.c"
