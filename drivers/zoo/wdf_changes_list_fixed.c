// kmdf: 1.33
#define FIXED
#include "wdf_changes_list.c"
