// kmdf: 1.33
#define FIXED
#include "wdf_init_after_create.c"
