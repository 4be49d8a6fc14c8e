// libs: kmdf:1.15 guest:wdf_orders
// The puppet as a driver of 1.15.

#include "wdf_puppet.c"
