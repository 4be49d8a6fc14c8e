// kmdf: 1.33
#define FIXED
#include "wdf_references_too_late.c"
