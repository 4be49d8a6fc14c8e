// kmdf: 1.33
#define FIXED
#include "wdf_waits_for_four.c"
