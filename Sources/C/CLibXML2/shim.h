#pragma once
#include <libxml/xmlversion.h>
// Debian's headers pull in ICU's for one struct that nobody here uses; Swift's Foundation brings another ICU, and both can
// not be in one module.
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>
