#define FIXED
#include "reset_after_removal.c"
