#define FIXED
#include "double_free.c"
