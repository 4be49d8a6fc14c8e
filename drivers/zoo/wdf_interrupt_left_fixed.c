// kmdf: 1.33
#define FIXED
#include "wdf_interrupt_left.c"
