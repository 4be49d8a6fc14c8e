#define FIXED
#include "completes_twice.c"
