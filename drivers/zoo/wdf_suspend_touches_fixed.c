// kmdf: 1.33
#define FIXED
#include "wdf_suspend_touches.c"
