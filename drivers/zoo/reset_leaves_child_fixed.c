#define FIXED
#include "reset_leaves_child.c"
