/*
 * route.c - a path to its row.
 *
 * A path written out wins over one with a {parameter}: /vec/count is never the item "count".  That
 * is decided before the verb is looked at, so that GET /vec/add is a wrong verb and not a bad id.
 */

#include <stdio.h>
#include <string.h>

#include "route.h"

enum match { NO, PATTERN, LITERAL };

static enum match
match_path(const char *path, const char *const *segments, size_t n)
{
	enum match m = LITERAL;
	const char *p = path;

	for (size_t i = 0; i < n; i++) {
		size_t len;

		if (*p != '/')
			return NO;
		p++;
		len = strcspn(p, "/");
		if (*p == '{')
			m = PATTERN;
		else if (strlen(segments[i]) != len || memcmp(segments[i], p, len) != 0)
			return NO;
		p += len;
	}
	return *p == '\0' && n > 0 ? m : NO;
}

static void
add_verb(char *allow, size_t nallow, const char *verb)
{
	size_t n = strlen(allow);

	snprintf(allow + n, nallow - n, "%s%s", n > 0 ? ", " : "", verb);
}

static enum match
best_match(const char *const *segments, size_t n)
{
	enum match best = NO;

	for (const struct route *r = routes; r->method != NULL; r++) {
		enum match m = match_path(r->path, segments, n);

		if (m > best)
			best = m;
	}
	return best;
}

const struct route *
route_find(const char *method, const char *const *segments, size_t n, char *allow, size_t nallow)
{
	const char *verb = strcmp(method, "HEAD") == 0 ? "GET" : method;
	const struct route *found = NULL;
	enum match best = best_match(segments, n);

	allow[0] = '\0';
	if (best == NO)
		return NULL;
	for (const struct route *r = routes; r->method != NULL; r++) {
		if (match_path(r->path, segments, n) != best)
			continue;
		if (found == NULL && strcmp(r->method, verb) == 0)
			found = r;
		add_verb(allow, nallow, r->method);
		if (strcmp(r->method, "GET") == 0)
			add_verb(allow, nallow, "HEAD");
	}
	add_verb(allow, nallow, "OPTIONS");
	return found;
}

int
route_segment(const struct route *r, const char *name)
{
	const char *p = r->path;
	size_t n = strlen(name);

	for (int i = 0; *p != '\0'; i++) {
		p++;
		if (*p == '{' && strncmp(p + 1, name, n) == 0 && p[n + 1] == '}')
			return i;
		p += strcspn(p, "/");
	}
	return -1;
}
