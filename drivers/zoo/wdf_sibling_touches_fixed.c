// kmdf: 1.33
#define FIXED
#include "wdf_sibling_touches.c"
