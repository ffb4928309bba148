/*
 * openapi.h - the routes as OpenAPI 3.1.
 */

#ifndef HTTP_OPENAPI_H
#define HTTP_OPENAPI_H

#include <jansson.h>

#include "route.h"

/* The whole description, of which the caller is the owner; NULL without memory. */
json_t *openapi_make(void);

/* The schema of a parameter.  openapi_schema.c */
json_t *openapi_param(const struct param *p);

/* A schema that `example` fits and that knows the types of all its members. */
json_t *openapi_like(json_t *example);

/* components: the error, its answers, the token. */
json_t *openapi_components(void);

/* The example of a parameter in "a=1&b=2", typed as the parameter is; NULL when it has none. */
json_t *openapi_example(const struct param *p, const char *given);

#endif
