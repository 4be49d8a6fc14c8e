// kmdf: 1.33
#define FIXED
#include "wdf_deletes_interrupt.c"
