/*
 * target.c - one copy of the URI, cut and decoded in place.
 */

#include <stdlib.h>
#include <string.h>

#include "target.h"

static int
parse_path(char *path, struct target *t, struct err *err)
{
	size_t n = 0;

	for (char *slash = path; slash != NULL; n++) {
		char *segment = slash + 1;
		size_t len;

		if ((slash = strchr(segment, '/')) != NULL)
			*slash = '\0';
		len = strlen(segment);
		if (n < ROUTE_SEGMENTS)
			t->segments[n] = segment;
		if (!fields_unescape(segment, &len, false))
			return err_set(err, -1, "the path has a bad %%-escape");
	}
	t->nsegments = n <= ROUTE_SEGMENTS ? n : 0;
	return 0;
}

int
target_parse(const char *uri, struct target *t, struct err *err)
{
	char *query;

	memset(t, 0, sizeof(*t));
	if (strcmp(uri, "*") == 0) {
		t->asterisk = true;
		return 0;
	}
	if (uri[0] != '/')
		return err_set(err, -1, "the request's target is not a path");
	if ((t->copy = strdup(uri)) == NULL)
		return err_set(err, -2, "no memory for the request");
	if ((query = strchr(t->copy, '?')) != NULL) {
		*query++ = '\0';
		if (fields_urlencoded(query, strlen(query), &t->query, err) != 0)
			return -1;
	}
	return parse_path(t->copy, t, err);
}

void
target_fini(struct target *t)
{
	free(t->copy);
	t->copy = NULL;
}
