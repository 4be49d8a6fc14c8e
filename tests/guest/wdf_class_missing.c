// libs: kmdf:1.33 guest:wdf_orders
#define LAST_CLASS 1
#include "wdf_class_client.h"
