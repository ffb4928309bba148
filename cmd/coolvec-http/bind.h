/*
 * bind.h - from path, query, headers and body to the arguments of an operation.
 */

#ifndef HTTP_BIND_H
#define HTTP_BIND_H

#include "exchange.h"

/* Which of ROUTE_JSON, ROUTE_FORM and ROUTE_LINES the media type is, of those in `flags`; 0: none.
 */
unsigned bind_form(const char *type, unsigned flags);

/*
 * Fill x->args as x->route's parameters say.  0; or -1 with the answer made: 422 and the name of
 * the parameter that is missing, unknown, given twice or cannot be, or 400 for a body that is
 * malformed.
 */
int bind_args(struct exchange *x);

#endif
