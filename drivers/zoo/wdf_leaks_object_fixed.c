// kmdf: 1.33
#define FIXED
#include "wdf_leaks_object.c"
