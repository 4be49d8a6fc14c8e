// kmdf: 1.33
#define FIXED
#include "wdf_nobody_completes.c"
