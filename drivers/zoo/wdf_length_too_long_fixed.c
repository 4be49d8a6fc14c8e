// kmdf: 1.33
#define FIXED
#include "wdf_length_too_long.c"
