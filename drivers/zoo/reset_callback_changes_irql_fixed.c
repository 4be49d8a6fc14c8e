#define FIXED
#include "reset_callback_changes_irql.c"
