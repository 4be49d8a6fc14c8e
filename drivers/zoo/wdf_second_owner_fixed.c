// kmdf: 1.33
#define FIXED
#include "wdf_second_owner.c"
