// kmdf: 1.33
#define FIXED
#include "wdf_power_reference_leak.c"
