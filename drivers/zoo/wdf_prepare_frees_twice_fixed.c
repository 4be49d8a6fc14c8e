// kmdf: 1.33
#define FIXED
#include "wdf_prepare_frees_twice.c"
