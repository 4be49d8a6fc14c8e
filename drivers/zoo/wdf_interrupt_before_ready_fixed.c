// kmdf: 1.33
#define FIXED
#include "wdf_interrupt_before_ready.c"
