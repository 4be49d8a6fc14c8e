// kmdf: 1.33
#define FIXED
#include "wdf_control_device_left.c"
