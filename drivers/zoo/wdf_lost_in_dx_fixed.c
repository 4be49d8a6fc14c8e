// kmdf: 1.33
#define FIXED
#include "wdf_lost_in_dx.c"
