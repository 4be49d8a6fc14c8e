#define FIXED
#include "reset_after_dereference.c"
