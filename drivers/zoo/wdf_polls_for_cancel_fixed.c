// kmdf: 1.33
#define FIXED
#include "wdf_polls_for_cancel.c"
