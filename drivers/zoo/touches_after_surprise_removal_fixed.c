#define FIXED
#include "touches_after_surprise_removal.c"
