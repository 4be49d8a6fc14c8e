// kmdf: 1.33
#define FIXED
#include "wdf_touches_in_create.c"
