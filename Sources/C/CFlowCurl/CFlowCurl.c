#include "CFlowCurl.h"
