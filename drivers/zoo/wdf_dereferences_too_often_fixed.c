// kmdf: 1.33
#define FIXED
#include "wdf_dereferences_too_often.c"
