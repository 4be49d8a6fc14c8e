// kmdf: 1.33
#define FIXED
#include "wdf_forwards_twice.c"
