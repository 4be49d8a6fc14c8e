// kmdf: 1.33
#define FIXED
#include "wdf_purges_in_surprise.c"
