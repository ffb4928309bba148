/*
 * bind_value.h - what each kind of parameter can be.
 */

#ifndef HTTP_BIND_VALUE_H
#define HTTP_BIND_VALUE_H

#include <jansson.h>

#include "err.h"
#include "route.h"

/* The value that `n` bytes of a query, a path or a form say; NULL when they say none of this kind.
 */
json_t *bind_text(const struct param *p, const char *s, size_t n);

/* Is a value of the parameter's kind and in its range?  0, or -1 and a sentence that begins with
 * its name. */
int bind_check(const struct param *p, const json_t *v, struct err *err);

/* That sentence, for a value that bind_text could not read. */
const char *bind_what(const struct param *p, struct err *err);

#endif
