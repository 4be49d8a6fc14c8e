// kmdf: 1.33
#define FIXED
#include "wdf_cancels_others.c"
