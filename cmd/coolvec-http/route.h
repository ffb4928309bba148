/*
 * route.h - the one table of what is served.
 *
 * A row says the verb and the path, the operation of the wire behind them, where each argument
 * comes from, and an example that works.  Dispatch, the Allow header, the checks of arguments,
 * /openapi.json, /docs and the tests read it, so that none of them can say something else.
 */

#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct exchange;
struct client_reply;

/* Where a parameter may come from; several together mean any one of them. */
enum { IN_PATH = 1, IN_QUERY = 2, IN_BODY = 4 };

enum param_kind {
	PARAM_ID,	/* integer from 0 */
	PARAM_COUNT,	/* integer from least to most */
	PARAM_BOOL,
	PARAM_STRING,	/* least to most bytes */
	PARAM_METRIC,
	PARAM_CODES,	/* of a new collection */
	PARAM_NAME,	/* of a collection */
	PARAM_VECTOR,	/* array of numbers, or base64 */
	PARAM_META,	/* object */
	PARAM_META_OR_NULL,
	PARAM_IDS,	/* array of ids; in a query with commas between them */
	PARAM_KEYS,	/* array of strings */
	PARAM_FIELDS,	/* array of text, key, meta, vector; in a query with commas between them */
	PARAM_ITEMS,	/* array of objects */
};

struct param {
	const char *name;	/* NULL ends a row's list */
	const char *arg;	/* the wire's name for it; NULL: the same */
	enum param_kind kind;
	unsigned where;
	bool required;
	int64_t least, most;
	const char *help;
	const char *fallback; /* what is sent when it is not given, as in a query; NULL: nothing */
};

/* What a row is like. */
enum {
	ROUTE_OPEN = 1, /* needs no token */
	ROUTE_JSON = 2, /* takes a JSON object */
	ROUTE_FORM = 4, /* takes a form, urlencoded or multipart */
	ROUTE_LINES = 8, /* takes NDJSON, a line an item */
	ROUTE_LARGE = 16, /* its body may be as large as a line of the wire */
	ROUTE_SAFE = 32, /* doing it twice is as good as once */
	ROUTE_ONCE = 64, /* Idempotency-Key is passed on as request_id */
	ROUTE_EXTRA = 128, /* form fields that OAuth2 clients send beside ours are left aside */
	ROUTE_ALIAS = 256, /* another name of the row before it that is none */
	ROUTE_HIDDEN = 512, /* not an operation: a page or a probe */
};

#define ROUTE_BODY (ROUTE_JSON | ROUTE_FORM | ROUTE_LINES)

struct route {
	const char *method;
	const char *path;		/* a segment {x} is the parameter x */
	const char *op;			/* of the wire; NULL: answered here */
	unsigned flags;
	int status;			/* when it went well */
	const struct param *params;
	const char *tag;
	const char *summary;
	const char *lines;		/* the member that NDJSON answers list, or NULL */
	/* Makes the answer; NULL: the wire's result as it is.  `r` is NULL where op is. */
	void (*answer)(struct exchange *x, const struct client_reply *r);
	struct {
		const char *given;	/* parameters of path and query, as in a query; or NULL */
		const char *body;	/* JSON, or NULL */
		const char *reply;	/* JSON, or NULL: not JSON */
	} example;
};

extern const struct route routes[];	/* a row without a method ends it */

#define ROUTES_MAX 64		/* rows; asserted at start */
#define ROUTE_SEGMENTS 4	/* of a path */

/*
 * The row for a verb and a path of `n` decoded segments; HEAD is served by GET's.  NULL when there
 * is none: then `allow` (of at least 64 bytes) has the verbs the path does know, or is empty when
 * there is no such path.  `allow` is filled in both cases.
 */
const struct route *route_find(const char *method, const char *const *segments, size_t n,
    char *allow, size_t nallow);

/* The segment of the path that is {name}, as an index; -1 when there is none. */
int route_segment(const struct route *r, const char *name);

#endif
