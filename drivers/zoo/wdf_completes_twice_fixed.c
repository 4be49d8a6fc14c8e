// kmdf: 1.33
#define FIXED
#include "wdf_completes_twice.c"
