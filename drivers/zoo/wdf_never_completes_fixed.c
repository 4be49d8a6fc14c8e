// kmdf: 1.33
#define FIXED
#include "wdf_never_completes.c"
