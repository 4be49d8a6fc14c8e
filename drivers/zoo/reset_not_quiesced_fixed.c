#define FIXED
#include "reset_not_quiesced.c"
