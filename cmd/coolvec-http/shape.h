/*
 * shape.h - answers that are not the wire's result as it is.
 */

#ifndef HTTP_SHAPE_H
#define HTTP_SHAPE_H

#include <stdbool.h>

#include "exchange.h"

/* The one item that was asked for, or not_found. */
void shape_one_item(struct exchange *x, const struct client_reply *r);

/* Does the client prefer a line an item, and can the route do it? */
bool shape_wants_lines(const struct exchange *x);

/* The members of the result's array route->lines, one a line. */
void shape_lines(struct exchange *x, const json_t *result);

#endif
